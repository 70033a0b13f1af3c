variable "owner" {
  description = "Your team, as in `apps/<owner>/`. Notices go to it by this name."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", var.owner)) && !strcontains(var.owner, "--")
    error_message = "owner must be 1 to 100 letters, digits, `_`, `.`, `-` (no `--`) and begin with a letter or digit."
  }

  validation {
    condition     = var.owner != "platform"
    error_message = "owner must not be `platform`: that is the owner of base/."
  }
}

variable "config_bucket_name" {
  description = "The config bucket, as the platform team tells it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.config_bucket_name))
    error_message = "config_bucket_name must be the name of an S3 bucket: 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "kms_key_arn" {
  description = "KMS key of the config bucket, as the platform team tells it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "kms_key_arn must be the ARN of a KMS key: arn:<partition>:kms:<region>:<account>:key/<id>."
  }
}

variable "tags" {
  description = "Tags of every object."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "scrape_jobs" {
  description = "Job name -> what to scrape. For anything beyond this, `raw`."
  type = map(object({
    targets         = list(string)
    labels          = optional(map(string), {})
    scheme          = optional(string, "http")
    metrics_path    = optional(string, "/metrics")
    scrape_interval = optional(string)
    scrape_timeout  = optional(string)
    honor_labels    = optional(bool, false)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.scrape_jobs) : name != ""])
    error_message = "scrape_jobs must have a name each."
  }

  validation {
    condition     = alltrue([for job in values(var.scrape_jobs) : length(job.targets) > 0 && alltrue([for target in job.targets : can(regex("^[^/\\s]+:[0-9]{1,5}$", target))])])
    error_message = "scrape_jobs.targets must be one or more <host>:<port>, without scheme and path: those are settings of their own."
  }

  validation {
    condition     = alltrue([for job in values(var.scrape_jobs) : contains(["http", "https"], job.scheme) && startswith(job.metrics_path, "/")])
    error_message = "scrape_jobs.scheme must be http or https, and metrics_path must begin with a slash."
  }

  validation {
    condition     = alltrue([for job in values(var.scrape_jobs) : alltrue([for duration in [job.scrape_interval, job.scrape_timeout] : duration == null ? true : can(regex(local.duration, coalesce(duration, "none")))])])
    error_message = "scrape_jobs.scrape_interval and scrape_timeout must be durations as Prometheus has them, largest unit first: 30s, 1m30s, 1h. A number alone is none."
  }

  validation {
    condition     = alltrue([for job in values(var.scrape_jobs) : alltrue([for label in keys(job.labels) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", label)) && !startswith(label, "__")])])
    error_message = "scrape_jobs.labels must be named with letters, digits and `_`, not begin with a digit, and not with `__`, which is Prometheus' own."
  }
}

variable "alerts" {
  description = "Alert name -> when it fires, and what is said. All are in one group."
  type = map(object({
    expr         = string
    for_duration = optional(string, "0s")
    labels       = optional(map(string), {})
    annotations  = optional(map(string), {})
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for alert in values(var.alerts) : trimspace(alert.expr) != ""])
    error_message = "alerts.expr must be a PromQL expression."
  }

  validation {
    condition     = alltrue([for alert in values(var.alerts) : can(regex(local.duration, coalesce(alert.for_duration, "none")))])
    error_message = "alerts.for_duration must be a duration as Prometheus has it, largest unit first: 0s, 5m, 1h30m."
  }

  validation {
    condition     = alltrue([for name, alert in var.alerts : name != "" && name != "config_generation_info" && alltrue([for key in concat(keys(alert.labels), keys(alert.annotations)) : can(regex("^[A-Za-z_][A-Za-z0-9_]*$", key))])])
    error_message = "alerts must have a name other than `config_generation_info` (the pipeline's), and labels and annotations named with letters, digits and `_`."
  }

  validation {
    condition     = alltrue([for alert in values(var.alerts) : length(setintersection(keys(alert.labels), ["alertname", "__name__"])) == 0])
    error_message = "alerts.labels must not set alertname or __name__: Prometheus does."
  }
}

variable "blackbox_probes" {
  description = "Probe name -> what is asked, and how. It becomes a module of the Blackbox exporter (called `<owner>_<name>`) and a scrape job (`<owner>-<name>`) that asks it."
  type = map(object({
    targets               = list(string)
    prober                = optional(string, "http")
    timeout               = optional(string, "5s")
    scrape_interval       = optional(string)
    valid_status_codes    = optional(list(number), [])
    fail_if_not_ssl       = optional(bool, false)
    fail_if_body_lacks    = optional(list(string), [])
    preferred_ip_protocol = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.blackbox_probes) : can(regex("^[A-Za-z0-9_]+$", name))])
    error_message = "blackbox_probes must be named with letters, digits and `_`."
  }

  validation {
    condition     = alltrue([for probe in values(var.blackbox_probes) : contains(["http", "tcp", "icmp"], probe.prober)])
    error_message = "blackbox_probes.prober must be http, tcp or icmp. dns and grpc need settings of their own: write the module as `raw`."
  }

  validation {
    condition     = alltrue([for probe in values(var.blackbox_probes) : probe.prober == "http" || (length(probe.valid_status_codes) == 0 && length(probe.fail_if_body_lacks) == 0 && !probe.fail_if_not_ssl)])
    error_message = "blackbox_probes.valid_status_codes, fail_if_body_lacks and fail_if_not_ssl are for the prober http only."
  }

  validation {
    condition     = alltrue([for probe in values(var.blackbox_probes) : length(probe.targets) > 0 && alltrue([for target in probe.targets : trimspace(target) != ""])])
    error_message = "blackbox_probes.targets must be one or more: URLs for http, <host>:<port> for tcp, hosts for icmp."
  }

  validation {
    condition     = alltrue([for probe in values(var.blackbox_probes) : can(regex(local.exporter_duration, coalesce(probe.timeout, "none"))) && (probe.scrape_interval == null ? true : can(regex(local.duration, coalesce(probe.scrape_interval, "none"))))])
    error_message = "blackbox_probes.timeout and scrape_interval must be durations: 5s, 1m30s. The exporter knows no unit longer than an hour."
  }

  validation {
    condition     = alltrue([for probe in values(var.blackbox_probes) : alltrue([for code in probe.valid_status_codes : code >= 100 && code <= 599 && floor(code) == code]) && (probe.preferred_ip_protocol == null ? true : contains(["ip4", "ip6"], probe.preferred_ip_protocol))])
    error_message = "blackbox_probes.valid_status_codes must be whole numbers from 100 to 599, and preferred_ip_protocol ip4 or ip6."
  }

  validation {
    # Go's own regular expressions here and there.
    condition     = alltrue([for probe in values(var.blackbox_probes) : alltrue([for pattern in probe.fail_if_body_lacks : can(regexall(pattern, ""))])])
    error_message = "blackbox_probes.fail_if_body_lacks must be regular expressions (RE2); broken: ${join(", ", flatten([for probe in values(var.blackbox_probes) : [for pattern in probe.fail_if_body_lacks : pattern if !can(regexall(pattern, ""))]]))}."
  }
}

variable "cloudwatch_metrics" {
  description = "A word for it -> a metric that the CloudWatch exporter fetches. The word is for you; Prometheus sees the metric's own name."
  type = map(object({
    namespace      = string
    metric         = string
    dimensions     = optional(list(string), [])
    statistics     = optional(list(string), ["Average"])
    period_seconds = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for metric in values(var.cloudwatch_metrics) : metric.namespace != "" && metric.metric != "" && length(metric.statistics) > 0])
    error_message = "cloudwatch_metrics must have a namespace, a metric and one statistic or more."
  }

  validation {
    condition     = alltrue([for metric in values(var.cloudwatch_metrics) : alltrue([for statistic in metric.statistics : contains(["Average", "Maximum", "Minimum", "SampleCount", "Sum"], statistic)])])
    error_message = "cloudwatch_metrics.statistics must be Average, Maximum, Minimum, SampleCount or Sum; percentiles (aws_extended_statistics) go as `raw`."
  }

  validation {
    # The exporter makes a label of each: FunctionName and function_name are one.
    condition = alltrue([for metric in values(var.cloudwatch_metrics) : !contains(metric.dimensions, "") && length(metric.dimensions) == length(distinct([
      for dimension in metric.dimensions : lower(replace(replace(dimension, "/([a-z0-9])([A-Z])/", "$${1}_$${2}"), "/[^A-Za-z0-9_]/", "_"))
    ]))])
    error_message = "cloudwatch_metrics.dimensions must have a name each, and be different as labels: FunctionName and function_name are one."
  }

  validation {
    condition     = alltrue([for metric in values(var.cloudwatch_metrics) : metric.period_seconds == null ? true : metric.period_seconds >= 60 && metric.period_seconds % 60 == 0])
    error_message = "cloudwatch_metrics.period_seconds must be a multiple of 60."
  }
}

variable "raw" {
  description = "Fragments as you write them: `<component>/<name>` -> YAML, such as `prometheus/rules` -> file(\"rules.yml\"). What it means is the pipeline's to say, right after the push."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for path in keys(var.raw) : can(regex("^(prometheus|blackbox|cloudwatch)/[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", path)) && !strcontains(path, "--")])
    error_message = "raw must be keyed <component>/<name>: prometheus, blackbox or cloudwatch, and 1 to 100 letters, digits, `_`, `.`, `-` (no `--`), without `.yml`."
  }

  validation {
    condition     = alltrue([for path in keys(var.raw) : !contains(keys(local.generated), path)])
    error_message = "raw must not use the names that are generated here: ${join(", ", keys(local.generated))}."
  }

  validation {
    condition     = alltrue([for text in values(var.raw) : can(keys(yamldecode(text)))])
    error_message = "raw must be one YAML document each, a map at its top; broken: ${join(", ", [for path, text in var.raw : path if !can(keys(yamldecode(text)))])}."
  }

  validation {
    condition = alltrue([for path, text in var.raw : length(setsubtract(
      try(keys(yamldecode(text)), []), lookup(local.sections, split("/", path)[0], [])
    )) == 0])
    error_message = "raw must hold scrape_configs and groups for prometheus, modules for blackbox, metrics for cloudwatch, and nothing else at the top: the rest is the platform team's."
  }

  validation {
    condition     = alltrue([for text in values(var.raw) : length(text) <= 4194304])
    error_message = "raw must be 4 MiB each at most."
  }
}

variable "rule_tests" {
  description = "Unit tests of your rules, as promtool has them: name -> YAML, pushed beside them as `prometheus/tests/<name>.yml`."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.rule_tests) : can(regex("^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$", name)) && !strcontains(name, "--")])
    error_message = "rule_tests must be named with 1 to 100 letters, digits, `_`, `.`, `-` (no `--`), beginning with a letter or digit, without `.yml`."
  }

  validation {
    condition     = alltrue([for text in values(var.rule_tests) : can(yamldecode(text).tests)])
    error_message = "rule_tests must be one YAML document each with `tests` at its top; broken: ${join(", ", [for name, text in var.rule_tests : name if !can(yamldecode(text).tests)])}."
  }
}
