output "store_arn" {
  description = "The workspace or bucket that samples go to; what another stack takes as `existing_store_arn`."
  value       = local.amp ? local.workspace_arn : local.bucket_arn
}

output "query_url" {
  description = "Where long-term samples are queried: for `amp` the workspace (calls are signed), for `thanos` the querier's HTTPS address inside the VPC. Grafana takes it as a Prometheus data source."
  value       = local.amp ? local.workspace_url : "https://thanos-query.${var.services.namespace_name}:${local.http_port}"
}

output "external_labels" {
  description = "`global.external_labels` of the base configuration of Prometheus."
  value       = var.external_labels
}

output "remote_write" {
  description = "`remote_write` of the base configuration of Prometheus, ready for yamlencode; an empty list for `thanos`."
  value       = local.remote_write
}

output "prometheus_arguments" {
  description = "Arguments that Prometheus needs beside its own. Thanos uploads blocks as they are written, so Prometheus must not compact them."
  value       = local.thanos ? ["--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"] : []
}

output "sidecar" {
  description = "The container beside Prometheus, in its task; null for `amp`. `task_volume` is mounted at `mount_path`, and the task's /tls."
  value = !local.thanos ? null : {
    name        = "thanos-sidecar"
    image       = var.thanos.image
    port        = local.grpc_port
    task_volume = var.thanos.tsdb_volume
    mount_path  = var.thanos.tsdb_path
    command = concat(
      ["sidecar", "--prometheus.url=${var.thanos.prometheus_url}", "--tsdb.path=${var.thanos.tsdb_path}", "--objstore.config=${local.objstore_config}"],
      # Its HTTP side (health, metrics) is for this task alone.
      ["--http-address=127.0.0.1:${local.http_port}"],
      local.grpc_arguments,
      # Prometheus speaks TLS to itself as well, with a certificate of its own making.
      startswith(var.thanos.prometheus_url, "https://") ? ["--prometheus.http-client=${yamlencode({ tls_config = { insecure_skip_verify = true } })}"] : []
    )
  }
}

output "peer_security_group_id" {
  description = "The security group that Prometheus's tasks carry beside their own, so that the querier reaches their sidecars; null for `amp`."
  value       = local.thanos ? aws_security_group.peers[0].id : null
}

output "services" {
  description = "Thanos's services: name -> how each is reached, read and debugged; empty for `amp`."
  value = { for name, it in module.service : name => {
    address           = it.address
    url               = it.url
    log_group_name    = it.log_group_name
    debug_policy_json = it.debug_policy_json
  } }
}

output "write_policy_json" {
  description = "What the role of Prometheus's tasks needs for writing, as a policy document."
  value       = data.aws_iam_policy_document.write.json
}

output "read_policy_json" {
  description = "What the role of whoever queries needs, as a policy document."
  value       = data.aws_iam_policy_document.read.json
}

output "alert_publisher" {
  description = "Who publishes the ruler's alerts to `amp.alert_topic_arn`, for that topic's policy (and its key's): `actions` by `service` on behalf of `source_arn`. null where there is no ruler."
  value = local.amp && local.own ? {
    service    = "aps.amazonaws.com"
    actions    = ["sns:Publish", "sns:GetTopicAttributes"]
    source_arn = local.workspace_arn
  } : null
}
