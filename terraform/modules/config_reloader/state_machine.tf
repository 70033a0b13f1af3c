# The definition as it lies in statemachine/, with ARNs in its holes.

locals {
  plain = file("${path.module}/../../../statemachine/config_reloader.asl.json")
  # Only an activity sends heartbeats, so only then are they asked for: in every Task, which is every state with a Resource.
  template = var.activity == null ? local.plain : replace(
    local.plain, "/(\"Resource\": \"[^\"]*\",)/", "$1 \"HeartbeatSeconds\": ${var.activity.heartbeat_seconds},"
  )
  # ARNs of resources, not of names: a definition that is known at plan is sent to AWS for validation there, and a plan is to need no network.
  definition = templatestring(local.template, { for step in local.steps : "${step}_arn" =>
    contains(local.functions, step) ? aws_lambda_function.worker[step].arn : aws_sfn_activity.step[step].id
  })
}

resource "aws_cloudwatch_log_group" "state_machine" {
  # Log groups under this prefix need no resource policy of their own, whose size AWS limits.
  name              = "/aws/vendedlogs/states/${local.state_machine_name}"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sfn_state_machine" "config_reloader" {
  name       = local.state_machine_name
  role_arn   = aws_iam_role.state_machine.arn
  definition = local.definition
  tags       = var.tags

  logging_configuration {
    level                  = "ALL"
    include_execution_data = true
    log_destination        = "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = true
  }

  encryption_configuration {
    type                              = "CUSTOMER_MANAGED_KMS_KEY"
    kms_key_id                        = var.kms_key_arn
    kms_data_key_reuse_period_seconds = 300
  }

  # Creating it checks that the role may write the log.
  depends_on = [aws_iam_role_policy.state_machine]

  lifecycle {
    precondition {
      condition     = length(regexall("\"HeartbeatSeconds\": [0-9]+", local.template)) == (var.activity == null ? 0 : length(regexall("\"Type\": \"Task\"", local.template)))
      error_message = "Every Task of an activity, and none of a function, has a heartbeat: the definition is written in another way than this module expects."
    }
  }
}

resource "aws_iam_role" "state_machine" {
  name        = local.state_machine_name
  description = "The state machine: calls the steps"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "states.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = {
        StringEquals = { "aws:SourceAccount" = local.account }
        ArnEquals    = { "aws:SourceArn" = local.arn_of.state_machine }
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "state_machine" {
  #checkov:skip=CKV_AWS_355:AWS has no resource for the delivery of logs and for traces
  #checkov:skip=CKV_AWS_290:the same
  name = "run"
  role = aws_iam_role.state_machine.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      # An activity needs no right of the state machine: its worker comes for the task.
      var.worker_host == "lambda" ? [{
        Sid      = "Steps"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = [for step in local.steps : local.arn_of.functions[step]]
      }] : [],
      [
        {
          Sid      = "Key"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = var.kms_key_arn
        },
        {
          # AWS has no resource for these: a delivery is made by the account, and tied to the log group by its ARN.
          Sid    = "Log"
          Effect = "Allow"
          Action = [
            "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
          ]
          Resource = "*"
        },
        {
          # Likewise.
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = "*"
        },
      ],
    )
  })
}
