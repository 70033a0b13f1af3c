output "config_bucket_name" {
  description = "Bucket that teams write. Known when a push into it starts a run: what is put by this name is not missed."
  value       = module.config_bucket.name

  depends_on = [aws_cloudwatch_event_target.pushes, aws_lambda_event_source_mapping.pushes, aws_s3_bucket_notification.config]
}

output "state_bucket_name" {
  description = "Bucket that only the pipeline writes."
  value       = module.state_bucket.name
}

output "state_machine_arn" {
  description = "ARN of the state machine: what an operator starts to replay a run."
  value       = aws_sfn_state_machine.config_reloader.arn
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
