# What each worker may do and is told, and what fails at plan. The real provider plans, so policies are really rendered; nothing is asked of AWS.

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
  name             = "promloom-test"
  kms_key_arn      = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  notice_topic_arn = "arn:aws:sns:eu-central-1:123456789012:promloom-test-notices"
  alarm_topic_arns = ["arn:aws:sns:eu-central-1:123456789012:promloom-test-alarms"]

  # A plan asks only that the file is there.
  packages = {
    fetch    = { zip_path = "./main.tf" }
    template = { zip_path = "./main.tf" }
    validate = { zip_path = "./main.tf" }
    merge    = { zip_path = "./main.tf" }
    deploy   = { zip_path = "./main.tf" }
    reload   = { zip_path = "./main.tf" }
    notify   = { zip_path = "./main.tf" }
    trigger  = { zip_path = "./main.tf" }
  }

  vpc = {
    vpc_id            = "vpc-1"
    subnet_ids        = ["subnet-1", "subnet-2"]
    s3_prefix_list_id = "pl-1"
  }

  volume = {
    file_system_id    = "fs-1"
    file_system_arn   = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1"
    access_point_id   = "fsap-1"
    access_point_arn  = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1"
    security_group_id = "sg-volume"
  }

  components = {
    prometheus = { reload_url = "http://prometheus.monitoring:9090", security_group_id = "sg-prometheus" }
    blackbox   = { reload_url = "https://blackbox.monitoring:9115/prefix", security_group_id = "sg-blackbox" }
  }

  placeholders = { PUSHGATEWAY_URL = "pushgateway.monitoring:9091" }
}

run "each_worker_has_a_role_of_its_own_with_the_rights_of_its_row" {
  command = plan

  assert {
    condition     = length(aws_iam_role.worker) == 8 && length(distinct([for function in aws_lambda_function.worker : function.function_name])) == 8
    error_message = "Seven steps and the trigger."
  }

  assert {
    # kind of resource -> actions, as the rendered policies say it; the table is read again, so that no code of the module is trusted.
    condition = alltrue([
      for worker, row in jsondecode(file("../../../statemachine/workers.json")).workers : alltrue([
        for kind, actions in row.permissions : contains([
          for statement in jsondecode(aws_iam_role_policy.worker[worker].policy).Statement : sort(flatten([statement.Action]))
          if lower(statement.Sid) == replace(kind, "_", "")
        ], sort(actions))
      ]) if row.host != "schedule"
    ])
    error_message = "A policy lacks what the table gives."
  }

  assert {
    condition = alltrue(flatten([
      for worker, policy in aws_iam_role_policy.worker : [
        for statement in jsondecode(policy.policy).Statement :
        contains(["Trace", "NetworkInterfaces", "NetworkInterfacesAreLambdasOwn"], statement.Sid)
        if contains(flatten([statement.Resource]), "*")
      ]
    ]))
    error_message = "Only traces and network interfaces have no resource in AWS."
  }

  assert {
    condition = alltrue(flatten([
      for worker, policy in aws_iam_role_policy.worker : [
        for statement in jsondecode(policy.policy).Statement : alltrue([for action in flatten([statement.Action]) : !strcontains(action, "*")])
      ]
    ]))
    error_message = "No action is a pattern."
  }

  assert {
    condition = toset(flatten([
      for worker, policy in aws_iam_role_policy.worker : [
        for statement in jsondecode(policy.policy).Statement : worker if contains(flatten([statement.Action]), "s3:PutObject") && endswith(statement.Resource, "/heads/*")
      ]
    ])) == toset(["reload"])
    error_message = "Only reload writes heads."
  }

  assert {
    condition = toset(flatten([
      for worker, policy in aws_iam_role_policy.worker : [
        for statement in jsondecode(policy.policy).Statement : worker if contains(flatten([statement.Action]), "elasticfilesystem:ClientWrite")
      ]
    ])) == toset(["deploy"])
    error_message = "Only deploy writes the volume."
  }

  assert {
    condition = alltrue([
      for worker, role in aws_iam_role.worker : tomap({ for test, it in jsondecode(role.assume_role_policy).Statement[0].Condition : test => try(it["aws:SourceAccount"], "") }) ==
      (worker == "trigger" ? tomap({ ArnLikeIfExists = "", StringEqualsIfExists = "123456789012" }) : tomap({ ArnLike = "", StringEquals = "123456789012" }))
    ])
    error_message = "Trust names the account; of the trigger, of whose poller nobody says it, where one is named."
  }

  assert {
    condition     = jsondecode(aws_iam_role.worker["merge"].assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == ["arn:aws:lambda:eu-central-1:123456789012:function:promloom-test-merge"]
    error_message = "Trust names the function."
  }

  assert {
    condition = jsondecode(aws_iam_role.worker["trigger"].assume_role_policy).Statement[0].Condition.ArnLikeIfExists["aws:SourceArn"] == [
      "arn:aws:lambda:eu-central-1:123456789012:function:promloom-test-trigger",
      "arn:aws:lambda:eu-central-1:123456789012:event-source-mapping:*",
      "arn:aws:sqs:eu-central-1:123456789012:promloom-test-pushes",
    ]
    error_message = "Trust of the trigger names whatever its queue's poller may call itself."
  }
}

run "each_worker_is_told_what_its_row_names" {
  command = plan

  assert {
    condition     = aws_lambda_function.worker["merge"].environment[0].variables == tomap({ LOG_LEVEL = "info", STATE_BUCKET = "promloom-test-state-123456789012-eu-central-1" })
    error_message = "merge knows the state bucket only."
  }

  assert {
    condition     = jsondecode(aws_lambda_function.worker["reload"].environment[0].variables.RELOAD_URLS) == { prometheus = "http://prometheus.monitoring:9090", blackbox = "https://blackbox.monitoring:9115/prefix" }
    error_message = "reload knows every process."
  }

  assert {
    condition     = aws_lambda_function.worker["trigger"].environment[0].variables.STATE_MACHINE_ARN == "arn:aws:states:eu-central-1:123456789012:stateMachine:promloom-test-config-reloader"
    error_message = "The trigger starts this state machine."
  }

  assert {
    condition     = toset([for worker, function in aws_lambda_function.worker : worker if length(function.vpc_config) > 0]) == toset(["deploy", "reload", "validate"])
    error_message = "In the VPC is who reaches the volume or the processes, or runs a tool."
  }

  assert {
    condition     = { for component, rule in aws_vpc_security_group_egress_rule.reload : component => rule.from_port } == { prometheus = 9090, blackbox = 9115 }
    error_message = "reload reaches each process on its port."
  }

  assert {
    condition     = aws_sqs_queue.pushes.visibility_timeout_seconds == 6 * aws_lambda_function.worker["trigger"].timeout
    error_message = "Lambda asks for six times the function's timeout."
  }
}

run "a_journal_of_half_a_day" {
  command = plan
  variables {
    journal_retention_days = 0.5
  }
  expect_failures = [var.journal_retention_days]
}

run "the_buckets_are_closed" {
  command = plan

  variables {
    team_writers = { shop = ["arn:aws:iam::111111111111:role/shop-deploy"] }
  }

  assert {
    condition = [
      for statement in jsondecode(module.config_bucket.policy).Statement : try(statement.Condition.StringLike["s3:prefix"], statement.Resource) if statement.Effect == "Allow"
    ] == ["arn:aws:s3:::promloom-test-config-123456789012-eu-central-1/apps/shop/*", "apps/shop/*"]
    error_message = "A team may write, and list, its own fragments only."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(module.config_bucket.policy).Statement : statement.Action if statement.Effect == "Allow"
    ])) == toset(["s3:PutObject", "s3:PutObjectTagging", "s3:GetObject", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"])
    error_message = "A role of another account may do what the provider does, deleting every version among it."
  }

  assert {
    condition = [
      for statement in jsondecode(module.state_bucket.policy).Statement : length(statement.Condition.ArnNotLike["aws:PrincipalArn"]) if statement.Sid == "OnlyThePipelineWrites"
    ] == [7]
    error_message = "The seven steps write the state bucket, and nobody else."
  }

  assert {
    condition     = tomap(module.state_bucket.expirations) == tomap({ "runs/" = 400 }) && length(module.config_bucket.expirations) == 0
    error_message = "The journal goes after its time, and nothing that a later run may need."
  }

  assert {
    condition = alltrue([
      for policy in [module.config_bucket.policy, module.state_bucket.policy] : contains([for statement in jsondecode(policy).Statement : statement.Sid], "OnlyTls")
    ])
    error_message = "Only TLS."
  }

  # What a put names, and whether a statement about headers denies it. As IAM judges: what is compared with an absent header is not equal.
  assert {
    condition = alltrue([
      for policy in [module.config_bucket.policy, module.state_bucket.policy] : [
        for headers in [
          {},
          { "s3:x-amz-storage-class" = "STANDARD" },
          { "s3:x-amz-storage-class" = "INTELLIGENT_TIERING" },
          { "s3:x-amz-storage-class" = "GLACIER_IR" },
          { "s3:x-amz-server-side-encryption" = "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id" = var.kms_key_arn },
          { "s3:x-amz-storage-class" = "GLACIER" },
          { "s3:x-amz-storage-class" = "DEEP_ARCHIVE" },
          { "s3:x-amz-storage-class" = "AN_ARCHIVE_OF_TOMORROW" },
          { "s3:x-amz-server-side-encryption-customer-algorithm" = "AES256" },
          { "s3:x-amz-server-side-encryption" = "AES256" },
          { "s3:x-amz-server-side-encryption" = "aws:kms" },
          { "s3:x-amz-server-side-encryption" = "aws:kms", "s3:x-amz-server-side-encryption-aws-kms-key-id" = "arn:aws:kms:eu-central-1:111111111111:key/another" },
          { "s3:x-amz-server-side-encryption" = "aws:kms:dsse", "s3:x-amz-server-side-encryption-aws-kms-key-id" = var.kms_key_arn },
        ] :
        anytrue([
          for statement in jsondecode(policy).Statement :
          alltrue([for header, absent in statement.Condition.Null : contains(keys(headers), header) == (absent == "false")]) &&
          alltrue([for header, values in try(statement.Condition.StringNotEquals, {}) : !contains(flatten([values]), try(headers[header], ""))])
          if can(statement.Condition.Null) && statement.Action == "s3:PutObject" && statement.Effect == "Deny"
        ])
      ] == [false, false, false, false, false, true, true, true, true, true, true, true, true]
    ])
    error_message = "Nobody puts what the workers cannot read at once."
  }
}

run "what_bypasses_notify_is_watched" {
  command = plan

  assert {
    condition     = toset([for alarm in aws_cloudwatch_metric_alarm.execution : alarm.metric_name]) == toset(["ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "ExecutionThrottled"])
    error_message = "Every way in which a run ends without notify."
  }

  assert {
    condition = alltrue([
      for alarm in concat(values(aws_cloudwatch_metric_alarm.execution), [aws_cloudwatch_metric_alarm.silence, aws_cloudwatch_metric_alarm.dead_letters, aws_cloudwatch_metric_alarm.late_pushes, aws_cloudwatch_metric_alarm.trigger_errors]) :
      alarm.alarm_actions == toset(["arn:aws:sns:eu-central-1:123456789012:promloom-test-alarms"])
    ])
    error_message = "Every alarm tells somebody."
  }
}

run "a_stack_that_waits" {
  command = plan

  variables {
    enabled = false
  }

  assert {
    condition     = !aws_lambda_event_source_mapping.pushes.enabled && !aws_cloudwatch_metric_alarm.silence.actions_enabled && !aws_cloudwatch_metric_alarm.late_pushes.actions_enabled
    error_message = "Nothing starts a run, and nobody is told that none runs."
  }
}

run "activities_instead_of_functions" {
  command = plan

  variables {
    worker_host = "activity"
    packages    = { trigger = { zip_path = "./main.tf" } }
    activity    = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:1.0.0" }
  }

  assert {
    condition     = keys(aws_lambda_function.worker) == ["trigger"] && length(aws_sfn_activity.step) == 7 && length(aws_ecs_service.step) == 7
    error_message = "Only the trigger stays a function."
  }

  assert {
    condition = alltrue([
      for worker, role in aws_iam_role.worker : jsondecode(role.assume_role_policy).Statement[0].Principal.Service == (worker == "trigger" ? "lambda.amazonaws.com" : "ecs-tasks.amazonaws.com")
    ])
    error_message = "Tasks take the steps' roles."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.worker["merge"].policy).Statement : statement.Resource if statement.Sid == "Poll"] == ["arn:aws:states:eu-central-1:123456789012:activity:promloom-test-merge"]
    error_message = "A worker polls its own activity only."
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

run "a_config_bucket_with_a_dot" {
  command = plan
  variables { config_bucket_name = "promloom.config" }
  expect_failures = [var.config_bucket_name]
}

run "a_state_bucket_in_capitals" {
  command = plan
  variables { state_bucket_name = "Promloom" }
  expect_failures = [var.state_bucket_name]
}

run "versions_that_stay_for_no_day" {
  command = plan
  variables { noncurrent_version_days = 0 }
  expect_failures = [var.noncurrent_version_days]
}

run "an_owner_called_platform" {
  command = plan
  variables { team_writers = { platform = [] } }
  expect_failures = [var.team_writers]
}

run "a_writer_who_is_everybody" {
  command = plan
  variables { team_writers = { shop = ["*"] } }
  expect_failures = [var.team_writers]
}

run "a_state_writer_of_any_account" {
  command = plan
  variables { state_writer_arns = ["arn:aws:iam::*:role/x"] }
  expect_failures = [var.state_writer_arns]
}

run "a_host_that_does_not_exist" {
  command = plan
  variables { worker_host = "container" }
  expect_failures = [var.worker_host]
}

run "a_zip_that_is_not_there" {
  command = plan
  variables {
    worker_host = "activity"
    activity    = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:1.0.0" }
    packages    = { trigger = { zip_path = "./missing.zip", sha256_base64 = "x" } }
  }
  expect_failures = [var.packages]
}

run "a_zip_that_is_another" {
  command = plan
  variables {
    worker_host = "activity"
    activity    = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:1.0.0" }
    packages    = { trigger = { zip_path = "./main.tf", sha256_base64 = "x" } }
  }
  expect_failures = [var.packages]
}

run "a_worker_without_a_zip" {
  command = plan
  variables { packages = { trigger = { zip_path = "./main.tf" } } }
  expect_failures = [var.packages]
}

run "a_processor_that_does_not_exist" {
  command = plan
  variables { architecture = "riscv64" }
  expect_failures = [var.architecture]
}

run "a_reservation_of_nothing" {
  command = plan
  variables { reserved_concurrency = { merge = 0 } }
  expect_failures = [var.reserved_concurrency]
}

run "activities_without_a_cluster" {
  command = plan
  variables {
    worker_host = "activity"
    activity    = { cluster_arn = "monitoring", image = "registry.example.com/promloom:1.0.0" }
  }
  expect_failures = [var.activity]
}

run "activities_of_whatever_is_latest" {
  command = plan
  variables {
    worker_host = "activity"
    activity    = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:latest" }
  }
  expect_failures = [var.activity]
}

run "heartbeats_that_a_worker_cannot_keep_up_with" {
  command = plan
  variables {
    worker_host = "activity"
    activity    = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:1.0.0", heartbeat_seconds = 30 }
  }
  expect_failures = [var.activity]
}

run "activities_that_nothing_works_on" {
  command = plan
  variables {
    worker_host = "activity"
    activity    = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:1.0.0", tasks = 0 }
  }
  expect_failures = [var.activity]
}

run "functions_and_activities" {
  command = plan
  variables {
    activity = { cluster_arn = "arn:aws:ecs:eu-central-1:123456789012:cluster/monitoring", image = "registry.example.com/promloom:1.0.0" }
  }
  expect_failures = [var.activity]
}

run "a_tool_on_a_relative_path" {
  command = plan
  variables { tools = { promtool = "promtool" } }
  expect_failures = [var.tools]
}

run "validate_is_told_for_which_prometheus" {
  command = plan
  variables { prometheus_version = "3.5.3" }

  assert {
    condition     = aws_lambda_function.worker["validate"].environment[0].variables.PROMETHEUS_VERSION == "3.5.3"
    error_message = "validate judges for another version than the server's."
  }

  assert {
    condition     = alltrue([for worker, it in aws_lambda_function.worker : !contains(keys(it.environment[0].variables), "PROMETHEUS_VERSION") || worker == "validate"])
    error_message = "Only validate judges."
  }
}

run "a_prometheus_of_no_version" {
  command = plan
  variables { prometheus_version = "latest" }
  expect_failures = [var.prometheus_version]
}

run "a_level_that_logs_do_not_know" {
  command = plan
  variables { log_level = "verbose" }
  expect_failures = [var.log_level]
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

run "a_mount_where_lambda_mounts_nothing" {
  command = plan
  variables {
    volume = {
      file_system_id    = "fs-1"
      file_system_arn   = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1"
      access_point_id   = "fsap-1"
      access_point_arn  = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-1"
      security_group_id = "sg-volume"
      mount_path        = "/config"
    }
  }
  expect_failures = [var.volume]
}

run "an_access_point_by_its_id" {
  command = plan
  variables {
    volume = {
      file_system_id    = "fs-1"
      file_system_arn   = "arn:aws:elasticfilesystem:eu-central-1:123456789012:file-system/fs-1"
      access_point_id   = "fsap-1"
      access_point_arn  = "fsap-1"
      security_group_id = "sg-volume"
    }
  }
  expect_failures = [var.volume]
}

run "a_component_that_does_not_exist" {
  command = plan
  variables { components = { grafana = { reload_url = "http://grafana:3000", security_group_id = "sg-1" } } }
  expect_failures = [var.components]
}

run "a_process_without_a_port" {
  command = plan
  variables { components = { prometheus = { reload_url = "http://prometheus", security_group_id = "sg-1" } } }
  expect_failures = [var.components]
}

run "a_placeholder_that_is_none" {
  command = plan
  variables { placeholders = { pushgateway = "a:1" } }
  expect_failures = [var.placeholders]
}

run "a_window_of_no_second" {
  command = plan
  variables { batching_window_seconds = 0 }
  expect_failures = [var.batching_window_seconds]
}

run "a_run_every_minute" {
  command = plan
  variables { reconcile_interval_minutes = 1 }
  expect_failures = [var.reconcile_interval_minutes]
}

run "notices_to_a_queue" {
  command = plan
  variables { notice_topic_arn = "arn:aws:sqs:eu-central-1:123456789012:notices" }
  expect_failures = [var.notice_topic_arn]
}

run "alarms_to_a_name" {
  command = plan
  variables { alarm_topic_arns = ["alarms"] }
  expect_failures = [var.alarm_topic_arns]
}
