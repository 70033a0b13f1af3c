# Who is told when the service is not what it should be.

resource "aws_cloudwatch_metric_alarm" "tasks" {
  count = length(var.alarm_topic_arns) > 0 ? 1 : 0

  alarm_name          = "${local.full_name}-tasks"
  alarm_description   = "Fewer tasks of ${var.service} run than should, for ten minutes. Look at the service's events, then at the log group ${aws_cloudwatch_log_group.this.name}."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  evaluation_periods  = 10
  treat_missing_data  = "breaching" # a service that runs nothing measures nothing
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = local.tags

  metric_query {
    id          = "missing"
    expression  = "desired - running"
    label       = "Tasks that should run and do not"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { desired = "DesiredTaskCount", running = "RunningTaskCount" }
    content {
      id = metric_query.key
      metric {
        namespace   = "ECS/ContainerInsights"
        metric_name = metric_query.value
        dimensions  = { ClusterName = var.cluster.name, ServiceName = aws_ecs_service.this.name }
        period      = 60
        stat        = "Average"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "healthy" {
  for_each = length(var.alarm_topic_arns) > 0 ? local.routes : {}

  alarm_name          = "${local.full_name}-healthy"
  alarm_description   = "The load balancer finds no healthy task of ${var.service}: https://${each.value.host_name} does not answer."
  namespace           = "AWS/ApplicationELB"
  metric_name         = "HealthyHostCount"
  dimensions          = { LoadBalancer = each.value.arn_suffix, TargetGroup = aws_lb_target_group.this[each.key].arn_suffix }
  statistic           = "Minimum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = local.tags
}
