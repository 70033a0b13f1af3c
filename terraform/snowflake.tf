# Snowflake's exporter: not every environment has it.

locals {
  has_snowflake = local.runs_services && var.snowflake != null
}

module "snowflake_exporter" {
  source = "./modules/snowflake_exporter"
  count  = local.has_snowflake ? 1 : 0

  name                         = local.name
  tags                         = local.tags
  kms_key_arn                  = aws_kms_key.this.arn
  retention_in_days            = var.retention_in_days
  snowflake                    = var.snowflake.exporter
  image                        = var.snowflake.image
  image_repository_arns        = var.image_repository_arns
  tls_image                    = var.images.tls
  cpu_architecture             = upper(var.architecture)
  cluster                      = module.cluster[0].cluster
  vpc_id                       = var.vpc_id
  subnet_ids                   = var.private_subnet_ids
  service_discovery            = { namespace_id = module.cluster[0].namespace.id, namespace_name = module.cluster[0].namespace.name }
  service_connect              = local.mesh
  load_balancer                = merge(module.cluster[0].load_balancer, { host_name = "snowflake.${var.access.domain_name}", priority = 510 })
  prometheus_security_group_id = module.prometheus[0].security_group_id
  enable_execute_command       = var.enable_execute_command
  alarm_topic_arns             = [module.notifications.alarm_topic_arn]
}
