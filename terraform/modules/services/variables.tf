variable "name" {
  description = "Prefix of every name, such as `promloom-prod`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name must be 3 to 32 lower-case letters, digits and hyphens, begin with a letter and end with a letter or digit."
  }
}

variable "service" {
  description = "What this service is called: the log stream prefix, the ECS service, the discovery name and the default host name all use this word."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,26}[a-z0-9]$", var.service))
    error_message = "service must be 2 to 28 lower-case letters, digits and hyphens, begin with a letter and end with a letter or digit."
  }
}

variable "tags" {
  description = "Tags of every resource, and of every task."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key of the logs, and of the secrets that `secrets` names. Its policy must let CloudWatch Logs use it."
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

# ---- where ----

variable "cluster" {
  description = "The cluster that runs the tasks: its ARN, its name and the log group of `ecs execute-command` (outputs of ../cluster)."
  type = object({
    arn                 = string
    name                = string
    exec_log_group_arn  = string
    exec_log_group_name = string
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:ecs:[a-z0-9-]+:[0-9]{12}:cluster/.+$", var.cluster.arn))
    error_message = "cluster.arn must be the ARN of an ECS cluster: arn:<partition>:ecs:<region>:<account>:cluster/<name>."
  }
}

variable "vpc_id" {
  description = "VPC of the tasks."
  type        = string
  nullable    = false

  validation {
    condition     = startswith(var.vpc_id, "vpc-")
    error_message = "vpc_id must be the id of a VPC (vpc-...)."
  }
}

variable "subnet_ids" {
  description = "Private subnets of the tasks, one per availability zone that may run them."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) > 0 && alltrue([for id in var.subnet_ids : startswith(id, "subnet-")])
    error_message = "subnet_ids must be one or more subnet ids (subnet-...)."
  }
}

# ---- what runs ----

variable "image" {
  description = "Image of the service's container, with a tag other than `latest` or with a digest."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([^:@/ ]+(:[0-9]+)?/)?[^:@ ]+(:[A-Za-z0-9_][A-Za-z0-9_.-]*(@sha256:[0-9a-f]{64})?|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "image must name a tag other than `latest`, or a digest: what runs today must run again tomorrow."
  }
}

variable "cpu_units" {
  description = "CPU of a task in units of 1/1024 vCPU."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu_units)
    error_message = "cpu_units must be what Fargate has: 256, 512, 1024, 2048, 4096, 8192 or 16384."
  }
}

variable "memory_mib" {
  description = "Memory of a task in MiB. Fargate pairs it with `cpu_units`; a wrong pair fails at plan."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.memory_mib >= 512 && var.memory_mib <= 122880 && (var.memory_mib == 512 || var.memory_mib % 1024 == 0)
    error_message = "memory_mib must be 512 or a multiple of 1024 up to 122880."
  }
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

variable "ephemeral_storage_gib" {
  description = "Disk of a task in GiB; it goes with the task. 20 is Fargate's own and is not asked for."
  type        = number
  default     = 20
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_gib >= 20 && var.ephemeral_storage_gib <= 200
    error_message = "ephemeral_storage_gib must be between 20 and 200."
  }
}

variable "entry_point" {
  description = "Replaces the image's entry point; empty leaves it."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "command" {
  description = "Arguments of the service's program."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "environment" {
  description = "Environment variables of the service's container. Nothing secret: they are readable in the task definition."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "secrets" {
  description = "Environment variable name -> ARN of the Secrets Manager secret or SSM parameter that holds its value. Only this service's execution role may read them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for arn in values(var.secrets) : can(regex("^arn:aws[a-z-]*:(secretsmanager|ssm):", arn))])
    error_message = "secrets must map names to ARNs of Secrets Manager secrets or SSM parameters."
  }
}

variable "user" {
  description = "User id (and group id after a colon) that the service's program runs as; 65534 is `nobody`."
  type        = string
  default     = "65534:65534"
  nullable    = false

  validation {
    condition     = can(regex("^[1-9][0-9]*(:[1-9][0-9]*)?$", var.user))
    error_message = "user must be a numeric user id, or user and group id joined by a colon, and not 0: no service runs as root."
  }
}

variable "system_controls" {
  description = <<-EOT
    Kernel parameters of the task: name -> value. Fargate from platform 1.4.0 takes `net.*`, which hold for every container of the task, `fs.mqueue.*` and those
    of System V messages, semaphores and shared memory (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_SystemControl.html).
  EOT
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.system_controls) : can(regex("^((net|fs\\.mqueue)\\.[a-z0-9_.-]+|kernel\\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced))$", name))])
    error_message = "system_controls must be what Fargate takes: net.*, fs.mqueue.*, or kernel.msgmax, .msgmnb, .msgmni, .sem, .shmall, .shmmax, .shmmni or .shm_rmid_forced."
  }
}

variable "desired_count" {
  description = "How many tasks run."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.desired_count >= 0 && floor(var.desired_count) == var.desired_count
    error_message = "desired_count must be a whole number from 0."
  }
}

variable "deployment" {
  description = <<-EOT
    How a new task definition replaces the old one. `minimum_healthy_percent` 0 with `maximum_percent` 100 stops the old task before the new one
    starts: for what must not run twice. Availability zone rebalancing needs room for one task more, so it is on where `maximum_percent` is above 100.
  EOT
  type = object({
    minimum_healthy_percent           = optional(number, 100)
    maximum_percent                   = optional(number, 200)
    health_check_grace_period_seconds = optional(number, 120)
  })
  default  = {}
  nullable = false

  validation {
    condition = (
      var.deployment.minimum_healthy_percent >= 0 && var.deployment.minimum_healthy_percent <= 100 &&
      var.deployment.maximum_percent >= 100 && var.deployment.maximum_percent <= 200 &&
      var.deployment.minimum_healthy_percent < var.deployment.maximum_percent
    )
    error_message = "deployment.minimum_healthy_percent must be 0 to 100, maximum_percent 100 to 200, and the first below the second: ECS could replace nothing otherwise."
  }
}

variable "stop_timeout_seconds" {
  description = "How long the program may take to end before it is killed. Fargate allows at most 120."
  type        = number
  default     = 120
  nullable    = false

  validation {
    condition     = var.stop_timeout_seconds >= 2 && var.stop_timeout_seconds <= 120
    error_message = "stop_timeout_seconds must be between 2 and 120, as Fargate has it."
  }
}

variable "sidecars" {
  description = <<-EOT
    Programs beside the service's own, in the same task and as the same user: a word -> what runs. `task_volumes` are mounted where the service has
    them; /tls is there to read. When one ends, the task ends.
  EOT
  type = map(object({
    image        = string
    command      = optional(list(string), [])
    environment  = optional(map(string), {})
    task_volumes = optional(list(string), [])
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.sidecars) : !contains(["prepare", "tls", "mesh", var.service], name)])
    error_message = "sidecars must not be called prepare, tls, mesh or like the service: those are there already."
  }

  validation {
    condition     = alltrue(flatten([for it in values(var.sidecars) : [for name in it.task_volumes : contains(keys(var.task_volumes), name)]]))
    error_message = "sidecars.task_volumes must be keys of task_volumes."
  }
}

variable "health_check_command" {
  description = "What tells, inside the container, whether the program is well, such as `[\"CMD-SHELL\", \"wget -q -O /dev/null http://localhost:9090/-/healthy\"]`. Empty: only its exit counts, and the load balancer."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.health_check_command) == 0 || contains(["CMD", "CMD-SHELL"], try(var.health_check_command[0], ""))
    error_message = "health_check_command must begin with CMD or CMD-SHELL."
  }
}

# ---- ports ----

variable "port" {
  description = "TCP port that the program listens on."
  type        = number
  nullable    = false

  validation {
    condition     = var.port >= 1024 && var.port <= 65535
    error_message = "port must be between 1024 and 65535: the program does not run as root."
  }
}

variable "peer_ports" {
  description = "Ports on which the tasks of one cluster of programs find each other, such as Alertmanager's gossip: a word -> port and protocol. Whoever carries `peer_security_group_id` is let in."
  type = map(object({
    port     = number
    protocol = optional(string, "tcp")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for it in values(var.peer_ports) : contains(["tcp", "udp"], it.protocol) && it.port >= 1024 && it.port <= 65535])
    error_message = "peer_ports must have a port between 1024 and 65535 and the protocol tcp or udp."
  }

  validation {
    condition     = (length(var.peer_ports) == 0) == (var.peer_security_group_id == null)
    error_message = "peer_ports and peer_security_group_id must be given together: peers find each other through one security group that all of them carry."
  }
}

variable "peer_security_group_id" {
  description = "Security group that all tasks of one cluster of programs carry beside their own. Given where `peer_ports` is."
  type        = string
  default     = null
}

variable "tls" {
  description = <<-EOT
    How the service speaks TLS on the way from the load balancer and from other tasks. Key and certificate are made when a task starts and
    never leave it; a load balancer does not verify them, between tasks Service Connect does the verifying (`service_connect.tls`).
    `application`: the program itself serves TLS on `port`; it finds `tls.crt`, `tls.key` and a `web.yml` for `--web.config.file` in `/tls`.
    `proxy`: a sidecar serves TLS on `port` of this object and hands on to the program; `var.port` stays plain for what `clients` lets in.
    `none`: plain HTTP.
    `image` needs `sh`, `openssl` and, for `proxy`, `nginx`; it also prepares volumes in every mode.
  EOT
  type = object({
    mode                   = optional(string, "proxy")
    port                   = optional(number, 8443)
    image                  = optional(string, "public.ecr.aws/docker/library/nginx:1.28.0")
    read_timeout_seconds   = optional(number, 330)
    max_request_body_bytes = optional(number, 67108864)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["application", "proxy", "none"], var.tls.mode)
    error_message = "tls.mode must be application, proxy or none."
  }

  validation {
    condition     = var.tls.port >= 1024 && var.tls.port <= 65535
    error_message = "tls.port must be between 1024 and 65535."
  }
}

# ---- disks ----

variable "task_volumes" {
  description = "Directories on the task's own disk: name -> path. They belong to `user` and go with the task."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, path in var.task_volumes : startswith(path, "/") && !contains(["tls"], name)])
    error_message = "task_volumes must map names other than `tls` to absolute paths."
  }
}

variable "efs_volumes" {
  description = "EFS access points that the task mounts (output `access_points` of ../efs_volumes): name -> where. Always by TLS and IAM; the task's role gets exactly these."
  type = map(object({
    file_system_id    = string
    file_system_arn   = string
    access_point_id   = string
    access_point_arn  = string
    security_group_id = string
    path              = string
    read_only         = optional(bool, true)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name, it in var.efs_volumes : startswith(it.path, "/") && !contains(["tls"], name)])
    error_message = "efs_volumes must have an absolute path each, and a name other than `tls`."
  }
}

variable "seed" {
  description = <<-EOT
    What a program starts with before the first generation is deployed: `directory`/current -> generations/0-seed, which holds `file`. Nothing is
    written where `current` exists. `volume` names the entry of `efs_volumes`; only the container that prepares the task mounts it writable.
  EOT
  type = object({
    volume    = string
    directory = string
    file      = string
    content   = string
  })
  default = null

  validation {
    condition     = var.seed == null ? true : startswith(var.seed.directory, "/") && can(regex("^[a-z_]+\\.yml$", var.seed.file))
    error_message = "seed.directory must be an absolute path, and seed.file the name of a .yml file."
  }
}

# ---- how it is found ----

variable "service_discovery" {
  description = <<-EOT
    The name that resolves to every task: `<name>.<namespace>`, an A record per task. Either `namespace_id` (the module makes the name; it is
    `service`), or `registry_arn` of a name that several services share (ECS registers a service under one name only).
  EOT
  type = object({
    namespace_id   = optional(string)
    namespace_name = string
    registry_arn   = optional(string)
    registry_name  = optional(string)
    ttl_seconds    = optional(number, 10)
  })
  nullable = false

  validation {
    condition     = (var.service_discovery.namespace_id == null) != (var.service_discovery.registry_arn == null)
    error_message = "service_discovery needs either namespace_id (a name of its own) or registry_arn (a shared name), not both."
  }

  validation {
    condition     = (var.service_discovery.registry_arn == null) == (var.service_discovery.registry_name == null)
    error_message = "service_discovery.registry_name must say which name registry_arn is, and only then."
  }
}

variable "service_connect" {
  description = <<-EOT
    Membership in the mesh: tasks in `namespace_arn` reach this service as `<service>.<namespace_name>` through their proxies. With `tls`, the proxies
    encrypt and verify each other by certificates of a private CA (outputs of ../service_tls). `client_only`: calls others, offers nothing.
  EOT
  type = object({
    namespace_arn = string
    client_only   = optional(bool, false)
    ingress_port  = optional(number, 15443)
    tls = optional(object({
      certificate_authority_arn = string
      kms_key_arn               = string
      role_arn                  = string
    }))
  })
  default = null
}

variable "load_balancer" {
  description = <<-EOT
    The route from the load balancer (outputs of ../cluster), with a certificate and a DNS record of its own: `host_name` in `zone_id`.
    `priority` orders the listener's rules and must be unique in it. null: no route.
  EOT
  type = object({
    listener_arn                 = string
    security_group_id            = string
    dns_name                     = string
    dns_zone_id                  = string
    arn_suffix                   = string
    zone_id                      = string
    host_name                    = string
    priority                     = number
    health_check_path            = optional(string, "/-/healthy")
    health_check_matcher         = optional(string, "200")
    deregistration_delay_seconds = optional(number, 30)
  })
  default = null

  validation {
    condition     = var.load_balancer == null ? true : can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", var.load_balancer.host_name))
    error_message = "load_balancer.host_name must be a full lower-case host name without wildcard: a certificate is made for exactly this name."
  }

  validation {
    condition     = var.load_balancer == null ? true : var.load_balancer.priority >= 1 && var.load_balancer.priority <= 50000
    error_message = "load_balancer.priority must be between 1 and 50000."
  }
}

# ---- who may call, and what it may call ----

variable "clients" {
  description = "Who may call this service beside the load balancer: a word for the caller -> its security group and the port (`port` is the program's own, null the port that speaks TLS)."
  type = map(object({
    security_group_id = string
    port              = optional(number)
  }))
  default  = {}
  nullable = false
}

variable "egress" {
  description = "What the tasks may open connections to: a word for it -> address range or security group, and ports. The default is HTTPS to anywhere (image, logs, AWS)."
  type = map(object({
    cidr_ipv4         = optional(string)
    security_group_id = optional(string)
    protocol          = optional(string, "tcp")
    from_port         = optional(number, 443)
    to_port           = optional(number, 443)
  }))
  default  = { https = { cidr_ipv4 = "0.0.0.0/0" } }
  nullable = false

  validation {
    condition     = alltrue([for it in values(var.egress) : (it.cidr_ipv4 == null) != (it.security_group_id == null)])
    error_message = "each egress must have either cidr_ipv4 or security_group_id."
  }

  validation {
    condition = alltrue([for it in values(var.egress) : it.protocol == "icmp" ? it.from_port == -1 && it.to_port == -1 :
      contains(["tcp", "udp"], it.protocol) && it.from_port >= 0 && it.from_port <= it.to_port && it.to_port <= 65535
    ])
    error_message = "each egress must have the protocol tcp or udp, and ports 0 to 65535 with from_port not above to_port; or icmp, and -1 for both."
  }
}

variable "calls" {
  description = <<-EOT
    Services of the mesh that this one calls (their output `mesh_address`). ECS tells a task's proxy which names the mesh has when the service is deployed, and not
    again: so this service is deployed after all of them, and anew when one comes or goes.
  EOT
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(var.calls) == 0 || var.service_connect != null
    error_message = "calls must be empty where the service is no member of a mesh (service_connect)."
  }
}

variable "task_policies" {
  description = "What the program may ask of AWS: a word for it -> policy document (JSON). Each becomes an inline policy of this service's own role."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for json in values(var.task_policies) : can(jsondecode(json).Statement)])
    error_message = "task_policies must be IAM policy documents in JSON."
  }
}

variable "image_repository_arns" {
  description = "ECR repositories of this account that the images come from; none for public images."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "enable_execute_command" {
  description = "Whether people may open a shell in a task (`aws ecs execute-command`). Sessions are logged. It makes the task's root file system writable, because the agent needs that."
  type        = bool
  default     = false
  nullable    = false
}

variable "wait_for_steady_state" {
  description = "Whether an apply waits until the tasks run: what comes after the service then finds it. false where nothing runs tasks (an emulator)."
  type        = bool
  default     = false
  nullable    = false
}

# ---- who is told ----

variable "alarm_topic_arns" {
  description = "SNS topics that are told when fewer tasks run than should, or the load balancer finds none of them healthy. Empty: no alarms."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.alarm_topic_arns : can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$", arn))])
    error_message = "alarm_topic_arns must be ARNs of SNS topics: arn:<partition>:sns:<region>:<account>:<name>."
  }
}
