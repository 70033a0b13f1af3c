# Plans with the real provider and keys that open nothing: nothing is asked of AWS.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "promloom-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  image       = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/snowflake-exporter:1.2.0"
  snowflake = {
    account                = "myorg-prod"
    username               = "PROMETHEUS"
    role                   = "MONITORING"
    warehouse              = "MONITORING_XS"
    private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:snowflake-key-AbCdEf"
  }
  cluster = {
    arn                 = "arn:aws:ecs:eu-central-1:123456789012:cluster/promloom-test"
    name                = "promloom-test"
    exec_log_group_arn  = "arn:aws:logs:eu-central-1:123456789012:log-group:/promloom-test/execute-command"
    exec_log_group_name = "/promloom-test/execute-command"
  }
  vpc_id                       = "vpc-1"
  subnet_ids                   = ["subnet-1"]
  service_discovery            = { namespace_id = "ns-1", namespace_name = "monitoring.internal" }
  prometheus_security_group_id = "sg-1"
}

run "smallest" {
  command = plan

  assert {
    condition     = output.address == "snowflake.monitoring.internal:9975" && output.log_group_name == "/promloom-test/services/snowflake" && output.url == null
    error_message = "Prometheus finds it by its name, and whoever debugs it finds its log"
  }
  assert {
    condition     = strcontains(local.start, "umask 077\nprintf '%s\\n' \"$PRIVATE_KEY\" > /key/rsa_key.p8\nunset PRIVATE_KEY\nexec /bin/snowflake-exporter ")
    error_message = "the key is the exporter's alone to read, and not in its environment"
  }
  assert {
    condition     = strcontains(local.start, "--web.config.file=/tls/web.yml") && strcontains(local.start, "--exclude-deleted-tables") && !strcontains(local.start, "--exclude-task-history")
    error_message = "it speaks TLS itself, and leaves out what makes scrapes slow"
  }
  assert {
    condition     = !strcontains(local.start, "myorg") && !strcontains(local.start, "MONITORING")
    error_message = "names reach the exporter by its environment: none of them can become part of a command"
  }
}

run "everything" {
  command = plan

  variables {
    snowflake = {
      account                         = "xy12345.eu-central-1"
      username                        = "PROMETHEUS"
      role                            = "MONITORING"
      warehouse                       = "MONITORING_XS"
      private_key_secret_arn          = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:snowflake-key-AbCdEf"
      private_key_password_secret_arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/snowflake/password"
      exclude_deleted_tables          = false
      exclude_task_history            = true
    }
    service_connect = { namespace_arn = "arn:aws:servicediscovery:eu-central-1:123456789012:namespace/ns-2" }
    load_balancer = {
      listener_arn      = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/promloom-test/1/2"
      security_group_id = "sg-2"
      dns_name          = "promloom-test.eu-central-1.elb.amazonaws.com"
      dns_zone_id       = "Z1"
      arn_suffix        = "app/promloom-test/1"
      zone_id           = "Z2"
      host_name         = "snowflake.monitoring.example.com"
      priority          = 80
    }
    egress = { snowflake = { security_group_id = "sg-3" }, aws = { security_group_id = "sg-4" } }
  }

  assert {
    condition     = output.url == "https://snowflake.monitoring.example.com" && strcontains(local.start, "--exclude-task-history") && !strcontains(local.start, "--exclude-deleted-tables")
    error_message = "a route, and what is left out, are the caller's to say"
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

run "bad_retention" {
  command = plan
  variables { retention_in_days = 366 }
  expect_failures = [var.retention_in_days]
}

run "image_that_moves" {
  command = plan
  variables { image = "snowflake-exporter:latest" }
  expect_failures = [var.image]
}

run "bad_architecture" {
  command = plan
  variables { cpu_architecture = "x86_64" }
  expect_failures = [var.cpu_architecture]
}

run "prometheus_that_is_no_group" {
  command = plan
  variables { prometheus_security_group_id = "prometheus" }
  expect_failures = [var.prometheus_security_group_id]
}

run "account_that_is_a_url" {
  command = plan
  variables {
    snowflake = { account = "https://myorg-prod.snowflakecomputing.com", username = "U", role = "R", warehouse = "W", private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a" }
  }
  expect_failures = [var.snowflake]
}

run "account_with_its_domain" {
  command = plan
  variables {
    snowflake = { account = "myorg-prod.snowflakecomputing.com", username = "U", role = "R", warehouse = "W", private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a" }
  }
  expect_failures = [var.snowflake]
}

run "role_that_may_do_anything" {
  command = plan
  variables {
    snowflake = { account = "myorg-prod", username = "U", role = "AccountAdmin", warehouse = "W", private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a" }
  }
  expect_failures = [var.snowflake]
}

run "warehouse_that_is_no_identifier" {
  command = plan
  variables {
    snowflake = { account = "myorg-prod", username = "U", role = "R", warehouse = "X; DROP", private_key_secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a" }
  }
  expect_failures = [var.snowflake]
}

run "key_in_the_open" {
  command = plan
  variables {
    snowflake = { account = "myorg-prod", username = "U", role = "R", warehouse = "W", private_key_secret_arn = "-----BEGIN PRIVATE KEY-----" }
  }
  expect_failures = [var.snowflake]
}
