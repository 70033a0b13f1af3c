output "name" {
  description = "Name of the bucket, known when its policy, versioning and encryption are in force."
  value       = aws_s3_bucket.this.bucket

  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_public_access_block.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "expirations" {
  description = "Prefix -> days after which what lies below it goes."
  value       = { for rule in aws_s3_bucket_lifecycle_configuration.this.rule : rule.filter[0].prefix => rule.expiration[0].days if contains(keys(var.expirations), rule.id) }
}

output "policy" {
  description = "The bucket's policy (JSON)."
  value       = local.policy
}
