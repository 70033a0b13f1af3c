variable "config_bucket_name" {
  description = "Bucket that gets the files (output of ../config_reloader). The first put starts the first run, so it should be complete by then."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.config_bucket_name))
    error_message = "config_bucket_name must be the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "tags" {
  description = "Tags of every object."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key of the objects; the one of the bucket, which refuses any other."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>. An alias does not do: policies are written against it."
  }
}

variable "bases" {
  description = "Component -> text of its base: the platform team's template (`base/<component>.yml`), with placeholders. A component without a base is not configured."
  type        = map(string)
  nullable    = false

  validation {
    condition     = length(var.bases) > 0 && alltrue([for component in keys(var.bases) : contains(["prometheus", "blackbox", "cloudwatch"], component)])
    error_message = "bases must be for one or more of prometheus, blackbox and cloudwatch."
  }

  validation {
    condition     = alltrue([for text in values(var.bases) : can(keys(yamldecode(text)))])
    error_message = "bases must be one YAML document each, a map at its top; broken: ${join(", ", [for component, text in var.bases : component if !can(keys(yamldecode(text)))])}."
  }

  validation {
    # The marker of a generation is the pipeline's (workers/merge): a base that has one could prove a reload that did not happen.
    condition     = alltrue([for text in values(var.bases) : !can(regex("config_generation_info|promloom_generation", text)) && !can(regex("(?m)^\\s*-?\\s*[\"']?generation-[0-9a-f]", text))])
    error_message = "bases must name none of `config_generation_info`, `promloom_generation...` and a rule file `generation-...`: the pipeline writes them to prove which generation is live."
  }
}

variable "policy" {
  description = "Text of the guardrails for teams (`base/policy.yml`). null: none."
  type        = string
  default     = null

  validation {
    condition     = var.policy == null ? true : can(keys(yamldecode(var.policy)))
    error_message = "policy must be one YAML document, a map at its top."
  }
}

variable "placeholders" {
  description = "The placeholders that have a value (the same as for ../config_reloader). A base that uses another one fails here instead of in a run."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(setsubtract(local.used_placeholders, var.placeholders)) == 0
    error_message = "bases use placeholders without a value: ${join(", ", setsubtract(local.used_placeholders, var.placeholders))}. Set them, or take them out."
  }
}
