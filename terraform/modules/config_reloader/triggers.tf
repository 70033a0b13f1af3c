# A push: S3 -> EventBridge -> queue -> trigger -> one execution for everything that came meanwhile. A schedule goes the same way.

locals {
  # Both queues take messages of the one rule, and speak TLS only. Policies are said with the queues: as resources of their own they would
  # make every apply wait half a minute longer for SQS.
  queue_policies = {
    for queue, arn in { pushes = local.arn_of.push_queue, dead_letters = local.arn_of.dead_letter_queue } : queue => jsonencode({
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "OnlyTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = arn
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "Pushes"
          Effect    = "Allow"
          Principal = { Service = "events.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = arn
          Condition = {
            ArnEquals    = { "aws:SourceArn" = local.arn_of.push_rule }
            StringEquals = { "aws:SourceAccount" = local.account }
          }
        },
      ]
    })
  }
}

resource "aws_sqs_queue" "pushes" {
  name              = local.push_queue_name
  kms_master_key_id = var.kms_key_arn
  policy            = local.queue_policies.pushes
  # Six times the function's timeout, as Lambda asks for: no message comes back while it is worked on.
  visibility_timeout_seconds = 6 * local.table.trigger.timeout_seconds
  message_retention_seconds  = 4 * 24 * 3600
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 5
  })
  tags = var.tags
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = local.dead_letter_queue_name
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.queue_policies.dead_letters
  message_retention_seconds = 14 * 24 * 3600
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arn_of.push_queue]
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_rule" "pushes" {
  name        = local.push_rule_name
  description = "Every object that is put into or deleted from ${local.config_bucket_name}"
  event_pattern = jsonencode({
    source        = ["aws.s3"]
    "detail-type" = ["Object Created", "Object Deleted"]
    detail        = { bucket = { name = [local.config_bucket_name] } }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "pushes" {
  rule      = aws_cloudwatch_event_rule.pushes.name
  target_id = "pushes"
  arn       = aws_sqs_queue.pushes.arn

  retry_policy {
    maximum_event_age_in_seconds = 3600
    maximum_retry_attempts       = 185
  }

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters.arn
  }
}

# Reconciliation: for events that were lost, drift on the volume, and names that came free. Through the same queue, so that it and a burst
# of pushes become one run.
resource "aws_scheduler_schedule" "reconcile" {
  name                         = "${var.name}-reconcile"
  description                  = "Starts a run without a push"
  schedule_expression          = "rate(${var.reconcile_interval_minutes} minutes)"
  schedule_expression_timezone = "UTC"
  kms_key_arn                  = var.kms_key_arn

  depends_on = [var.starts_after] # its first message comes at once

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = aws_sqs_queue.pushes.arn
    role_arn = aws_iam_role.schedule.arn
    # What the trigger takes for a schedule. The time is the scheduled one, not the attempt's, so that a second delivery starts nothing. Written
    # out because `jsonencode` escapes the angle brackets, and then nothing is replaced.
    input = <<-EOT
      {"source":"aws.scheduler","detail-type":"Scheduled Event","time":"<aws.scheduler.scheduled-time>","resources":["<aws.scheduler.schedule-arn>"]}
    EOT

    retry_policy {
      maximum_event_age_in_seconds = 3600
      maximum_retry_attempts       = 185
    }

    dead_letter_config {
      arn = aws_sqs_queue.dead_letters.arn
    }
  }
}

resource "aws_iam_role" "schedule" {
  name        = "${var.name}-reconcile"
  description = "The reconcile schedule: puts messages into the push queue"
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
  name = "send"
  role = aws_iam_role.schedule.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = [aws_sqs_queue.pushes.arn, aws_sqs_queue.dead_letters.arn] },
      { Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.kms_key_arn },
    ]
  })
}

resource "aws_lambda_event_source_mapping" "pushes" {
  enabled                            = var.enabled
  event_source_arn                   = aws_sqs_queue.pushes.arn
  function_name                      = aws_lambda_function.worker["trigger"].arn
  batch_size                         = 100
  maximum_batching_window_in_seconds = var.batching_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = var.tags

  scaling_config {
    # The fewest there can be: more pollers only cut one burst into more executions.
    maximum_concurrency = 2
  }

  # The trigger knows both by name only.
  depends_on = [aws_sfn_state_machine.config_reloader, aws_iam_role_policy.worker]
}
