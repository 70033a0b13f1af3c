# One page: does a push go live, how fast, and where does it stop.

locals {
  machine_dimension = ["StateMachineArn", local.arn_of.state_machine]

  worker_metrics = {
    for title, metric in { "Errors" = ["Errors", "Sum"], "Duration (p95)" = ["Duration", "p95"], "Throttles" = ["Throttles", "Sum"] } : title => {
      stat                          = metric[1]
      metrics                       = [for worker in sort(local.functions) : ["AWS/Lambda", metric[0], "FunctionName", "${var.name}-${worker}", { label = worker }]]
    }
  }

  widgets = concat(
    [
      {
        type = "metric", x = 0, y = 0, width = 12, height = 6
        properties = {
          title  = "Runs by how they ended"
          region = local.region, stat = "Sum", period = 300, view = "timeSeries", stacked = true
          metrics = [
            for metric in ["ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"] :
            concat(["AWS/States", metric], local.machine_dimension, [{ label = trimprefix(metric, "Executions") }])
          ]
        }
      },
      {
        type = "metric", x = 12, y = 0, width = 12, height = 6
        properties = {
          title  = "How long a run takes (ms)"
          region = local.region, period = 300, view = "timeSeries", stacked = false
          metrics = [
            for stat in ["p50", "p95", "Maximum"] :
            concat(["AWS/States", "ExecutionTime"], local.machine_dimension, [{ stat = stat, label = stat }])
          ]
        }
      },
      {
        type = "metric", x = 0, y = 6, width = 12, height = 6
        properties = {
          title  = "Pushes waiting, and dead letters"
          region = local.region, stat = "Maximum", period = 60, view = "timeSeries", stacked = false
          metrics = [
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.pushes.name, { label = "waiting" }],
            ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters.name, { label = "dead letters" }],
            ["AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", aws_sqs_queue.pushes.name, { label = "age of the oldest (s)", yAxis = "right" }],
          ]
        }
      },
      {
        type = "log", x = 12, y = 6, width = 12, height = 6
        properties = {
          title  = "Steps that could not answer"
          region = local.region, view = "table"
          query = join("\n", concat(
            [join(" | ", [for group in sort(local.worker_log_groups) : "SOURCE '${group}'"])],
            ["| filter outcome = 'failed'", "| stats count(*) as failures by step, class, component", "| sort failures desc"],
          ))
        }
      },
    ],
    [
      for index, title in keys(local.worker_metrics) : {
        type = "metric", x = index * 8, y = 12, width = 8, height = 6
        properties = {
          title   = "Functions: ${title}"
          region  = local.region, stat = local.worker_metrics[title].stat, period = 300, view = "timeSeries", stacked = false
          metrics = local.worker_metrics[title].metrics
        }
      }
    ],
  )

  worker_log_groups = concat(
    [for worker in local.functions : "/aws/lambda/${var.name}-${worker}"],
    [for worker in local.polling : "/aws/ecs/${var.name}/${worker}"],
  )
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = local.state_machine_name
  dashboard_body = jsonencode({ widgets = local.widgets })
}
