# The cluster and everything that runs in it: one table, one module.

module "cluster" {
  source = "./modules/cluster"
  count  = local.runs_services ? 1 : 0

  name                     = local.name
  tags                     = local.tags
  kms_key_arn              = aws_kms_key.this.arn
  retention_in_days        = var.retention_in_days
  vpc_id                   = var.vpc_id
  internal                 = length(var.public_subnet_ids) == 0
  load_balancer_subnet_ids = length(var.public_subnet_ids) == 0 ? var.private_subnet_ids : var.public_subnet_ids
  ingress_cidr_blocks      = var.access.ingress_cidr_blocks
  domain_name              = var.access.domain_name
  zone_id                  = var.access.zone_id
  namespace_name           = var.namespace_name
  deletion_protection      = var.deletion_protection
}

module "service_tls" {
  source = "./modules/service_tls"
  count  = local.runs_services && var.service_tls.enabled ? 1 : 0

  name                      = local.name
  tags                      = local.tags
  kms_key_arn               = aws_kms_key.this.arn
  certificate_authority_arn = var.service_tls.certificate_authority_arn
}

# Alertmanagers find each other by one name, an A record per task. In the mesh each has a name of its own beside it.
resource "aws_service_discovery_service" "alertmanager" {
  count = local.runs_services ? 1 : 0

  name          = "alertmanager"
  description   = "Every Alertmanager of ${local.name}"
  namespace_id  = module.cluster[0].namespace.id
  force_destroy = true
  tags          = local.tags

  dns_config {
    namespace_id   = module.cluster[0].namespace.id
    routing_policy = "MULTIVALUE"
    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  health_check_custom_config {
    failure_threshold = 1
  }
}

resource "aws_security_group" "alertmanager_peers" {
  #checkov:skip=CKV2_AWS_5:carried by the tasks of the Alertmanagers, by way of modules/services
  count = local.runs_services ? 1 : 0

  name_prefix = "${local.name}-alertmanager-peers-"
  description = "Alertmanagers of ${local.name}, to each other"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = "${local.name}-alertmanager-peers" })

  lifecycle {
    create_before_destroy = true
  }
}

data "aws_iam_policy_document" "alertmanager" {
  statement {
    sid       = "PublishAlerts"
    actions   = ["sns:Publish"]
    resources = [module.notifications.alarm_topic_arn]
  }
  statement {
    sid       = "EncryptAlerts"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [aws_kms_key.this.arn]
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["sns.${var.region}.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "cloudwatch" {
  #checkov:skip=CKV_AWS_356:reading metrics and finding tagged resources know no resource
  statement {
    sid       = "ReadMetrics"
    actions   = ["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics", "cloudwatch:ListMetrics", "tag:GetResources"]
    resources = ["*"] # these actions know no resource
  }
}

locals {
  mesh = !local.runs_services ? null : {
    namespace_arn = module.cluster[0].mesh_namespace_arn
    tls           = var.service_tls.enabled ? module.service_tls[0].mesh : null
  }

  alertmanagers = ["alertmanager-1", "alertmanager-2", "alertmanager-3"]
  config_path   = "/promloom"

  # Any TCP port: the targets are the teams' to name, and the guardrails' (base/policy.yml) to limit.
  any_target = { targets = { cidr_ipv4 = "0.0.0.0/0", from_port = 1, to_port = 65535 } }

  # Every service, with what differs. `callers`: who comes in beside the load balancer, by the port that speaks TLS (null) or the program's own.
  # `volumes`: access point -> path. `seed`: what a component starts with before its first generation.
  all_services = merge(
    {
      prometheus = {
        image         = var.images.prometheus
        port          = 9099
        desired_count = var.prometheus.replicas
        cpu_units     = var.prometheus.cpu_units
        memory_mib    = var.prometheus.memory_mib
        disk_gib      = var.prometheus.disk_gib
        health_path   = "/-/ready"
        callers       = { reload = 9099 }
        egress        = local.any_target
        volumes       = { config = local.config_path }
        task_volumes  = { tsdb = "/prometheus" }
        # Its labels are there from the start: Thanos's sidecar ends where a Prometheus has none, and the task with it.
        seed = yamlencode({ global = { external_labels = local.long_term.external_labels } })
        command = concat([
          "--config.file=${local.config_path}/prometheus/current/prometheus.yml",
          "--storage.tsdb.path=/prometheus",
          "--storage.tsdb.retention.time=${var.prometheus.retention_days}d",
          # Bounded by bytes too, so that a burst of series cannot fill the disk: the write-ahead log needs the rest.
          "--storage.tsdb.retention.size=${floor(var.prometheus.disk_gib * 0.8)}GB",
          "--web.enable-lifecycle", # its own port admits the pipeline's reload only
          "--web.listen-address=0.0.0.0:9099",
          "--web.external-url=${local.url_of["prometheus"]}",
        ], local.long_term.prometheus_arguments)
      }
      pushgateway = {
        image         = var.images.pushgateway
        port          = 9091
        callers       = { prometheus = null, pushgateway_gc = 9091 }
        volumes       = { pushgateway = "/pushgateway" }
        single_writer = true
        command = [
          "--web.listen-address=0.0.0.0:9091", "--web.enable-admin-api=false",
          "--persistence.file=/pushgateway/metrics", "--persistence.interval=1m",
        ]
      }
      cloudwatch = {
        image         = var.images.cloudwatch
        port          = 9106
        memory_mib    = 1024
        callers       = { prometheus = null, reload = 9106 }
        volumes       = { config = local.config_path }
        task_volumes  = { tmp = "/tmp" }
        seed          = "region: ${var.region}\nmetrics: []\n"
        environment   = { JAVA_TOOL_OPTIONS = "-XX:MaxRAMPercentage=75 -XX:-UsePerfData" }
        task_policies = { metrics = data.aws_iam_policy_document.cloudwatch.json }
        command       = ["${local.config_path}/cloudwatch/current/cloudwatch.yml"]
      }
      blackbox = {
        image   = var.images.blackbox
        port    = 9115
        callers = { prometheus = null, reload = 9115 }
        # The probers tcp, http and grpc; dns, and http over QUIC; icmp.
        egress = merge(local.any_target, {
          udp_targets = { cidr_ipv4 = "0.0.0.0/0", protocol = "udp", from_port = 1, to_port = 65535 }
          ping        = { cidr_ipv4 = "0.0.0.0/0", protocol = "icmp", from_port = -1, to_port = -1 }
        })
        # The program's group may ping: a raw socket would want a capability, and `nobody` has none.
        system_controls = { "net.ipv4.ping_group_range" = "65534 65534" }
        volumes         = { config = local.config_path }
        seed            = "modules:\n  http_2xx:\n    prober: http\n"
        command         = ["--config.file=${local.config_path}/blackbox/current/blackbox.yml", "--web.listen-address=0.0.0.0:9115"]
      }
    },
    { for name in local.alertmanagers : name => {
      image         = var.images.alertmanager
      port          = 9093
      tls_mode      = "application" # it serves TLS itself, and nothing reloads it
      callers       = { prometheus = null }
      peers         = true
      egress        = merge({ https = { cidr_ipv4 = "0.0.0.0/0" } }, var.alertmanager_egress)
      volumes       = { (name) = "/alertmanager" }
      single_writer = true
      environment   = { CONFIGURATION = local.alertmanager_configuration }
      task_policies = { alerts = data.aws_iam_policy_document.alertmanager.json }
      # Its configuration is the stack's, so it comes with the task definition; a new one is a new task.
      entry_point = ["/bin/sh", "-c"]
      command = [join(" ", [
        "printf '%s' \"$CONFIGURATION\" > /alertmanager/alertmanager.yml &&",
        "exec /bin/alertmanager --config.file=/alertmanager/alertmanager.yml --storage.path=/alertmanager",
        "--web.listen-address=0.0.0.0:9093 --web.config.file=/tls/web.yml --web.external-url=${local.url_of[name]}",
        "--cluster.listen-address=0.0.0.0:9094 --cluster.peer=alertmanager.${var.namespace_name}:9094",
      ])]
    } },
  )

  services = { for name, it in local.all_services : name => merge(
    {
      desired_count = 1, cpu_units = 256, memory_mib = 512, disk_gib = 20, health_path = "/-/healthy", tls_mode = "proxy", egress = null, peers = false,
      single_writer = false, task_volumes = {}, environment = {}, task_policies = {}, entry_point = [], system_controls = {}, seed = null
    },
    it,
  ) if local.runs_services }

  # Each looked up by name: a word for all of them would wait for all that is in them, and some wait for this.
  callers = {
    prometheus     = local.runs_services ? module.prometheus[0].security_group_id : null
    pushgateway    = local.runs_services ? module.services["pushgateway"].security_group_id : null
    cloudwatch     = local.runs_services ? module.services["cloudwatch"].security_group_id : null
    blackbox       = local.runs_services ? module.services["blackbox"].security_group_id : null
    alertmanager-1 = local.runs_services ? module.services["alertmanager-1"].security_group_id : null
    alertmanager-2 = local.runs_services ? module.services["alertmanager-2"].security_group_id : null
    alertmanager-3 = local.runs_services ? module.services["alertmanager-3"].security_group_id : null
    reload         = module.config_reloader.reload_security_group_id
    pushgateway_gc = local.runs_services ? module.pushgateway_gc[0].security_group_id : null
  }

  url_of = { for name in concat(["prometheus", "pushgateway", "cloudwatch", "blackbox"], local.alertmanagers) : name => "https://${name}.${try(var.access.domain_name, "")}" }

  # In the listener's order; a new service goes to the end, so that none changes its place.
  routes = ["prometheus", "alertmanager-1", "alertmanager-2", "alertmanager-3", "pushgateway", "cloudwatch", "blackbox"]

  alertmanager_configuration = coalesce(var.alertmanager_configuration, templatefile("${path.module}/templates/alertmanager.yml.tftpl", {
    region    = var.region
    topic_arn = module.notifications.alarm_topic_arn
  }))
}

module "services" {
  source   = "./modules/services"
  for_each = { for name, it in local.services : name => it if name != "prometheus" }

  name              = local.name
  service           = each.key
  tags              = local.tags
  kms_key_arn       = aws_kms_key.this.arn
  retention_in_days = var.retention_in_days

  cluster    = module.cluster[0].cluster
  vpc_id     = var.vpc_id
  subnet_ids = var.private_subnet_ids

  image                  = each.value.image
  image_repository_arns  = var.image_repository_arns
  cpu_architecture       = upper(var.architecture)
  cpu_units              = each.value.cpu_units
  memory_mib             = each.value.memory_mib
  ephemeral_storage_gib  = each.value.disk_gib
  desired_count          = each.value.desired_count
  deployment             = each.value.single_writer ? { minimum_healthy_percent = 0, maximum_percent = 100 } : {}
  entry_point            = each.value.entry_point
  command                = each.value.command
  environment            = each.value.environment
  system_controls        = each.value.system_controls
  task_policies          = each.value.task_policies
  task_volumes           = each.value.task_volumes
  enable_execute_command = var.enable_execute_command
  wait_for_steady_state  = var.wait_for_steady_state
  alarm_topic_arns       = [module.notifications.alarm_topic_arn]

  efs_volumes = { for name, path in each.value.volumes : name => merge(module.efs_volumes.access_points[name], { path = path, read_only = name == "config" }) }
  seed = each.value.seed == null ? null : {
    volume    = "config"
    directory = "${local.config_path}/${each.key}"
    file      = "${each.key}.yml"
    content   = each.value.seed
  }

  port                   = each.value.port
  tls                    = { mode = each.value.tls_mode, image = var.images.tls }
  clients                = { for caller, port in each.value.callers : caller => { security_group_id = local.callers[caller], port = port } }
  egress                 = coalesce(each.value.egress, { https = { cidr_ipv4 = "0.0.0.0/0" } })
  peer_ports             = each.value.peers ? { gossip-tcp = { port = 9094 }, gossip-udp = { port = 9094, protocol = "udp" } } : {}
  peer_security_group_id = each.value.peers ? aws_security_group.alertmanager_peers[0].id : null

  service_discovery = {
    namespace_name = module.cluster[0].namespace.name
    namespace_id   = each.value.peers ? null : module.cluster[0].namespace.id
    registry_arn   = each.value.peers ? aws_service_discovery_service.alertmanager[0].arn : null
    registry_name  = each.value.peers ? "alertmanager" : null
  }
  service_connect = local.mesh
  load_balancer = merge(module.cluster[0].load_balancer, {
    host_name         = trimprefix(local.url_of[each.key], "https://")
    priority          = 10 * (1 + index(local.routes, each.key))
    health_check_path = each.value.health_path
  })
}

# Apart from the others, because it calls them: ECS tells a task's proxy the names of the mesh when the service is deployed, so Prometheus comes last, and
# anew with every name that comes or goes.
module "prometheus" {
  source = "./modules/services"
  count  = local.runs_services ? 1 : 0

  name              = local.name
  service           = "prometheus"
  tags              = local.tags
  kms_key_arn       = aws_kms_key.this.arn
  retention_in_days = var.retention_in_days

  cluster    = module.cluster[0].cluster
  vpc_id     = var.vpc_id
  subnet_ids = var.private_subnet_ids

  image                  = local.services.prometheus.image
  image_repository_arns  = var.image_repository_arns
  cpu_architecture       = upper(var.architecture)
  cpu_units              = local.services.prometheus.cpu_units
  memory_mib             = local.services.prometheus.memory_mib
  ephemeral_storage_gib  = local.services.prometheus.disk_gib
  desired_count          = local.services.prometheus.desired_count
  command                = local.services.prometheus.command
  task_policies          = local.long_term.task_policies
  task_volumes           = local.services.prometheus.task_volumes
  sidecars               = local.long_term.sidecars
  enable_execute_command = var.enable_execute_command
  wait_for_steady_state  = var.wait_for_steady_state
  alarm_topic_arns       = [module.notifications.alarm_topic_arn]

  efs_volumes = { config = merge(module.efs_volumes.access_points["config"], { path = local.services.prometheus.volumes.config, read_only = true }) }
  seed = {
    volume    = "config"
    directory = "${local.config_path}/prometheus"
    file      = "prometheus.yml"
    content   = local.services.prometheus.seed
  }

  port    = local.services.prometheus.port
  tls     = { mode = local.services.prometheus.tls_mode, image = var.images.tls }
  clients = { for caller, port in local.services.prometheus.callers : caller => { security_group_id = local.callers[caller], port = port } }
  calls = concat(
    [for it in module.services : it.mesh_address],
    [for it in module.snowflake_exporter : it.mesh_address],
  )
  egress                 = local.services.prometheus.egress
  peer_ports             = local.long_term.peer_ports
  peer_security_group_id = local.long_term.peer_security_group_id

  service_discovery = {
    namespace_name = module.cluster[0].namespace.name
    namespace_id   = module.cluster[0].namespace.id
  }
  service_connect = local.mesh
  load_balancer = merge(module.cluster[0].load_balancer, {
    host_name         = trimprefix(local.url_of["prometheus"], "https://")
    priority          = 10 * (1 + index(local.routes, "prometheus"))
    health_check_path = local.services.prometheus.health_path
  })
}

moved {
  from = module.services["prometheus"]
  to   = module.prometheus[0]
}

locals {
  # Everything that runs, by the word of its outputs.
  running = merge(module.services, { for it in module.prometheus : "prometheus" => it }, { for it in module.snowflake_exporter : "snowflake" => it }, flatten([for it in module.long_term_storage : it.services])...)
}
