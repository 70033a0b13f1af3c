# A copy that is late or missing is told before it is needed. What to do: docs/operations.md.

locals {
  # Metrics of replication lie in the region of the source.
  alarms = {
    replication-late = {
      metric    = "ReplicationLatency"
      statistic = "Maximum"
      threshold = local.replication_minutes * 60
      what      = "is more than ${local.replication_minutes} minutes behind: what would be lost if this region went now."
    }
    replication-failed = {
      metric    = "OperationsFailedReplication"
      statistic = "Sum"
      threshold = 0
      what      = "has objects that S3 gave up on; it does not try them again."
    }
  }
  bucket_alarms = { for it in setproduct(keys(local.pairs), keys(local.alarms)) : "${it[0]}-${it[1]}" => merge(local.alarms[it[1]], local.pairs[it[0]], { word = it[0] }) }
}

resource "aws_cloudwatch_metric_alarm" "to_recovery" {
  for_each = local.bucket_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Replication of the ${each.value.word} bucket to ${data.aws_region.recovery.name} ${each.value.what}"
  namespace           = "AWS/S3"
  metric_name         = each.value.metric
  dimensions          = { SourceBucket = each.value.primary, DestinationBucket = each.value.recovery, RuleId = "to-recovery" }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching" # nothing was written, nothing is missing
  alarm_actions       = var.primary.alarm_topic_arns
  ok_actions          = var.primary.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "to_primary" {
  provider = aws.recovery
  for_each = local.bucket_alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = "Replication of the ${each.value.word} bucket to ${data.aws_region.primary.name} ${each.value.what}"
  namespace           = "AWS/S3"
  metric_name         = each.value.metric
  dimensions          = { SourceBucket = each.value.recovery, DestinationBucket = each.value.primary, RuleId = "to-primary" }
  statistic           = each.value.statistic
  period              = 300
  evaluation_periods  = 1
  threshold           = each.value.threshold
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.recovery.alarm_topic_arns
  ok_actions          = var.recovery.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_event_rule" "backup_failed" {
  name        = "${var.name}-backup-failed"
  description = "A backup, or its copy in ${data.aws_region.recovery.name}, did not come about"
  tags        = var.tags

  event_pattern = jsonencode({
    source      = ["aws.backup"]
    detail-type = ["Backup Job State Change", "Copy Job State Change"]
    detail = {
      state = ["FAILED", "ABORTED", "EXPIRED", "PARTIAL"]
      "$or" = [
        { backupVaultName = [aws_backup_vault.primary.name] },
        { destinationBackupVaultArn = [aws_backup_vault.recovery.arn] },
      ]
    }
  })
}

resource "aws_cloudwatch_event_target" "backup_failed" {
  # By place: topics may be made in the same apply, and their ARNs are not known then.
  count = length(var.primary.alarm_topic_arns)

  rule = aws_cloudwatch_event_rule.backup_failed.name
  arn  = var.primary.alarm_topic_arns[count.index]
}
