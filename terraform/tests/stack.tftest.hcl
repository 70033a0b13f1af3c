# The whole stack, planned with the real provider and keys that open nothing; only the caller's account is said instead of asked.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1 # what would ask AWS after all, fails soon
}

provider "aws" {
  alias                       = "recovery"
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1 # what would ask AWS after all, fails soon
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.cluster[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.config_reloader.data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.pushgateway_gc[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.notifications.data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.long_term_storage[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

override_data {
  target = module.disaster_recovery[0].data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

# The provider asks AWS whether a definition is well formed, at plan.
override_resource {
  target = module.config_reloader.aws_sfn_state_machine.config_reloader
  values = { arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:promloom-test" }
}

variables {
  environment        = "test"
  region             = "eu-central-1"
  vpc_id             = "vpc-1"
  private_subnet_ids = ["subnet-1", "subnet-2"]
  s3_prefix_list_id  = "pl-1"
  package_directory  = "tests/packages"
  access = {
    domain_name         = "monitoring.example.com"
    zone_id             = "Z1"
    ingress_cidr_blocks = ["10.0.0.0/8"]
  }
}

run "smallest" {
  command = plan

  assert {
    condition     = keys(module.services) == ["alertmanager-1", "alertmanager-2", "alertmanager-3", "blackbox", "cloudwatch", "prometheus", "pushgateway"]
    error_message = "every service of the stack, three Alertmanagers among them"
  }
}
