output "config_bucket_name" {
  description = "Bucket that teams push to: `aws s3 cp checkout.yml s3://<bucket>/apps/<owner>/prometheus/checkout.yml`."
  value       = module.config_reloader.config_bucket_name
}

output "state_bucket_name" {
  description = "Bucket that only the pipeline writes."
  value       = module.config_reloader.state_bucket_name
}

output "state_machine_arn" {
  description = "State machine: where runs are looked at and replayed."
  value       = module.config_reloader.state_machine_arn
}

output "pipeline_enabled" {
  description = "Whether pushes start runs; a stack that waits has this off."
  value       = var.pipeline_enabled
}

output "notice_topic_arn" {
  description = "Topic of notices about runs."
  value       = module.notifications.notice_topic_arn
}

output "alarm_topic_arns" {
  description = "Topics of alarms and alerts, as `disaster_recovery` of the paired stack takes them."
  value       = [module.notifications.alarm_topic_arn]
}

output "kms_key_arn" {
  description = "Key of everything at rest, as `disaster_recovery` of the paired stack takes it."
  value       = aws_kms_key.this.arn
}

output "volume" {
  description = "The volume with the configurations: what processes that run elsewhere mount."
  value       = module.efs_volumes.access_points["config"]
}

output "urls" {
  description = "Service -> URL through the load balancer."
  value       = { for name, it in local.running : name => it.url }
}

output "addresses" {
  description = "Service -> `host:port` in the VPC."
  value       = { for name, it in local.running : name => it.address }
}

output "mesh_names" {
  description = "Services (`host:port`) that Prometheus's proxy knows by name: those that were there when Prometheus was deployed."
  value       = local.runs_services ? module.prometheus[0].mesh_names : []
}

output "log_group_names" {
  description = "Service -> log group: `aws logs tail <name> --follow`."
  value       = { for name, it in local.running : name => it.log_group_name }
}

output "debug_policies" {
  description = "Service -> policy document for whoever debugs its tasks."
  value       = { for name, it in local.running : name => it.debug_policy_json }
}

output "worker_policies" {
  description = "Worker -> what it may do, rendered."
  value       = module.config_reloader.policies
}

output "long_term_query_url" {
  description = "Where long-term samples are queried (modules/long_term_storage); null where there is no store."
  value       = one(module.long_term_storage[*].query_url)
}

output "replication_role_arns" {
  description = "Direction -> role that copies to the other region, and what was there before (docs/operations.md); null where no region is paired."
  value       = one(module.disaster_recovery[*].replication_role_arns)
}

output "backup_role_arn" {
  description = "Role that restores a backup (docs/operations.md); null where no region is paired."
  value       = one(module.disaster_recovery[*].backup_role_arn)
}

output "long_term_store_arn" {
  description = "Store of samples, as `long_term_storage.existing_store_arn` of another stack takes it; null where there is none."
  value       = one(module.long_term_storage[*].store_arn)
}
