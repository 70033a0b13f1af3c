# Workers as tasks that poll Step Functions. One service per step: a task has one role, and each step has its own.

resource "aws_sfn_activity" "step" {
  for_each = local.polling

  name = "${var.name}-${each.key}"
  tags = var.tags

  encryption_configuration {
    type                              = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = var.kms_key_arn
    kms_data_key_reuse_period_seconds = 300
  }
}

resource "aws_cloudwatch_log_group" "activity" {
  for_each = local.polling

  name              = "/aws/ecs/${var.name}/${each.key}"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# What ECS itself does to start a task: fetch the image, write the log.
resource "aws_iam_role" "execution" {
  count = length(local.polling) > 0 ? 1 : 0

  name        = "${var.name}-activity-execution"
  description = "ECS starting tasks of activity workers"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "execution" {
  count = length(local.polling) > 0 ? 1 : 0

  name = "start"
  role = aws_iam_role.execution[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for it in [
      {
        when = true
        statement = {
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = [for group in aws_cloudwatch_log_group.activity : "${group.arn}:*"]
        }
      },
      {
        when = length(var.activity.image_repository_arns) > 0
        statement = {
          Effect   = "Allow"
          Action   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = var.activity.image_repository_arns
        }
      },
      {
        # A token is the registry's, not a repository's: AWS has no resource for it.
        when = length(var.activity.image_repository_arns) > 0
        statement = {
          Effect   = "Allow"
          Action   = "ecr:GetAuthorizationToken"
          Resource = "*"
        }
      },
    ] : it.statement if it.when]
  })
}

resource "aws_security_group" "polling" {
  count = length(local.polling) > 0 ? 1 : 0

  name_prefix = "${var.name}-activity-"
  description = "Activity workers: image, logs and AWS's interfaces; not called"
  vpc_id      = var.vpc.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-activity" })

  lifecycle {
    create_before_destroy = true
  }
}

# Step Functions has no prefix list, and the image may come from a public registry.
resource "aws_vpc_security_group_egress_rule" "polling" {
  count = length(local.polling) > 0 ? 1 : 0

  security_group_id = aws_security_group.polling[0].id
  description       = "HTTPS: Step Functions, S3, SNS, logs, image"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_ipv4         = "0.0.0.0/0"
  tags              = var.tags
}

resource "aws_ecs_task_definition" "step" {
  for_each = local.polling

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  # Fargate pairs 256 units with up to 2048 MiB; who runs the tools gets half a processor.
  cpu                = local.table[each.key].memory_mb > 1024 ? 512 : 256
  memory             = local.table[each.key].memory_mb
  task_role_arn      = aws_iam_role.worker[each.key].arn
  execution_role_arn = aws_iam_role.execution[0].arn
  tags               = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = upper(var.architecture)
  }

  container_definitions = jsonencode([{
    name                   = each.key
    image                  = var.activity.image
    essential              = true
    command                = ["--step", each.key]
    user                   = "65534:65534"
    readonlyRootFilesystem = true
    stopTimeout            = 120
    linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
    environment = [
      for name, value in merge(
        {
          PROMTOOL          = "/usr/local/bin/promtool"
          BLACKBOX_EXPORTER = "/usr/local/bin/blackbox_exporter"
        },
        local.environments[each.key],
        {
          AWS_REGION         = local.region
          ACTIVITY_ARNS      = jsonencode({ (each.key) = aws_sfn_activity.step[each.key].id })
          ACTIVITY_POLLERS   = tostring(var.activity.pollers)
          STOP_GRACE_SECONDS = "110"
        },
      ) : { name = name, value = value } if !contains(["PROMTOOL", "BLACKBOX_EXPORTER"], name) || contains(local.table[each.key].optional_environment, name)
    ]
    mountPoints = concat(
      [{ sourceVolume = "tmp", containerPath = "/tmp", readOnly = false }],
      local.table[each.key].efs ? [{ sourceVolume = "config", containerPath = var.volume.mount_path, readOnly = false }] : [],
    )
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.activity[each.key].name
        awslogs-region        = local.region
        awslogs-stream-prefix = each.key
      }
    }
  }])

  volume {
    name = "tmp"
  }

  dynamic "volume" {
    for_each = local.table[each.key].efs ? [true] : []

    content {
      name = "config"

      efs_volume_configuration {
        file_system_id     = var.volume.file_system_id
        transit_encryption = "ENABLED"

        authorization_config {
          access_point_id = var.volume.access_point_id
          iam             = "ENABLED"
        }
      }
    }
  }
}

resource "aws_ecs_service" "step" {
  #checkov:skip=CKV_AWS_332:1.4.0 is the platform version that EFS needs and that this stack names everywhere; LATEST would change under it
  for_each = local.polling

  name                          = "${var.name}-${each.key}"
  cluster                       = var.activity.cluster_arn
  task_definition               = aws_ecs_task_definition.step[each.key].arn
  desired_count                 = var.activity.tasks
  launch_type                   = "FARGATE"
  platform_version              = "1.4.0"
  availability_zone_rebalancing = "ENABLED"
  enable_ecs_managed_tags       = true
  propagate_tags                = "SERVICE"
  tags                          = var.tags

  network_configuration {
    subnets          = var.vpc.subnet_ids
    security_groups  = concat([aws_security_group.polling[0].id], [for worker, group in aws_security_group.worker : group.id if worker == each.key])
    assign_public_ip = false
  }

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  depends_on = [aws_iam_role_policy.worker, aws_iam_role_policy.execution]
}
