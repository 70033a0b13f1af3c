# Thrown away and made again: internal, small, nothing kept for long, no private CA.
environment         = "dev"
region              = "eu-central-1"
deletion_protection = false
retention_in_days   = 30

vpc_id             = "vpc-0123456789abcdef0"
private_subnet_ids = ["subnet-0a00000000000000a", "subnet-0b00000000000000b"]
s3_prefix_list_id  = "pl-6ea54007"

access = {
  domain_name         = "monitoring.dev.example.com"
  zone_id             = "Z0123456789DEV"
  ingress_cidr_blocks = ["10.0.0.0/8"]
}

package_directory      = "../.promloom/package"
service_tls            = { enabled = false }
enable_execute_command = true
prometheus             = { memory_mib = 2048, disk_gib = 50, retention_days = 7 }

policy = <<-EOT
  # Groups that nobody has pushed to for a day go out of the Pushgateway; the rest is the default (docs/policy.md).
  pushgateway:
    ttl_seconds: 86400
EOT

team_writers = {
  shop = ["arn:aws:iam::123456789012:role/shop-deploy"]
}
subscriptions = {
  shop = { protocol = "email", endpoint = "shop@example.com", owners = ["shop"] }
}
