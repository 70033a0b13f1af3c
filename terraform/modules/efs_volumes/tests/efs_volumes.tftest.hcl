# Mocked, with apply: the file system policy is about ARNs that exist only afterwards. Each run says what is deployed, or what is refused.

mock_provider "aws" {
  mock_resource "aws_efs_file_system" {
    defaults = { id = "fs-1", arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1" }
  }
  mock_resource "aws_efs_access_point" {
    defaults = { id = "fsap-1", arn = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
}

variables {
  name          = "promloom-test"
  kms_key_arn   = "arn:aws:kms:eu-central-1:123456789012:key/1"
  vpc_id        = "vpc-1"
  subnet_ids    = ["subnet-1", "subnet-2"]
  access_points = { config = { path = "/config" }, alertmanager-1 = { path = "/alertmanager/1" } }
  clients       = { deploy = "sg-1", prometheus = "sg-2" }
}

run "smallest" {
  assert {
    condition     = aws_efs_file_system.this.encrypted && aws_efs_file_system.this.kms_key_id == var.kms_key_arn && aws_efs_backup_policy.this.backup_policy[0].status == "ENABLED"
    error_message = "encrypted by the given key, and backed up"
  }
  assert {
    condition     = length(aws_efs_mount_target.this) == 2 && { for name, it in aws_vpc_security_group_ingress_rule.clients : name => it.from_port } == { deploy = 2049, prometheus = 2049 }
    error_message = "a mount target per subnet, which admits NFS from whom it is told only"
  }
  assert {
    condition     = alltrue([for it in aws_efs_access_point.this : it.posix_user[0].uid == 65534 && it.root_directory[0].creation_info[0].owner_uid == 65534])
    error_message = "whoever writes, it belongs to the access point's user"
  }
  assert {
    condition     = [for it in data.aws_iam_policy_document.this.statement : "${it.effect} ${it.sid}"] == ["Deny TlsOnly", "Deny NeverAsRoot", "Deny ByAccessPointOnly"]
    error_message = "the policy refuses and grants nothing: only roles grant"
  }
  assert {
    condition     = output.access_points["config"].access_point_id == "fsap-1" && output.access_points["config"].file_system_id == "fs-1"
    error_message = "what a task needs to mount"
  }
}

run "kept_in_one_class" {
  variables {
    transition_to_ia_days = 0
    throughput_mode       = "bursting"
    backup                = false
  }
  assert {
    condition     = length(aws_efs_file_system.this.lifecycle_policy) == 0 && aws_efs_backup_policy.this.backup_policy[0].status == "DISABLED"
    error_message = "0 days is never"
  }
}

run "wrong_values" {
  command = plan
  variables {
    name                  = "p"
    kms_key_arn           = "key"
    vpc_id                = "1"
    subnet_ids            = ["1"]
    access_points         = { config = { path = "/" } }
    clients               = { deploy = "1" }
    throughput_mode       = "fast"
    transition_to_ia_days = 2
  }
  expect_failures = [var.name, var.kms_key_arn, var.vpc_id, var.subnet_ids, var.access_points, var.clients, var.throughput_mode, var.transition_to_ia_days]
}

run "an_access_point_of_root" {
  command = plan
  variables {
    access_points = { config = { path = "/config", uid = 0 } }
  }
  expect_failures = [var.access_points]
}

run "permissions_that_are_none" {
  command = plan
  variables {
    access_points = { config = { path = "/config", permissions = "rwx" } }
  }
  expect_failures = [var.access_points]
}
