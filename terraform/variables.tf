# ---- which stack this is ----

variable "project" {
  description = "First word of every name."
  type        = string
  default     = "promloom"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,11}$", var.project))
    error_message = "project must be 2 to 12 lower-case letters and digits, and begin with a letter."
  }
}

variable "environment" {
  description = "Second word of every name, and an external label: `dev`, `prod`. Stacks of one account, also in several regions, need different ones (role names know no region)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,6}$", var.environment))
    error_message = "environment must be 2 to 7 lower-case letters and digits, and begin with a letter: with project and a hyphen it has to fit into 20 characters."
  }
}

variable "region" {
  description = "Region of the stack, and an external label."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "region must be the name of an AWS region, such as eu-central-1."
  }
}

variable "tags" {
  description = "Tags of every resource, beside Project and Environment."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "aws_max_retries" {
  description = "How often a call to AWS is tried again. null: the provider's 25; few where a failure should show soon."
  type        = number
  default     = null

  validation {
    condition     = var.aws_max_retries == null ? true : var.aws_max_retries >= 0 && floor(var.aws_max_retries) == var.aws_max_retries
    error_message = "aws_max_retries must be a whole number from 0."
  }
}

variable "retention_in_days" {
  description = "How many days logs are kept, in CloudWatch and of the load balancer."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.retention_in_days)
    error_message = "retention_in_days must be a period that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer and the buckets refuse to be destroyed. Set it to false and apply before a `destroy`."
  type        = bool
  default     = true
  nullable    = false
}

# ---- where ----

variable "vpc_id" {
  description = "VPC of the stack."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC (vpc-...)."
  }
}

variable "private_subnet_ids" {
  description = "Subnets of tasks, functions and volumes, one per availability zone, with a way out to the internet or to endpoints of ECR, Logs, SNS and Secrets Manager."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.private_subnet_ids) > 0 && alltrue([for id in var.private_subnet_ids : startswith(id, "subnet-")])
    error_message = "private_subnet_ids must be one or more subnet ids (subnet-...)."
  }
}

variable "public_subnet_ids" {
  description = "Subnets of a load balancer on the internet, in two availability zones or more. Empty: the load balancer is internal, in the private subnets."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.public_subnet_ids) != 1 && alltrue([for id in var.public_subnet_ids : startswith(id, "subnet-")])
    error_message = "public_subnet_ids must be empty or two or more subnet ids (subnet-...): a load balancer wants two availability zones."
  }
}

variable "s3_prefix_list_id" {
  description = "Prefix list of the VPC's gateway endpoint for S3: all of AWS that the functions in the VPC may call."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.s3_prefix_list_id, "pl-")
    error_message = "s3_prefix_list_id must be the id of a prefix list (pl-...): attribute prefix_list_id of the gateway endpoint."
  }
}

variable "access" {
  description = <<-EOT
    How people reach the services: host names `<service>.<domain_name>` in the hosted zone `zone_id`, from the networks `ingress_cidr_blocks`.
    Required unless `external_components` says that the services run elsewhere.
  EOT
  type = object({
    domain_name         = string
    zone_id             = string
    ingress_cidr_blocks = list(string)
  })
  default = null

  validation {
    condition     = (var.access == null) == (var.external_components != null)
    error_message = "access must be given where the stack runs the services, and only there: external_components says that they run elsewhere."
  }
}

variable "namespace_name" {
  description = "Private domain of the service-discovery names: `prometheus.<namespace_name>`."
  type        = string
  default     = "monitoring.internal"
  nullable    = false
}

# ---- what runs ----

variable "external_components" {
  description = <<-EOT
    Processes that run elsewhere and are only configured by this stack: component -> where each is reloaded and its security group. They mount the
    access point `config` of the output `volume`. null: the stack runs everything itself.
  EOT
  type = map(object({
    reload_url        = string
    security_group_id = string
  }))
  default = null
}

variable "images" {
  description = "Images of the services. The tag of Prometheus is the version that validate judges for, unless `prometheus_version` says it."
  type = object({
    prometheus   = optional(string, "quay.io/prometheus/prometheus:v3.13.5")
    alertmanager = optional(string, "quay.io/prometheus/alertmanager:v0.34.2")
    pushgateway  = optional(string, "quay.io/prometheus/pushgateway:v1.11.0")
    blackbox     = optional(string, "quay.io/prometheus/blackbox-exporter:v0.26.0")
    cloudwatch   = optional(string, "quay.io/prometheus/cloudwatch-exporter:v0.16.0")
    tls          = optional(string, "public.ecr.aws/docker/library/nginx:1.28.0")
    thanos       = optional(string, "quay.io/thanos/thanos:v0.41.0")
  })
  default  = {}
  nullable = false
}

variable "prometheus_version" {
  description = <<-EOT
    The version of the Prometheus that runs, such as `3.13.5`, or `3.13` for any of its patches: validate judges for it, and its promtool has to be of it
    (docs/versions.md). null: the tag of `images.prometheus`; where `external_components` run elsewhere, the version that the packages are made for.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.prometheus_version == null ? true : can(regex("^v?[0-9]+\\.[0-9]+(\\.[0-9]+)?$", var.prometheus_version))
    error_message = "prometheus_version must be two or three numbers, such as 3.13.5."
  }

  validation {
    condition     = var.prometheus_version != null || var.external_components != null || local.tag_version != null
    error_message = "prometheus_version must be given where the tag of images.prometheus begins with no version: validate judges for it. `docker run --rm IMAGE --version` says it."
  }
}

variable "image_repository_arns" {
  description = "ECR repositories of this account that `images` come from; none for public images."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "prometheus" {
  description = <<-EOT
    Size of Prometheus. Its samples lie on the task's own disk and go with the task; what has to last goes to `long_term_storage`. Each of `replicas`
    scrapes everything; Alertmanager and the long-term store know them for one: a label that tells them apart is taken out of alerts.
  EOT
  type = object({
    replicas       = optional(number, 1)
    cpu_units      = optional(number, 1024)
    memory_mib     = optional(number, 4096)
    disk_gib       = optional(number, 100)
    retention_days = optional(number, 15)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.prometheus.replicas >= 1 && var.prometheus.replicas <= 4 && floor(var.prometheus.replicas) == var.prometheus.replicas
    error_message = "prometheus.replicas must be a whole number from 1 to 4."
  }

  validation {
    condition     = var.prometheus.retention_days >= 1 && floor(var.prometheus.retention_days) == var.prometheus.retention_days
    error_message = "prometheus.retention_days must be a whole number from 1."
  }

  validation {
    condition     = var.prometheus.disk_gib >= 21 && var.prometheus.disk_gib <= 200
    error_message = "prometheus.disk_gib must be between 21 and 200, as Fargate has it."
  }
}

variable "alertmanager_configuration" {
  description = "Configuration of the Alertmanagers (YAML). null: every alert goes to the topic of alarms."
  type        = string
  default     = null

  validation {
    condition     = var.alertmanager_configuration == null ? true : can(yamldecode(var.alertmanager_configuration).route.receiver)
    error_message = "alertmanager_configuration must be YAML with a route that has a receiver."
  }
}

variable "alertmanager_egress" {
  description = "What the Alertmanagers may call beside HTTPS, for receivers of `alertmanager_configuration`: a word for it -> address range and ports, such as `{ smtp = { cidr_ipv4 = \"10.0.0.25/32\", from_port = 587, to_port = 587 } }`."
  type = map(object({
    cidr_ipv4         = optional(string)
    security_group_id = optional(string)
    protocol          = optional(string, "tcp")
    from_port         = number
    to_port           = number
  }))
  default  = {}
  nullable = false

  validation {
    condition     = !contains(keys(var.alertmanager_egress), "https") && alltrue([for it in values(var.alertmanager_egress) : (it.cidr_ipv4 == null) != (it.security_group_id == null) && contains(["tcp", "udp"], it.protocol) && it.from_port >= 0 && it.from_port <= it.to_port && it.to_port <= 65535])
    error_message = "each alertmanager_egress must have either cidr_ipv4 or security_group_id, the protocol tcp or udp, ports 0 to 65535, and another name than https, which is there."
  }
}

variable "enable_execute_command" {
  description = "Whether people may open a shell in the tasks. Sessions are logged; the output `debug_policies` says who may."
  type        = bool
  default     = false
  nullable    = false
}

variable "wait_for_steady_state" {
  description = "Whether an apply waits until the tasks run before the first run of the pipeline, which has to find them. false where nothing runs tasks (an emulator)."
  type        = bool
  default     = true
  nullable    = false
}

variable "service_tls" {
  description = "Whether the tasks verify each other by a private CA, which costs 50 USD a month unless `certificate_authority_arn` names one that is there. Without it they encrypt and do not verify."
  type = object({
    enabled                   = optional(bool, true)
    certificate_authority_arn = optional(string)
  })
  default  = {}
  nullable = false
}

# ---- the pipeline ----

variable "pipeline_enabled" {
  description = "Whether pushes and the schedule start runs. false in the stack that waits (docs/operations.md, taking over in another region): only one of two paired pipelines may run."
  type        = bool
  default     = true
  nullable    = false
}

variable "package_directory" {
  description = "Directory of the functions' zips, `<worker>.zip` each, as `make package` leaves them."
  type        = string
  nullable    = false

  validation {
    condition     = fileexists("${var.package_directory}/trigger.zip")
    error_message = "package_directory must hold the functions' zips; ${var.package_directory}/trigger.zip is missing. Make them with `make package`."
  }
}

variable "architecture" {
  description = "Processor of functions and tasks: `x86_64` or `arm64`. Packages and images must be built for it."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "worker_image" {
  description = "Image of the activity workers (`make image` builds it; modules/config_reloader, `activity`, says what is in it). null: the steps are Lambda functions. Only where the stack runs the services: the tasks need its cluster."
  type        = string
  default     = null

  validation {
    condition     = var.worker_image == null || var.external_components == null
    error_message = "worker_image must be null where external_components says that everything runs elsewhere: there is no cluster for the workers' tasks."
  }
}

variable "tools" {
  description = "Absolute paths of the real tools for validate, where they do not lie in its package."
  type = object({
    promtool          = optional(string)
    blackbox_exporter = optional(string)
  })
  default  = {}
  nullable = false
}

variable "team_writers" {
  description = "Owner -> ARNs of the roles that may write `apps/<owner>/`."
  type        = map(list(string))
  default     = {}
  nullable    = false
}

variable "state_writer_arns" {
  description = "ARNs (with wildcards) of roles beside the stack's own that may write the state bucket. A stack that waits names the replication of the one it waits for: `arn:aws:iam::<account>:role/<its name>-to-recovery-*`."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "placeholders" {
  description = "Placeholders beside those of the stack's own services, or instead of them: name -> host and port."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "bases" {
  description = "Component -> text of its base, instead of the stack's own (templates/)."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for component in keys(var.bases) : contains(["prometheus", "blackbox", "cloudwatch"], component)])
    error_message = "bases must be for prometheus, blackbox or cloudwatch."
  }
}

variable "policy" {
  description = "Text of the guardrails for teams (`base/policy.yml`). null: the pipeline's default (docs/policy.md), in which no group of the Pushgateway is ever too old."
  type        = string
  default     = null
}

variable "subscriptions" {
  description = "Who is told what of runs (inputs of modules/notifications)."
  type = map(object({
    protocol   = string
    endpoint   = string
    owners     = optional(list(string), [])
    kinds      = optional(list(string), [])
    components = optional(list(string), [])
  }))
  default  = {}
  nullable = false
}

variable "alarm_subscriptions" {
  description = "Who is told of alarms and alerts; with `owners`, only of alerts with that label `owner` (inputs of modules/notifications)."
  type = map(object({
    protocol = string
    endpoint = string
    owners   = optional(list(string), [])
  }))
  default  = {}
  nullable = false
}

# ---- beyond one environment ----

variable "long_term_storage" {
  description = <<-EOT
    Where samples are kept for long. `amp`: Amazon Managed Service for Prometheus; `thanos`: a bucket. `existing_store_arn` is another stack's (output
    `long_term_store_arn`), so that several environments and regions share one. null: what Prometheus keeps on its own disk is all.
  EOT
  type = object({
    backend            = string
    existing_store_arn = optional(string)
    retention_in_days  = optional(number)
    rule_groups        = optional(map(string), {})
    dropped_metrics    = optional(list(string), [])
    bucket_region      = optional(string)
    bucket_kms_key_arn = optional(string)
  })
  default = null

  validation {
    condition     = var.long_term_storage == null ? true : contains(["amp", "thanos"], var.long_term_storage.backend)
    error_message = "long_term_storage.backend must be amp or thanos."
  }

  validation {
    condition     = var.long_term_storage == null || var.external_components == null
    error_message = "long_term_storage must be null where external_components says that Prometheus runs elsewhere: wire modules/long_term_storage to it there."
  }
}

variable "disaster_recovery" {
  description = "The stack that takes over, applied first from its own variable file: its region and its outputs of the same names. null: there is none, or this is it."
  type = object({
    region             = string
    kms_key_arn        = string
    config_bucket_name = string
    state_bucket_name  = string
    alarm_topic_arns   = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.disaster_recovery == null ? true : var.disaster_recovery.region != var.region
    error_message = "disaster_recovery.region must be another region than region."
  }
}

variable "snowflake" {
  description = "Snowflake's exporter, `exporter` as modules/snowflake_exporter takes it in `snowflake`; null: this environment has no Snowflake."
  type = object({
    image = string
    exporter = object({
      account                         = string
      username                        = string
      role                            = string
      warehouse                       = string
      private_key_secret_arn          = string
      private_key_password_secret_arn = optional(string)
      exclude_deleted_tables          = optional(bool, true)
      exclude_task_history            = optional(bool, false)
    })
  })
  default = null
}
