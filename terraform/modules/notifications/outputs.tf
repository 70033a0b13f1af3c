output "notice_topic_arn" {
  description = "ARN of the topic of notices, known when its policy is in force."
  value       = aws_sns_topic.this["notices"].arn

  depends_on = [aws_sns_topic_policy.notices]
}

output "alarm_topic_arn" {
  description = "ARN of the topic of alarms, known when CloudWatch may publish to it."
  value       = aws_sns_topic.this["alarms"].arn

  depends_on = [aws_sns_topic_policy.alarms]
}
