# The worker that deletes groups nobody pushes any more, and its schedule. Which groups, when, and how many at most is said in base/policy.yml.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name

  worker        = "pushgateway_gc"
  row           = jsondecode(file("${path.module}/../../../statemachine/workers.json")).workers[local.worker]
  function_name = "${var.name}-${local.worker}"
  port          = tonumber(regex(":([0-9]+)", trimprefix(trimprefix(var.pushgateway.url, "https://"), "http://"))[0])

  # By name, so that the role's policy and the state bucket's are known at plan.
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${local.function_name}"
  role_arn     = "arn:${local.partition}:iam::${local.account}:role/${local.function_name}"

  resources_of = {
    config_bucket   = "arn:${local.partition}:s3:::${var.config_bucket_name}"
    config_policy   = "arn:${local.partition}:s3:::${var.config_bucket_name}/base/policy.yml"
    state_documents = "arn:${local.partition}:s3:::${var.state_bucket_name}/objects/*"
    state_journal   = "arn:${local.partition}:s3:::${var.state_bucket_name}/runs/*"
    key             = var.kms_key_arn
  }

  settings = {
    CONFIG_BUCKET   = var.config_bucket_name
    STATE_BUCKET    = var.state_bucket_name
    PUSHGATEWAY_URL = var.pushgateway.url
  }

  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
  ]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_115:runs do not overlap, for the interval is longer than the timeout; a reservation takes from the account's pool, whose size is not known here
  #checkov:skip=CKV_AWS_116:a run that failed is made up for by the next one, and the alarm tells; a message of it would say nothing more
  #checkov:skip=CKV_AWS_272:the package is pinned by its SHA-256; a signer would vouch for the same pipeline that computes it
  function_name    = local.function_name
  description      = "Deletes groups of the Pushgateway that nobody pushes any more"
  role             = aws_iam_role.function.arn
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.architecture]
  filename         = var.package.zip_path
  source_code_hash = coalesce(var.package.sha256_base64, filebase64sha256(var.package.zip_path))
  memory_size      = local.row.memory_mb
  timeout          = local.row.timeout_seconds
  kms_key_arn      = var.kms_key_arn
  tags             = var.tags

  environment {
    variables = merge({ LOG_LEVEL = var.log_level }, { for name in local.row.environment : name => local.settings[name] })
  }

  vpc_config {
    subnet_ids         = var.vpc.subnet_ids
    security_group_ids = [aws_security_group.this.id]
  }

  logging_config {
    log_format            = "JSON"
    log_group             = aws_cloudwatch_log_group.this.name
    application_log_level = upper(var.log_level)
    system_log_level      = "INFO"
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_iam_role_policy.function]
}

# The next run comes anyway; a failed one is not tried again on top of it.
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 600
}

resource "aws_iam_role" "function" {
  name        = local.function_name
  description = "Worker pushgateway_gc"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnLike      = { "aws:SourceArn" = [local.function_arn] }
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "function" {
  name = "worker"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [for kind, actions in local.row.permissions : {
        Sid      = replace(title(replace(kind, "_", " ")), " ", "")
        Effect   = "Allow"
        Action   = actions
        Resource = local.resources_of[kind]
      }],
      [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.function_name}:*"
        },
        {
          # AWS has no resource for these two.
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = "*"
        },
        {
          # Lambda makes the function's network interfaces with its role, and checks these without a resource ...
          Sid      = "NetworkInterfaces"
          Effect   = "Allow"
          Action   = local.network_interface_actions
          Resource = "*"
        },
        {
          # ... so the code in the function is refused them.
          Sid       = "NetworkInterfacesAreLambdasOwn"
          Effect    = "Deny"
          Action    = local.network_interface_actions
          Resource  = "*"
          Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } }
        },
      ],
    )
  })
}

resource "aws_security_group" "this" {
  name_prefix = "${local.function_name}-"
  description = "Worker pushgateway_gc: calls, is not called"
  vpc_id      = var.vpc.vpc_id
  tags        = merge(var.tags, { Name = local.function_name })

  lifecycle {
    create_before_destroy = true
  }

  # Lambda keeps a function's network interfaces for up to 40 minutes after it is gone.
  timeouts {
    delete = "45m"
  }
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.this.id
  description       = "S3, through the gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.vpc.s3_prefix_list_id
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "pushgateway" {
  security_group_id            = aws_security_group.this.id
  description                  = "The Pushgateway"
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
  referenced_security_group_id = var.pushgateway.security_group_id
  tags                         = var.tags
}

resource "aws_scheduler_schedule" "this" {
  name                         = local.function_name
  description                  = "Collects groups of the Pushgateway"
  schedule_expression          = "rate(${var.interval_minutes} minutes)"
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.schedule.arn
    # The same event as that of the reconcile schedule. Written out because `jsonencode` escapes the angle brackets, and then nothing is replaced.
    input = <<-EOT
      {"source":"aws.scheduler","detail-type":"Scheduled Event","time":"<aws.scheduler.scheduled-time>","resources":["<aws.scheduler.schedule-arn>"]}
    EOT

    retry_policy {
      maximum_event_age_in_seconds = 600
      maximum_retry_attempts       = 5
    }
  }
}

resource "aws_iam_role" "schedule" {
  name        = "${local.function_name}-schedule"
  description = "The schedule of pushgateway_gc: invokes its function"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        # The scheduler assumes the role for a group, and this schedule is in the default one.
        ArnEquals = { "aws:SourceArn" = "arn:${local.partition}:scheduler:${local.region}:${local.account}:schedule-group/default" }
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "schedule" {
  name = "invoke"
  role = aws_iam_role.schedule.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = local.function_arn },
      { Effect = "Allow", Action = "kms:Decrypt", Resource = var.kms_key_arn },
    ]
  })
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${local.function_name}-errors"
  alarm_description   = "Two runs in a row could not collect: old groups stay, and are scraped on. The function's log says why."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = var.interval_minutes * 60
  evaluation_periods  = 2
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  alarm_name          = "${local.function_name}-does-not-run"
  alarm_description   = "No run for three intervals: the schedule is off, or may not invoke the function."
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = aws_lambda_function.this.function_name }
  statistic           = "Sum"
  period              = var.interval_minutes * 60
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}
