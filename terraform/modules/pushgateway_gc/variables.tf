variable "name" {
  description = "Prefix of every name, such as `promloom-prod`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 20 lower-case letters, digits and hyphens, begin with a letter and end with a letter or digit."
  }
}

variable "tags" {
  description = "Tags of every resource."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key of the buckets, the log and the function (the one of ../config_reloader)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>. An alias does not do: policies are written against it."
  }
}

variable "retention_in_days" {
  description = "How many days logs are kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_in_days)
    error_message = "retention_in_days must be a period that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}


variable "package" {
  description = "The function's zip: path and, where it is known, the base64 SHA-256 that the file must have (`filebase64sha256`)."
  type = object({
    zip_path      = string
    sha256_base64 = optional(string)
  })
  nullable = false

  validation {
    condition     = fileexists(var.package.zip_path)
    error_message = "package must name a file that exists; ${var.package.zip_path} does not. Build it first."
  }

  validation {
    condition     = var.package.sha256_base64 == null || !fileexists(var.package.zip_path) ? true : filebase64sha256(var.package.zip_path) == var.package.sha256_base64
    error_message = "package must have the SHA-256 that is given with it: this file is not the one that was built."
  }
}

variable "architecture" {
  description = "Processor of the function: `x86_64` or `arm64`. The package must be built for it."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "log_level" {
  description = "What the worker logs: `trace`, `debug`, `info`, `warn` or `error`."
  type        = string
  default     = "info"
  nullable    = false

  validation {
    condition     = contains(["trace", "debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be trace, debug, info, warn or error."
  }
}

variable "config_bucket_name" {
  description = "Bucket with the policy that says which groups go when (output of ../config_reloader)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.config_bucket_name))
    error_message = "config_bucket_name must be the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "state_bucket_name" {
  description = "Bucket of the journal and the audit records (output of ../config_reloader). Its `state_writer_arns` must name the output `role_arn_by_name`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "state_bucket_name must be the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "pushgateway" {
  description = "The Pushgateway: its URL, and the security group that must let the output `security_group_id` in. Every address behind the name is collected."
  type = object({
    url               = string
    security_group_id = string
  })
  nullable = false

  validation {
    condition     = can(regex("^https?://[A-Za-z0-9.-]+:[0-9]+(/[^?# ]*)?$", var.pushgateway.url))
    error_message = "pushgateway.url must be http(s)://<host>:<port>, with the port said: the security group rule is made of it."
  }
}

variable "vpc" {
  description = "Where the function runs. `s3_prefix_list_id` is that of the S3 gateway endpoint: it is all of AWS that the function calls."
  type = object({
    vpc_id            = string
    subnet_ids        = list(string)
    s3_prefix_list_id = string
  })
  nullable = false

  validation {
    condition     = startswith(var.vpc.vpc_id, "vpc-")
    error_message = "vpc.vpc_id must be the id of a VPC (vpc-...)."
  }

  validation {
    condition     = length(var.vpc.subnet_ids) > 0 && alltrue([for id in var.vpc.subnet_ids : startswith(id, "subnet-")])
    error_message = "vpc.subnet_ids must be one or more subnet ids (subnet-...)."
  }

  validation {
    condition     = startswith(var.vpc.s3_prefix_list_id, "pl-")
    error_message = "vpc.s3_prefix_list_id must be the id of a prefix list (pl-...): output prefix_list_id of the S3 gateway endpoint."
  }
}

variable "interval_minutes" {
  description = "How often groups are collected."
  type        = number
  default     = 60
  nullable    = false

  validation {
    # A run takes up to five minutes, and the next one is to find its work done.
    condition     = var.interval_minutes >= 10 && var.interval_minutes <= 1440 && floor(var.interval_minutes) == var.interval_minutes
    error_message = "interval_minutes must be a whole number from 10 to 1440."
  }
}

variable "alarm_topic_arns" {
  description = "SNS topics of the alarms. Empty: the alarms are there, and nobody is told."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "alarm_topic_arns must be ARNs of SNS topics: arn:<partition>:sns:<region>:<account>:<name>."
  }
}
