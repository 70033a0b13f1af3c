# What a team may write, and what fails at plan. The real provider plans; nothing is asked of AWS.

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

variables {
  owner              = "shop"
  config_bucket_name = "promloom-config"
  kms_key_arn        = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "every_kind_becomes_a_fragment_of_its_owner" {
  command = plan

  variables {
    scrape_jobs = {
      shop-checkout = { targets = ["checkout.shop.internal:8080"], labels = { version = "1.10" }, scrape_interval = "1m30s", scrape_timeout = "10s" }
    }
    alerts = {
      CheckoutDown = { expr = "up{job=\"shop-checkout\"} == 0", for_duration = "5m", labels = { severity = "page" } }
    }
    blackbox_probes = {
      login = { targets = ["https://shop.example.com/login"], valid_status_codes = [200, 302] }
      db    = { targets = ["db.shop.internal:5432"], prober = "tcp" }
    }
    cloudwatch_metrics = {
      errors = { namespace = "AWS/Lambda", metric = "Errors", dimensions = ["FunctionName"], statistics = ["Sum"] }
    }
    rule_tests = { checkout = "tests: []" }
    raw        = { "prometheus/records" = "groups:\n  - name: records\n    rules:\n      - record: a:b\n        expr: up\n" }
  }

  assert {
    condition = output.keys == tolist([
      "apps/shop/blackbox/probes.yml", "apps/shop/cloudwatch/metrics.yml", "apps/shop/prometheus/alerts.yml",
      "apps/shop/prometheus/blackbox-probes.yml", "apps/shop/prometheus/records.yml", "apps/shop/prometheus/scrape-jobs.yml",
      "apps/shop/prometheus/tests/checkout.yml",
    ])
    error_message = "Seen: ${join(", ", output.keys)}"
  }

  assert {
    condition = yamldecode(aws_s3_object.fragment["apps/shop/prometheus/scrape-jobs.yml"].content).scrape_configs == [{
      job_name       = "shop-checkout", scheme = "http", metrics_path = "/metrics", honor_labels = false, scrape_interval = "1m30s", scrape_timeout = "10s",
      static_configs = [{ targets = ["checkout.shop.internal:8080"], labels = { version = "1.10" } }],
    }]
    error_message = aws_s3_object.fragment["apps/shop/prometheus/scrape-jobs.yml"].content
  }

  assert {
    # A label that looks like a number stays the text that it is.
    condition     = strcontains(aws_s3_object.fragment["apps/shop/prometheus/scrape-jobs.yml"].content, "\"version\": \"1.10\"")
    error_message = "1.10 must be quoted."
  }

  assert {
    condition     = yamldecode(aws_s3_object.fragment["apps/shop/blackbox/probes.yml"].content).modules == { shop_login = { prober = "http", timeout = "5s", http = { valid_status_codes = [200, 302], fail_if_not_ssl = false } }, shop_db = { prober = "tcp", timeout = "5s" } }
    error_message = aws_s3_object.fragment["apps/shop/blackbox/probes.yml"].content
  }

  assert {
    condition     = alltrue([for statement in jsondecode(output.write_policy).Statement : !can(regex("s3:(Put|Delete)", jsonencode(statement))) || statement.Resource == "arn:aws:s3:::promloom-config/apps/shop/*"])
    error_message = "Only the owner's fragments may be written."
  }
  assert {
    # The provider's way to delete an object of a versioned bucket: it lists the versions and deletes each.
    condition     = [for it in jsondecode(output.write_policy).Statement : contains(it.Action, "s3:DeleteObjectVersion") if it.Sid == "Fragments"] == [true] && [for it in jsondecode(output.write_policy).Statement : contains(it.Action, "s3:ListBucketVersions") && it.Condition == { StringLike = { "s3:prefix" = "apps/shop/*" } } if it.Sid == "Listing"] == [true]
    error_message = "a fragment that goes out of the configuration can be deleted, and only the owner's own are listed"
  }
}

# tests/local/test_config_generator.py asks the pipeline about the same files, under the policy that holds where there is none.
run "what_the_pipeline_is_asked_about_is_what_is_generated" {
  command = plan

  variables {
    scrape_jobs = {
      shop-checkout = { targets = ["checkout.shop.internal:8080"], labels = { version = "1.10" }, scrape_interval = "1m30s", scrape_timeout = "10s" }
    }
    alerts = {
      CheckoutDown = { expr = "up{job=\"shop-checkout\"} == 0", for_duration = "5m", labels = { severity = "page" } }
    }
    blackbox_probes = {
      login = { targets = ["https://shop.example.com/login"], valid_status_codes = [200, 302] }
      db    = { targets = ["db.shop.internal:5432"], prober = "tcp" }
      host  = { targets = ["db.shop.internal"], prober = "icmp", preferred_ip_protocol = "ip4", scrape_interval = "1m" }
    }
    cloudwatch_metrics = {
      errors = { namespace = "AWS/Lambda", metric = "Errors", dimensions = ["FunctionName"], statistics = ["Sum"] }
    }
  }

  assert {
    condition     = toset(output.keys) == toset([for path in fileset("tests/fragments", "**") : path])
    error_message = "tests/fragments has other files than ${join(", ", output.keys)}"
  }
  assert {
    condition     = alltrue([for key, object in aws_s3_object.fragment : object.content == file("tests/fragments/${key}")])
    error_message = "tests/fragments is not what is generated: ${join("\n", [for key, object in aws_s3_object.fragment : object.content])}"
  }
  assert {
    # As the job of the base does: the exporter's task makes its certificate itself.
    condition     = alltrue([for job in yamldecode(aws_s3_object.fragment["apps/shop/prometheus/blackbox-probes.yml"].content).scrape_configs : job.scheme == "https" && job.tls_config.insecure_skip_verify])
    error_message = aws_s3_object.fragment["apps/shop/prometheus/blackbox-probes.yml"].content
  }
}

run "nothing_is_pushed_for_nothing" {
  command = plan

  assert {
    condition     = length(output.keys) == 0
    error_message = "An empty section would be told to its owner as a warning."
  }
}

run "an_owner_with_a_double_hyphen" {
  command = plan
  variables { owner = "shop--x" }
  expect_failures = [var.owner]
}

run "the_platform_team_is_no_owner" {
  command = plan
  variables { owner = "platform" }
  expect_failures = [var.owner]
}

run "a_bucket_that_is_none" {
  command = plan
  variables { config_bucket_name = "s3://promloom" }
  expect_failures = [var.config_bucket_name]
}

run "an_alias_for_a_key" {
  command = plan
  variables { kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:alias/promloom" }
  expect_failures = [var.kms_key_arn]
}

run "a_job_without_a_name" {
  command = plan
  variables { scrape_jobs = { "" = { targets = ["a:1"] } } }
  expect_failures = [var.scrape_jobs]
}

run "a_target_with_a_scheme" {
  command = plan
  variables { scrape_jobs = { a = { targets = ["http://a:1"] } } }
  expect_failures = [var.scrape_jobs]
}

run "a_path_without_a_slash" {
  command = plan
  variables { scrape_jobs = { a = { targets = ["a:1"], metrics_path = "metrics" } } }
  expect_failures = [var.scrape_jobs]
}

run "an_interval_without_a_unit" {
  command = plan
  variables { scrape_jobs = { a = { targets = ["a:1"], scrape_interval = "30" } } }
  expect_failures = [var.scrape_jobs]
}

run "a_timeout_longer_than_the_interval" {
  command = plan
  variables { scrape_jobs = { a = { targets = ["a:1"], scrape_interval = "30s", scrape_timeout = "1m" } } }
  expect_failures = [aws_s3_object.fragment]
}

run "a_label_of_prometheus_own" {
  command = plan
  variables { scrape_jobs = { a = { targets = ["a:1"], labels = { __name__ = "x" } } } }
  expect_failures = [var.scrape_jobs]
}

run "an_alert_without_an_expression" {
  command = plan
  variables { alerts = { A = { expr = " " } } }
  expect_failures = [var.alerts]
}

run "an_alert_that_waits_for_no_duration" {
  command = plan
  variables { alerts = { A = { expr = "up == 0", for_duration = "five minutes" } } }
  expect_failures = [var.alerts]
}

run "an_alert_with_the_pipelines_name" {
  command = plan
  variables { alerts = { config_generation_info = { expr = "up == 0" } } }
  expect_failures = [var.alerts]
}

run "an_alert_that_names_itself" {
  command = plan
  variables { alerts = { A = { expr = "up == 0", labels = { alertname = "B" } } } }
  expect_failures = [var.alerts]
}

run "a_probe_with_a_hyphen" {
  command = plan
  variables { blackbox_probes = { log-in = { targets = ["https://a"] } } }
  expect_failures = [var.blackbox_probes]
}

run "a_prober_that_does_not_exist" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["a"], prober = "ftp" } } }
  expect_failures = [var.blackbox_probes]
}

run "status_codes_of_a_tcp_probe" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["a:1"], prober = "tcp", valid_status_codes = [200] } } }
  expect_failures = [var.blackbox_probes]
}

run "a_probe_of_nothing" {
  command = plan
  variables { blackbox_probes = { a = { targets = [] } } }
  expect_failures = [var.blackbox_probes]
}

run "a_probe_with_a_timeout_without_a_unit" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["https://a"], timeout = "5" } } }
  expect_failures = [var.blackbox_probes]
}

run "a_status_code_that_does_not_exist" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["https://a"], valid_status_codes = [20] } } }
  expect_failures = [var.blackbox_probes]
}

run "a_metric_without_a_statistic" {
  command = plan
  variables { cloudwatch_metrics = { a = { namespace = "AWS/Lambda", metric = "Errors", statistics = [] } } }
  expect_failures = [var.cloudwatch_metrics]
}

run "a_statistic_that_does_not_exist" {
  command = plan
  variables { cloudwatch_metrics = { a = { namespace = "AWS/Lambda", metric = "Errors", statistics = ["Mean"] } } }
  expect_failures = [var.cloudwatch_metrics]
}

run "a_period_of_half_a_minute" {
  command = plan
  variables { cloudwatch_metrics = { a = { namespace = "AWS/Lambda", metric = "Errors", period_seconds = 30 } } }
  expect_failures = [var.cloudwatch_metrics]
}

run "a_raw_fragment_of_no_component" {
  command = plan
  variables { raw = { "grafana/board" = "a: 1" } }
  expect_failures = [var.raw]
}

run "a_raw_fragment_with_a_generated_name" {
  command = plan
  variables {
    alerts = { A = { expr = "up == 0" } }
    raw    = { "prometheus/alerts" = "groups: []" }
  }
  expect_failures = [var.raw]
}

run "a_raw_fragment_that_is_no_yaml" {
  command = plan
  variables { raw = { "prometheus/a" = "groups: [" } }
  expect_failures = [var.raw]
}

run "a_raw_fragment_with_what_is_the_platform_teams" {
  command = plan
  variables { raw = { "prometheus/a" = "global: {scrape_interval: 1s}" } }
  expect_failures = [var.raw]
}

run "a_raw_fragment_that_is_too_large" {
  command = plan
  variables { raw = { "prometheus/a" = "groups: [] # ${join("", [for _ in range(1024) : join("", [for _ in range(512) : "12345678"])])}" } }
  expect_failures = [var.raw]
}

run "a_job_name_that_is_used_twice" {
  command = plan
  variables {
    scrape_jobs = { a = { targets = ["a:1"] } }
    raw         = { "prometheus/more" = "scrape_configs: [{job_name: a}]" }
  }
  expect_failures = [aws_s3_object.fragment]
}

run "a_rule_test_with_a_double_hyphen" {
  command = plan
  variables { rule_tests = { "a--b" = "tests: []" } }
  expect_failures = [var.rule_tests]
}

run "a_rule_test_without_tests" {
  command = plan
  variables { rule_tests = { a = "groups: []" } }
  expect_failures = [var.rule_tests]
}

run "an_empty_interval" {
  command = plan
  variables { scrape_jobs = { a = { targets = ["a:1"], scrape_interval = "" } } }
  expect_failures = [var.scrape_jobs]
}

run "an_alert_that_waits_for_nothing_said" {
  command = plan
  variables { alerts = { A = { expr = "up == 0", for_duration = "" } } }
  expect_failures = [var.alerts]
}

run "an_alert_that_names_its_series" {
  command = plan
  variables { alerts = { A = { expr = "up == 0", labels = { __name__ = "x" } } } }
  expect_failures = [var.alerts]
}

run "a_probe_that_waits_in_days" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["http://a"], timeout = "1d" } } }
  expect_failures = [var.blackbox_probes]
}

run "half_a_status_code" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["http://a"], valid_status_codes = [200.5] } } }
  expect_failures = [var.blackbox_probes]
}

run "a_body_that_is_looked_for_with_half_a_pattern" {
  command = plan
  variables { blackbox_probes = { a = { targets = ["http://a"], fail_if_body_lacks = ["well", "(well"] } } }
  expect_failures = [var.blackbox_probes]
}

run "two_dimensions_that_are_one_label" {
  command = plan
  variables { cloudwatch_metrics = { a = { namespace = "AWS/Lambda", metric = "Errors", dimensions = ["FunctionName", "function_name"] } } }
  expect_failures = [var.cloudwatch_metrics]
}

run "a_dimension_without_a_name" {
  command = plan
  variables { cloudwatch_metrics = { a = { namespace = "AWS/Lambda", metric = "Errors", dimensions = [""] } } }
  expect_failures = [var.cloudwatch_metrics]
}

run "a_module_that_a_probe_makes_already" {
  command = plan
  variables {
    blackbox_probes = { login = { targets = ["http://a"] } }
    raw             = { "blackbox/more" = "modules: {shop_login: {prober: http}}" }
  }
  expect_failures = [aws_s3_object.fragment]
}
