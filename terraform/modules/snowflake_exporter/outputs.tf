output "address" {
  description = "`host:port` by which Prometheus reaches the exporter: what the placeholder `SNOWFLAKE_URL` stands for."
  value       = module.service.address
}

output "security_group_id" {
  description = "Security group of the task."
  value       = module.service.security_group_id
}

output "log_group_name" {
  description = "Log group of the task: `aws logs tail <name> --follow`."
  value       = module.service.log_group_name
}

output "url" {
  description = "URL through the load balancer; null without a route."
  value       = module.service.url
}
