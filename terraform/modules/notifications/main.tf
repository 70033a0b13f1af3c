# Two topics: notices, which have an owner to filter by, and alarms, which CloudWatch sends without attributes.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account = data.aws_caller_identity.this.account_id
  topics = {
    notices = "${var.name}-notices"
    alarms  = "${var.name}-alarms"
  }
  topic_arns = { for topic, name in local.topics : topic => "arn:${data.aws_partition.this.partition}:sns:${data.aws_region.this.name}:${local.account}:${name}" }

  undelivered_queue_name = "${var.name}-undelivered"
  undelivered_queue_arn  = "arn:${data.aws_partition.this.partition}:sqs:${data.aws_region.this.name}:${local.account}:${local.undelivered_queue_name}"

  only_tls = {
    for topic, arn in local.topic_arns : topic => {
      Sid       = "OnlyTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sns:Publish"
      Resource  = arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }
  }
}

resource "aws_sns_topic" "this" {
  for_each = local.topics

  name              = each.value
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

# Who publishes notices is said in the role of notify, not here: without a statement for them, the account's own principals need their policy.
resource "aws_sns_topic_policy" "notices" {
  arn = aws_sns_topic.this["notices"].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [for it in [
      { when = true, statement = local.only_tls.notices },
      {
        when = length(var.subscriber_account_ids) > 0
        statement = {
          Sid       = "OtherAccountsSubscribe"
          Effect    = "Allow"
          Principal = { AWS = [for id in var.subscriber_account_ids : "arn:${data.aws_partition.this.partition}:iam::${id}:root"] }
          Action    = "sns:Subscribe"
          Resource  = local.topic_arns.notices
          # What a subscription may be is the same for everybody.
          Condition = { StringEquals = { "sns:Protocol" = ["https", "sqs", "lambda", "email", "email-json"] } }
        }
      },
    ] : it.statement if it.when]
  })
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.this["alarms"].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      local.only_tls.alarms,
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arns.alarms
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        # Alerts of the rules in a workspace of Amazon Managed Service for Prometheus (../long_term_storage), which looks at the topic first.
        Sid       = "RulerAlerts"
        Effect    = "Allow"
        Principal = { Service = "aps.amazonaws.com" }
        Action    = ["sns:Publish", "sns:GetTopicAttributes"]
        Resource  = local.topic_arns.alarms
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
      {
        # Rules of this stack that tell people, such as that of failed backups (../disaster_recovery).
        Sid       = "Rules"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.topic_arns.alarms
        Condition = { ArnLike = { "aws:SourceArn" = "arn:${data.aws_partition.this.partition}:events:${data.aws_region.this.name}:${local.account}:rule/${var.name}-*" } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "notices" {
  for_each = var.subscriptions

  topic_arn = aws_sns_topic.this["notices"].arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
  # Attributes that every notice has; see workers/aws/src/sns.rs.
  filter_policy_scope = length(local.filters[each.key]) > 0 ? "MessageAttributes" : null
  filter_policy       = length(local.filters[each.key]) > 0 ? jsonencode(local.filters[each.key]) : null
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.undelivered.arn })
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_subscriptions

  topic_arn = aws_sns_topic.this["alarms"].arn
  protocol  = each.value.protocol
  endpoint  = each.value.endpoint
  # Attributes of alerts; an alarm of CloudWatch has none, and passes no filter.
  filter_policy_scope = length(each.value.owners) > 0 ? "MessageAttributes" : null
  filter_policy       = length(each.value.owners) > 0 ? jsonencode({ owner = each.value.owners }) : null
  redrive_policy      = jsonencode({ deadLetterTargetArn = aws_sqs_queue.undelivered.arn })
}

locals {
  filters = {
    for name, it in var.subscriptions : name => {
      for attribute, values in { owner = it.owners, kind = it.kinds, component = it.components } : attribute => values if length(values) > 0
    }
  }
}

# What a subscriber did not take. A notice is not sent twice, so this is the only copy outside the journal.
resource "aws_sqs_queue" "undelivered" {
  name                      = local.undelivered_queue_name
  kms_master_key_id         = var.kms_key_arn
  message_retention_seconds = 14 * 24 * 3600
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = local.undelivered_queue_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "WhatCouldNotBeDelivered"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = local.undelivered_queue_arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = values(local.topic_arns) }
          StringEquals = { "aws:SourceAccount" = local.account }
        }
      },
    ]
  })
  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  alarm_name          = "${var.name}-undelivered-notices"
  alarm_description   = "A subscriber did not take a notice or an alarm: its endpoint is gone or refuses. The message is in the queue of this name."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.undelivered.name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.this["alarms"].arn]
  tags                = var.tags
}
