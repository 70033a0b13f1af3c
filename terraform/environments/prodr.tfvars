# The second region of prod: waits, and takes over from the replicated buckets.
environment = "prodr"
region      = "eu-west-1"

# Until prod is lost: only one of the two may run.
pipeline_enabled = false

vpc_id             = "vpc-0123456789abcdef2"
private_subnet_ids = ["subnet-2a00000000000000a", "subnet-2b00000000000000b", "subnet-2c00000000000000c"]
s3_prefix_list_id  = "pl-6da54004"

access = {
  domain_name         = "monitoring-eu-west-1.example.com"
  zone_id             = "Z0123456789PROD"
  ingress_cidr_blocks = ["10.0.0.0/8"]
}

package_directory = "../.promloom/package"
prometheus        = { replicas = 2, cpu_units = 2048, memory_mib = 8192 }
# A store of its own: prod's goes with prod's region. What prod had measured is there again when its region is.
long_term_storage = { backend = "amp", retention_in_days = 400 }
policy            = <<-EOT
  # As prod's: what teams may do must not change with the region.
  pushgateway:
    ttl_seconds: 86400
EOT

state_writer_arns = ["arn:aws:iam::123456789012:role/promloom-prod-to-recovery-*"]

alarm_subscriptions = {
  on-call = { protocol = "https", endpoint = "https://events.example.com/sns" }
}
