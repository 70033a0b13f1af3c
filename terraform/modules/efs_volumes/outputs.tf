output "file_system_id" {
  description = "Id of the file system."
  value       = aws_efs_file_system.this.id
}

output "file_system_arn" {
  description = "ARN of the file system: what replication and backups name."
  value       = aws_efs_file_system.this.arn
}

output "access_points" {
  description = "Name -> what a task or a function needs to mount it. Known only when it can be mounted: after its mount targets and policy."
  value = { for name, it in aws_efs_access_point.this : name => {
    file_system_id    = aws_efs_file_system.this.id
    file_system_arn   = aws_efs_file_system.this.arn
    access_point_id   = it.id
    access_point_arn  = it.arn
    security_group_id = aws_security_group.this.id
  } }
  depends_on = [aws_efs_mount_target.this, aws_efs_file_system_policy.this, aws_vpc_security_group_ingress_rule.clients]
}
