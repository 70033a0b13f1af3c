# Plans with the real provider in two regions, and keys that open nothing: policies are really rendered, and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

provider "aws" {
  alias                       = "recovery"
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_resource {
  target          = aws_backup_vault.recovery
  override_during = plan
  values          = { arn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:promloom-test" }
}

variables {
  name                 = "promloom-test"
  kms_key_arn          = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  recovery_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"
  primary              = { config_bucket_name = "config-a", state_bucket_name = "state-a", alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:alarms"] }
  recovery             = { config_bucket_name = "config-b", state_bucket_name = "state-b", alarm_topic_arns = ["arn:aws:sns:eu-west-1:123456789012:alarms"] }
}

run "two_stacks" {
  command = plan

  assert {
    condition     = { for pair, it in aws_s3_bucket_replication_configuration.to_recovery : it.bucket => it.rule[0].destination[0].bucket } == { "config-a" = "arn:aws:s3:::config-b", "state-a" = "arn:aws:s3:::state-b" }
    error_message = "both buckets are copied to their counterparts"
  }
  assert {
    condition     = { for pair, it in aws_s3_bucket_replication_configuration.to_primary : it.bucket => it.rule[0].destination[0].bucket } == { "config-b" = "arn:aws:s3:::config-a", "state-b" = "arn:aws:s3:::state-a" }
    error_message = "and back, for the time after a disaster"
  }
  assert {
    condition = alltrue([for it in concat(values(aws_s3_bucket_replication_configuration.to_recovery), values(aws_s3_bucket_replication_configuration.to_primary)) :
      it.rule[0].status == "Enabled" && it.rule[0].delete_marker_replication[0].status == "Enabled" && it.rule[0].source_selection_criteria[0].sse_kms_encrypted_objects[0].status == "Enabled" && it.rule[0].destination[0].replication_time[0].time[0].minutes == 15
    ])
    error_message = "encrypted objects and deletions too, within minutes that S3 vouches for"
  }
  assert {
    condition     = aws_s3_bucket_replication_configuration.to_recovery["config"].rule[0].destination[0].encryption_configuration[0].replica_kms_key_id == var.recovery_kms_key_arn && aws_s3_bucket_replication_configuration.to_primary["config"].rule[0].destination[0].encryption_configuration[0].replica_kms_key_id == var.kms_key_arn
    error_message = "each copy is encrypted with the key of the region it lies in"
  }
  assert {
    condition     = [for it in [aws_s3_bucket_replication_configuration.to_recovery, aws_s3_bucket_replication_configuration.to_primary] : { for bucket, rules in it : bucket => try(length(rules.rule[0].filter[0].prefix), 0) == 0 ? "all" : rules.rule[0].filter[0].prefix }] == [{ config = "apps/", state = "all" }, { config = "apps/", state = "all" }]
    error_message = "what teams push is copied, and no stack's base over the other's"
  }
  assert {
    condition     = [for it in jsondecode(data.aws_iam_policy_document.replication["to-recovery"].json).Statement : it.Resource if it.Sid == "WriteReplicas"] == [["arn:aws:s3:::state-b/*", "arn:aws:s3:::config-b/*"]]
    error_message = "one direction's role writes only the other region's buckets"
  }
  assert {
    condition     = [for it in jsondecode(data.aws_iam_policy_document.replication["to-primary"].json).Statement : [it.Resource, it.Condition.StringEquals["kms:ViaService"]] if contains(["DecryptSource", "EncryptReplicas"], it.Sid)] == [[var.recovery_kms_key_arn, "s3.eu-west-1.amazonaws.com"], [var.kms_key_arn, "s3.eu-central-1.amazonaws.com"]]
    error_message = "keys are used through S3 of their own region only"
  }
  assert {
    condition     = !strcontains(join("", [for it in data.aws_iam_policy_document.replication : it.json]), "\"*\"") && !strcontains(join("", [for it in data.aws_iam_policy_document.replication : it.json]), "s3:Delete")
    error_message = "nothing on everything, and no version is ever deleted"
  }
  assert {
    condition     = toset(jsondecode(data.aws_iam_policy_document.replication_trust["to-recovery"].json).Statement[0].Condition.ArnLike["aws:SourceArn"]) == toset(["arn:aws:s3:::config-a", "arn:aws:s3:::state-a", "arn:aws:s3:eu-central-1:123456789012:job/*"])
    error_message = "only S3 on behalf of these buckets takes the role"
  }
  assert {
    condition     = tolist(aws_backup_plan.this.rule)[0].schedule == "cron(0 3 * * ? *)" && [for it in tolist(aws_backup_plan.this.rule)[0].copy_action : it.destination_vault_arn] == ["arn:aws:backup:eu-west-1:123456789012:backup-vault:promloom-test"]
    error_message = "a backup each night, with a copy in the other region"
  }
  assert {
    condition     = aws_backup_selection.this.resources == toset(["arn:aws:s3:::config-a", "arn:aws:s3:::state-a"]) && aws_backup_vault_lock_configuration.recovery[0].min_retention_days == 35 && aws_backup_vault_lock_configuration.primary[0].changeable_for_days == null
    error_message = "both buckets are backed up, and locked for as long as they are kept"
  }
  assert {
    condition     = keys(aws_cloudwatch_metric_alarm.to_recovery) == ["config-replication-failed", "config-replication-late", "state-replication-failed", "state-replication-late"] && aws_cloudwatch_metric_alarm.to_recovery["config-replication-late"].dimensions == tomap({ SourceBucket = "config-a", DestinationBucket = "config-b", RuleId = "to-recovery" }) && aws_cloudwatch_metric_alarm.to_recovery["config-replication-late"].threshold == 900
    error_message = "what is late or lost is told, per bucket"
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.to_primary["state-replication-failed"].alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:alarms"]) && aws_cloudwatch_event_target.backup_failed[0].arn == "arn:aws:sns:eu-central-1:123456789012:alarms"
    error_message = "each region's alarms go to its own topics"
  }
}

run "more_backups_that_may_be_deleted" {
  command = plan

  variables {
    backup = { resource_arns = ["arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1"], start_at_utc = "23:09", retention_in_days = 7, locked = false }
  }

  assert {
    condition     = contains(aws_backup_selection.this.resources, "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1") && tolist(aws_backup_plan.this.rule)[0].schedule == "cron(9 23 * * ? *)" && length(aws_backup_vault_lock_configuration.primary) == 0
    error_message = "what is backed up, when and for how long is the caller's to say"
  }
}

# ---- what is refused, by name

run "bad_name" {
  command = plan
  variables { name = "Promloom" }
  expect_failures = [var.name]
}

run "bad_key" {
  command = plan
  variables { kms_key_arn = "alias/promloom" }
  expect_failures = [var.kms_key_arn]
}

run "key_of_the_same_region" {
  command = plan
  variables { recovery_kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555" }
  expect_failures = [var.recovery_kms_key_arn]
}

run "bad_key_of_the_recovery_region" {
  command = plan
  variables { recovery_kms_key_arn = "99999999-2222-3333-4444-555555555555" }
  expect_failures = [var.recovery_kms_key_arn]
}

run "one_bucket_for_both" {
  command = plan
  variables { primary = { config_bucket_name = "config-a", state_bucket_name = "config-a" } }
  expect_failures = [var.primary]
}

run "bucket_that_is_an_arn" {
  command = plan
  variables { primary = { config_bucket_name = "arn:aws:s3:::config-a", state_bucket_name = "state-a" } }
  expect_failures = [var.primary]
}

run "topic_that_is_none" {
  command = plan
  variables { primary = { config_bucket_name = "config-a", state_bucket_name = "state-a", alarm_topic_arns = ["platform@example.com"] } }
  expect_failures = [var.primary]
}

run "copy_of_itself" {
  command = plan
  variables { recovery = { config_bucket_name = "config-a", state_bucket_name = "state-b" } }
  expect_failures = [var.recovery]
}

run "bucket_of_the_recovery_region_that_is_an_arn" {
  command = plan
  variables { recovery = { config_bucket_name = "config-b", state_bucket_name = "arn:aws:s3:::state-b" } }
  expect_failures = [var.recovery]
}

run "topic_of_the_recovery_region_that_is_none" {
  command = plan
  variables { recovery = { config_bucket_name = "config-b", state_bucket_name = "state-b", alarm_topic_arns = ["alarms"] } }
  expect_failures = [var.recovery]
}

run "backup_of_everything" {
  command = plan
  variables { backup = { resource_arns = ["arn:aws:s3:::*"] } }
  expect_failures = [var.backup]
}

run "backup_at_no_time" {
  command = plan
  variables { backup = { start_at_utc = "24:00" } }
  expect_failures = [var.backup]
}

run "backup_kept_for_no_day" {
  command = plan
  variables { backup = { retention_in_days = 0 } }
  expect_failures = [var.backup]
}

run "both_providers_in_one_region" {
  command = plan

  providers = {
    aws          = aws
    aws.recovery = aws
  }

  expect_failures = [data.aws_region.recovery]
}
