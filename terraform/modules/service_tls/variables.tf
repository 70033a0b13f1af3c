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
  description = "KMS key that encrypts the tasks' certificates and keys while ECS carries them to the proxies."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>. An alias does not do: policies are written against it."
  }
}

variable "certificate_authority_arn" {
  description = "An existing private CA in short-lived mode, tagged `AmazonECSManaged = true`, such as the organisation's subordinate. null: a root CA of the stack's own is made (50 USD a month)."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_authority_arn == null ? true : can(regex("^arn:aws[a-z-]*:acm-pca:[a-z0-9-]+:[0-9]{12}:certificate-authority/.+$", var.certificate_authority_arn))
    error_message = "certificate_authority_arn must be the ARN of a private CA: arn:<partition>:acm-pca:<region>:<account>:certificate-authority/<id>."
  }
}

variable "organization" {
  description = "Organisation in the subject of the CA that is made."
  type        = string
  default     = "Promloom"
  nullable    = false

  validation {
    condition     = length(var.organization) >= 1 && length(var.organization) <= 64
    error_message = "organization must have 1 to 64 characters, as X.509 has it."
  }
}

variable "validity_years" {
  description = "How long the CA that is made is valid, in years. The certificates that it issues live for days."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.validity_years >= 1 && var.validity_years <= 30 && floor(var.validity_years) == var.validity_years
    error_message = "validity_years must be a whole number from 1 to 30."
  }
}
