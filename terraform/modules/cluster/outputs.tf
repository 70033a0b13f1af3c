output "cluster" {
  description = "The cluster, as ../services takes it."
  value = {
    arn                 = aws_ecs_cluster.this.arn
    name                = aws_ecs_cluster.this.name
    exec_log_group_arn  = aws_cloudwatch_log_group.exec.arn
    exec_log_group_name = aws_cloudwatch_log_group.exec.name
  }
}

output "load_balancer" {
  description = "The load balancer, as ../services takes it (with `host_name` and `priority` added)."
  value = {
    listener_arn      = aws_lb_listener.https.arn
    security_group_id = aws_security_group.load_balancer.id
    dns_name          = aws_lb.this.dns_name
    dns_zone_id       = aws_lb.this.zone_id
    arn_suffix        = aws_lb.this.arn_suffix
    zone_id           = var.zone_id
  }
}

output "namespace" {
  description = "Private DNS namespace of the service-discovery names."
  value = {
    id   = aws_service_discovery_private_dns_namespace.this.id
    name = aws_service_discovery_private_dns_namespace.this.name
  }
}

output "mesh_namespace_arn" {
  description = "Namespace of Service Connect."
  value       = aws_service_discovery_http_namespace.mesh.arn
}

output "log_bucket" {
  description = "Bucket of access logs: the load balancer's, and of every bucket of this account that names it (under a KMS key it could not be written)."
  value       = aws_s3_bucket.logs.bucket

  depends_on = [aws_s3_bucket_policy.logs]
}
