output "address" {
  description = "`host:port` by which Prometheus reaches the exporter: what the placeholder `SNOWFLAKE_URL` stands for."
  value       = module.service.address
}

output "mesh_address" {
  description = "`address`, once its name is in the mesh: for `calls` of Prometheus's service (../services)."
  value       = module.service.mesh_address
}

output "security_group_id" {
  description = "Security group of the task."
  value       = module.service.security_group_id
}

output "log_group_name" {
  description = "Log group of the task: `aws logs tail <name> --follow`."
  value       = module.service.log_group_name
}

output "debug_policy_json" {
  description = "Policy document for whoever debugs the task (../services)."
  value       = module.service.debug_policy_json
}

output "url" {
  description = "URL through the load balancer; null without a route."
  value       = module.service.url
}
