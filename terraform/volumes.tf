module "efs_volumes" {
  source = "./modules/efs_volumes"

  name        = local.name
  tags        = local.tags
  kms_key_arn = aws_kms_key.this.arn
  vpc_id      = var.vpc_id
  subnet_ids  = var.private_subnet_ids

  access_points = merge(
    { config = { path = "/config" } }, # every component's generations: deploy writes, the processes read
    { for name in local.runs_services ? concat(local.alertmanagers, ["pushgateway"]) : [] : name => { path = "/data/${name}" } },
  )

  clients = merge(
    { deploy = module.config_reloader.deploy_security_group_id },
    { for name, it in local.services : name => local.callers[name] if length(it.volumes) > 0 },
    { for component, it in coalesce(var.external_components, {}) : component => it.security_group_id },
  )
}
