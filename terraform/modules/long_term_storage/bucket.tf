# The bucket of Thanos's blocks.

locals {
  buckets = local.thanos && local.own ? 1 : 0
}

resource "aws_s3_bucket" "blocks" {
  #checkov:skip=CKV_AWS_144:Blocks are gigabytes that two regions can each upload; what disaster_recovery replicates is what cannot be made again
  #checkov:skip=CKV2_AWS_62:Nothing waits for a block; Thanos lists the bucket
  #checkov:skip=CKV_AWS_18:Access logs go to access_log_bucket where one is given
  count = local.buckets

  bucket        = "${var.name}-thanos-${local.account_id}"
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "blocks" {
  count = local.buckets

  bucket                  = aws_s3_bucket.blocks[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "blocks" {
  count = local.buckets

  bucket = aws_s3_bucket.blocks[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "blocks" {
  count = local.buckets

  bucket = aws_s3_bucket.blocks[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "blocks" {
  count = local.buckets

  bucket = aws_s3_bucket.blocks[0].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "blocks" {
  count = local.buckets

  bucket = aws_s3_bucket.blocks[0].id

  # The compactor alone says when a block has had its time. This only makes room of what it deleted, after a week to think again.
  rule {
    id     = "deleted-blocks"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = 7
    }

    expiration {
      expired_object_delete_marker = true
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 2
    }
  }

  depends_on = [aws_s3_bucket_versioning.blocks]
}

resource "aws_s3_bucket_logging" "blocks" {
  count = var.access_log_bucket == null ? 0 : local.buckets

  bucket        = aws_s3_bucket.blocks[0].id
  target_bucket = var.access_log_bucket
  target_prefix = "${var.name}-thanos/"
}

resource "aws_s3_bucket_policy" "blocks" {
  count = local.buckets

  bucket = aws_s3_bucket.blocks[0].id
  policy = data.aws_iam_policy_document.blocks[0].json

  depends_on = [aws_s3_bucket_public_access_block.blocks]
}

data "aws_iam_policy_document" "blocks" {
  count = local.buckets

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
