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
  description = "KMS key of the logs and of the secrets."
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

# ---- what is asked ----

variable "snowflake" {
  description = <<-EOT
    Whom the exporter asks, and as whom.

    - `account`: `<organization>-<account>`.
    - `username`, `role`: a service user and a role of its own, with IMPORTED PRIVILEGES on the database SNOWFLAKE and USAGE on the warehouse (README).
    - `warehouse`: where its queries run; it wakes up for every scrape, so an extra small one.
    - `private_key_secret_arn`: the secret with the user's private key, PKCS #8 in PEM. Passwords alone are not taken: Snowflake refuses them for services.
    - `private_key_password_secret_arn`: the secret with the password of that key; null where it has none.
    - `exclude_deleted_tables`, `exclude_task_history`: leave out what makes scrapes slow where there is much of it.
  EOT
  type = object({
    account                         = string
    username                        = string
    role                            = string
    warehouse                       = string
    private_key_secret_arn          = string
    private_key_password_secret_arn = optional(string)
    exclude_deleted_tables          = optional(bool, true)
    exclude_task_history            = optional(bool, false)
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_]+[-.][A-Za-z0-9_.-]+$", var.snowflake.account))
    error_message = "snowflake.account must be <organization>-<account> (or the older <locator>.<region>), without https:// and .snowflakecomputing.com."
  }

  validation {
    condition     = !endswith(lower(var.snowflake.account), ".snowflakecomputing.com")
    error_message = "snowflake.account must be without .snowflakecomputing.com."
  }

  validation {
    condition     = alltrue([for word in [var.snowflake.username, var.snowflake.role, var.snowflake.warehouse] : can(regex("^[A-Za-z_][A-Za-z0-9_$]{0,254}$", word))])
    error_message = "snowflake.username, role and warehouse must be identifiers: letters, digits, _ and $, not beginning with a digit."
  }

  validation {
    condition     = !contains(["ACCOUNTADMIN", "ORGADMIN", "GLOBALORGADMIN", "SECURITYADMIN", "SYSADMIN", "USERADMIN"], upper(var.snowflake.role))
    error_message = "snowflake.role must be a role of its own: an exporter reads usage, and that role could change the account."
  }

  validation {
    condition = alltrue([for arn in [var.snowflake.private_key_secret_arn, var.snowflake.private_key_password_secret_arn] :
    arn == null ? true : can(regex("^arn:aws[a-z-]*:(secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:|ssm:[a-z0-9-]+:[0-9]{12}:parameter/)[^*]+$", arn))])
    error_message = "snowflake.private_key_secret_arn and private_key_password_secret_arn must be ARNs of a Secrets Manager secret or an SSM parameter, never the key itself."
  }
}

# ---- where it runs: inputs of ../services ----

variable "image" {
  description = "Image of grafana/snowflake-prometheus-exporter, with a tag other than `latest` or with a digest. It needs `/bin/sh` and `/bin/snowflake-exporter`, as its own Dockerfile has them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[^:@ ]+(:[0-9]+/[^:@ ]+)?(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image must name a tag other than `latest`, or a digest: what runs today must run again tomorrow."
  }
}

variable "image_repository_arns" {
  description = "ECR repositories of this account that the images come from; none for public images."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tls_image" {
  description = "Image that makes the task's key and certificate (`tls.image` of ../services). null: that module's own."
  type        = string
  default     = null
}

variable "cpu_architecture" {
  description = "`X86_64` or `ARM64`; the image must exist for it."
  type        = string
  default     = "X86_64"
  nullable    = false

  validation {
    condition     = contains(["X86_64", "ARM64"], var.cpu_architecture)
    error_message = "cpu_architecture must be X86_64 or ARM64."
  }
}

variable "cluster" {
  description = "The cluster that runs the task: its ARN, its name and the log group of `ecs execute-command` (outputs of ../cluster)."
  type = object({
    arn                 = string
    name                = string
    exec_log_group_arn  = string
    exec_log_group_name = string
  })
  nullable = false
}

variable "vpc_id" {
  description = "VPC of the task."
  type        = string
  nullable    = false
}

variable "subnet_ids" {
  description = "Private subnets of the task. Snowflake has to be reachable from them."
  type        = list(string)
  nullable    = false
}

variable "service_discovery" {
  description = "The namespace in which the task has the name `snowflake`."
  type = object({
    namespace_id   = string
    namespace_name = string
  })
  nullable = false
}

variable "service_connect" {
  description = "Membership in the mesh, as ../services takes it; null has none."
  type = object({
    namespace_arn = string
    tls = optional(object({
      certificate_authority_arn = string
      kms_key_arn               = string
      role_arn                  = string
    }))
  })
  default = null
}

variable "load_balancer" {
  description = "The route from the load balancer, as ../services takes it; null has none. Its health is the landing page: asking for the metrics would ask Snowflake, every few seconds."
  type = object({
    listener_arn      = string
    security_group_id = string
    dns_name          = string
    dns_zone_id       = string
    arn_suffix        = string
    zone_id           = string
    host_name         = string
    priority          = number
    health_check_path = optional(string, "/")
  })
  default = null
}

variable "prometheus_security_group_id" {
  description = "Security group of Prometheus, which scrapes it."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.prometheus_security_group_id, "sg-")
    error_message = "prometheus_security_group_id must be the id of a security group (sg-...)."
  }
}

variable "egress" {
  description = "What the task may open connections to, as ../services takes it. The default is HTTPS to anywhere: Snowflake's addresses change. With PrivateLink, the endpoint's security group and those of AWS's endpoints are enough."
  type = map(object({
    cidr_ipv4         = optional(string)
    security_group_id = optional(string)
    protocol          = optional(string, "tcp")
    from_port         = optional(number, 443)
    to_port           = optional(number, 443)
  }))
  default  = { https = { cidr_ipv4 = "0.0.0.0/0" } }
  nullable = false
}

variable "enable_execute_command" {
  description = "Whether people may open a shell in the task. They would see the private key there."
  type        = bool
  default     = false
  nullable    = false
}

variable "alarm_topic_arns" {
  description = "SNS topics that are told when the task does not run. Empty: no alarms."
  type        = list(string)
  default     = []
  nullable    = false
}
