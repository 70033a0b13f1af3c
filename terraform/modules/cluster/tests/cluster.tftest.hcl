# Plans with the real provider and keys that open nothing; only the caller's account is said instead of asked.

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

variables {
  name                     = "promloom-test"
  kms_key_arn              = "arn:aws:kms:eu-central-1:123456789012:key/1"
  vpc_id                   = "vpc-1"
  load_balancer_subnet_ids = ["subnet-1", "subnet-2"]
  ingress_cidr_blocks      = ["10.0.0.0/8", "192.168.0.0/16"]
  domain_name              = "monitoring.example.com"
  zone_id                  = "Z1"
}

run "smallest" {
  command = plan

  assert {
    condition     = aws_lb.this.internal && aws_lb.this.enable_deletion_protection && aws_lb.this.access_logs[0].enabled && aws_lb.this.connection_logs[0].enabled
    error_message = "internal, protected, logged"
  }
  assert {
    condition     = aws_lb_listener.https.ssl_policy == "ELBSecurityPolicy-TLS13-1-2-2021-06" && aws_lb_listener.http.default_action[0].redirect[0].protocol == "HTTPS"
    error_message = "TLS 1.2 or newer, and plain HTTP only redirects"
  }
  assert {
    condition     = aws_lb_listener.https.default_action[0].fixed_response[0].status_code == "404"
    error_message = "an unknown name reaches nothing"
  }
  assert {
    condition     = toset([for it in aws_vpc_security_group_ingress_rule.load_balancer : "${it.cidr_ipv4} ${it.from_port}"]) == toset(["10.0.0.0/8 80", "10.0.0.0/8 443", "192.168.0.0/16 80", "192.168.0.0/16 443"])
    error_message = "exactly the named networks come in"
  }
  assert {
    condition     = one(aws_s3_bucket_server_side_encryption_configuration.logs.rule).apply_server_side_encryption_by_default[0].sse_algorithm == "AES256"
    error_message = "a load balancer cannot write under a KMS key"
  }
  assert {
    condition     = !aws_s3_bucket.logs.force_destroy && aws_s3_bucket_public_access_block.logs.restrict_public_buckets
    error_message = "logs are private and not thrown away"
  }
  assert {
    condition     = aws_ecs_cluster.this.configuration[0].execute_command_configuration[0].logging == "OVERRIDE"
    error_message = "sessions are logged"
  }
}

run "to_be_thrown_away" {
  command = plan
  variables {
    deletion_protection = false
    container_insights  = "disabled"
  }
  assert {
    condition     = aws_s3_bucket.logs.force_destroy && !aws_lb.this.enable_deletion_protection
    error_message = "without protection destroy leaves nothing"
  }
}

run "wrong_values" {
  command = plan
  variables {
    name                     = "promloom-"
    kms_key_arn              = "alias/promloom"
    retention_in_days        = 2
    vpc_id                   = "1"
    load_balancer_subnet_ids = ["subnet-1"]
    ingress_cidr_blocks      = ["10.0.0.0"]
    domain_name              = "*.example.com"
    zone_id                  = "example.com"
    namespace_name           = "monitoring"
    container_insights       = "on"
  }
  expect_failures = [
    var.name, var.kms_key_arn, var.retention_in_days, var.vpc_id, var.load_balancer_subnet_ids, var.ingress_cidr_blocks, var.domain_name,
    var.zone_id, var.namespace_name, var.container_insights,
  ]
}

run "on_the_internet_for_everybody" {
  command = plan
  variables {
    internal            = false
    ingress_cidr_blocks = ["0.0.0.0/0"]
  }
  expect_failures = [var.ingress_cidr_blocks]
}
