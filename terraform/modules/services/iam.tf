# Two roles per service: what ECS needs to start a task, and what the program may do.

locals {
  # Put together, not read back: so the plan shows the policies as they will be.
  log_group_arn = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${aws_cloudwatch_log_group.this.name}"

  # name[:json-key:stage:version] of a secret: the policy wants the secret alone.
  secret_arns = [for arn in values(var.secrets) : join(":", slice(split(":", arn), 0, min(7, length(split(":", arn)))))]
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${local.region}:${local.account_id}:*"] # a task's ARN is not known before it runs
    }
  }
}

resource "aws_iam_role" "execution" {
  name_prefix        = "${substr(local.full_name, 0, 26)}-execution-"
  description        = "What ECS needs to start a task of ${local.full_name}: its image, its log, its secrets."
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = local.tags
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "WriteLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:*"]
  }

  dynamic "statement" {
    for_each = length(var.image_repository_arns) > 0 ? [1] : []
    content {
      sid       = "PullImage"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = var.image_repository_arns
    }
  }

  dynamic "statement" {
    for_each = length(var.image_repository_arns) > 0 ? [1] : []
    content {
      sid       = "LogInToRegistry"
      actions   = ["ecr:GetAuthorizationToken"]
      resources = ["*"] # the action knows no resource
    }
  }

  dynamic "statement" {
    for_each = length(local.secret_arns) > 0 ? [1] : []
    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue", "ssm:GetParameters"]
      resources = local.secret_arns
    }
  }

  dynamic "statement" {
    for_each = length(local.secret_arns) > 0 ? [1] : []
    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = [var.kms_key_arn]
      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${local.region}.amazonaws.com", "ssm.${local.region}.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role_policy" "execution" {
  name   = "start-task"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

resource "aws_iam_role" "task" {
  name_prefix        = "${substr(local.full_name, 0, 31)}-task-"
  description        = "What ${local.full_name} may ask of AWS."
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy" "task" {
  for_each = var.task_policies

  name   = each.key
  role   = aws_iam_role.task.id
  policy = each.value
}

data "aws_iam_policy_document" "volumes" {
  dynamic "statement" {
    for_each = var.efs_volumes
    content {
      sid = "Mount${replace(title(replace(statement.key, "/[^A-Za-z0-9]/", " ")), " ", "")}"
      actions = concat(
        ["elasticfilesystem:ClientMount"],
        # The program's mount is read-only all the same where only the seed is written.
        !statement.value.read_only || try(var.seed.volume, null) == statement.key ? ["elasticfilesystem:ClientWrite"] : [],
      )
      resources = [statement.value.file_system_arn]
      condition {
        test     = "StringEquals"
        variable = "elasticfilesystem:AccessPointArn"
        values   = [statement.value.access_point_arn]
      }
    }
  }
}

resource "aws_iam_role_policy" "volumes" {
  count = length(var.efs_volumes) > 0 ? 1 : 0

  name   = "volumes"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.volumes.json
}

data "aws_iam_policy_document" "exec" {
  statement {
    sid = "OpenSession"
    actions = [
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"] # these actions know no resource
  }
  statement {
    sid       = "LogSession"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${var.cluster.exec_log_group_arn}:*"]
  }
  statement {
    sid       = "FindSessionLog"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"] # the action lists; it knows no single group
  }
  statement {
    sid       = "EncryptSession"
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
  }
}

resource "aws_iam_role_policy" "exec" {
  #checkov:skip=CKV_AWS_355:the four actions of a session and logs:DescribeLogGroups know no resource
  #checkov:skip=CKV_AWS_290:as above
  count = var.enable_execute_command ? 1 : 0

  name   = "execute-command"
  role   = aws_iam_role.task.id
  policy = data.aws_iam_policy_document.exec.json
}

# For whoever debugs a task: its logs and, where it is switched on, a shell in it. Attach it to people's role; nothing here uses it.
data "aws_iam_policy_document" "debug" {
  statement {
    sid       = "ReadLog"
    actions   = ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartLiveTail", "logs:StartQuery"]
    resources = [local.log_group_arn, "${local.log_group_arn}:*"]
  }
  statement {
    sid       = "SeeTasks"
    actions   = ["ecs:DescribeServices", "ecs:DescribeTasks", "ecs:ListTasks"]
    resources = ["*"] # ListTasks and DescribeTasks are held by the cluster instead
    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = [var.cluster.arn]
    }
  }

  dynamic "statement" {
    for_each = var.enable_execute_command ? [1] : []
    content {
      sid       = "OpenShell"
      actions   = ["ecs:ExecuteCommand"]
      resources = [var.cluster.arn, "arn:${local.partition}:ecs:${local.region}:${local.account_id}:task/${var.cluster.name}/*"]
      condition {
        test     = "StringEquals"
        variable = "ecs:container-name"
        values   = [var.service]
      }
    }
  }

  # Who opens the session makes its key, the task (above) only opens it.
  dynamic "statement" {
    for_each = var.enable_execute_command ? [1] : []
    content {
      sid       = "EncryptShell"
      actions   = ["kms:GenerateDataKey"]
      resources = [var.kms_key_arn]
    }
  }
}
