# Which files are put, and what fails at plan. The real provider plans; nothing is asked of AWS.

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  config_bucket_name = "promloom-config"
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  bases = {
    prometheus = "scrape_configs:\n  - job_name: pushgateway # not NOTHING_URL\n    static_configs:\n      - targets: [PUSHGATEWAY_URL]\n"
    blackbox   = "modules:\n  http_2xx:\n    prober: http\n"
  }
  placeholders = ["PUSHGATEWAY_URL"]
}

run "bases_and_policy_are_put" {
  command = plan
  variables { policy = "limits: {jobs: 10}" }

  assert {
    condition     = output.keys == tolist(["base/blackbox.yml", "base/policy.yml", "base/prometheus.yml"])
    error_message = "Seen: ${join(", ", output.keys)}"
  }

  assert {
    condition     = aws_s3_object.base["base/prometheus.yml"].content == var.bases.prometheus
    error_message = "The text is put as it is: comments and placeholders stay."
  }
}

run "a_base_uses_a_placeholder_without_a_value" {
  command = plan
  variables { placeholders = [] }
  expect_failures = [var.placeholders]
}

run "a_numbered_placeholder_without_a_value" {
  command = plan
  variables { bases = { prometheus = "alerting: {alertmanagers: [{static_configs: [{targets: [\"ALERTMANAGER_URL_1\"]}]}]}" } }
  expect_failures = [var.placeholders]
}

run "a_bucket_that_is_none" {
  command = plan
  variables { config_bucket_name = "s3://promloom" }
  expect_failures = [var.config_bucket_name]
}

run "an_alias_for_a_key" {
  command = plan
  variables { kms_key_arn = "alias/promloom" }
  expect_failures = [var.kms_key_arn]
}

run "no_base" {
  command = plan
  variables { bases = {} }
  expect_failures = [var.bases]
}

run "a_base_of_no_component" {
  command = plan
  variables { bases = { grafana = "a: 1" } }
  expect_failures = [var.bases]
}

run "a_base_of_two_documents" {
  command = plan
  variables { bases = { prometheus = "global: {}\n---\nglobal: {}\n" } }
  expect_failures = [var.bases]
}

run "a_base_that_is_a_list" {
  command = plan
  variables { bases = { prometheus = "- a\n" } }
  expect_failures = [var.bases]
}

run "a_base_with_the_pipelines_series" {
  command = plan
  variables { bases = { prometheus = "groups: [{name: x, rules: [{record: config_generation_info, expr: \"1\"}]}]" } }
  expect_failures = [var.bases]
}

run "a_base_with_the_pipelines_marker" {
  command = plan
  variables { bases = { prometheus = "rule_files:\n  - generation-0a1b2c3d\n" } }
  expect_failures = [var.bases]
}

run "a_policy_that_is_no_yaml" {
  command = plan
  variables { policy = "limits: [" }
  expect_failures = [var.policy]
}
