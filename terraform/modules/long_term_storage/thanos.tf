# Thanos's services, and the sidecar that a Prometheus task takes in. gRPC and HTTP speak TLS with the certificate that each task makes for itself
# (../services, `application`): who may connect is the security group's to say, so clients do not verify names.

locals {
  bucket_name        = !local.thanos ? null : local.own ? aws_s3_bucket.blocks[0].id : split(":::", var.existing_store_arn)[1]
  bucket_arn         = !local.thanos ? null : local.own ? aws_s3_bucket.blocks[0].arn : var.existing_store_arn
  bucket_region      = coalesce(var.thanos.bucket_region, data.aws_region.this.name)
  bucket_kms_key_arn = coalesce(var.thanos.bucket_kms_key_arn, var.kms_key_arn)

  grpc_port = 10901
  http_port = 10902

  # Credentials are those of the task's role.
  objstore_config = !local.thanos ? null : yamlencode({
    type = "S3"
    config = {
      bucket       = local.bucket_name
      endpoint     = "s3.${local.bucket_region}.${local.dns_suffix}"
      region       = local.bucket_region
      aws_sdk_auth = true
      sse_config   = { type = "SSE-KMS", kms_key_id = local.bucket_kms_key_arn }
    }
  })

  http_arguments = ["--http-address=0.0.0.0:${local.http_port}", "--http.config=/tls/web.yml"]
  grpc_arguments = ["--grpc-address=0.0.0.0:${local.grpc_port}", "--grpc-server-tls-cert=/tls/tls.crt", "--grpc-server-tls-key=/tls/tls.key"]

  endpoints = [for it in ["thanos-store.${try(var.services.namespace_name, "")}:${local.grpc_port}", var.thanos.prometheus_endpoint] : it if it != null]

  # What differs between the three. The compactor changes blocks, so a bucket has one: it goes with the stack that made the bucket, and a new
  # task starts after the old one has ended.
  all_services = {
    thanos-store = {
      command = concat(
        ["store", "--data-dir=/thanos", "--objstore.config=${coalesce(local.objstore_config, "-")}"],
        local.http_arguments, local.grpc_arguments
      )
      policy     = data.aws_iam_policy_document.read.json
      cpu_units  = 1024
      memory_mib = 4096
      disk_gib   = 21
      peers      = { grpc = { port = local.grpc_port } }
      deployment = {}
      clients    = {}
      route      = null
    }
    thanos-query = {
      command = concat(
        ["query", "--grpc-client-tls-secure", "--grpc-client-tls-skip-verify"],
        [for endpoint in local.endpoints : "--endpoint=dns+${endpoint}"],
        [for label in var.thanos.replica_labels : "--query.replica-label=${label}"],
        local.http_arguments, local.grpc_arguments
      )
      policy     = null
      cpu_units  = 512
      memory_mib = 2048
      disk_gib   = 20
      peers      = { grpc = { port = local.grpc_port } }
      deployment = {}
      clients    = var.services == null ? {} : var.services.query_clients
      route      = var.services == null ? null : var.services.load_balancer
    }
    thanos-compact = {
      command = concat(
        [
          "compact", "--wait", "--data-dir=/thanos", "--objstore.config=${coalesce(local.objstore_config, "-")}",
          "--retention.resolution-raw=${var.thanos.raw_retention_in_days}d",
          "--retention.resolution-5m=${var.thanos.five_minutes_retention_in_days}d",
          "--retention.resolution-1h=${var.thanos.one_hour_retention_in_days}d",
        ],
        local.http_arguments
      )
      policy     = try(data.aws_iam_policy_document.compact[0].json, null)
      cpu_units  = 1024
      memory_mib = 4096
      disk_gib   = var.thanos.compactor_disk_gib
      peers      = {}
      deployment = { minimum_healthy_percent = 0, maximum_percent = 100 }
      clients    = {}
      route      = null
    }
  }
  services = { for name, it in local.all_services : name => it if local.thanos && (local.own || name != "thanos-compact") }
}

# No rules of its own: ../services lets in, on `peer_ports`, who carries it. The querier and the stores do, and Prometheus with its sidecar
# (outputs `peer_security_group_id` and `sidecar`).
resource "aws_security_group" "peers" {
  #checkov:skip=CKV2_AWS_5:carried by the tasks of Thanos's services and of Prometheus, by way of ../services
  count = local.thanos ? 1 : 0

  name_prefix = "${var.name}-thanos-"
  description = "Tasks that speak Thanos's gRPC with each other"
  vpc_id      = var.services.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-thanos" })

  lifecycle {
    create_before_destroy = true
  }
}

module "service" {
  source   = "../services"
  for_each = local.services

  name              = var.name
  service           = each.key
  tags              = var.tags
  kms_key_arn       = var.kms_key_arn
  retention_in_days = var.retention_in_days

  cluster    = var.services.cluster
  vpc_id     = var.services.vpc_id
  subnet_ids = var.services.subnet_ids

  image                  = var.thanos.image
  image_repository_arns  = var.services.image_repository_arns
  cpu_architecture       = var.services.cpu_architecture
  enable_execute_command = var.services.enable_execute_command
  command                = each.value.command
  port                   = local.http_port
  tls                    = merge({ mode = "application" }, var.services.tls_image == null ? {} : { image = var.services.tls_image })
  cpu_units              = each.value.cpu_units
  memory_mib             = each.value.memory_mib
  ephemeral_storage_gib  = each.value.disk_gib
  task_volumes           = { thanos = "/thanos" }
  deployment             = each.value.deployment
  task_policies          = each.key == "thanos-query" ? {} : { blocks = each.value.policy } # by name: whether a document that is not known yet is null, nobody knows

  service_discovery = {
    namespace_id   = var.services.namespace_id
    namespace_name = var.services.namespace_name
  }
  peer_ports             = each.value.peers
  peer_security_group_id = length(each.value.peers) == 0 ? null : aws_security_group.peers[0].id
  clients                = each.value.clients
  load_balancer          = each.value.route
  alarm_topic_arns       = var.services.alarm_topic_arns
}
