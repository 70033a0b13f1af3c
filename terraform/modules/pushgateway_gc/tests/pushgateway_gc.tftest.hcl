# What the worker may do and is told, and what fails at plan. The real provider plans; nothing is asked of AWS.

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

variables {
  name               = "promloom-test"
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  package            = { zip_path = "./main.tf" } # a plan asks only that the file is there
  config_bucket_name = "promloom-config"
  state_bucket_name  = "promloom-state"
  pushgateway        = { url = "http://pushgateway.monitoring:9091", security_group_id = "sg-pushgateway" }
  vpc                = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], s3_prefix_list_id = "pl-1" }
}

run "the_worker_is_that_of_the_table" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.function_name == "promloom-test-pushgateway_gc" && aws_lambda_function.this.timeout < 60 * var.interval_minutes
    error_message = "By its own word, and done before the next run."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ LOG_LEVEL = "info", CONFIG_BUCKET = "promloom-config", STATE_BUCKET = "promloom-state", PUSHGATEWAY_URL = "http://pushgateway.monitoring:9091" })
    error_message = "It is told what its row names."
  }

  assert {
    condition = jsonencode({
      for statement in jsondecode(output.policy).Statement : statement.Sid => { actions = sort(flatten([statement.Action])), resource = statement.Resource }
      if !contains(["Trace", "NetworkInterfaces", "NetworkInterfacesAreLambdasOwn", "Log"], statement.Sid)
      }) == jsonencode({
      ConfigBucket   = { actions = ["s3:GetBucketVersioning", "s3:ListBucket", "s3:ListBucketVersions"], resource = "arn:aws:s3:::promloom-config" }
      ConfigPolicy   = { actions = ["s3:GetObjectVersion"], resource = "arn:aws:s3:::promloom-config/base/policy.yml" }
      StateDocuments = { actions = ["s3:PutObject"], resource = "arn:aws:s3:::promloom-state/objects/*" }
      StateJournal   = { actions = ["s3:PutObject"], resource = "arn:aws:s3:::promloom-state/runs/*" }
      Key            = { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resource = var.kms_key_arn }
    })
    error_message = "It reads the policy, and writes audit and journal: ${output.policy}"
  }

  assert {
    condition     = aws_vpc_security_group_egress_rule.pushgateway.from_port == 9091
    error_message = "It reaches the Pushgateway on its port."
  }

  assert {
    condition     = output.role_arn_by_name == "arn:aws:iam::123456789012:role/promloom-test-pushgateway_gc"
    error_message = "Known at plan: the state bucket's policy needs it."
  }

  assert {
    condition     = aws_scheduler_schedule.this.schedule_expression == "rate(60 minutes)" && strcontains(aws_scheduler_schedule.this.target[0].input, "<aws.scheduler.scheduled-time>")
    error_message = "The schedule says when, unescaped."
  }
}

run "a_name_that_is_too_long" {
  command = plan
  variables { name = "promloom-of-the-platform-team" }
  expect_failures = [var.name]
}

run "an_alias_for_a_key" {
  command = plan
  variables { kms_key_arn = "alias/promloom" }
  expect_failures = [var.kms_key_arn]
}

run "a_period_that_logs_do_not_know" {
  command = plan
  variables { retention_in_days = 100 }
  expect_failures = [var.retention_in_days]
}

run "a_zip_that_is_missing" {
  command = plan
  variables { package = { zip_path = "./pushgateway_gc.zip" } }
  expect_failures = [var.package]
}

run "a_zip_that_is_another" {
  command = plan
  variables { package = { zip_path = "./main.tf", sha256_base64 = "x" } }
  expect_failures = [var.package]
}

run "a_processor_that_does_not_exist" {
  command = plan
  variables { architecture = "riscv64" }
  expect_failures = [var.architecture]
}

run "a_level_that_logs_do_not_know" {
  command = plan
  variables { log_level = "verbose" }
  expect_failures = [var.log_level]
}

run "a_config_bucket_that_is_none" {
  command = plan
  variables { config_bucket_name = "s3://promloom" }
  expect_failures = [var.config_bucket_name]
}

run "a_state_bucket_that_is_none" {
  command = plan
  variables { state_bucket_name = "s3://promloom" }
  expect_failures = [var.state_bucket_name]
}

run "a_pushgateway_without_a_port" {
  command = plan
  variables { pushgateway = { url = "http://pushgateway", security_group_id = "sg-1" } }
  expect_failures = [var.pushgateway]
}

run "a_network_that_is_none" {
  command = plan
  variables { vpc = { vpc_id = "default", subnet_ids = ["subnet-1"], s3_prefix_list_id = "pl-1" } }
  expect_failures = [var.vpc]
}

run "a_network_without_subnets" {
  command = plan
  variables { vpc = { vpc_id = "vpc-1", subnet_ids = [], s3_prefix_list_id = "pl-1" } }
  expect_failures = [var.vpc]
}

run "an_endpoint_for_a_prefix_list" {
  command = plan
  variables { vpc = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], s3_prefix_list_id = "vpce-1" } }
  expect_failures = [var.vpc]
}

run "a_run_every_minute" {
  command = plan
  variables { interval_minutes = 1 }
  expect_failures = [var.interval_minutes]
}

run "alarms_to_a_name" {
  command = plan
  variables { alarm_topic_arns = ["alarms"] }
  expect_failures = [var.alarm_topic_arns]
}
