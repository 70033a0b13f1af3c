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
  description = "KMS key that encrypts the file system and its backups."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>."
  }
}

variable "vpc_id" {
  description = "VPC of the mount targets."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC (vpc-...)."
  }
}

variable "subnet_ids" {
  description = "Subnets of the mount targets: one per availability zone that mounts, in an order that does not change (each keeps its place)."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0 && alltrue([for id in var.subnet_ids : startswith(id, "subnet-")])
    error_message = "subnet_ids must be one or more subnet ids (subnet-...)."
  }
}

variable "access_points" {
  description = <<-EOT
    Access points: name -> a directory of its own, and the user that everything in it belongs to, whoever writes. Whoever mounts one sees nothing
    above `path`. `permissions` are those of the directory when it is made.
  EOT
  type = map(object({
    path        = string
    uid         = optional(number, 65534)
    gid         = optional(number, 65534)
    permissions = optional(string, "0755")
  }))
  nullable = false

  validation {
    condition     = length(var.access_points) > 0 && alltrue([for it in values(var.access_points) : can(regex("^(/[A-Za-z0-9_.-]+){1,4}$", it.path))])
    error_message = "access_points must name at least one, each with an absolute path of one to four directories (EFS makes no more) and not the root."
  }

  validation {
    condition     = alltrue([for it in values(var.access_points) : it.uid >= 1 && it.gid >= 1 && it.uid <= 4294967295 && it.gid <= 4294967295])
    error_message = "access_points must have uid and gid from 1: nothing is written as root."
  }

  validation {
    condition     = alltrue([for it in values(var.access_points) : can(regex("^0?[0-7]{3}$", it.permissions))])
    error_message = "access_points must have permissions in octal, such as 0755."
  }
}

variable "clients" {
  description = "Who mounts: a word for it -> its security group. Being let in is not enough: its role must allow it, and its group must let NFS out to the output `security_group_id`."
  type        = map(string)
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.clients) : startswith(id, "sg-")])
    error_message = "clients must map words to security group ids (sg-...)."
  }
}

variable "throughput_mode" {
  description = "`elastic` pays per use and never runs out of credits; `bursting` is cheaper where hardly anything is read."
  type        = string
  default     = "elastic"
  nullable    = false

  validation {
    condition     = contains(["elastic", "bursting"], var.throughput_mode)
    error_message = "throughput_mode must be elastic or bursting."
  }
}

variable "transition_to_ia_days" {
  description = "After how many days without a read a file moves to the cheaper class. 0: never."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([0, 1, 7, 14, 30, 60, 90, 180, 270, 365], var.transition_to_ia_days)
    error_message = "transition_to_ia_days must be what EFS has: 1, 7, 14, 30, 60, 90, 180, 270 or 365, or 0 for never."
  }
}

variable "backup" {
  description = "Whether AWS Backup keeps daily copies of the file system (its default plan, 35 days)."
  type        = bool
  default     = true
  nullable    = false
}
