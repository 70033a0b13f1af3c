# From a pushed fragment to a live configuration, and who is told.

locals {
  # Names that fragments and bases use for the stack's own services.
  placeholders = merge(
    { for word, name in {
      PUSHGATEWAY_URL    = "pushgateway"
      CLOUDWATCH_URL     = "cloudwatch"
      BLACKBOX_URL       = "blackbox"
      ALERTMANAGER_URL_1 = "alertmanager-1"
      ALERTMANAGER_URL_2 = "alertmanager-2"
      ALERTMANAGER_URL_3 = "alertmanager-3"
    } : word => module.services[name].address if local.runs_services },
    local.has_snowflake ? { SNOWFLAKE_URL = module.snowflake_exporter[0].address } : {},
    var.placeholders,
  )

  components = local.runs_services ? { for name, it in merge({ for name in ["blackbox", "cloudwatch"] : name => module.services[name] }, { prometheus = module.prometheus[0] }) : name => {
    reload_url        = it.replica_url
    security_group_id = local.callers[name]
  } } : var.external_components

  bases = { for component, text in merge(
    {
      prometheus = templatefile("${path.module}/templates/prometheus.yml.tftpl", {
        external_labels = local.long_term.external_labels
        replica_label   = local.replica_label
        remote_write    = local.long_term.remote_write
        snowflake       = local.has_snowflake
      })
      blackbox   = file("${path.module}/templates/blackbox.yml")
      cloudwatch = templatefile("${path.module}/templates/cloudwatch.yml.tftpl", { region = var.region })
    },
    var.bases,
  ) : component => text if contains(keys(local.components), component) }

  # What follows the numbers of a tag (`-busybox`, a digest) does not count; null: there are none.
  tag_version = try(regex(":v?([0-9]+\\.[0-9]+(\\.[0-9]+)?)([-@].*)?$", var.images.prometheus)[0], null)
  # What runs elsewhere does not run the image of this stack: there null is the packages' version.
  prometheus_version = var.prometheus_version == null && local.runs_services ? local.tag_version : var.prometheus_version

  workers  = ["fetch", "template", "validate", "merge", "deploy", "reload", "notify", "trigger"]
  packages = { for worker in local.workers : worker => { zip_path = "${var.package_directory}/${worker}.zip" } if var.worker_image == null || worker == "trigger" }
}

module "notifications" {
  source = "./modules/notifications"

  name                = local.name
  tags                = local.tags
  kms_key_arn         = aws_kms_key.this.arn
  subscriptions       = var.subscriptions
  alarm_subscriptions = var.alarm_subscriptions
}

module "config_reloader" {
  source = "./modules/config_reloader"

  name                   = local.name
  tags                   = local.tags
  kms_key_arn            = aws_kms_key.this.arn
  retention_in_days      = var.retention_in_days
  force_destroy          = !var.deletion_protection
  enabled                = var.pipeline_enabled
  access_log_bucket_name = local.runs_services ? module.cluster[0].log_bucket : null
  team_writers           = var.team_writers
  # By pattern: the replication's roles are made for the buckets, and cannot be waited for by their policy.
  state_writer_arns = concat(
    var.state_writer_arns,
    local.runs_services ? [module.pushgateway_gc[0].role_arn_by_name] : [],
    var.disaster_recovery == null ? [] : ["arn:${local.partition}:iam::${local.account_id}:role/${local.name}-to-primary-*"],
  )

  packages           = local.packages
  architecture       = var.architecture
  tools              = var.tools
  prometheus_version = local.prometheus_version
  worker_host        = var.worker_image == null ? "lambda" : "activity"
  activity = var.worker_image == null ? null : {
    cluster_arn           = module.cluster[0].cluster.arn
    image                 = var.worker_image
    image_repository_arns = var.image_repository_arns
  }

  vpc = {
    vpc_id            = var.vpc_id
    subnet_ids        = var.private_subnet_ids
    s3_prefix_list_id = var.s3_prefix_list_id
  }
  volume       = module.efs_volumes.access_points["config"]
  components   = local.components
  placeholders = local.placeholders

  # The schedule's first run finds the bases, which come after the processes.
  starts_after = values(module.config_deployment.version_ids)

  notice_topic_arn = module.notifications.notice_topic_arn
  alarm_topic_arns = [module.notifications.alarm_topic_arn]
}

module "config_deployment" {
  source = "./modules/config_deployment"

  config_bucket_name = module.config_reloader.config_bucket_name
  tags               = local.tags
  kms_key_arn        = aws_kms_key.this.arn
  bases              = local.bases
  policy             = var.policy
  placeholders       = keys(local.placeholders)

  # A base that is put starts a run, and that wants to reload what is not there before its service runs.
  depends_on = [module.services, module.prometheus, module.snowflake_exporter]
}
