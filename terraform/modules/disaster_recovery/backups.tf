# Backups: versions and replicas go where their bucket goes, and a deletion is replicated. These do not.

resource "aws_backup_vault" "primary" {
  name        = var.name
  kms_key_arn = var.kms_key_arn
  tags        = var.tags
}

resource "aws_backup_vault" "recovery" {
  provider = aws.recovery

  name        = var.name
  kms_key_arn = var.recovery_kms_key_arn
  tags        = var.tags
}

# Without `changeable_for_days`, governance mode: a right of its own (backup:DeleteBackupVaultLockConfiguration) still opens it.
resource "aws_backup_vault_lock_configuration" "primary" {
  count = var.backup.locked ? 1 : 0

  backup_vault_name  = aws_backup_vault.primary.name
  min_retention_days = var.backup.retention_in_days
}

resource "aws_backup_vault_lock_configuration" "recovery" {
  provider = aws.recovery
  count    = var.backup.locked ? 1 : 0

  backup_vault_name  = aws_backup_vault.recovery.name
  min_retention_days = var.backup.retention_in_days
}

resource "aws_backup_plan" "this" {
  name = var.name
  tags = var.tags

  rule {
    rule_name                = "daily"
    target_vault_name        = aws_backup_vault.primary.name
    schedule                 = "cron(${tonumber(split(":", var.backup.start_at_utc)[1])} ${tonumber(split(":", var.backup.start_at_utc)[0])} * * ? *)"
    start_window             = 60
    completion_window        = 480
    recovery_point_tags      = var.tags
    enable_continuous_backup = false # a continuous backup cannot be copied to another region

    lifecycle {
      delete_after = var.backup.retention_in_days
    }

    copy_action {
      destination_vault_arn = aws_backup_vault.recovery.arn

      lifecycle {
        delete_after = var.backup.retention_in_days
      }
    }
  }
}

resource "aws_backup_selection" "this" {
  name         = var.name
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = aws_iam_role.backup.arn
  resources    = concat([for pair in values(local.pairs) : "arn:${local.partition}:s3:::${pair.primary}"], var.backup.resource_arns)

  depends_on = [aws_iam_role_policy_attachment.backup]
}

data "aws_iam_policy_document" "backup_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [for region in [data.aws_region.primary.name, data.aws_region.recovery.name] : "arn:${local.partition}:backup:${region}:${local.account_id}:*"]
    }
  }
}

resource "aws_iam_role" "backup" {
  name_prefix        = "${substr(var.name, 0, 25)}-backup-"
  description        = "AWS Backup: reads what is backed up, and writes it back when it is restored"
  assume_role_policy = data.aws_iam_policy_document.backup_trust.json
  tags               = var.tags
}

# AWS's own policies: what AWS Backup calls for each kind of resource changes with the service.
resource "aws_iam_role_policy_attachment" "backup" {
  for_each = toset([
    "service-role/AWSBackupServiceRolePolicyForBackup",
    "service-role/AWSBackupServiceRolePolicyForRestores",
    "AWSBackupServiceRolePolicyForS3Backup",
    "AWSBackupServiceRolePolicyForS3Restore",
  ])

  role       = aws_iam_role.backup.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/${each.value}"
}
