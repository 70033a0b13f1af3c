data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  full_name = "${var.name}-${var.service}"

  account_id = split(":", var.cluster.arn)[4]
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.name

  has_tls      = var.tls.mode != "none"
  has_proxy    = var.tls.mode == "proxy"
  public_port  = local.has_proxy ? var.tls.port : var.port
  scheme       = local.has_tls ? "https" : "http"
  offers_mesh  = try(!var.service_connect.client_only, false)
  mesh_port    = local.offers_mesh ? var.service_connect.ingress_port : local.public_port
  tags         = merge(var.tags, { Service = var.service })
  dns_name     = "${coalesce(var.service_discovery.registry_name, var.service)}.${var.service_discovery.namespace_name}"
  mesh_name    = "${var.service}.${var.service_discovery.namespace_name}"
  registry_arn = var.service_discovery.registry_name == null ? aws_service_discovery_service.this[0].arn : var.service_discovery.registry_arn

  # What Fargate sells: memory in MiB for each size of CPU.
  memory_mib_of_cpu_units = {
    256   = [512, 1024, 2048]
    512   = [for gib in range(1, 5) : gib * 1024]
    1024  = [for gib in range(2, 9) : gib * 1024]
    2048  = [for gib in range(4, 17) : gib * 1024]
    4096  = [for gib in range(8, 31) : gib * 1024]
    8192  = [for gib in range(16, 61, 4) : gib * 1024]
    16384 = [for gib in range(32, 121, 8) : gib * 1024]
  }
}

resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_338:how long is the caller's to say; the default is a year
  name              = "/${var.name}/services/${var.service}"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = local.tags
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.full_name
  cpu                      = var.cpu_units
  memory                   = var.memory_mib
  network_mode             = "awsvpc"
  requires_compatibilities = ["FARGATE"]
  execution_role_arn       = aws_iam_role.execution.arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions    = jsonencode(local.containers)
  tags                     = local.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.cpu_architecture
  }

  dynamic "ephemeral_storage" {
    for_each = var.ephemeral_storage_gib > 20 ? [var.ephemeral_storage_gib] : [] # 20 is what there is anyway, and the API refuses it
    content {
      size_in_gib = ephemeral_storage.value
    }
  }

  dynamic "volume" {
    for_each = merge(var.task_volumes, local.has_tls ? { tls = "/tls" } : {})
    content {
      name = volume.key
    }
  }

  dynamic "volume" {
    for_each = var.efs_volumes
    content {
      name = volume.key
      efs_volume_configuration {
        file_system_id     = volume.value.file_system_id
        transit_encryption = "ENABLED"
        authorization_config {
          access_point_id = volume.value.access_point_id
          iam             = "ENABLED"
        }
      }
    }
  }

  lifecycle {
    precondition {
      condition     = contains(local.memory_mib_of_cpu_units[var.cpu_units], var.memory_mib)
      error_message = "Fargate has no ${var.memory_mib} MiB with ${var.cpu_units} CPU units; it has ${join(", ", local.memory_mib_of_cpu_units[var.cpu_units])} MiB."
    }
    precondition {
      condition     = var.seed == null ? true : try(startswith(var.seed.directory, var.efs_volumes[var.seed.volume].path), false)
      error_message = "seed.volume must be a key of efs_volumes, and seed.directory must lie below its path."
    }
    precondition {
      condition     = length(setintersection(keys(var.task_volumes), keys(var.efs_volumes))) == 0
      error_message = "task_volumes and efs_volumes must not share a name."
    }
  }
}

resource "aws_ecs_service" "this" {
  #checkov:skip=CKV_AWS_332:platform 1.4.0 is what EFS access points and this stack were proven on; LATEST would move under a running stack
  name                               = var.service
  cluster                            = var.cluster.arn
  task_definition                    = aws_ecs_task_definition.this.arn
  desired_count                      = var.desired_count
  launch_type                        = "FARGATE"
  platform_version                   = "1.4.0"
  enable_execute_command             = var.enable_execute_command
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"
  deployment_minimum_healthy_percent = var.deployment.minimum_healthy_percent
  deployment_maximum_percent         = var.deployment.maximum_percent
  health_check_grace_period_seconds  = var.load_balancer == null ? null : var.deployment.health_check_grace_period_seconds
  # Said in both cases: an unset value is the API's to choose, and shows as a change for ever.
  availability_zone_rebalancing = var.deployment.maximum_percent > 100 ? "ENABLED" : "DISABLED"
  wait_for_steady_state         = var.wait_for_steady_state
  tags                          = local.tags

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.subnet_ids
    security_groups  = concat([aws_security_group.this.id], var.peer_security_group_id[*])
    assign_public_ip = false
  }

  service_registries {
    registry_arn = local.registry_arn
  }

  dynamic "load_balancer" {
    for_each = aws_lb_target_group.this
    content {
      target_group_arn = load_balancer.value.arn
      container_name   = local.has_proxy ? "tls" : var.service
      container_port   = local.public_port
    }
  }

  dynamic "service_connect_configuration" {
    for_each = var.service_connect == null ? [] : [var.service_connect]
    content {
      enabled   = true
      namespace = service_connect_configuration.value.namespace_arn

      log_configuration {
        log_driver = "awslogs"
        options    = local.log_options["mesh"]
      }

      dynamic "service" {
        for_each = local.offers_mesh ? [service_connect_configuration.value] : []
        content {
          port_name      = local.scheme
          discovery_name = var.service
          # A port of the mesh's own, so that the load balancer and functions, which are no members, reach the program's port as it is.
          ingress_port_override = service.value.ingress_port

          client_alias {
            dns_name = local.mesh_name
            port     = local.public_port
          }

          dynamic "tls" {
            for_each = service.value.tls == null ? [] : [service.value.tls]
            content {
              kms_key  = tls.value.kms_key_arn
              role_arn = tls.value.role_arn
              issuer_cert_authority {
                aws_pca_authority_arn = tls.value.certificate_authority_arn
              }
            }
          }
        }
      }
    }
  }

  # A service is refused while its target group hangs on no listener, and its first task fails without its rights.
  depends_on = [
    aws_lb_listener_rule.this,
    aws_iam_role_policy.execution,
    aws_iam_role_policy.volumes,
    aws_iam_role_policy.exec,
    aws_iam_role_policy.task,
  ]
}
