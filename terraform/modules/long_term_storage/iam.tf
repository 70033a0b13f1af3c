# Rights, as documents for the roles of the tasks that need them: this module makes no role for others.

locals {
  write_actions = ["aps:RemoteWrite"]
  read_actions  = ["aps:QueryMetrics", "aps:GetSeries", "aps:GetLabels", "aps:GetMetricMetadata"]
}

data "aws_iam_policy_document" "write" {
  dynamic "statement" {
    for_each = local.amp ? [local.workspace_arn] : []

    content {
      sid       = "WriteSamples"
      actions   = local.write_actions
      resources = [statement.value]
    }
  }

  # The sidecar uploads and never deletes: only the compactor does.
  dynamic "statement" {
    for_each = local.thanos ? [local.bucket_arn] : []

    content {
      sid       = "FindBlocks"
      actions   = ["s3:ListBucket"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.thanos ? [local.bucket_arn] : []

    content {
      sid       = "UploadBlocks"
      actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
      resources = ["${statement.value}/*"]
    }
  }

  dynamic "statement" {
    for_each = local.thanos ? [local.bucket_kms_key_arn] : []

    content {
      sid       = "EncryptBlocks"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "read" {
  dynamic "statement" {
    for_each = local.amp ? [local.workspace_arn] : []

    content {
      sid       = "QuerySamples"
      actions   = local.read_actions
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.thanos ? [local.bucket_arn] : []

    content {
      sid       = "FindBlocks"
      actions   = ["s3:ListBucket"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.thanos ? [local.bucket_arn] : []

    content {
      sid       = "ReadBlocks"
      actions   = ["s3:GetObject"]
      resources = ["${statement.value}/*"]
    }
  }

  dynamic "statement" {
    for_each = local.thanos ? [local.bucket_kms_key_arn] : []

    content {
      sid       = "DecryptBlocks"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

data "aws_iam_policy_document" "compact" {
  count = local.thanos ? 1 : 0

  source_policy_documents = [data.aws_iam_policy_document.write.json]

  statement {
    sid       = "DeleteCompactedAndExpiredBlocks"
    actions   = ["s3:DeleteObject"]
    resources = ["${local.bucket_arn}/*"]
  }
}
