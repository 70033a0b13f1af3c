output "config_bucket_name" {
  description = "Bucket that teams write. Known when a push into it starts a run: what is put by this name is not missed."
  value       = module.config_bucket.name

  depends_on = [aws_cloudwatch_event_target.pushes, aws_lambda_event_source_mapping.pushes, aws_s3_bucket_notification.config]
}

output "config_bucket_arn" {
  description = "ARN of the bucket that teams write."
  value       = module.config_bucket.arn
}

output "state_bucket_name" {
  description = "Bucket that only the pipeline writes."
  value       = module.state_bucket.name
}

output "state_bucket_arn" {
  description = "ARN of the bucket that only the pipeline writes."
  value       = module.state_bucket.arn
}

output "state_machine_arn" {
  description = "ARN of the state machine: what an operator starts to replay a run."
  value       = aws_sfn_state_machine.config_reloader.arn
}

output "push_queue_arn" {
  description = "ARN of the queue of pushes."
  value       = aws_sqs_queue.pushes.arn
}

output "dead_letter_queue_arn" {
  description = "ARN of the queue of what could not be delivered."
  value       = aws_sqs_queue.dead_letters.arn
}

output "function_names" {
  description = "Worker -> name of its function, for those that are functions."
  value       = { for worker, function in aws_lambda_function.worker : worker => function.function_name }
}

output "role_arns" {
  description = "Worker -> ARN of its role."
  value       = { for worker, role in aws_iam_role.worker : worker => role.arn }
}

output "policies" {
  description = "Worker -> its rendered policy (JSON): what it may do, whole."
  value       = { for worker, policy in local.policies : worker => jsonencode(policy) }
}

output "deploy_security_group_id" {
  description = "Security group of deploy: the volume's mount targets must let it in on 2049."
  value       = aws_security_group.worker["deploy"].id
}

output "reload_security_group_id" {
  description = "Security group of reload: the processes must let it in on the ports of `components`."
  value       = aws_security_group.worker["reload"].id
}

output "alarm_names" {
  description = "Names of the alarms, for a composite alarm or a runbook."
  value = concat(
    [for alarm in aws_cloudwatch_metric_alarm.execution : alarm.alarm_name],
    [
      aws_cloudwatch_metric_alarm.silence.alarm_name,
      aws_cloudwatch_metric_alarm.dead_letters.alarm_name,
      aws_cloudwatch_metric_alarm.late_pushes.alarm_name,
      aws_cloudwatch_metric_alarm.trigger_errors.alarm_name,
    ],
  )
}
