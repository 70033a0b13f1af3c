output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "role_arn_by_name" {
  description = "ARN of the function's role, known before it exists: for `state_writer_arns` of ../config_reloader, whose buckets this module takes."
  value       = local.role_arn
}

output "security_group_id" {
  description = "Security group of the function: the Pushgateway must let it in."
  value       = aws_security_group.this.id
}

output "policy" {
  description = "The worker's rendered policy (JSON): what it may do, whole."
  value       = aws_iam_role_policy.function.policy
}
