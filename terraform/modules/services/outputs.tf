output "security_group_id" {
  description = "Security group of the tasks; name it in the `clients` of a service that this one calls."
  value       = aws_security_group.this.id
}

output "address" {
  description = "`host:port` by which other tasks reach the service, by TLS where it speaks TLS: what a placeholder such as `PUSHGATEWAY_URL` stands for."
  value       = "${local.offers_mesh ? local.mesh_name : local.dns_name}:${local.public_port}"
}

output "mesh_address" {
  description = "`address`, once ECS has the service and its name is in the mesh: what a caller takes in `calls`."
  value       = "${local.offers_mesh ? local.mesh_name : local.dns_name}:${local.public_port}"

  depends_on = [aws_ecs_service.this]
}

output "mesh_names" {
  description = "Names of the mesh that the tasks' proxies know: what `calls` named when the service was deployed."
  value       = sort(var.calls)
}

output "dns_name" {
  description = "Name that resolves to every task's address."
  value       = local.dns_name
}

output "replica_url" {
  description = "URL of the program's own port behind the name that resolves to every task: for functions, which are no members of the mesh. Plain HTTP unless the program itself speaks TLS."
  value       = "${var.tls.mode == "application" ? "https" : "http"}://${local.dns_name}:${var.port}"
}

output "url" {
  description = "URL through the load balancer; null without a route."
  value       = var.load_balancer == null ? null : "https://${var.load_balancer.host_name}"
}

output "log_group_name" {
  description = "Log group of the tasks: `aws logs tail <name> --follow`."
  value       = aws_cloudwatch_log_group.this.name
}

output "debug_policy_json" {
  description = "Policy document for whoever debugs a task: reads this service's log and, where `enable_execute_command` is set, opens a shell in it."
  value       = data.aws_iam_policy_document.debug.json
}
