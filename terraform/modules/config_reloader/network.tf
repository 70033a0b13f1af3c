# What the workers in the VPC may open connections to. One group per worker: validate runs tools on teams' files, and those must find no
# process and no metadata service to talk to.

locals {
  # One rule per component: port and group of the process that reload calls.
  reload_ports = { for component, it in var.components : component => tonumber(regex(":([0-9]+)", trimprefix(trimprefix(it.reload_url, "https://"), "http://"))[0]) }
}

resource "aws_security_group" "worker" {
  #checkov:skip=CKV2_AWS_5:attached to the functions, or the tasks, of the same module
  for_each = local.in_vpc

  name_prefix = "${var.name}-${each.key}-"
  description = "Worker ${each.key} of the config reloader: calls, is not called"
  vpc_id      = var.vpc.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-${each.key}" })

  lifecycle {
    create_before_destroy = true
  }

  # Lambda keeps a function's network interfaces for up to 40 minutes after it is gone.
  timeouts {
    delete = "45m"
  }
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = local.in_vpc

  security_group_id = aws_security_group.worker[each.key].id
  description       = "S3, through the gateway endpoint"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  prefix_list_id    = var.vpc.s3_prefix_list_id
  tags              = var.tags
}

resource "aws_vpc_security_group_egress_rule" "volume" {
  for_each = toset([for worker in local.in_vpc : worker if local.table[worker].efs])

  security_group_id            = aws_security_group.worker[each.key].id
  description                  = "The volume (NFS over TLS)"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = var.volume.security_group_id
  tags                         = var.tags
}

resource "aws_vpc_security_group_egress_rule" "reload" {
  for_each = var.components

  security_group_id            = aws_security_group.worker["reload"].id
  description                  = "Reloading and asking ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = local.reload_ports[each.key]
  to_port                      = local.reload_ports[each.key]
  referenced_security_group_id = each.value.security_group_id
  tags                         = var.tags
}
