# One key for everything that is encrypted at rest, and who may use it.

data "aws_caller_identity" "this" {}

data "aws_partition" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition

  # IAM policies of another account do not decide here: its roles are named.
  foreign_writers = distinct([for arn in flatten(values(var.team_writers)) : arn if split(":", arn)[4] != local.account_id])
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:the policy of a key: the account's administrators must be able to administer it
  #checkov:skip=CKV_AWS_111:the policy of a key: its only resource is the key itself
  #checkov:skip=CKV_AWS_356:in the policy of a key "*" means this key

  statement {
    sid       = "AccountByItsPolicies"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  statement {
    sid       = "Logs"
    actions   = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${var.region}:${local.account_id}:*"]
    }
  }

  # Execution logs of Step Functions come through this service. It names no source account that AWS would tell of (Step Functions' page on encryption at rest
  # has no condition at all); what it decrypts, the state machine's role encrypted in this context.
  statement {
    sid       = "LogDelivery"
    actions   = ["kms:Decrypt*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }
    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:SourceArn"
      values   = ["arn:${local.partition}:logs:${var.region}:${local.account_id}:*"]
    }
  }

  # EventBridge names no source account when it publishes to an encrypted topic (failed backups), and of AMP's ruler AWS does not say that it does; what is
  # encrypted says which topic.
  statement {
    sid       = "EventsAndAlertsToTopics"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["aps.amazonaws.com", "events.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:sns:topicArn"
      values   = ["arn:${local.partition}:sns:${var.region}:${local.account_id}:${local.name}-alarms"]
    }
  }

  dynamic "statement" {
    for_each = length(local.foreign_writers) > 0 ? [local.foreign_writers] : []
    content {
      sid       = "TeamsOfOtherAccounts"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = statement.value
      }
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${var.region}.${data.aws_partition.this.dns_suffix}"]
      }
      # With a bucket key the context is the bucket, without one the object.
      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = ["arn:${local.partition}:s3:::${local.name}-config-${local.account_id}-${var.region}*"]
      }
    }
  }

  # Services that send to an encrypted queue or topic in nobody's name: EventBridge to the queue of pushes.
  statement {
    sid       = "Senders"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

resource "aws_kms_key" "this" {
  description             = "Everything at rest of ${local.name}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
  tags                    = local.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.this.key_id
}
