output "config_bucket_name" {
  description = "Bucket to push into."
  value       = module.config_reloader.config_bucket_name
}

output "state_bucket_name" {
  description = "Bucket of the pipeline."
  value       = module.config_reloader.state_bucket_name
}

output "state_machine_arn" {
  description = "The state machine."
  value       = module.config_reloader.state_machine_arn
}

output "notice_topic_arn" {
  description = "The topic of notices."
  value       = module.notifications.notice_topic_arn
}

output "policies" {
  description = "Worker -> its policy."
  value       = module.config_reloader.policies
}
