output "keys" {
  description = "Keys of the fragments that are pushed."
  value       = sort(keys(local.fragments))
}

output "version_ids" {
  description = "Key -> version id that was pushed; notices name it."
  value       = { for key, object in aws_s3_object.fragment : key => object.version_id }
}

output "write_policy" {
  description = "Policy (JSON) that whoever applies this needs, and all that it needs: the fragments of this owner, and the key."
  value = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Fragments"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:PutObjectTagging", "s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion"]
        Resource = "arn:${data.aws_partition.this.partition}:s3:::${var.config_bucket_name}/apps/${var.owner}/*"
      },
      {
        # To tell a fragment that is gone from one that may not be read, and to find the versions that the provider deletes with it.
        Sid       = "Listing"
        Effect    = "Allow"
        Action    = ["s3:ListBucket", "s3:ListBucketVersions"]
        Resource  = "arn:${data.aws_partition.this.partition}:s3:::${var.config_bucket_name}"
        Condition = { StringLike = { "s3:prefix" = "apps/${var.owner}/*" } }
      },
      {
        Sid       = "Key"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = var.kms_key_arn
        Condition = { StringLike = { "kms:ViaService" = "s3.*" } }
      },
    ]
  })
}
