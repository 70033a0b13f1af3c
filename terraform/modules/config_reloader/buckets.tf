# The two buckets: the log of what teams wanted, and the log of what was done.

module "config_bucket" {
  source = "./bucket"

  name                    = local.config_bucket_name
  tags                    = var.tags
  kms_key_arn             = var.kms_key_arn
  force_destroy           = var.force_destroy
  access_log_bucket_name  = var.access_log_bucket_name
  noncurrent_version_days = var.noncurrent_version_days

  # Each team's roles, below apps/<owner>/ only. Roles of another account need the same in their own policy (output of ../config_generator),
  # and the key's policy has to let them use it. Terraform's provider deletes an object by listing its versions and deleting each.
  statements = flatten([
    for owner, arns in var.team_writers : [
      jsonencode({
        Sid       = "Owner${md5(owner)}"
        Effect    = "Allow"
        Principal = { AWS = arns }
        Action    = ["s3:PutObject", "s3:PutObjectTagging", "s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion"]
        Resource  = "${local.arn_of.config_bucket}/apps/${owner}/*"
      }),
      jsonencode({
        Sid       = "List${md5(owner)}"
        Effect    = "Allow"
        Principal = { AWS = arns }
        Action    = ["s3:ListBucket", "s3:ListBucketVersions"]
        Resource  = local.arn_of.config_bucket
        Condition = { StringLike = { "s3:prefix" = "apps/${owner}/*" } }
      }),
    ]
  ])
}

# Every put and delete of the config bucket becomes an event on the account's default bus.
resource "aws_s3_bucket_notification" "config" {
  bucket      = module.config_bucket.name
  eventbridge = true
}

module "state_bucket" {
  source = "./bucket"

  name                   = local.state_bucket_name
  tags                   = var.tags
  kms_key_arn            = var.kms_key_arn
  force_destroy          = var.force_destroy
  access_log_bucket_name = var.access_log_bucket_name
  # Heads and status are overwritten at every run; documents and journal never are. Documents do not expire: a document is written once, so its age does
  # not say whether a head, a last good version or a replay still needs it (docs/cost.md has what that costs).
  noncurrent_version_days = 30
  expirations             = var.journal_retention_days == null ? {} : { journal = { prefix = "runs/", days = var.journal_retention_days } }

  # Only the pipeline writes: whoever else may do anything in the account may not do this. Expiry by lifecycle is nobody's call.
  statements = [jsonencode({
    Sid       = "OnlyThePipelineWrites"
    Effect    = "Deny"
    Principal = "*"
    Action    = ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"]
    Resource  = "${local.arn_of.state_bucket}/*"
    Condition = {
      ArnNotLike = { "aws:PrincipalArn" = concat([for step in local.steps : local.arn_of.roles[step]], var.state_writer_arns) }
    }
  })]
}
