variable "name" {
  description = "Prefix of every name, such as `promloom-prod`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits and hyphens, begin with a letter and end with a letter or digit."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key of the topics and of the queue for what could not be delivered. Its policy must let CloudWatch and SNS use it (README)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>. An alias does not do: policies are written against it."
  }
}

variable "subscriptions" {
  description = <<-EOT
    Who is told what of runs, a word for it -> where, and which owners, kinds and components; an empty list is all of them. The platform team is the owner
    `platform`: runs that failed and its own files. An address is asked by mail whether it agrees; an endpoint of another kind needs its own permission for SNS.
  EOT
  type = map(object({
    protocol   = string
    endpoint   = string
    owners     = optional(list(string), [])
    kinds      = optional(list(string), [])
    components = optional(list(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for it in values(var.subscriptions) : contains(["email", "email-json", "https", "sqs", "lambda", "sms"], it.protocol)])
    error_message = "subscriptions.protocol must be email, email-json, https, sqs, lambda or sms. Plain http is refused: the topic speaks TLS only."
  }

  validation {
    condition     = alltrue([for it in values(var.subscriptions) : alltrue([for owner in it.owners : can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", owner)) && !strcontains(owner, "--")])])
    error_message = "subscriptions.owners must be names as in apps/<owner>/: 1 to 100 letters, digits, `_`, `.`, `-` (no `--`) that begin with a letter or digit."
  }

  validation {
    condition     = alltrue([for it in values(var.subscriptions) : alltrue([for kind in it.kinds : contains(["live", "held_back", "rejected", "test_failed", "waiting", "failed", "recovered", "platform_files"], kind)])])
    error_message = "subscriptions.kinds must be live, held_back, rejected, test_failed, waiting, failed, recovered or platform_files."
  }

  validation {
    condition     = alltrue([for it in values(var.subscriptions) : alltrue([for component in it.components : contains(["prometheus", "blackbox", "cloudwatch"], component)])])
    error_message = "subscriptions.components must be prometheus, blackbox or cloudwatch."
  }
}

variable "alarm_subscriptions" {
  description = "Who is told of alarms and alerts, a word for it -> where. With `owners`, only alerts with that label `owner`: alarms have none, they are the platform team's, who name no owners."
  type = map(object({
    protocol = string
    endpoint = string
    owners   = optional(list(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for it in values(var.alarm_subscriptions) : contains(["email", "email-json", "https", "sqs", "lambda", "sms"], it.protocol)])
    error_message = "alarm_subscriptions.protocol must be email, email-json, https, sqs, lambda or sms. Plain http is refused: the topic speaks TLS only."
  }

  validation {
    condition     = alltrue([for it in values(var.alarm_subscriptions) : alltrue([for owner in it.owners : can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", owner)) && !strcontains(owner, "--")])])
    error_message = "alarm_subscriptions.owners must be names as in apps/<owner>/: 1 to 100 letters, digits, `_`, `.`, `-` (no `--`) that begin with a letter or digit."
  }
}

variable "subscriber_account_ids" {
  description = "Other accounts whose principals may subscribe to the notices themselves."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.subscriber_account_ids : can(regex("^[0-9]{12}$", id))])
    error_message = "subscriber_account_ids must be account ids of 12 digits."
  }
}
