data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

data "aws_region" "this" {}

resource "aws_cloudwatch_log_group" "exec" {
  #checkov:skip=CKV_AWS_338:how long is the caller's to say; the default is a year
  name              = "/${var.name}/execute-command"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_ecs_cluster" "this" {
  #checkov:skip=CKV_AWS_65:container insights are on unless the caller says otherwise
  name = var.name
  tags = var.tags

  setting {
    name  = "containerInsights"
    value = var.container_insights
  }

  configuration {
    execute_command_configuration {
      kms_key_id = var.kms_key_arn
      logging    = "OVERRIDE"
      log_configuration {
        cloud_watch_encryption_enabled = true
        cloud_watch_log_group_name     = aws_cloudwatch_log_group.exec.name
      }
    }
  }
}

resource "aws_ecs_cluster_capacity_providers" "this" {
  cluster_name       = aws_ecs_cluster.this.name
  capacity_providers = ["FARGATE"] # no Spot: a monitoring system must not be the first to go
}

# Names that resolve to tasks: `<service>.<namespace_name>`, one A record per task.
resource "aws_service_discovery_private_dns_namespace" "this" {
  name        = var.namespace_name
  description = "Tasks of ${var.name}"
  vpc         = var.vpc_id
  tags        = var.tags
}

# The mesh keeps its names apart: in one namespace they would clash with those above.
resource "aws_service_discovery_http_namespace" "mesh" {
  name        = "${var.name}-mesh"
  description = "Service Connect between the tasks of ${var.name}"
  tags        = var.tags
}
