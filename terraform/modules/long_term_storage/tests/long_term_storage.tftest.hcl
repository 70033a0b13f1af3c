# Plans with the real provider and keys that open nothing: policies are really rendered, and nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
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
  target          = aws_prometheus_workspace.this
  override_during = plan
  values = {
    arn = "arn:aws:aps:eu-central-1:123456789012:workspace/ws-11111111-2222"
    id  = "ws-11111111-2222"
  }
}

override_resource {
  target          = aws_s3_bucket.blocks
  override_during = plan
  values = {
    arn = "arn:aws:s3:::promloom-test-thanos-123456789012"
    id  = "promloom-test-thanos-123456789012"
  }
}

variables {
  name            = "promloom-test"
  kms_key_arn     = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  backend         = "amp"
  external_labels = { environment = "test", region = "eu-central-1" }
  amp             = { alert_topic_arn = "arn:aws:sns:eu-central-1:123456789012:promloom-test-notices" }
}

run "amp" {
  command = plan

  assert {
    condition = output.remote_write[0] == {
      url          = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-11111111-2222/api/v1/remote_write"
      sigv4        = { region = "eu-central-1" }
      queue_config = { max_samples_per_send = 1000, max_shards = 200, capacity = 2500 }
    }
    error_message = "Prometheus writes to the workspace, signed, in requests of the size that the service takes"
  }
  assert {
    condition     = [for it in jsondecode(output.write_policy_json).Statement : [it.Action, it.Resource]] == [["aps:RemoteWrite", "arn:aws:aps:eu-central-1:123456789012:workspace/ws-11111111-2222"]]
    error_message = "who writes may write to this workspace, and nothing else"
  }
  assert {
    condition     = !strcontains(output.read_policy_json, "Write") && jsondecode(output.read_policy_json).Statement[0].Resource == "arn:aws:aps:eu-central-1:123456789012:workspace/ws-11111111-2222"
    error_message = "who reads may not write"
  }
  assert {
    condition     = keys(aws_prometheus_rule_group_namespace.this) == ["promloom"] && strcontains(aws_prometheus_rule_group_namespace.this["promloom"].data, "by (environment, region, job)")
    error_message = "rules count per stack, by whatever the external labels are called"
  }
  assert {
    condition     = yamldecode(yamldecode(aws_prometheus_alert_manager_definition.this[0].definition).alertmanager_config).receivers[0].sns_configs[0].topic_arn == var.amp.alert_topic_arn
    error_message = "the ruler's alerts reach the topic"
  }
  assert {
    condition     = output.alert_publisher == { service = "aps.amazonaws.com", actions = ["sns:Publish", "sns:GetTopicAttributes"], source_arn = "arn:aws:aps:eu-central-1:123456789012:workspace/ws-11111111-2222" }
    error_message = "the topic's policy is told who publishes"
  }
  assert {
    condition     = startswith(aws_cloudwatch_log_group.amp[0].name, "/aws/vendedlogs/") && aws_cloudwatch_log_group.amp[0].retention_in_days == 365 && aws_prometheus_workspace.this[0].kms_key_arn == var.kms_key_arn
    error_message = "what the ruler says is kept a year, and everything is encrypted with the key"
  }
  assert {
    condition     = length(aws_s3_bucket.blocks) == 0 && length(module.service) == 0 && output.sidecar == null && length(output.prometheus_arguments) == 0 && length(aws_vpc_endpoint.this) == 0 && length(aws_prometheus_workspace_configuration.this) == 0
    error_message = "nothing of Thanos, and nothing that was not asked for"
  }
}

run "amp_with_everything" {
  command = plan

  variables {
    amp = {
      alert_topic_arn   = "arn:aws:sns:eu-central-1:123456789012:promloom-test-notices"
      retention_in_days = 400
      rule_groups       = { shop = "groups: [{ name: g, rules: [{ record: a, expr: vector(1) }] }]" }
      own_rules         = false
      dropped_metrics   = ["go_.*", "process_.*"]
    }
    vpc_endpoint = {
      vpc_id                    = "vpc-1"
      subnet_ids                = ["subnet-1"]
      client_security_group_ids = { prometheus = "sg-1" }
    }
  }

  assert {
    condition     = aws_prometheus_workspace_configuration.this[0].retention_period_in_days == 400 && keys(aws_prometheus_rule_group_namespace.this) == ["shop"]
    error_message = "retention and rules are the caller's to say"
  }
  assert {
    condition     = output.remote_write[0].write_relabel_configs == [{ source_labels = ["__name__"], regex = "go_.*|process_.*", action = "drop" }]
    error_message = "what is dropped is not sent"
  }
  assert {
    condition     = aws_vpc_endpoint.this[0].private_dns_enabled && aws_vpc_security_group_ingress_rule.endpoint["prometheus"].referenced_security_group_id == "sg-1" && aws_vpc_security_group_ingress_rule.endpoint["prometheus"].from_port == 443
    error_message = "the endpoint lets in its clients, and has the service's own name"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.endpoint[0].json).Statement[0].Condition.StringEquals["aws:PrincipalAccount"] == "123456789012" && jsondecode(data.aws_iam_policy_document.endpoint[0].json).Statement[0].Resource == "arn:aws:aps:eu-central-1:123456789012:workspace/*"
    error_message = "no samples leave through the endpoint for another account"
  }
}

run "amp_of_another_stack_in_another_region" {
  command = plan

  variables {
    existing_store_arn = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-99999999-0000"
    amp                = {}
  }

  assert {
    condition     = output.remote_write[0].sigv4.region == "eu-west-1" && startswith(output.remote_write[0].url, "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-99999999-0000/")
    error_message = "samples go to, and are signed for, the region of the workspace"
  }
  assert {
    condition     = jsondecode(output.write_policy_json).Statement[0].Resource == var.existing_store_arn && output.store_arn == var.existing_store_arn
    error_message = "the right is for that workspace"
  }
  assert {
    condition     = length(aws_prometheus_workspace.this) + length(aws_prometheus_rule_group_namespace.this) + length(aws_prometheus_alert_manager_definition.this) + length(aws_cloudwatch_log_group.amp) == 0 && output.alert_publisher == null
    error_message = "the workspace, its rules and its alerts are the other stack's"
  }
}

run "thanos" {
  command = plan

  variables {
    backend = "thanos"
    amp     = {}
    thanos  = { prometheus_url = "http://localhost:9099", prometheus_endpoint = "prometheus.monitoring.internal:10901" }
    services = {
      cluster = {
        arn                 = "arn:aws:ecs:eu-central-1:123456789012:cluster/promloom-test"
        name                = "promloom-test"
        exec_log_group_arn  = "arn:aws:logs:eu-central-1:123456789012:log-group:/promloom-test/execute-command"
        exec_log_group_name = "/promloom-test/execute-command"
      }
      vpc_id         = "vpc-1"
      subnet_ids     = ["subnet-1", "subnet-2"]
      namespace_id   = "ns-1"
      namespace_name = "monitoring.internal"
    }
  }

  assert {
    condition     = keys(module.service) == ["thanos-compact", "thanos-query", "thanos-store"] && local.services["thanos-compact"].deployment.maximum_percent == 100
    error_message = "three services, and never two compactors at once"
  }
  assert {
    condition     = yamldecode(trimprefix(one([for it in output.sidecar.command : it if startswith(it, "--objstore.config=")]), "--objstore.config=")) == { type = "S3", config = { bucket = "promloom-test-thanos-123456789012", endpoint = "s3.eu-central-1.amazonaws.com", region = "eu-central-1", aws_sdk_auth = true, sse_config = { type = "SSE-KMS", kms_key_id = var.kms_key_arn } } }
    error_message = "the sidecar uploads to the bucket, encrypted with the key, as the task's role"
  }
  assert {
    condition     = contains(output.sidecar.command, "--prometheus.url=http://localhost:9099") && output.sidecar.task_volume == "prometheus" && join(" ", output.prometheus_arguments) == "--storage.tsdb.min-block-duration=2h --storage.tsdb.max-block-duration=2h"
    error_message = "the sidecar finds Prometheus and its blocks, and Prometheus leaves compaction alone"
  }
  assert {
    condition     = [for it in local.services["thanos-query"].command : it if startswith(it, "--endpoint")] == ["--endpoint=dns+thanos-store.monitoring.internal:10901", "--endpoint=dns+prometheus.monitoring.internal:10901"]
    error_message = "the querier asks the bucket and the sidecars"
  }
  assert {
    condition     = alltrue([for name, it in local.services : contains(it.command, "--http.config=/tls/web.yml")]) && contains(output.sidecar.command, "--grpc-server-tls-key=/tls/tls.key")
    error_message = "everything speaks TLS"
  }
  assert {
    condition     = !strcontains(output.write_policy_json, "Delete") && !strcontains(output.read_policy_json, "Put") && [for it in jsondecode(data.aws_iam_policy_document.compact[0].json).Statement : it.Resource if it.Sid == "DeleteCompactedAndExpiredBlocks"] == ["arn:aws:s3:::promloom-test-thanos-123456789012/*"]
    error_message = "only the compactor deletes, and the store only reads"
  }
  assert {
    condition     = [for it in jsondecode(data.aws_iam_policy_document.blocks[0].json).Statement : it.Condition.Bool["aws:SecureTransport"] if it.Effect == "Deny"] == ["false"] && aws_s3_bucket_public_access_block.blocks[0].restrict_public_buckets
    error_message = "the bucket is reached over TLS and never from outside"
  }
  assert {
    condition     = length(output.remote_write) == 0 && length(aws_prometheus_workspace.this) == 0
    error_message = "nothing of AMP"
  }
}

run "thanos_with_the_bucket_of_another_stack" {
  command = plan

  variables {
    backend            = "thanos"
    amp                = {}
    existing_store_arn = "arn:aws:s3:::promloom-prod-thanos-123456789012"
    thanos             = { bucket_region = "eu-west-1", bucket_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555" }
    services = {
      cluster = {
        arn                 = "arn:aws:ecs:eu-central-1:123456789012:cluster/promloom-test"
        name                = "promloom-test"
        exec_log_group_arn  = "arn:aws:logs:eu-central-1:123456789012:log-group:/promloom-test/execute-command"
        exec_log_group_name = "/promloom-test/execute-command"
      }
      vpc_id         = "vpc-1"
      subnet_ids     = ["subnet-1"]
      namespace_id   = "ns-1"
      namespace_name = "monitoring.internal"
    }
  }

  assert {
    condition     = keys(module.service) == ["thanos-query", "thanos-store"] && length(aws_s3_bucket.blocks) == 0
    error_message = "a bucket has one compactor, and this bucket has it elsewhere"
  }
  assert {
    condition     = strcontains(join(" ", output.sidecar.command), "s3.eu-west-1.amazonaws.com") && [for it in jsondecode(output.write_policy_json).Statement : it.Resource if it.Sid == "EncryptBlocks"] == [var.thanos.bucket_kms_key_arn]
    error_message = "region and key are the bucket's"
  }
}

# ---- what is refused, by name

run "bad_name" {
  command = plan
  variables { name = "Promloom_Test" }
  expect_failures = [var.name]
}

run "bad_key" {
  command = plan
  variables { kms_key_arn = "alias/promloom" }
  expect_failures = [var.kms_key_arn]
}

run "bad_retention_of_logs" {
  command = plan
  variables { retention_in_days = 366 }
  expect_failures = [var.retention_in_days]
}

run "bad_backend" {
  command = plan
  variables { backend = "cortex" }
  expect_failures = [var.backend]
}

run "no_external_label" {
  command = plan
  variables { external_labels = {} }
  expect_failures = [var.external_labels]
}

run "bad_external_label" {
  command = plan
  variables { external_labels = { "data-center" = "a" } }
  expect_failures = [var.external_labels]
}

run "store_of_the_other_kind" {
  command = plan
  variables { existing_store_arn = "arn:aws:s3:::promloom-prod-thanos-123456789012" }
  expect_failures = [var.existing_store_arn]
}

run "no_topic_for_the_ruler" {
  command = plan
  variables { amp = {} }
  expect_failures = [var.amp]
}

run "fifo_topic_for_the_ruler" {
  command = plan
  variables { amp = { alert_topic_arn = "arn:aws:sns:eu-central-1:123456789012:alerts.fifo" } }
  expect_failures = [var.amp]
}

run "samples_kept_too_long" {
  command = plan
  variables { amp = { alert_topic_arn = "arn:aws:sns:eu-central-1:123456789012:alerts", retention_in_days = 1096 } }
  expect_failures = [var.amp]
}

run "rules_that_are_none" {
  command = plan
  variables { amp = { alert_topic_arn = "arn:aws:sns:eu-central-1:123456789012:alerts", rule_groups = { shop = "groups: []" } } }
  expect_failures = [var.amp]
}

run "dropping_everything" {
  command = plan
  variables { amp = { alert_topic_arn = "arn:aws:sns:eu-central-1:123456789012:alerts", dropped_metrics = [""] } }
  expect_failures = [var.amp]
}

run "endpoint_to_another_region" {
  command = plan
  variables {
    existing_store_arn = "arn:aws:aps:eu-west-1:123456789012:workspace/ws-99999999-0000"
    vpc_endpoint       = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], client_security_group_ids = { prometheus = "sg-1" } }
  }
  expect_failures = [var.vpc_endpoint]
}

run "endpoint_for_nobody" {
  command = plan
  variables { vpc_endpoint = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"], client_security_group_ids = {} } }
  expect_failures = [var.vpc_endpoint]
}

run "image_that_moves" {
  command = plan
  variables { thanos = { image = "quay.io/thanos/thanos:latest" } }
  expect_failures = [var.thanos]
}

run "prometheus_of_another_task" {
  command = plan
  variables { thanos = { prometheus_url = "http://prometheus.monitoring.internal:9090" } }
  expect_failures = [var.thanos]
}

run "nothing_left_to_downsample" {
  command = plan
  variables { thanos = { raw_retention_in_days = 1 } }
  expect_failures = [var.thanos]
}

run "region_of_a_bucket_made_here" {
  command = plan
  variables { thanos = { bucket_region = "eu-west-1" } }
  expect_failures = [var.thanos]
}

run "thanos_without_a_place_to_run" {
  command = plan
  variables {
    backend = "thanos"
    amp     = {}
  }
  expect_failures = [var.services]
}

run "a_region_that_is_none" {
  command = plan
  variables {
    backend            = "thanos"
    existing_store_arn = "arn:aws:s3:::promloom-prod-thanos-123456789012"
    thanos             = { bucket_region = "Frankfurt" }
  }
  expect_failures = [var.thanos, var.services]
}

run "a_key_of_the_bucket_by_its_alias" {
  command = plan
  variables {
    backend            = "thanos"
    existing_store_arn = "arn:aws:s3:::promloom-prod-thanos-123456789012"
    thanos             = { bucket_kms_key_arn = "alias/promloom" }
  }
  expect_failures = [var.thanos, var.services]
}

run "samples_in_a_relative_directory" {
  command = plan
  variables { thanos = { tsdb_path = "prometheus" } }
  expect_failures = [var.thanos]
}

run "sidecars_behind_a_url" {
  command = plan
  variables { thanos = { prometheus_endpoint = "http://prometheus.monitoring.internal:10901" } }
  expect_failures = [var.thanos]
}

run "a_disk_that_fargate_does_not_have" {
  command = plan
  variables { thanos = { compactor_disk_gib = 500 } }
  expect_failures = [var.thanos]
}
