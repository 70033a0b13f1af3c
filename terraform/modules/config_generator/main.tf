# What a team pushes: fragments below apps/<owner>/, and nothing else anywhere. The pipeline judges them as it judges everybody's; what HCL can
# see of its checks fails at plan.

data "aws_partition" "this" {}

locals {
  # As Prometheus reads it; a lone 0 is one too.
  duration = "^(0|([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"
  # As the Blackbox exporter reads it, which is Go's own way.
  exporter_duration = "^(0|([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$"
  unit_seconds = {
    y = 31536000, w = 604800, d = 86400, h = 3600, m = 60, s = 1, ms = 0.001
  }
  # Intervals and timeouts in seconds; where only one is set, the other is the base's and nothing can be said.
  seconds = merge([for name, job in var.scrape_jobs : {
    for what, duration in {
      interval = job.scrape_timeout == null ? null : job.scrape_interval
      timeout  = job.scrape_interval == null ? null : job.scrape_timeout
      } : "${name}/${what}" => duration == null ? 0 : try(
      sum([for part in regexall("([0-9]+)(ms|[ywdhms])", duration) : tonumber(part[0]) * local.unit_seconds[part[1]]]), 0
    )
  }]...)

  sections = {
    prometheus = ["scrape_configs", "groups"]
    blackbox   = ["modules"]
    cloudwatch = ["metrics"]
  }

  jobs = [for name, job in var.scrape_jobs : { for field, value in {
    job_name        = name
    scheme          = job.scheme
    metrics_path    = job.metrics_path
    honor_labels    = job.honor_labels
    scrape_interval = job.scrape_interval
    scrape_timeout  = job.scrape_timeout
    static_configs  = [merge({ targets = job.targets }, length(job.labels) == 0 ? {} : { labels = job.labels })]
  } : field => value if value != null }]

  rules = [for name, alert in var.alerts : {
    alert       = name
    expr        = alert.expr
    "for"       = alert.for_duration
    labels      = alert.labels
    annotations = alert.annotations
  }]

  modules = { for name, probe in var.blackbox_probes : "${var.owner}_${name}" => { for field, value in {
    prober  = probe.prober
    timeout = probe.timeout
    http = probe.prober != "http" ? null : { for field, value in {
      valid_status_codes              = length(probe.valid_status_codes) == 0 ? null : probe.valid_status_codes
      fail_if_not_ssl                 = probe.fail_if_not_ssl
      fail_if_body_not_matches_regexp = length(probe.fail_if_body_lacks) == 0 ? null : probe.fail_if_body_lacks
      preferred_ip_protocol           = probe.preferred_ip_protocol
    } : field => value if value != null }
    tcp  = probe.prober == "tcp" && probe.preferred_ip_protocol != null ? { preferred_ip_protocol = probe.preferred_ip_protocol } : null
    icmp = probe.prober == "icmp" && probe.preferred_ip_protocol != null ? { preferred_ip_protocol = probe.preferred_ip_protocol } : null
  } : field => value if value != null } }

  # The exporter is asked about the target: the address becomes its parameter and the instance, and BLACKBOX_URL, a placeholder, the address.
  probes = [for name, probe in var.blackbox_probes : { for field, value in {
    job_name        = "${var.owner}-${name}"
    metrics_path    = "/probe"
    scheme          = "https"
    tls_config      = { insecure_skip_verify = true } # the exporter's task makes its certificate itself, as for the job of the base
    scrape_interval = probe.scrape_interval
    params          = { module = ["${var.owner}_${name}"] }
    static_configs  = [{ targets = probe.targets }]
    relabel_configs = [
      { source_labels = ["__address__"], target_label = "__param_target" },
      { source_labels = ["__param_target"], target_label = "instance" },
      { target_label = "__address__", replacement = "BLACKBOX_URL" },
    ]
  } : field => value if value != null }]

  metrics = [for metric in values(var.cloudwatch_metrics) : { for field, value in {
    aws_namespace   = metric.namespace
    aws_metric_name = metric.metric
    aws_dimensions  = length(metric.dimensions) == 0 ? null : metric.dimensions
    aws_statistics  = metric.statistics
    period_seconds  = metric.period_seconds
  } : field => value if value != null }]

  generated = { for path, content in {
    "prometheus/scrape-jobs"     = length(local.jobs) == 0 ? null : yamlencode({ scrape_configs = local.jobs })
    "prometheus/alerts"          = length(local.rules) == 0 ? null : yamlencode({ groups = [{ name = "${var.owner}-alerts", rules = local.rules }] })
    "prometheus/blackbox-probes" = length(local.probes) == 0 ? null : yamlencode({ scrape_configs = local.probes })
    "blackbox/probes"            = length(local.modules) == 0 ? null : yamlencode({ modules = local.modules })
    "cloudwatch/metrics"         = length(local.metrics) == 0 ? null : yamlencode({ metrics = local.metrics })
  } : path => content if content != null }

  rule_tests = { for name, text in var.rule_tests : "prometheus/tests/${name}" => text }

  fragments = { for path, content in merge(local.generated, var.raw, local.rule_tests) : "apps/${var.owner}/${path}.yml" => content }

  # Names that two fragments of the same owner would both claim: the pipeline would reject the later one.
  job_names = concat(
    [for job in local.jobs : job.job_name],
    [for probe in local.probes : probe.job_name],
    flatten([for path, text in var.raw : try([for job in yamldecode(text).scrape_configs : tostring(job.job_name)], [])]),
  )
  timed_out_late = [for name, job in var.scrape_jobs : name if local.seconds["${name}/timeout"] > local.seconds["${name}/interval"]]
  claimed_twice  = [for name in distinct(local.job_names) : name if length([for other in local.job_names : other if other == name]) > 1]

  module_names  = concat(keys(local.modules), flatten([for path, text in var.raw : try(keys(yamldecode(text).modules), [])]))
  defined_twice = [for name in distinct(local.module_names) : name if length([for other in local.module_names : other if other == name]) > 1]
}

resource "aws_s3_object" "fragment" {
  for_each = local.fragments

  bucket             = var.config_bucket_name
  key                = each.key
  content            = each.value
  content_type       = "application/yaml"
  kms_key_id         = var.kms_key_arn
  checksum_algorithm = "SHA256"
  tags               = var.tags

  lifecycle {
    precondition {
      condition     = length(local.timed_out_late) == 0
      error_message = "these scrape jobs have a scrape_timeout longer than their scrape_interval: ${join(", ", local.timed_out_late)}. Shorten it."
    }

    precondition {
      condition     = length(local.claimed_twice) == 0
      error_message = "these job names are used twice: ${join(", ", local.claimed_twice)}. Prometheus takes each once; call one of them otherwise."
    }

    precondition {
      condition     = length(local.defined_twice) == 0
      error_message = "these Blackbox modules are defined twice: ${join(", ", local.defined_twice)}. A probe makes one called <owner>_<name>; call one of them otherwise."
    }
  }
}
