# The whole stack, planned with the real provider and keys that open nothing; only the caller's account is said instead of asked.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1 # what would ask AWS after all, fails soon
}

provider "aws" {
  alias                       = "recovery"
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1 # what would ask AWS after all, fails soon
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.cluster[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.config_reloader.data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.pushgateway_gc[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.notifications.data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.long_term_storage[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.disaster_recovery[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

# The provider asks AWS whether a definition is well formed, at plan.
override_resource {
  target = module.config_reloader.aws_sfn_state_machine.config_reloader
  values = { arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:promloom-test" }
}

variables {
  environment        = "test"
  region             = "eu-central-1"
  vpc_id             = "vpc-1"
  private_subnet_ids = ["subnet-1", "subnet-2"]
  s3_prefix_list_id  = "pl-1"
  package_directory  = "tests/packages"
  access = {
    domain_name         = "monitoring.example.com"
    zone_id             = "Z1"
    ingress_cidr_blocks = ["10.0.0.0/8"]
  }
}

run "smallest" {
  command = plan

  assert {
    condition     = keys(module.services) == ["alertmanager-1", "alertmanager-2", "alertmanager-3", "blackbox", "cloudwatch", "pushgateway"] && length(module.prometheus) == 1
    error_message = "every service of the stack, three Alertmanagers among them"
  }
  assert {
    condition     = toset(keys(output.addresses)) == toset(keys(local.services)) && toset(output.mesh_names) == toset([for name, address in output.addresses : address if name != "prometheus"])
    error_message = "Prometheus is deployed after every service that it calls, and anew when one comes or goes"
  }
  assert {
    condition = local.placeholders == {
      ALERTMANAGER_URL_1 = "alertmanager-1.monitoring.internal:9093"
      ALERTMANAGER_URL_2 = "alertmanager-2.monitoring.internal:9093"
      ALERTMANAGER_URL_3 = "alertmanager-3.monitoring.internal:9093"
      BLACKBOX_URL       = "blackbox.monitoring.internal:8443"
      CLOUDWATCH_URL     = "cloudwatch.monitoring.internal:8443"
      PUSHGATEWAY_URL    = "pushgateway.monitoring.internal:8443"
    }
    error_message = "every service of the stack is addressed by its service-discovery name, on the port that speaks TLS"
  }
  assert {
    condition     = [for it in yamldecode(local.bases.prometheus).scrape_configs : it.job_name] == ["prometheus", "pushgateway", "cloudwatch", "blackbox", "alertmanager"]
    error_message = "without Snowflake there is no job for it"
  }
  assert {
    condition     = !can(yamldecode(local.bases.prometheus).alerting.alert_relabel_configs) && yamldecode(templatefile("templates/alertmanager.yml.tftpl", { region = "eu-central-1", topic_arn = "arn" })).receivers[0].sns_configs[0].attributes.kind == "alert"
    error_message = "one replica has no label to drop, and alerts say their owner to subscriptions"
  }
  assert {
    condition     = yamldecode(local.bases.prometheus).global.external_labels == { environment = "test", region = "eu-central-1" } && !can(yamldecode(local.bases.prometheus).remote_write)
    error_message = "the stack's samples are told from others' by environment and region"
  }
  assert {
    condition     = yamldecode(local.bases.cloudwatch).set_timestamp == false
    error_message = "a metric of CloudWatch is as old as delay_seconds, and with its own time no query of the present would see it"
  }
  assert {
    condition     = alltrue([for it in yamldecode(local.bases.prometheus).scrape_configs : it.scheme == (it.job_name == "prometheus" ? "http" : "https")])
    error_message = "nothing leaves a task in plain text"
  }
  assert {
    condition     = yamldecode(local.bases.prometheus).scrape_configs[1].metric_relabel_configs[0] == { regex = "log_group|log_stream", action = "labeldrop" } && yamldecode(local.bases.prometheus).scrape_configs[1].static_configs[0].labels.group == "lambdas"
    error_message = "pushed metrics carry their group and no log names"
  }
  assert {
    condition     = { for component, it in local.components : component => it.reload_url } == { prometheus = "http://prometheus.monitoring.internal:9099", blackbox = "http://blackbox.monitoring.internal:9115", cloudwatch = "http://cloudwatch.monitoring.internal:9106" }
    error_message = "every replica is reloaded, by the name that resolves to each"
  }
  assert {
    condition     = local.services.prometheus.task_volumes == { tsdb = "/prometheus" } && keys(local.services.prometheus.volumes) == ["config"]
    error_message = "samples lie on the task's own disk, never on EFS"
  }
  assert {
    condition     = alltrue([for name in local.alertmanagers : local.services[name].peers && strcontains(local.services[name].command[0], "--cluster.peer=alertmanager.monitoring.internal:9094")])
    error_message = "Alertmanagers find each other by one name"
  }
  assert {
    condition     = length(setsubtract(keys(local.services), local.routes)) == 0 && length(distinct(local.routes)) == length(local.routes)
    error_message = "every service has its place among the listener's rules"
  }
  assert {
    condition     = length(module.long_term_storage) == 0 && length(module.disaster_recovery) == 0 && length(module.snowflake_exporter) == 0
    error_message = "nothing that was not asked for"
  }
  assert {
    condition     = local.prometheus_version == split(":v", var.images.prometheus)[1]
    error_message = "validate judges for the version of the image"
  }
}

# ---- which version of Prometheus ----

run "a_tag_with_more_than_the_version" {
  command = plan
  variables {
    images = { prometheus = "registry.example.com:5000/prometheus:v3.14.0-busybox@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  }
  assert {
    condition     = local.prometheus_version == "3.14.0"
    error_message = "neither a build's name nor a digest hides the version"
  }
}

run "a_tag_of_any_patch" {
  command = plan
  variables {
    images = { prometheus = "quay.io/prometheus/prometheus:v3.14" }
  }
  assert {
    condition     = local.prometheus_version == "3.14"
    error_message = "two numbers are any patch"
  }
}

run "a_version_that_the_tag_does_not_say" {
  command = plan
  variables {
    images             = { prometheus = "registry.example.com/prometheus:2026-11" }
    prometheus_version = "3.14.0"
  }
  assert {
    condition     = local.prometheus_version == "3.14.0"
    error_message = "what is said counts"
  }
}

run "the_base_has_its_six_jobs" {
  command = plan

  variables {
    snowflake = {
      image = "grafana/snowflake-prometheus-exporter:v0.1.0"
      exporter = {
        account                = "organization-account"
        username               = "promloom"
        role                   = "MONITOR"
        warehouse              = "MONITOR"
        private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:snowflake-AbCdEf"
      }
    }
  }

  assert {
    condition = { for it in yamldecode(local.bases.prometheus).scrape_configs : it.job_name => "${it.scheme} ${try(it.scrape_interval, "-")} ${try(it.scrape_timeout, "-")}" } == {
      prometheus   = "http 15s 10s"
      pushgateway  = "https 10s -"
      cloudwatch   = "https 5m 5m"
      blackbox     = "https - -"
      snowflake    = "https 30m 5m"
      alertmanager = "https 1m 30s"
    }
    error_message = "the six jobs, how they are asked, how often and how long"
  }
  assert {
    condition = [for it in yamldecode(local.bases.prometheus).scrape_configs : it if it.job_name == "blackbox"][0].relabel_configs == [
      { source_labels = ["__address__"], target_label = "__param_target" },
      { source_labels = ["__param_target"], target_label = "instance" },
      { target_label = "__address__", replacement = "BLACKBOX_URL" },
    ]
    error_message = "a probe's address is its target and its instance, and the exporter is asked"
  }
  assert {
    condition     = { for name in ["scrape_interval", "evaluation_interval"] : name => yamldecode(local.bases.prometheus).global[name] } == { scrape_interval = "1m", evaluation_interval = "1m" } && yamldecode(local.bases.prometheus).rule_files == ["rules/*.yml"]
    error_message = "once a minute, and every rule of the generation"
  }
  assert {
    condition     = yamldecode(local.bases.prometheus).alerting.alertmanagers[0].scheme == "https" && yamldecode(local.bases.prometheus).alerting.alertmanagers[0].static_configs[0].targets == [for number in [1, 2, 3] : "ALERTMANAGER_URL_${number}"]
    error_message = "three Alertmanagers over https"
  }
}

run "two_replicas_one_store" {
  command = plan

  variables {
    team_writers = {
      shop     = ["arn:aws:iam::123456789012:role/shop-deploy"]
      payments = ["arn:aws:iam::210987654321:role/payments-deploy"]
    }
    alertmanager_egress = { smtp = { cidr_ipv4 = "10.0.0.25/32", from_port = 587, to_port = 587 } }
    prometheus          = { replicas = 2 }
    long_term_storage   = { backend = "amp" }
    service_tls         = { enabled = false }
    snowflake = {
      image = "grafana/snowflake-prometheus-exporter:v0.1.0"
      exporter = {
        account                = "organization-account"
        username               = "promloom"
        role                   = "MONITOR"
        warehouse              = "MONITOR"
        private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:snowflake-AbCdEf"
      }
    }
  }

  assert {
    condition     = local.long_term.external_labels == { environment = "test", region = "eu-central-1", cluster = "promloom-test", "__replica__" = "$${HOSTNAME}" }
    error_message = "AMP keeps one of two replicas' samples by these labels"
  }
  assert {
    condition     = local.replica_label == "__replica__" # what the template drops; its text is not known before the workspace
    error_message = "two replicas say one alert"
  }
  # A new service that encrypts or decrypts in nobody's name goes here and into key.tf.
  assert {
    condition = jsonencode({ for it in jsondecode(data.aws_iam_policy_document.key.json).Statement : it.Sid => sort(flatten([values(it.Principal)])) }) == jsonencode({
      AccountByItsPolicies    = ["arn:aws:iam::123456789012:root"]
      Logs                    = ["logs.eu-central-1.amazonaws.com"]
      LogDelivery             = ["delivery.logs.amazonaws.com"]
      EventsAndAlertsToTopics = ["aps.amazonaws.com", "events.amazonaws.com"]
      TeamsOfOtherAccounts    = ["arn:aws:iam::210987654321:role/payments-deploy"]
      Senders                 = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"]
    })
    error_message = "the key is for the account's own policies, for these services, and for teams' roles of other accounts"
  }
  assert {
    condition = { for it in jsondecode(data.aws_iam_policy_document.key.json).Statement : it.Sid => merge(values(it.Condition)...) if can(it.Condition) } == {
      Logs                    = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:eu-central-1:123456789012:*" }
      LogDelivery             = { "kms:EncryptionContext:SourceArn" = "arn:aws:logs:eu-central-1:123456789012:*" }
      EventsAndAlertsToTopics = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:eu-central-1:123456789012:promloom-test-alarms" }
      TeamsOfOtherAccounts    = { "kms:ViaService" = "s3.eu-central-1.amazonaws.com", "kms:EncryptionContext:aws:s3:arn" = "arn:aws:s3:::promloom-test-config-123456789012-eu-central-1*" }
      Senders                 = { "aws:SourceAccount" = "123456789012" }
    }
    error_message = "each for what is this stack's only, by the condition that the service fills"
  }
  assert {
    condition     = { for name, it in local.services : name => it.system_controls if it.system_controls != {} } == { blackbox = { "net.ipv4.ping_group_range" = "65534 65534" } }
    error_message = "the Blackbox exporter's group, and no other service, may ping"
  }
  assert {
    condition     = keys(local.services["alertmanager-1"].egress) == ["https", "smtp"] && { for name, it in local.services.blackbox.egress : name => try(it.protocol, "tcp") } == { targets = "tcp", udp_targets = "udp", ping = "icmp" }
    error_message = "Alertmanagers reach their receivers, and the Blackbox exporter what each of its probers asks"
  }
  assert {
    condition     = local.placeholders.SNOWFLAKE_URL == module.snowflake_exporter[0].address && contains(output.mesh_names, module.snowflake_exporter[0].address) && length(module.service_tls) == 0
    error_message = "Snowflake by its name, known to Prometheus's proxy, and no CA where none is wanted"
  }
}

run "thanos_and_another_region" {
  command = plan

  variables {
    prometheus        = { replicas = 2 }
    images            = { thanos = "registry.example.com/thanos:v0.41.0" }
    long_term_storage = { backend = "thanos" }
    disaster_recovery = {
      region             = "eu-west-1"
      kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/1"
      config_bucket_name = "promloom-testr-config"
      state_bucket_name  = "promloom-testr-state"
    }
  }

  assert {
    condition     = contains(keys(local.long_term.sidecars), "thanos-sidecar") && local.long_term.peer_ports.thanos.port == 10901 && length(module.disaster_recovery) == 1
    error_message = "blocks are uploaded from Prometheus's own task, and both buckets are replicated"
  }
  assert {
    condition     = alltrue([for it in local.long_term.sidecars : yamldecode(local.services.prometheus.seed).global.external_labels == local.long_term.external_labels]) && length(local.long_term.external_labels) > 0
    error_message = "Thanos's sidecar ends where Prometheus has no external labels: the seed has them"
  }
  assert {
    condition     = length(setsubtract(["prometheus", "thanos-compact", "thanos-query", "thanos-store"], keys(output.log_group_names))) == 0 && local.long_term.sidecars["thanos-sidecar"].image == "registry.example.com/thanos:v0.41.0"
    error_message = "Thanos's services are among the others', from the image that is named"
  }
  assert {
    condition     = local.long_term.external_labels.prometheus_replica == "$${HOSTNAME}" && yamldecode(local.bases.prometheus).alerting.alert_relabel_configs == [{ action = "labeldrop", regex = "prometheus_replica" }]
    error_message = "two replicas say one alert, and no label of a team's is dropped"
  }
}

run "only_the_pipeline" {
  command = plan

  variables {
    access              = null
    external_components = { prometheus = { reload_url = "http://prometheus.example.internal:9090", security_group_id = "sg-1" } }
    placeholders = {
      ALERTMANAGER_URL_1 = "am-1:9093", ALERTMANAGER_URL_2 = "am-2:9093", ALERTMANAGER_URL_3 = "am-3:9093"
      PUSHGATEWAY_URL    = "pushgateway:9091", CLOUDWATCH_URL = "cloudwatch:9106", BLACKBOX_URL = "blackbox:9115"
    }
  }

  assert {
    condition     = length(module.services) == 0 && length(module.cluster) == 0 && keys(local.bases) == ["prometheus"]
    error_message = "what runs elsewhere is only configured"
  }
  assert {
    condition     = local.prometheus_version == null
    error_message = "an image that is not run says nothing of what runs elsewhere"
  }
}

# ---- what is refused, and by which variable ----

run "wrong_values" {
  command = plan
  variables {
    project                    = "Prom"
    environment                = "production"
    region                     = "Frankfurt"
    aws_max_retries            = -1
    retention_in_days          = 42
    vpc_id                     = "1"
    private_subnet_ids         = []
    public_subnet_ids          = ["subnet-1"]
    s3_prefix_list_id          = "s3"
    prometheus                 = { replicas = 9 }
    alertmanager_configuration = "receivers: []"
    alertmanager_egress        = { https = { cidr_ipv4 = "0.0.0.0/0", from_port = 1, to_port = 2 } }
    package_directory          = "tests/nothing"
    architecture               = "x86"
    bases                      = { grafana = "" }
    long_term_storage          = { backend = "cortex" }
    access                     = null
    prometheus_version         = "latest"
  }
  expect_failures = [
    var.project, var.environment, var.region, var.aws_max_retries, var.retention_in_days, var.vpc_id, var.private_subnet_ids, var.public_subnet_ids,
    var.s3_prefix_list_id, var.prometheus, var.alertmanager_configuration, var.alertmanager_egress, var.package_directory, var.architecture, var.bases, var.long_term_storage, var.access,
    var.prometheus_version,
  ]
}

run "a_digest_and_no_version" {
  command = plan
  variables {
    images = { prometheus = "quay.io/prometheus/prometheus@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
  }
  expect_failures = [var.prometheus_version]
}

run "recovery_in_the_same_region" {
  command = plan
  variables {
    prometheus        = { retention_days = 0 }
    disaster_recovery = { region = "eu-central-1", kms_key_arn = "", config_bucket_name = "", state_bucket_name = "" }
  }
  expect_failures = [var.prometheus, var.disaster_recovery]
}

run "workers_without_a_cluster" {
  command = plan
  variables {
    access              = null
    external_components = { prometheus = { reload_url = "http://prometheus.example.internal:9090", security_group_id = "sg-1" } }
    worker_image        = "promloom/activity:1"
    bases               = { prometheus = "global: {}\n" }
  }
  expect_failures = [var.worker_image]
}

run "a_disk_that_fargate_has_not" {
  command = plan
  variables {
    prometheus = { disk_gib = 20 }
  }
  expect_failures = [var.prometheus]
}

run "a_store_for_what_runs_elsewhere" {
  command = plan
  variables {
    access              = null
    external_components = { prometheus = { reload_url = "http://prometheus.example.internal:9090", security_group_id = "sg-1" } }
    long_term_storage   = { backend = "amp" }
  }
  expect_failures = [var.long_term_storage]
}
