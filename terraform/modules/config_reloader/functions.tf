# Workers as Lambda functions.

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "worker" {
  #checkov:skip=CKV_AWS_115:a reservation takes from the account's pool, whose size this module does not know; reserved_concurrency sets it, and throttling is retried
  #checkov:skip=CKV_AWS_116:the state machine and the queue wait for the answer, so nothing is invoked asynchronously; the queue has its dead letters
  #checkov:skip=CKV_AWS_117:only what reaches the volume or the processes, or runs a tool on teams' files, is in the VPC; the others call AWS only
  #checkov:skip=CKV_AWS_272:the package is pinned by its SHA-256; a signer would vouch for the same pipeline that computes it
  for_each = local.functions

  function_name                  = "${var.name}-${each.key}"
  description                    = "Config reloader: ${each.key}"
  role                           = aws_iam_role.worker[each.key].arn
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = [var.architecture]
  filename                       = var.packages[each.key].zip_path
  source_code_hash               = coalesce(var.packages[each.key].sha256_base64, filebase64sha256(var.packages[each.key].zip_path))
  memory_size                    = local.table[each.key].memory_mb
  timeout                        = local.table[each.key].timeout_seconds
  reserved_concurrent_executions = lookup(var.reserved_concurrency, each.key, -1)
  kms_key_arn                    = var.kms_key_arn
  tags                           = var.tags

  environment {
    variables = local.environments[each.key]
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.function[each.key].name
    application_log_level = upper(var.log_level)
    system_log_level      = "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  dynamic "vpc_config" {
    for_each = local.table[each.key].vpc ? [true] : []

    content {
      subnet_ids         = var.vpc.subnet_ids
      security_group_ids = [aws_security_group.worker[each.key].id]
    }
  }

  dynamic "file_system_config" {
    for_each = local.table[each.key].efs ? [true] : []

    content {
      arn              = var.volume.access_point_arn
      local_mount_path = var.volume.mount_path
    }
  }

  # A function in a VPC is created with its role's rights, and mounts the volume through its security group.
  depends_on = [aws_iam_role_policy.worker, aws_vpc_security_group_egress_rule.volume]
}
