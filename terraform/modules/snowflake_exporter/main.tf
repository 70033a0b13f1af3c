# Snowflake's exporter: one task of ../services, of its own because not every environment has Snowflake.

locals {
  port = 9975

  # The exporter takes the key as a file, and ECS gives a secret as a variable. So it goes to the task's own disk, where only the exporter's user
  # reads it and which goes with the task, and out of the exporter's environment.
  start = join("\n", [
    "set -eu",
    "umask 077",
    "printf '%s\\n' \"$PRIVATE_KEY\" > /key/rsa_key.p8",
    "unset PRIVATE_KEY",
    join(" ", concat(
      [
        "exec /bin/snowflake-exporter",
        "--web.listen-address=0.0.0.0:${local.port}",
        "--web.config.file=/tls/web.yml",
        "--private-key-path=/key/rsa_key.p8",
        "--log.format=json",
      ],
      var.snowflake.exclude_deleted_tables ? ["--exclude-deleted-tables"] : [],
      var.snowflake.exclude_task_history ? ["--exclude-task-history"] : [],
    )),
  ])
}

module "service" {
  source = "../services"

  name              = var.name
  service           = "snowflake"
  tags              = var.tags
  kms_key_arn       = var.kms_key_arn
  retention_in_days = var.retention_in_days

  cluster    = var.cluster
  vpc_id     = var.vpc_id
  subnet_ids = var.subnet_ids

  image                 = var.image
  image_repository_arns = var.image_repository_arns
  cpu_architecture      = var.cpu_architecture
  entry_point           = ["/bin/sh", "-c"]
  command               = [local.start]
  task_volumes          = { key = "/key" }

  environment = {
    SNOWFLAKE_EXPORTER_ACCOUNT   = var.snowflake.account
    SNOWFLAKE_EXPORTER_USERNAME  = var.snowflake.username
    SNOWFLAKE_EXPORTER_ROLE      = var.snowflake.role
    SNOWFLAKE_EXPORTER_WAREHOUSE = var.snowflake.warehouse
  }
  secrets = merge(
    { PRIVATE_KEY = var.snowflake.private_key_secret_arn },
    var.snowflake.private_key_password_secret_arn == null ? {} : { SNOWFLAKE_EXPORTER_PRIVATE_KEY_PASSWORD = var.snowflake.private_key_password_secret_arn },
  )

  port    = local.port
  tls     = merge({ mode = "application" }, var.tls_image == null ? {} : { image = var.tls_image })
  clients = { prometheus = { security_group_id = var.prometheus_security_group_id } }
  egress  = var.egress

  service_discovery = var.service_discovery
  service_connect   = var.service_connect
  load_balancer     = var.load_balancer

  enable_execute_command = var.enable_execute_command
  alarm_topic_arns       = var.alarm_topic_arns
}
