# What nobody else tells. Notify tells of every run that reaches it; these are the runs that do not, and what keeps runs from starting.
# What to do about each: docs/operations.md.

locals {
  execution_alarms = {
    failed    = { metric = "ExecutionsFailed", what = "A run failed: a lane has no proven configuration, or notify itself failed. The execution's last event says why." }
    timed-out = { metric = "ExecutionsTimedOut", what = "A run took longer than the definition's TimeoutSeconds and was ended: notify did not run." }
    aborted   = { metric = "ExecutionsAborted", what = "A run was stopped by somebody: notify did not run." }
    throttled = { metric = "ExecutionThrottled", what = "Step Functions held back state transitions or starts: runs are late." }
  }

  # Alarmed on after three of them without a run that went well; CloudWatch looks back further than a day only with periods of an hour and more.
  silence_period_seconds = var.reconcile_interval_minutes * 60
}

resource "aws_cloudwatch_metric_alarm" "execution" {
  for_each = local.execution_alarms

  alarm_name          = "${var.name}-execution-${each.key}"
  alarm_description   = each.value.what
  namespace           = "AWS/States"
  metric_name         = each.value.metric
  dimensions          = { StateMachineArn = aws_sfn_state_machine.config_reloader.arn }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  actions_enabled     = var.enabled # where nothing is to run, that nothing runs is no alarm
  alarm_name          = "${var.name}-no-run-succeeds"
  alarm_description   = "No run has succeeded for three reconcile intervals: the schedule, the queue or the trigger is broken, or every run fails."
  namespace           = "AWS/States"
  metric_name         = "ExecutionsSucceeded"
  dimensions          = { StateMachineArn = aws_sfn_state_machine.config_reloader.arn }
  statistic           = "Sum"
  period              = local.silence_period_seconds
  evaluation_periods  = 3
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "Pushes could not be delivered, or the trigger failed on them five times. The next run picks their objects up; the messages say what broke."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "late_pushes" {
  actions_enabled     = var.enabled # where nothing is to run, that nothing runs is no alarm
  alarm_name          = "${var.name}-late-pushes"
  alarm_description   = "A push has waited in the queue for five minutes: the trigger does not run, or fails."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = aws_sqs_queue.pushes.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  threshold           = 300 + var.batching_window_seconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "trigger_errors" {
  alarm_name          = "${var.name}-trigger-errors"
  alarm_description   = "The trigger fails: it may not start executions, or its settings are wrong. Its log says which."
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.worker["trigger"].function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_topic_arns
  ok_actions          = var.alarm_topic_arns
  tags                = var.tags
}
