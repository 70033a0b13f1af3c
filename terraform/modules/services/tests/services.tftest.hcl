# Plans with the real provider and keys that open nothing: policies and container definitions are really rendered, and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "promloom-test"
  service     = "prometheus"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  vpc_id      = "vpc-1"
  subnet_ids  = ["subnet-1", "subnet-2"]
  image       = "quay.io/prometheus/prometheus:v3.13.5"
  port        = 9099
  cluster = {
    arn                 = "arn:aws:ecs:eu-central-1:123456789012:cluster/promloom-test"
    name                = "promloom-test"
    exec_log_group_arn  = "arn:aws:logs:eu-central-1:123456789012:log-group:/promloom-test/execute-command"
    exec_log_group_name = "/promloom-test/execute-command"
  }
  service_discovery = { namespace_id = "ns-1", namespace_name = "monitoring.internal" }
}

run "smallest" {
  command = plan

  assert {
    condition     = aws_ecs_service.this.platform_version == "1.4.0" && aws_ecs_service.this.deployment_circuit_breaker[0].rollback
    error_message = "a service runs on platform 1.4.0 and rolls back what does not start"
  }
  assert {
    condition     = [for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.name] == ["prepare", "prometheus", "tls"]
    error_message = "TLS by a sidecar is the default"
  }
  assert {
    condition     = alltrue([for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.readonlyRootFilesystem && it.logConfiguration.options["awslogs-group"] == "/promloom-test/services/prometheus"])
    error_message = "every container has a read-only root and writes to the service's log group"
  }
  assert {
    condition     = [for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.name if it.user == "0"] == ["prepare"]
    error_message = "only what ends before the program starts runs as root"
  }
  assert {
    condition     = output.address == "prometheus.monitoring.internal:8443" && output.replica_url == "http://prometheus.monitoring.internal:9099" && output.url == null
    error_message = "tasks call the TLS port, functions the program's own"
  }
  assert {
    condition     = length(aws_lb_target_group.this) == 0 && length(aws_cloudwatch_metric_alarm.tasks) == 0 && length(aws_iam_role_policy.exec) == 0
    error_message = "no route, no alarm and no shell unless asked for"
  }
  assert {
    condition     = toset(flatten([for it in jsondecode(data.aws_iam_policy_document.trust.json).Statement : [it.Condition.StringEquals["aws:SourceAccount"], it.Condition.ArnLike["aws:SourceArn"]]])) == toset(["123456789012", "arn:aws:ecs:eu-central-1:123456789012:*"])
    error_message = "only tasks of this account and region may take the roles"
  }
}

run "everything" {
  command = plan

  variables {
    cpu_units              = 1024
    memory_mib             = 4096
    ephemeral_storage_gib  = 100
    enable_execute_command = true
    alarm_topic_arns       = ["arn:aws:sns:eu-central-1:123456789012:alarms"]
    secrets                = { TOKEN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf:key::" }
    task_volumes           = { data = "/prometheus" }
    task_policies          = { remote-write = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
    clients                = { reload = { security_group_id = "sg-1", port = 9099 }, pushers = { security_group_id = "sg-2" } }
    peer_ports             = { gossip-tcp = { port = 9094 }, gossip-udp = { port = 9094, protocol = "udp" } }
    peer_security_group_id = "sg-3"
    sidecars               = { shipper = { image = "quay.io/thanos/thanos:v0.41.0", task_volumes = ["data"] } }
    efs_volumes = { config = {
      file_system_id    = "fs-1"
      file_system_arn   = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1"
      access_point_id   = "fsap-1"
      access_point_arn  = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1"
      security_group_id = "sg-5"
      path              = "/promloom"
    } }
    seed            = { volume = "config", directory = "/promloom/prometheus", file = "prometheus.yml", content = "global: {}\n" }
    calls           = ["pushgateway.monitoring.internal:8443", "blackbox.monitoring.internal:8443"]
    system_controls = { "net.ipv4.ping_group_range" = "65534 65534", "kernel.shmmax" = "1" }
    service_connect = {
      namespace_arn = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-2"
      tls = {
        certificate_authority_arn = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/1"
        kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/1"
        role_arn                  = "arn:aws:iam::123456789012:role/mesh"
      }
    }
    load_balancer = {
      listener_arn      = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/promloom/1/2"
      security_group_id = "sg-4"
      dns_name          = "promloom.eu-central-1.elb.amazonaws.com"
      dns_zone_id       = "Z215JYRZR1TBD5"
      arn_suffix        = "app/promloom/1"
      zone_id           = "Z1"
      host_name         = "prometheus.example.com"
      priority          = 10
    }
  }

  assert {
    condition     = aws_lb_target_group.this["prometheus"].protocol == "HTTPS" && aws_lb_target_group.this["prometheus"].port == 8443 && length(aws_lb_target_group.this["prometheus"].name) <= 32
    error_message = "the load balancer speaks TLS to the task, and the target group's name fits"
  }
  assert {
    condition     = { for name, it in aws_vpc_security_group_ingress_rule.clients : name => it.from_port } == { reload = 9099, pushers = 15443 }
    error_message = "members of the mesh come in by its port, others by the port they name"
  }
  assert {
    condition     = { for name, it in aws_vpc_security_group_ingress_rule.peers : name => it.ip_protocol } == { gossip-tcp = "tcp", gossip-udp = "udp" }
    error_message = "gossip needs both protocols"
  }
  assert {
    condition = { for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.name => { for mount in it.mountPoints : mount.sourceVolume => mount.readOnly } } == {
      prepare    = { tls = false, data = false, config = false }
      tls        = { tls = false }
      prometheus = { data = false, config = true }
      shipper    = { tls = true, data = false }
    }
    error_message = "only the preparation may write the configuration"
  }
  assert {
    condition     = aws_ecs_task_definition.this.volume != null && alltrue([for it in aws_ecs_task_definition.this.volume : try(it.efs_volume_configuration[0].transit_encryption, "ENABLED") == "ENABLED" && try(it.efs_volume_configuration[0].authorization_config[0].iam, "ENABLED") == "ENABLED"])
    error_message = "EFS is mounted by TLS and IAM only"
  }
  assert {
    condition     = [for it in jsondecode(data.aws_iam_policy_document.execution.json).Statement : it.Resource if try(it.Sid, "") == "ReadSecrets"] == ["arn:aws:secretsmanager:eu-central-1:123456789012:secret:token-AbCdEf"]
    error_message = "the execution role reads exactly the secrets that are named"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.volumes.json).Statement[0].Condition.StringEquals["elasticfilesystem:AccessPointArn"] == "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1"
    error_message = "the task's role mounts by its access point only"
  }
  assert {
    condition     = [for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.readonlyRootFilesystem if it.name == "prometheus"] == [false]
    error_message = "a shell needs a writable root"
  }
  assert {
    condition     = [for it in jsondecode(output.debug_policy_json).Statement : [it.Action, it.Resource] if it.Sid == "EncryptShell"] == [["kms:GenerateDataKey", var.kms_key_arn]]
    error_message = "whoever opens a shell makes the session's key"
  }
  assert {
    condition     = [for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : [for variable in it.environment : variable.value if variable.name == "MESH_NAMES"] if it.name == "prometheus"] == [["blackbox.monitoring.internal:8443 pushgateway.monitoring.internal:8443"]]
    error_message = "names of the mesh that come or go make another task, and so a deployment, in which the proxy learns them"
  }
  assert {
    condition = { for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.name => { for control in it.systemControls : control.namespace => control.value } } == {
      prepare    = {}
      tls        = {}
      prometheus = { "net.ipv4.ping_group_range" = "65534 65534", "kernel.shmmax" = "1" }
      shipper    = {}
    }
    error_message = "kernel parameters are said once in a task"
  }
  assert {
    condition     = output.url == "https://prometheus.example.com" && length(aws_cloudwatch_metric_alarm.healthy) == 1
    error_message = "a route has a URL and an alarm"
  }
}

run "a_program_that_serves_tls_itself" {
  command = plan

  variables {
    service = "alertmanager-1"
    port    = 9093
    tls     = { mode = "application" }
    service_discovery = {
      namespace_name = "monitoring.internal"
      registry_arn   = "arn:aws:servicediscovery:eu-central-1:123456789012:service/srv-1"
      registry_name  = "alertmanager"
    }
    service_connect = { namespace_arn = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-2" }
  }

  assert {
    condition     = [for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.name] == ["alertmanager-1", "prepare"] && length(aws_service_discovery_service.this) == 0
    error_message = "no sidecar, and no name of its own beside the shared one"
  }
  assert {
    condition     = output.address == "alertmanager-1.monitoring.internal:9093" && output.dns_name == "alertmanager.monitoring.internal"
    error_message = "each has its own name in the mesh and all share one in DNS"
  }
}

run "plain_and_single" {
  command = plan

  variables {
    tls        = { mode = "none" }
    deployment = { minimum_healthy_percent = 0, maximum_percent = 100 }
  }

  assert {
    condition     = [for it in jsondecode(aws_ecs_task_definition.this.container_definitions) : it.name] == ["prometheus"] && length(aws_ecs_task_definition.this.volume) == 0
    error_message = "nothing to prepare, nothing beside the program"
  }
  assert {
    condition     = aws_ecs_service.this.availability_zone_rebalancing == "DISABLED"
    error_message = "rebalancing needs room for one task more"
  }
}

# ---- what is refused, and by which variable ----

run "wrong_names_and_numbers" {
  command = plan
  variables {
    name                   = "Promloom"
    service                = "p"
    kms_key_arn            = "alias/promloom"
    retention_in_days      = 42
    vpc_id                 = "promloom"
    subnet_ids             = []
    image                  = "prom/prometheus:latest"
    cpu_units              = 100
    memory_mib             = 700
    cpu_architecture       = "arm64"
    ephemeral_storage_gib  = 10
    secrets                = { TOKEN = "hunter2" }
    user                   = "0"
    system_controls        = { "vm.swappiness" = "10" }
    desired_count          = -1
    deployment             = { minimum_healthy_percent = 100, maximum_percent = 100 }
    stop_timeout_seconds   = 600
    health_check_command   = ["wget"]
    port                   = 80
    peer_ports             = { gossip = { port = 9094, protocol = "icmp" } }
    peer_security_group_id = "sg-3"
    tls                    = { mode = "mutual" }
    task_volumes           = { data = "prometheus" }
    seed                   = { volume = "config", directory = "promloom", file = "prometheus.yml", content = "" }
    service_discovery      = { namespace_name = "monitoring.internal" }
    egress                 = { all = {} }
    task_policies          = { all = "Allow *" }
    alarm_topic_arns       = ["alarms"]
    cluster                = { arn = "promloom", name = "promloom", exec_log_group_arn = "", exec_log_group_name = "" }
    efs_volumes            = { config = { file_system_id = "", file_system_arn = "", access_point_id = "", access_point_arn = "", security_group_id = "", path = "promloom" } }
    load_balancer          = { listener_arn = "", security_group_id = "", dns_name = "", dns_zone_id = "", arn_suffix = "", zone_id = "", host_name = "*.example.com", priority = 1 }
  }
  expect_failures = [
    var.name, var.service, var.kms_key_arn, var.retention_in_days, var.vpc_id, var.subnet_ids, var.image, var.cpu_units, var.memory_mib,
    var.cpu_architecture, var.ephemeral_storage_gib, var.secrets, var.user, var.system_controls, var.desired_count, var.deployment, var.stop_timeout_seconds,
    var.health_check_command, var.port, var.peer_ports, var.tls, var.task_volumes, var.seed, var.service_discovery, var.egress, var.task_policies,
    var.alarm_topic_arns, var.cluster, var.efs_volumes, var.load_balancer,
  ]
}

run "other_wrong_values" {
  command = plan
  variables {
    image             = "prom/prometheus"
    peer_ports        = { gossip = { port = 9094 } }
    tls               = { port = 443 }
    task_volumes      = { tls = "/tls" }
    seed              = { volume = "config", directory = "/promloom", file = "../prometheus.yml", content = "" }
    service_discovery = { namespace_id = "ns-1", namespace_name = "monitoring.internal", registry_name = "alertmanager" }
    egress            = { all = { cidr_ipv4 = "0.0.0.0/0", from_port = 2, to_port = 1 } }
    load_balancer     = { listener_arn = "", security_group_id = "", dns_name = "", dns_zone_id = "", arn_suffix = "", zone_id = "", host_name = "prometheus.example.com", priority = 0 }
  }
  expect_failures = [var.image, var.peer_ports, var.tls, var.task_volumes, var.seed, var.service_discovery, var.egress, var.load_balancer]
}

run "memory_that_fargate_does_not_pair" {
  command = plan
  variables {
    cpu_units  = 256
    memory_mib = 8192
  }
  expect_failures = [aws_ecs_task_definition.this]
}

run "a_volume_of_the_task_called_like_one_that_is_mounted" {
  command = plan
  variables {
    efs_volumes  = { config = { file_system_id = "fs-1", file_system_arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1", access_point_id = "fsap-1", access_point_arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1", security_group_id = "sg-volume", path = "/promloom" } }
    task_volumes = { config = "/data" }
  }
  expect_failures = [aws_ecs_task_definition.this]
}

run "seed_on_a_volume_that_is_not_mounted" {
  command = plan
  variables {
    seed = { volume = "config", directory = "/promloom", file = "prometheus.yml", content = "" }
  }
  expect_failures = [aws_ecs_task_definition.this]
}

run "ping_with_a_port" {
  command = plan
  variables {
    egress = { ping = { cidr_ipv4 = "0.0.0.0/0", protocol = "icmp" } }
  }
  expect_failures = [var.egress]
}

run "calls_without_a_mesh" {
  command = plan
  variables {
    calls = ["pushgateway.monitoring.internal:8443"]
  }
  expect_failures = [var.calls]
}

run "a_sidecar_without_its_volume" {
  command = plan
  variables {
    sidecars = { shipper = { image = "quay.io/thanos/thanos:v0.41.0", task_volumes = ["data"] } }
  }
  expect_failures = [var.sidecars]
}

run "a_sidecar_called_like_one_that_is_there" {
  command = plan
  variables {
    sidecars = { tls = { image = "quay.io/thanos/thanos:v0.41.0" } }
  }
  expect_failures = [var.sidecars]
}
