variable "name" {
  description = "Prefix of every name, such as `promloom-prod`."
  type        = string
  nullable    = false

  validation {
    # 20: the log bucket's name, with account and region, stays within S3's 63 characters.
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
  description = "KMS key of the logs and of `execute-command` sessions. Its policy must let CloudWatch Logs use it."
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

variable "vpc_id" {
  description = "VPC of the load balancer and of the private names."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC (vpc-...)."
  }
}

variable "load_balancer_subnet_ids" {
  description = "Subnets of the load balancer, in two availability zones or more: public ones where `internal` is false."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.load_balancer_subnet_ids) >= 2 && alltrue([for id in var.load_balancer_subnet_ids : startswith(id, "subnet-")])
    error_message = "load_balancer_subnet_ids must be two or more subnet ids (subnet-...): a load balancer wants two availability zones."
  }
}

variable "internal" {
  description = "Whether the load balancer has only private addresses. Monitoring belongs behind a VPN; false puts it on the internet, for the networks of `ingress_cidr_blocks`."
  type        = bool
  default     = true
  nullable    = false
}

variable "ingress_cidr_blocks" {
  description = "IPv4 networks that may call the load balancer."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.ingress_cidr_blocks) > 0 && alltrue([for it in var.ingress_cidr_blocks : can(cidrnetmask(it))])
    error_message = "ingress_cidr_blocks must be one or more IPv4 networks such as 10.0.0.0/8."
  }

  validation {
    condition     = var.internal || !contains(var.ingress_cidr_blocks, "0.0.0.0/0")
    error_message = "A load balancer on the internet must not be open to all of it: Prometheus and Alertmanager have no login. Name the networks in ingress_cidr_blocks."
  }
}

variable "domain_name" {
  description = "Domain of the services, such as `monitoring.example.com`: the listener's default certificate is for this name, each service brings its own."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", var.domain_name)) && length(var.domain_name) <= 64
    error_message = "domain_name must be a lower-case domain name of at most 64 characters (ACM's limit), without wildcard."
  }
}

variable "zone_id" {
  description = "Route 53 hosted zone that holds `domain_name`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]+$", var.zone_id))
    error_message = "zone_id must be the id of a hosted zone (Z...)."
  }
}

variable "namespace_name" {
  description = "Private domain of the service-discovery names: `<service>.<namespace_name>` resolves in the VPC only. It must not be a domain that the VPC resolves otherwise."
  type        = string
  default     = "monitoring.internal"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", var.namespace_name))
    error_message = "namespace_name must be a lower-case domain name with a dot in it, such as monitoring.internal."
  }
}

variable "container_insights" {
  description = "`enabled`, `enhanced` (metrics per task and container, at a price) or `disabled`. The alarms on running tasks need it."
  type        = string
  default     = "enabled"
  nullable    = false

  validation {
    condition     = contains(["enabled", "enhanced", "disabled"], var.container_insights)
    error_message = "container_insights must be enabled, enhanced or disabled."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted, and its log bucket to be deleted with logs in it. Set it to false and apply before a `destroy`."
  type        = bool
  default     = true
  nullable    = false
}
