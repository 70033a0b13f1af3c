variable "name" {
  description = "Prefix of every name, such as `promloom-prod`."
  type        = string
  nullable    = false

  validation {
    # 20: the default bucket names, with account and region, stay within S3's 63 characters.
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
  description = "KMS key of buckets, queues, logs, functions and executions. README says which services its policy must let use it."
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

# ---- buckets ----

variable "config_bucket_name" {
  description = "Name of the bucket that teams write. Default: `<name>-config-<account>-<region>`."
  type        = string
  default     = null

  validation {
    condition     = var.config_bucket_name == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.config_bucket_name))
    error_message = "config_bucket_name must be 3 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit. Dots would break TLS."
  }
}

variable "state_bucket_name" {
  description = "Name of the bucket that only the pipeline writes. Default: `<name>-state-<account>-<region>`."
  type        = string
  default     = null

  validation {
    condition     = var.state_bucket_name == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.state_bucket_name))
    error_message = "state_bucket_name must be 3 to 63 lower-case letters, digits and hyphens, and begin and end with a letter or digit. Dots would break TLS."
  }
}

variable "force_destroy" {
  description = "Whether `terraform destroy` also deletes what lies in the buckets: every version that teams pushed, and the journal. For stacks that are thrown away."
  type        = bool
  default     = false
  nullable    = false
}

variable "access_log_bucket_name" {
  description = "Bucket that gets the access logs of both buckets. null: none are written."
  type        = string
  default     = null
}

variable "noncurrent_version_days" {
  description = "How many days an old version stays in the config bucket: how far back `as_of` of a replay reaches. The state bucket keeps its own copies of what runs used."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.noncurrent_version_days >= 1 && floor(var.noncurrent_version_days) == var.noncurrent_version_days
    error_message = "noncurrent_version_days must be a whole number of days from 1."
  }
}

variable "journal_retention_days" {
  description = "How many days the journal (`runs/` of the state bucket) says what each run did; its documents stay, because later runs use them. null: for ever."
  type        = number
  default     = 400

  validation {
    condition     = var.journal_retention_days == null ? true : var.journal_retention_days >= 1 && floor(var.journal_retention_days) == var.journal_retention_days
    error_message = "journal_retention_days must be a whole number of days from 1."
  }
}

variable "team_writers" {
  description = "Owner -> ARNs of the IAM roles (also of other accounts) that may read, put and delete its fragments, and nothing beside `apps/<owner>/`."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for owner in keys(var.team_writers) : can(regex("^[A-Za-z0-9]([A-Za-z0-9_.-]{0,99})$", owner)) && !strcontains(owner, "--") && owner != "platform"])
    error_message = "team_writers must name owners of 1 to 100 letters, digits, `_`, `.`, `-` (no `--`) that begin with a letter or digit; `platform` is the owner of base/."
  }

  validation {
    condition     = alltrue([for arn in flatten(values(var.team_writers)) : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*]+$", arn))])
    error_message = "team_writers must list ARNs of IAM roles or users without wildcards: arn:<partition>:iam::<account>:role/<name>."
  }
}

variable "state_writer_arns" {
  description = "ARNs (with wildcards) of roles beside the pipeline's that may write the state bucket: the replication of another region, the garbage collection's worker, who restores it."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.state_writer_arns : can(regex("^arn:aws[a-z-]*:(iam|sts)::[0-9]{12}:", arn))])
    error_message = "state_writer_arns must be ARNs of IAM principals with their account: arn:<partition>:iam::<account>:role/<name>."
  }
}

# ---- workers ----

variable "worker_host" {
  description = "What runs the seven steps: `lambda` (functions) or `activity` (Fargate tasks that poll Step Functions; for accounts without Lambda in their VPC, or for documents that need more than 15 minutes or 10 GB). The trigger is a function in both."
  type        = string
  default     = "lambda"
  nullable    = false

  validation {
    condition     = contains(["lambda", "activity"], var.worker_host)
    error_message = "worker_host must be lambda or activity."
  }
}

variable "packages" {
  description = <<-EOT
    The functions' zips, worker -> path and, where it is known, the base64 SHA-256 that the file must have (`filebase64sha256`). With the worker host `lambda`
    one for each of fetch, template, validate, merge, deploy, reload, notify and trigger; with `activity` one for trigger.
  EOT
  type = map(object({
    zip_path      = string
    sha256_base64 = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for package in values(var.packages) : fileexists(package.zip_path)])
    error_message = "packages must name files that exist; missing: ${join(", ", [for worker, package in var.packages : "${worker} (${package.zip_path})" if !fileexists(package.zip_path)])}. Build them first."
  }

  validation {
    condition     = length(setsubtract(local.functions, keys(var.packages))) == 0
    error_message = "packages has no zip for ${join(", ", setsubtract(local.functions, keys(var.packages)))}: with the worker host ${var.worker_host} each of ${join(", ", local.functions)} is a function."
  }

  validation {
    condition     = alltrue([for package in values(var.packages) : package.sha256_base64 == null || !fileexists(package.zip_path) ? true : filebase64sha256(package.zip_path) == package.sha256_base64])
    error_message = "packages must have the SHA-256 that is given with them: one of these files is not the one that was built."
  }
}

variable "architecture" {
  description = "Processor of the functions and tasks: `x86_64` or `arm64`. The packages and the image must be built for it."
  type        = string
  default     = "x86_64"
  nullable    = false

  validation {
    condition     = contains(["x86_64", "arm64"], var.architecture)
    error_message = "architecture must be x86_64 or arm64."
  }
}

variable "reserved_concurrency" {
  description = "Worker -> executions reserved for its function out of the account's pool. A worker that is not named has no reservation."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for number in values(var.reserved_concurrency) : number >= 1 && floor(number) == number])
    error_message = "reserved_concurrency must be whole numbers from 1: with 0 a function never runs."
  }
}

variable "activity" {
  description = <<-EOT
    Where the activity workers run. `image` (`make image`) holds the program `activity` as its entry point, with `promtool` and `blackbox_exporter` at the paths of `tools`,
    and declares `/tmp` as a volume that everybody may write. Required where `worker_host` is `activity`.
  EOT
  type = object({
    cluster_arn           = string
    image                 = string
    image_repository_arns = optional(list(string), [])
    tasks                 = optional(number, 1)
    pollers               = optional(number, 4)
    heartbeat_seconds     = optional(number, 90)
  })
  default = null

  validation {
    condition     = var.activity == null ? true : can(regex("^arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/.+$", var.activity.cluster_arn))
    error_message = "activity.cluster_arn must be the ARN of an ECS cluster: arn:<partition>:ecs:<region>:<account>:cluster/<name>."
  }

  validation {
    condition     = var.activity == null ? true : can(regex("(:[A-Za-z0-9_][A-Za-z0-9_.-]*|@sha256:[0-9a-f]{64})$", var.activity.image)) && !endswith(var.activity.image, ":latest")
    error_message = "activity.image must name a tag other than `latest`, or a digest."
  }

  validation {
    # The workers send a heartbeat every 20 s (HEARTBEAT in workers/aws/src/activity.rs); the shortest state lives 120 s.
    condition     = var.activity == null ? true : var.activity.heartbeat_seconds >= 60 && var.activity.heartbeat_seconds < 120
    error_message = "activity.heartbeat_seconds must be 60 to 119: three heartbeats of a worker, and less than the shortest state's timeout."
  }

  validation {
    condition     = var.activity == null ? true : var.activity.tasks >= 1 && var.activity.pollers >= 1
    error_message = "activity.tasks and activity.pollers must be 1 or more: nothing would work on the activities otherwise."
  }

  validation {
    condition     = (var.worker_host == "activity") == (var.activity != null)
    error_message = "activity must be given where worker_host is activity, and only there."
  }
}

variable "tools" {
  description = "Absolute paths of the real tools for validate. Default: beside the function's `bootstrap`, where the packages have them; with activities, `/usr/local/bin`."
  type = object({
    promtool          = optional(string)
    blackbox_exporter = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for path in [var.tools.promtool, var.tools.blackbox_exporter] : path == null ? true : startswith(path, "/")])
    error_message = "tools must be absolute paths."
  }
}

variable "prometheus_version" {
  description = "The version of the Prometheus that runs what validate accepts, such as `3.13.5`, or `3.13` for any of its patches: what it does not have is refused, and a promtool that is not of it is a failure that says so. Default: the version that the packages are made for."
  type        = string
  default     = null

  validation {
    condition     = var.prometheus_version == null ? true : can(regex("^v?[0-9]+\\.[0-9]+(\\.[0-9]+)?$", var.prometheus_version))
    error_message = "prometheus_version must be two or three numbers, such as 3.13.5."
  }
}

variable "log_level" {
  description = "What the workers log: `trace`, `debug`, `info`, `warn` or `error`."
  type        = string
  default     = "info"
  nullable    = false

  validation {
    condition     = contains(["trace", "debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level must be trace, debug, info, warn or error."
  }
}

# ---- what is configured ----

variable "vpc" {
  description = "Where the workers that reach the volume, the processes or nothing but S3 run. `s3_prefix_list_id` is that of the S3 gateway endpoint: it is all of AWS that functions in it may call."
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

variable "volume" {
  description = "The EFS volume that the processes read and deploy writes (outputs of ../efs_volumes). The file system's own security group must let the output `deploy_security_group_id` in on 2049."
  type = object({
    file_system_id    = string
    file_system_arn   = string
    access_point_id   = string
    access_point_arn  = string
    security_group_id = string
    mount_path        = optional(string, "/mnt/config")
  })
  nullable = false

  validation {
    condition     = can(regex("^/mnt/[A-Za-z0-9_.-]+$", var.volume.mount_path))
    error_message = "volume.mount_path must be /mnt/<letters, digits, _ . ->: Lambda mounts nowhere else."
  }

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:elasticfilesystem:[a-z0-9-]+:[0-9]{12}:access-point/.+$", var.volume.access_point_arn)) && can(regex("^arn:aws[a-z-]*:elasticfilesystem:[a-z0-9-]+:[0-9]{12}:file-system/.+$", var.volume.file_system_arn))
    error_message = "volume.access_point_arn and volume.file_system_arn must be ARNs of EFS: arn:<partition>:elasticfilesystem:<region>:<account>:access-point/<id> and :file-system/<id>."
  }
}

variable "components" {
  description = "The processes that are configured, by component: where each is reloaded, and the security group that must let the output `reload_security_group_id` in. Every address behind the name is reloaded."
  type = map(object({
    reload_url        = string
    security_group_id = string
  }))
  nullable = false

  validation {
    condition     = length(var.components) > 0 && alltrue([for component in keys(var.components) : contains(["prometheus", "blackbox", "cloudwatch"], component)])
    error_message = "components must be one or more of prometheus, blackbox and cloudwatch."
  }

  validation {
    condition     = alltrue([for it in values(var.components) : can(regex("^https?://[A-Za-z0-9.-]+:[0-9]+(/[^?# ]*)?$", it.reload_url))])
    error_message = "components.reload_url must be http(s)://<host>:<port>, with the port said: the security group rule is made of it."
  }
}

variable "placeholders" {
  description = "Placeholder -> value (host and port), replaced in base and fragments, such as `PUSHGATEWAY_URL` -> `pushgateway.monitoring:9091`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.placeholders) : can(regex("^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_URL(_[1-9][0-9]*)?$", name))])
    error_message = "placeholders must be named <WORDS>_URL or <WORDS>_URL_<number> in capitals, such as ALERTMANAGER_URL_1: anything else is not seen as a placeholder."
  }
}

# ---- triggers and telling ----

variable "enabled" {
  description = "Whether pushes and the schedule start runs. false in a stack that waits for a disaster: of two stacks with replicated buckets only one may run. What comes meanwhile waits in the queue."
  type        = bool
  default     = true
  nullable    = false
}

variable "starts_after" {
  description = "What has to be there before the schedule starts its first run, such as the bases' version ids: what of it is made in the same apply is made first. A run that comes earlier fails, and is alarmed."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "batching_window_seconds" {
  description = "How long pushes are gathered before they start one execution. Each push waits this long."
  type        = number
  default     = 2
  nullable    = false

  validation {
    # Above 10 messages a batch, Lambda asks for a window.
    condition     = var.batching_window_seconds >= 1 && var.batching_window_seconds <= 300 && floor(var.batching_window_seconds) == var.batching_window_seconds
    error_message = "batching_window_seconds must be a whole number from 1 to 300."
  }
}

variable "reconcile_interval_minutes" {
  description = "How often a run starts without a push: for events that were lost, drift, and names that came free."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.reconcile_interval_minutes >= 5 && var.reconcile_interval_minutes <= 1440 && floor(var.reconcile_interval_minutes) == var.reconcile_interval_minutes
    error_message = "reconcile_interval_minutes must be a whole number from 5 to 1440."
  }
}

variable "notice_topic_arn" {
  description = "SNS topic of the notices (output of ../notifications)."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.notice_topic_arn))
    error_message = "notice_topic_arn must be the ARN of an SNS topic: arn:<partition>:sns:<region>:<account>:<name>."
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
