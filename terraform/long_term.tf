# Where samples are kept when a task's disk is gone.

module "long_term_storage" {
  source = "./modules/long_term_storage"
  count  = var.long_term_storage == null ? 0 : 1

  name               = local.name
  tags               = local.tags
  kms_key_arn        = aws_kms_key.this.arn
  retention_in_days  = var.retention_in_days
  backend            = var.long_term_storage.backend
  external_labels    = local.external_labels
  existing_store_arn = var.long_term_storage.existing_store_arn
  force_destroy      = !var.deletion_protection
  access_log_bucket  = local.runs_services ? module.cluster[0].log_bucket : null

  amp = {
    retention_in_days = var.long_term_storage.retention_in_days
    rule_groups       = var.long_term_storage.rule_groups
    alert_topic_arn   = module.notifications.alarm_topic_arn
    dropped_metrics   = var.long_term_storage.dropped_metrics
  }

  thanos = {
    image               = var.images.thanos
    bucket_region       = var.long_term_storage.bucket_region
    bucket_kms_key_arn  = var.long_term_storage.bucket_kms_key_arn
    prometheus_url      = "http://localhost:9099"
    tsdb_path           = "/prometheus"
    tsdb_volume         = "tsdb"
    prometheus_endpoint = "prometheus.${var.namespace_name}:10901"
    replica_labels      = ["prometheus_replica"]
  }

  services = var.long_term_storage.backend != "thanos" ? null : {
    cluster                = module.cluster[0].cluster
    vpc_id                 = var.vpc_id
    subnet_ids             = var.private_subnet_ids
    namespace_id           = module.cluster[0].namespace.id
    namespace_name         = module.cluster[0].namespace.name
    load_balancer          = merge(module.cluster[0].load_balancer, { host_name = "thanos.${var.access.domain_name}", priority = 500 })
    image_repository_arns  = var.image_repository_arns
    tls_image              = var.images.tls
    cpu_architecture       = upper(var.architecture)
    enable_execute_command = var.enable_execute_command
    alarm_topic_arns       = [module.notifications.alarm_topic_arn]
  }
}

locals {
  has_thanos = try(var.long_term_storage.backend == "thanos", false)

  # What tells replicas apart, by the name that AMP has for it, or one that no team's series has; Prometheus puts in the task's own host name. It is
  # taken out of alerts, so it must be nobody else's.
  replica_label  = var.prometheus.replicas == 1 ? null : local.has_thanos || var.long_term_storage == null ? "prometheus_replica" : "__replica__"
  replica_labels = local.replica_label == null ? {} : merge({ (local.replica_label) = "$${HOSTNAME}" }, local.replica_label == "__replica__" ? { cluster = local.name } : {})

  # What the rest of the stack needs of it, also where there is none.
  long_term = {
    external_labels        = merge(local.external_labels, local.replica_labels)
    remote_write           = var.long_term_storage == null ? [] : module.long_term_storage[0].remote_write
    prometheus_arguments   = var.long_term_storage == null ? [] : module.long_term_storage[0].prometheus_arguments
    task_policies          = var.long_term_storage == null ? {} : { long-term-storage = module.long_term_storage[0].write_policy_json }
    peer_ports             = local.has_thanos ? { thanos = { port = 10901 } } : {}
    peer_security_group_id = local.has_thanos ? module.long_term_storage[0].peer_security_group_id : null
    sidecars = !local.has_thanos ? {} : { thanos-sidecar = {
      image        = module.long_term_storage[0].sidecar.image
      command      = module.long_term_storage[0].sidecar.command
      task_volumes = [module.long_term_storage[0].sidecar.task_volume]
    } }
  }
}
