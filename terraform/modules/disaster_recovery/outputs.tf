output "replication_role_arns" {
  description = "Direction (`to-recovery`, `to-primary`) -> role that writes the other region's buckets: for their `state_writer_arns`, and for the job that copies what was there before."
  value       = { for direction, role in aws_iam_role.replication : direction => role.arn }
}

output "backup_role_arn" {
  description = "Role that restores: `aws backup start-restore-job --iam-role-arn`."
  value       = aws_iam_role.backup.arn
}

output "event_publisher" {
  description = "Who publishes failed backups to `primary.alarm_topic_arns`, for those topics' policy (and their key's): `actions` by `service` on behalf of `source_arn`."
  value = {
    service    = "events.amazonaws.com"
    actions    = ["sns:Publish"]
    source_arn = aws_cloudwatch_event_rule.backup_failed.arn
  }
}
