# Takes groups out of the Pushgateway that nobody pushes to any more.

module "pushgateway_gc" {
  source = "./modules/pushgateway_gc"
  count  = local.runs_services ? 1 : 0

  name               = local.name
  tags               = local.tags
  kms_key_arn        = aws_kms_key.this.arn
  retention_in_days  = var.retention_in_days
  package            = { zip_path = "${var.package_directory}/pushgateway_gc.zip" }
  architecture       = var.architecture
  config_bucket_name = module.config_reloader.config_bucket_name
  state_bucket_name  = module.config_reloader.state_bucket_name
  alarm_topic_arns   = [module.notifications.alarm_topic_arn]

  pushgateway = {
    url               = module.services["pushgateway"].replica_url
    security_group_id = local.callers["pushgateway"]
  }
  vpc = {
    vpc_id            = var.vpc_id
    subnet_ids        = var.private_subnet_ids
    s3_prefix_list_id = var.s3_prefix_list_id
  }
}
