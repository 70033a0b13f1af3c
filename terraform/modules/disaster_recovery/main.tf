# Two stacks, one live and one waiting, each with buckets of its own that nothing of the other region is needed for. What teams push to either, and what its pipeline writes, is
# copied to the other: before a disaster to the one that waits, afterwards back. S3 keeps version ids and does not copy a copy, so there is no loop.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

data "aws_region" "primary" {}

data "aws_region" "recovery" {
  provider = aws.recovery

  lifecycle {
    postcondition {
      condition     = self.name != data.aws_region.primary.name
      error_message = "The provider aws.recovery must be of another region than the provider aws, which is of ${self.name} too."
    }
  }
}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  dns_suffix = data.aws_partition.this.dns_suffix

  # The word for a bucket's contents -> the pair of buckets, and what of them is copied (null: everything). base/ is each stack's own: external labels,
  # stores and guardrails are of its region, and its Terraform puts them.
  pairs = {
    config = { primary = var.primary.config_bucket_name, recovery = var.recovery.config_bucket_name, prefix = "apps/" }
    state  = { primary = var.primary.state_bucket_name, recovery = var.recovery.state_bucket_name, prefix = null }
  }

  directions = {
    to-recovery = {
      from_region  = data.aws_region.primary.name
      into_region  = data.aws_region.recovery.name
      from_key     = var.kms_key_arn
      into_key     = var.recovery_kms_key_arn
      from_buckets = [for pair in values(local.pairs) : pair.primary]
      into_buckets = [for pair in values(local.pairs) : pair.recovery]
    }
    to-primary = {
      from_region  = data.aws_region.recovery.name
      into_region  = data.aws_region.primary.name
      from_key     = var.recovery_kms_key_arn
      into_key     = var.kms_key_arn
      from_buckets = [for pair in values(local.pairs) : pair.recovery]
      into_buckets = [for pair in values(local.pairs) : pair.primary]
    }
  }

  # S3 says within how many minutes: Replication Time Control. What is later is counted and alarmed.
  replication_minutes = 15
}

resource "aws_s3_bucket_replication_configuration" "to_recovery" {
  for_each = local.pairs

  bucket = each.value.primary
  role   = aws_iam_role.replication["to-recovery"].arn

  rule {
    id       = "to-recovery"
    status   = "Enabled"
    priority = 0

    filter {
      prefix = each.value.prefix
    }

    # A fragment that its team deleted must not come back by a disaster.
    delete_marker_replication {
      status = "Enabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket = "arn:${local.partition}:s3:::${each.value.recovery}"

      encryption_configuration {
        replica_kms_key_id = var.recovery_kms_key_arn
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = local.replication_minutes
        }
      }

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = local.replication_minutes
        }
      }
    }
  }

  depends_on = [aws_iam_role_policy.replication]
}

resource "aws_s3_bucket_replication_configuration" "to_primary" {
  provider = aws.recovery
  for_each = local.pairs

  bucket = each.value.recovery
  role   = aws_iam_role.replication["to-primary"].arn

  rule {
    id       = "to-primary"
    status   = "Enabled"
    priority = 0

    filter {
      prefix = each.value.prefix
    }

    delete_marker_replication {
      status = "Enabled"
    }

    source_selection_criteria {
      sse_kms_encrypted_objects {
        status = "Enabled"
      }
    }

    destination {
      bucket = "arn:${local.partition}:s3:::${each.value.primary}"

      encryption_configuration {
        replica_kms_key_id = var.kms_key_arn
      }

      replication_time {
        status = "Enabled"

        time {
          minutes = local.replication_minutes
        }
      }

      metrics {
        status = "Enabled"

        event_threshold {
          minutes = local.replication_minutes
        }
      }
    }
  }

  depends_on = [aws_iam_role_policy.replication]
}
