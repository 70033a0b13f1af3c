# One role per direction: it reads one region's buckets and writes the other's, and nothing else.

data "aws_iam_policy_document" "replication_trust" {
  for_each = local.directions

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type = "Service"
      # Batch operations copy what was there before replication was (docs/operations.md).
      identifiers = ["s3.amazonaws.com", "batchoperations.s3.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = concat(
        [for bucket in each.value.from_buckets : "arn:${local.partition}:s3:::${bucket}"],
        ["arn:${local.partition}:s3:${each.value.from_region}:${local.account_id}:job/*"],
      )
    }
  }
}

resource "aws_iam_role" "replication" {
  for_each = local.directions

  name_prefix        = "${substr(var.name, 0, 25)}-${each.key}-"
  description        = "S3 replication ${each.key} (${each.value.from_region} -> ${each.value.into_region})"
  assume_role_policy = data.aws_iam_policy_document.replication_trust[each.key].json
  tags               = var.tags
}

data "aws_iam_policy_document" "replication" {
  for_each = local.directions

  statement {
    sid       = "ReadSource"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket", "s3:PutInventoryConfiguration"]
    resources = [for bucket in each.value.from_buckets : "arn:${local.partition}:s3:::${bucket}"]
  }

  statement {
    sid       = "ReadVersions"
    actions   = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging", "s3:InitiateReplication"]
    resources = [for bucket in each.value.from_buckets : "arn:${local.partition}:s3:::${bucket}/*"]
  }

  statement {
    sid       = "WriteReplicas"
    actions   = ["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"]
    resources = [for bucket in each.value.into_buckets : "arn:${local.partition}:s3:::${bucket}/*"]
  }

  statement {
    sid       = "DecryptSource"
    actions   = ["kms:Decrypt"]
    resources = [each.value.from_key]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${each.value.from_region}.${local.dns_suffix}"]
    }

    # With a bucket key the context is the bucket, without one the object.
    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [for bucket in each.value.from_buckets : "arn:${local.partition}:s3:::${bucket}*"]
    }
  }

  statement {
    sid       = "EncryptReplicas"
    actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
    resources = [each.value.into_key]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${each.value.into_region}.${local.dns_suffix}"]
    }

    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [for bucket in each.value.into_buckets : "arn:${local.partition}:s3:::${bucket}*"]
    }
  }
}

resource "aws_iam_role_policy" "replication" {
  for_each = local.directions

  name   = "replication"
  role   = aws_iam_role.replication[each.key].id
  policy = data.aws_iam_policy_document.replication[each.key].json
}
