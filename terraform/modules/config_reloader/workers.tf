# One role per worker, made of its row in statemachine/workers.json: nothing that the row does not name.

locals {
  permissions = {
    for worker in local.workers : worker => [
      for kind, actions in local.table[worker].permissions : {
        Sid      = replace(title(replace(kind, "_", " ")), " ", "")
        Effect   = "Allow"
        Action   = actions
        Resource = local.resources_of[kind]
      }
    ]
  }

  # What the host needs of the role, beside what the worker does.
  host_permissions = {
    for worker in local.workers : worker => [for it in [
      {
        when = contains(local.functions, worker)
        statement = {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.name}-${worker}:*"
        }
      },
      {
        when = contains(local.functions, worker)
        statement = {
          # AWS has no resource for these two.
          Sid      = "Trace"
          Effect   = "Allow"
          Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
          Resource = "*"
        }
      },
      {
        when = contains(local.functions, worker) && local.table[worker].vpc
        statement = {
          # Lambda makes the function's network interfaces with its role, and checks these without a resource ...
          Sid      = "NetworkInterfaces"
          Effect   = "Allow"
          Action   = local.network_interface_actions
          Resource = "*"
        }
      },
      {
        when = contains(local.functions, worker) && local.table[worker].vpc
        statement = {
          # ... so the code in the function is refused them.
          Sid       = "NetworkInterfacesAreLambdasOwn"
          Effect    = "Deny"
          Action    = local.network_interface_actions
          Resource  = "*"
          Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.arn_of.functions[worker] } }
        }
      },
      {
        when = local.table[worker].efs
        statement = {
          Sid       = "Volume"
          Effect    = "Allow"
          Action    = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
          Resource  = var.volume.file_system_arn
          Condition = { StringEquals = { "elasticfilesystem:AccessPointArn" = var.volume.access_point_arn } }
        }
      },
      {
        when = contains(local.polling, worker)
        statement = {
          Sid      = "Poll"
          Effect   = "Allow"
          Action   = "states:GetActivityTask"
          Resource = local.arn_of.activities[worker]
        }
      },
      {
        when = contains(local.polling, worker)
        statement = {
          # A task's token is all that says which task it is: AWS has no resource for these.
          Sid      = "Answer"
          Effect   = "Allow"
          Action   = ["states:SendTaskFailure", "states:SendTaskHeartbeat", "states:SendTaskSuccess"]
          Resource = "*"
        }
      },
    ] : it.statement if it.when]
  }
  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
  ]

  # Who may take the role, as the service says it. For the queue's poller that is the function, the mapping (its id is not known before it is there) or the
  # queue: AWS documents that the poller reads with the function's role and that a trust policy may hold these two keys, and not which ARN it then names.
  trusted_sources = {
    for worker in local.workers : worker => concat(
      contains(local.functions, worker) ? [local.arn_of.functions[worker]] : ["arn:${local.partition}:ecs:${local.region}:${local.account}:*"],
      local.table[worker].host == "queue" ? [
        "arn:${local.partition}:lambda:${local.region}:${local.account}:event-source-mapping:*",
        "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.push_queue_name}",
      ] : [],
    )
  }

  policies = {
    for worker in local.workers : worker => {
      Version   = "2012-10-17"
      Statement = concat(local.permissions[worker], local.host_permissions[worker])
    }
  }
}

resource "aws_iam_role" "worker" {
  for_each = local.workers

  name        = "${var.name}-${each.key}"
  description = "Worker ${each.key} of the config reloader"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = contains(local.functions, each.key) ? "lambda.amazonaws.com" : "ecs-tasks.amazonaws.com" }
      Action    = "sts:AssumeRole"
      # Whether the queue's poller names its source at all is not documented either, and a role that it cannot take is a pipeline that does not run: what is
      # named must be right. Nothing is given away: only who may pass this role in this account can put it to a function.
      Condition = {
        for test, condition in {
          StringEquals = { "aws:SourceAccount" = local.account }
          ArnLike      = { "aws:SourceArn" = local.trusted_sources[each.key] }
        } : local.table[each.key].host == "queue" ? "${test}IfExists" : test => condition
      }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "worker" {
  for_each = local.workers

  name   = "worker"
  role   = aws_iam_role.worker[each.key].id
  policy = jsonencode(local.policies[each.key])
}
