output "vpc_id" {
  description = "The stack's `vpc_id`."
  value       = aws_vpc.this.id
}

output "private_subnet_ids" {
  description = "The stack's `private_subnet_ids`."
  value       = [for it in aws_subnet.private : it.id]
}

output "public_subnet_ids" {
  description = "The stack's `public_subnet_ids`, where its load balancer is to be on the internet."
  value       = [for it in aws_subnet.public : it.id]
}

output "s3_prefix_list_id" {
  description = "The stack's `s3_prefix_list_id`."
  value       = aws_vpc_endpoint.s3.prefix_list_id
}
