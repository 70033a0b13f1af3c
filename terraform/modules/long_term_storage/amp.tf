# Amazon Managed Service for Prometheus. A stack that shares another's workspace makes nothing here: it writes to it.

locals {
  workspace_arn    = !local.amp ? null : local.own ? aws_prometheus_workspace.this[0].arn : var.existing_store_arn
  workspace_id     = !local.amp ? null : local.own ? aws_prometheus_workspace.this[0].id : split("/", var.existing_store_arn)[1]
  workspace_region = !local.amp ? null : local.own ? data.aws_region.this.name : split(":", var.existing_store_arn)[3]
  workspace_url    = !local.amp ? null : "https://aps-workspaces.${local.workspace_region}.${local.dns_suffix}/workspaces/${local.workspace_id}"

  own_rules = {
    for name in ["promloom"] : name => templatefile("${path.module}/rules/promloom.yml.tftpl", {
      # A shared workspace has samples of several stacks: everything is counted per stack.
      stack = join(", ", sort(keys(var.external_labels)))
    }) if var.amp.own_rules
  }
  rule_groups = local.amp && local.own ? merge(local.own_rules, var.amp.rule_groups) : {}

  remote_write = !local.amp ? [] : [merge(
    {
      url   = "${local.workspace_url}/api/v1/remote_write"
      sigv4 = { region = local.workspace_region }
      # The service takes at most 1,000 samples a request; shards do the rest.
      queue_config = { max_samples_per_send = 1000, max_shards = 200, capacity = 2500 }
    },
    length(var.amp.dropped_metrics) == 0 ? {} : {
      write_relabel_configs = [{
        source_labels = ["__name__"]
        regex         = join("|", var.amp.dropped_metrics)
        action        = "drop"
      }]
    }
  )]
}

resource "aws_cloudwatch_log_group" "amp" {
  count = local.amp && local.own ? 1 : 0

  # The service delivers only to names that begin like this.
  name              = "/aws/vendedlogs/prometheus/${var.name}"
  retention_in_days = var.retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_prometheus_workspace" "this" {
  count = local.amp && local.own ? 1 : 0

  alias       = var.name
  kms_key_arn = var.kms_key_arn
  tags        = var.tags

  # Failures of the ruler and of its Alertmanager are told nowhere else.
  logging_configuration {
    log_group_arn = "${aws_cloudwatch_log_group.amp[0].arn}:*"
  }
}

resource "aws_prometheus_workspace_configuration" "this" {
  count = local.amp && local.own && var.amp.retention_in_days != null ? 1 : 0

  workspace_id             = aws_prometheus_workspace.this[0].id
  retention_period_in_days = var.amp.retention_in_days
}

resource "aws_prometheus_rule_group_namespace" "this" {
  for_each = local.rule_groups

  name         = each.key
  workspace_id = aws_prometheus_workspace.this[0].id
  data         = each.value
}

resource "aws_prometheus_alert_manager_definition" "this" {
  count = local.amp && local.own ? 1 : 0

  workspace_id = aws_prometheus_workspace.this[0].id
  definition = yamlencode({
    alertmanager_config = templatefile("${path.module}/rules/alertmanager.yml.tftpl", {
      topic_arn = var.amp.alert_topic_arn
      region    = data.aws_region.this.name
      stack     = join(", ", sort(keys(var.external_labels)))
    })
  })
}

# --- the way to it inside the VPC

resource "aws_security_group" "endpoint" {
  count = var.vpc_endpoint == null ? 0 : 1

  name_prefix = "${var.name}-aps-"
  description = "Interface endpoint of Amazon Managed Service for Prometheus"
  vpc_id      = var.vpc_endpoint.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-aps" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "endpoint" {
  for_each = var.vpc_endpoint == null ? {} : var.vpc_endpoint.client_security_group_ids

  security_group_id            = aws_security_group.endpoint[0].id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  description                  = "Samples and queries of ${each.key}"
  tags                         = var.tags
}

resource "aws_vpc_endpoint" "this" {
  count = var.vpc_endpoint == null ? 0 : 1

  vpc_id              = var.vpc_endpoint.vpc_id
  service_name        = "com.amazonaws.${data.aws_region.this.name}.aps-workspaces"
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = true
  subnet_ids          = var.vpc_endpoint.subnet_ids
  security_group_ids  = [aws_security_group.endpoint[0].id]
  policy              = data.aws_iam_policy_document.endpoint[0].json
  tags                = merge(var.tags, { Name = "${var.name}-aps" })
}

data "aws_iam_policy_document" "endpoint" {
  count = var.vpc_endpoint == null ? 0 : 1

  # Nobody carries samples through it into a workspace of another account.
  statement {
    sid       = "OnlyThisAccountAndItsWorkspaces"
    actions   = concat(local.write_actions, local.read_actions)
    resources = ["arn:${local.partition}:aps:${data.aws_region.this.name}:${local.account_id}:workspace/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account_id]
    }
  }
}
