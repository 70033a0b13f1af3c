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
  description = "The KMS key that encrypts the workspace or the bucket, and the logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
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

variable "backend" {
  description = "Where samples are kept for long: `amp` (Amazon Managed Service for Prometheus, written by remote_write with SigV4) or `thanos` (a sidecar that uploads blocks to a bucket)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["amp", "thanos"], var.backend)
    error_message = "backend must be amp or thanos."
  }
}

variable "external_labels" {
  description = "What tells this stack's samples from those of other stacks in a shared store, such as `{ environment = \"prod\", region = \"eu-central-1\" }`."
  type        = map(string)
  nullable    = false

  validation {
    condition = length(var.external_labels) > 0 && alltrue([
      for label, value in var.external_labels : can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", label)) && value != ""
    ])
    error_message = "external_labels must have at least one label; names are letters, digits and underscores (not a digit first), and no value is empty."
  }
}

variable "existing_store_arn" {
  description = "The workspace (`amp`, any region of this account) or bucket (`thanos`, this region) of another stack to write to. null: one is made here."
  type        = string
  default     = null

  validation {
    condition = var.existing_store_arn == null ? true : can(regex({
      amp    = "^arn:aws[a-z-]*:aps:[a-z0-9-]+:[0-9]{12}:workspace/ws-[A-Za-z0-9-]+$"
      thanos = "^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"
    }[var.backend], var.existing_store_arn))
    error_message = "existing_store_arn must be the ARN of a workspace where backend is amp (arn:<partition>:aps:<region>:<account>:workspace/ws-<id>), and of a bucket where it is thanos (arn:<partition>:s3:::<name>)."
  }
}

variable "amp" {
  description = <<-EOT
    What only `amp` needs.

    - `retention_in_days`: how long samples are kept; null is the service's default, 150.
    - `rule_groups`: files of recording and alert rules for the workspace's ruler, name => YAML. They come beside the file that this module brings.
    - `own_rules`: whether the rules that this module brings are put there.
    - `alert_topic_arn`: the SNS topic of the ruler's alerts. Its policy has to let aps.amazonaws.com publish (output `alert_publisher`).
    - `dropped_metrics`: regular expressions of metric names that Prometheus keeps to itself; samples are what costs.
  EOT
  type = object({
    retention_in_days = optional(number)
    rule_groups       = optional(map(string), {})
    own_rules         = optional(bool, true)
    alert_topic_arn   = optional(string)
    dropped_metrics   = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.amp.retention_in_days == null ? true : var.amp.retention_in_days >= 1 && var.amp.retention_in_days <= 1095 && floor(var.amp.retention_in_days) == var.amp.retention_in_days
    error_message = "amp.retention_in_days must be a whole number from 1 to 1095."
  }

  validation {
    condition     = alltrue([for name, text in var.amp.rule_groups : can(regex("^[0-9A-Za-z][-.0-9A-Z_a-z]{0,63}$", name)) && name != "promloom" && can(yamldecode(text).groups[0].rules[0])])
    error_message = "amp.rule_groups must map names (letters, digits, -, . and _, at most 64 characters, not promloom) to YAML with a list groups, the first with at least one rule."
  }

  validation {
    condition     = var.amp.alert_topic_arn == null ? true : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$", var.amp.alert_topic_arn))
    error_message = "amp.alert_topic_arn must be the ARN of a standard SNS topic of this region: arn:<partition>:sns:<region>:<account>:<name>. The ruler cannot publish to a .fifo topic."
  }

  validation {
    condition     = var.backend != "amp" || var.existing_store_arn != null || var.amp.alert_topic_arn != null
    error_message = "amp.alert_topic_arn must be set for a workspace made here: without it the ruler's alerts reach nobody."
  }

  validation {
    # RE2 is not what Terraform has, but what is no pattern there is none here.
    condition     = alltrue([for pattern in var.amp.dropped_metrics : pattern != "" && can(regexall(pattern, ""))])
    error_message = "amp.dropped_metrics must be regular expressions, none of them empty."
  }
}

variable "vpc_endpoint" {
  description = "An interface endpoint, so that samples and queries of `amp` do not leave the VPC; null has none. `client_security_group_ids`: who may use it, name => id."
  type = object({
    vpc_id                    = string
    subnet_ids                = list(string)
    client_security_group_ids = map(string)
  })
  default = null

  validation {
    condition     = var.vpc_endpoint == null ? true : var.backend == "amp" && var.existing_store_arn == null
    error_message = "vpc_endpoint must be null unless backend is amp and the workspace is made here: S3 has its gateway endpoint, and an endpoint reaches only its own region."
  }

  validation {
    condition     = var.vpc_endpoint == null ? true : length(var.vpc_endpoint.subnet_ids) > 0 && length(var.vpc_endpoint.client_security_group_ids) > 0
    error_message = "vpc_endpoint must have at least one subnet and at least one security group of a client."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket of `thanos` deletes the blocks in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "access_log_bucket" {
  description = "The bucket of S3's access logs, for `thanos` with a bucket made here; null logs nothing."
  type        = string
  default     = null
}

# ---- thanos ----

variable "thanos" {
  description = <<-EOT
    What only `thanos` needs.

    - `image`: Thanos, by tag or digest.
    - `bucket_region`, `bucket_kms_key_arn`: of `existing_store_arn`, where that is not in this region or not under `kms_key_arn`.
    - `prometheus_url`, `tsdb_path`, `tsdb_volume`: where the sidecar finds Prometheus in its own task: address, directory, and the name of the task's volume.
    - `prometheus_endpoint`: name and port behind which all sidecars are, for queries of what is not uploaded yet; null asks only the bucket.
    - `raw_retention_in_days`, `five_minutes_retention_in_days`, `one_hour_retention_in_days`: how long each resolution is kept. 0 is for ever.
    - `replica_labels`: external labels that tell replicas of one Prometheus apart; queries merge their samples.
  EOT
  type = object({
    image                          = optional(string, "quay.io/thanos/thanos:v0.41.0")
    bucket_region                  = optional(string)
    bucket_kms_key_arn             = optional(string)
    prometheus_url                 = optional(string, "http://localhost:9090")
    tsdb_path                      = optional(string, "/prometheus")
    tsdb_volume                    = optional(string, "prometheus")
    prometheus_endpoint            = optional(string)
    raw_retention_in_days          = optional(number, 90)
    five_minutes_retention_in_days = optional(number, 365)
    one_hour_retention_in_days     = optional(number, 1095)
    replica_labels                 = optional(list(string), ["replica"])
    compactor_disk_gib             = optional(number, 100)
  })
  default  = {}
  nullable = false

  validation {
    condition     = can(regex("^[^:@ ]+(:[0-9]+/[^:@ ]+)?(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$", var.thanos.image)) && !endswith(var.thanos.image, ":latest")
    error_message = "thanos.image must name a tag other than `latest`, or a digest: what runs today must run again tomorrow."
  }

  validation {
    condition     = var.thanos.bucket_region == null ? true : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.thanos.bucket_region))
    error_message = "thanos.bucket_region must be the name of a region, such as eu-central-1."
  }

  validation {
    condition     = var.thanos.bucket_kms_key_arn == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.thanos.bucket_kms_key_arn))
    error_message = "thanos.bucket_kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>."
  }

  validation {
    condition     = var.existing_store_arn != null || (var.thanos.bucket_region == null && var.thanos.bucket_kms_key_arn == null)
    error_message = "thanos.bucket_region and thanos.bucket_kms_key_arn must be null for a bucket made here: they describe existing_store_arn."
  }

  validation {
    condition     = can(regex("^https?://localhost:[0-9]+$", var.thanos.prometheus_url))
    error_message = "thanos.prometheus_url must be http(s)://localhost:<port>: the sidecar runs in Prometheus's own task."
  }

  validation {
    condition     = startswith(var.thanos.tsdb_path, "/")
    error_message = "thanos.tsdb_path must be an absolute path."
  }

  validation {
    condition     = var.thanos.prometheus_endpoint == null ? true : can(regex("^[a-z0-9.-]+:[0-9]+$", var.thanos.prometheus_endpoint))
    error_message = "thanos.prometheus_endpoint must be <name>:<port>, such as prometheus.promloom.internal:10901."
  }

  validation {
    condition = alltrue([
      for days in [var.thanos.raw_retention_in_days, var.thanos.five_minutes_retention_in_days, var.thanos.one_hour_retention_in_days] :
      days >= 0 && floor(days) == days
      ]) && (
      # Downsampling makes 5 m blocks after 40 hours and 1 h blocks after 10 days: what is deleted sooner is never downsampled.
      (var.thanos.raw_retention_in_days == 0 || var.thanos.raw_retention_in_days > 2) &&
      (var.thanos.five_minutes_retention_in_days == 0 || var.thanos.five_minutes_retention_in_days > 10)
    )
    error_message = "thanos.*_retention_in_days must be whole numbers from 0 (for ever); raw samples more than 2 days and 5-minute samples more than 10, or nothing is left to downsample."
  }

  validation {
    condition     = var.thanos.compactor_disk_gib >= 20 && var.thanos.compactor_disk_gib <= 200
    error_message = "thanos.compactor_disk_gib must be between 20 and 200, as Fargate has it."
  }
}

variable "services" {
  description = <<-EOT
    Where Thanos's own services run: inputs of ../services. Required for `thanos`, unused for `amp`. `load_balancer` is the route to the querier,
    `query_clients` who may query it beside: a word for the caller -> its security group.
  EOT
  type = object({
    cluster = object({
      arn                 = string
      name                = string
      exec_log_group_arn  = string
      exec_log_group_name = string
    })
    vpc_id         = string
    subnet_ids     = list(string)
    namespace_id   = string
    namespace_name = string
    load_balancer = optional(object({
      listener_arn      = string
      security_group_id = string
      dns_name          = string
      dns_zone_id       = string
      arn_suffix        = string
      zone_id           = string
      host_name         = string
      priority          = number
    }))
    query_clients          = optional(map(object({ security_group_id = string })), {})
    image_repository_arns  = optional(list(string), [])
    tls_image              = optional(string)
    cpu_architecture       = optional(string, "X86_64")
    enable_execute_command = optional(bool, false)
    alarm_topic_arns       = optional(list(string), [])
  })
  default = null

  validation {
    condition     = (var.backend == "thanos") == (var.services != null)
    error_message = "services must be set where backend is thanos, and only there."
  }
}
