# The live stack: two replicas, a long-term store, and a second region that takes over (environments/prodr.tfvars, applied first).
environment = "prod"
region      = "eu-central-1"

vpc_id             = "vpc-0123456789abcdef1"
private_subnet_ids = ["subnet-1a00000000000000a", "subnet-1b00000000000000b", "subnet-1c00000000000000c"]
s3_prefix_list_id  = "pl-6ea54007"

access = {
  domain_name         = "monitoring.example.com"
  zone_id             = "Z0123456789PROD"
  ingress_cidr_blocks = ["10.0.0.0/8"]
}

package_directory = "../.promloom/package"
prometheus        = { replicas = 2, cpu_units = 2048, memory_mib = 8192 }
long_term_storage = { backend = "amp", retention_in_days = 400 }

disaster_recovery = {
  region             = "eu-west-1"
  kms_key_arn        = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  config_bucket_name = "promloom-prodr-config-123456789012-eu-west-1"
  state_bucket_name  = "promloom-prodr-state-123456789012-eu-west-1"
  alarm_topic_arns   = ["arn:aws:sns:eu-west-1:123456789012:promloom-prodr-alarms"]
}

policy = <<-EOT
  # Groups that nobody has pushed to for a day go out of the Pushgateway; the rest is the default (docs/policy.md).
  pushgateway:
    ttl_seconds: 86400
EOT

team_writers = {
  shop     = ["arn:aws:iam::123456789012:role/shop-deploy"]
  payments = ["arn:aws:iam::210987654321:role/payments-deploy"]
}
subscriptions = {
  platform = { protocol = "email", endpoint = "platform@example.com", owners = ["platform"] }
  shop     = { protocol = "email", endpoint = "shop@example.com", owners = ["shop"] }
}
alarm_subscriptions = {
  on-call = { protocol = "https", endpoint = "https://events.example.com/sns" }
}
