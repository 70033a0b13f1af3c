# The other region, where there is one. Two stacks of this root are paired: one is live, one waits.

provider "aws" {
  alias       = "recovery"
  region      = try(var.disaster_recovery.region, var.region)
  max_retries = var.aws_max_retries

  default_tags {
    tags = local.tags
  }
}

module "disaster_recovery" {
  source    = "./modules/disaster_recovery"
  count     = var.disaster_recovery == null ? 0 : 1
  providers = { aws = aws, aws.recovery = aws.recovery }

  name                 = local.name
  tags                 = local.tags
  kms_key_arn          = aws_kms_key.this.arn
  recovery_kms_key_arn = var.disaster_recovery.kms_key_arn
  backup               = { resource_arns = [module.efs_volumes.file_system_arn] }

  primary = {
    config_bucket_name = module.config_reloader.config_bucket_name
    state_bucket_name  = module.config_reloader.state_bucket_name
    alarm_topic_arns   = [module.notifications.alarm_topic_arn]
  }
  recovery = {
    config_bucket_name = var.disaster_recovery.config_bucket_name
    state_bucket_name  = var.disaster_recovery.state_bucket_name
    alarm_topic_arns   = var.disaster_recovery.alarm_topic_arns
  }
}
