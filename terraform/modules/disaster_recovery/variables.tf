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
  description = "KMS key of the primary region's buckets and vault."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>. An alias does not do: policies are written against it."
  }
}

variable "recovery_kms_key_arn" {
  description = "KMS key of the recovery region's buckets and vault."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.recovery_kms_key_arn))
    error_message = "recovery_kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>."
  }

  validation {
    condition     = try(split(":", var.recovery_kms_key_arn)[3] != split(":", var.kms_key_arn)[3], true)
    error_message = "recovery_kms_key_arn must be a key of another region than kms_key_arn: what is encrypted with a key of the lost region is lost with it."
  }
}

variable "primary" {
  description = "The stack that is live: its versioned buckets (outputs of ../config_reloader), and the topics of the alarms of its region."
  type = object({
    config_bucket_name = string
    state_bucket_name  = string
    alarm_topic_arns   = optional(list(string), [])
  })
  nullable = false

  validation {
    condition     = alltrue([for bucket in [var.primary.config_bucket_name, var.primary.state_bucket_name] : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket))]) && var.primary.config_bucket_name != var.primary.state_bucket_name
    error_message = "primary must name two buckets, 3 to 63 lower-case letters, digits, dots and hyphens each."
  }

  validation {
    condition     = alltrue([for arn in var.primary.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "primary.alarm_topic_arns must be ARNs of SNS topics: arn:<partition>:sns:<region>:<account>:<name>."
  }
}

variable "recovery" {
  description = "The stack that takes over: the same of the recovery region."
  type = object({
    config_bucket_name = string
    state_bucket_name  = string
    alarm_topic_arns   = optional(list(string), [])
  })
  nullable = false

  validation {
    condition     = alltrue([for bucket in [var.recovery.config_bucket_name, var.recovery.state_bucket_name] : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket))]) && var.recovery.config_bucket_name != var.recovery.state_bucket_name
    error_message = "recovery must name two buckets, 3 to 63 lower-case letters, digits, dots and hyphens each."
  }

  validation {
    condition     = length(setintersection([var.primary.config_bucket_name, var.primary.state_bucket_name], [var.recovery.config_bucket_name, var.recovery.state_bucket_name])) == 0
    error_message = "recovery must name other buckets than primary."
  }

  validation {
    condition     = alltrue([for arn in var.recovery.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$", arn))])
    error_message = "recovery.alarm_topic_arns must be ARNs of SNS topics: arn:<partition>:sns:<region>:<account>:<name>."
  }
}

variable "backup" {
  description = <<-EOT
    Daily backups in the primary region with a copy in the recovery region: against what replication carries over too, a deletion.

    - `resource_arns`: what is backed up beside both buckets, such as the file system of Alertmanager's silences.
    - `start_at_utc`: when, as hh:mm.
    - `retention_in_days`: how long backups and copies are kept.
    - `locked`: nobody deletes a backup before its time without a right of its own (vault lock, governance mode).
  EOT
  type = object({
    resource_arns     = optional(list(string), [])
    start_at_utc      = optional(string, "03:00")
    retention_in_days = optional(number, 35)
    locked            = optional(bool, true)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for arn in var.backup.resource_arns : can(regex("^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]*:[^*]+$", arn))])
    error_message = "backup.resource_arns must be ARNs without wildcards."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup.start_at_utc))
    error_message = "backup.start_at_utc must be hh:mm, from 00:00 to 23:59."
  }

  validation {
    condition     = var.backup.retention_in_days >= 1 && var.backup.retention_in_days <= 36500 && floor(var.backup.retention_in_days) == var.backup.retention_in_days
    error_message = "backup.retention_in_days must be a whole number from 1 to 36500."
  }
}
