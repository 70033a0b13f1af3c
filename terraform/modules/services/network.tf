# Who reaches the tasks, whom they reach, and by which name.

resource "aws_security_group" "this" {
  name_prefix = "${local.full_name}-"
  description = "Tasks of ${local.full_name}"
  vpc_id      = var.vpc_id
  tags        = merge(local.tags, { Name = local.full_name })

  lifecycle {
    create_before_destroy = true # a group in use cannot be deleted
  }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.clients

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value.security_group_id
  description                  = "${each.key} calls ${var.service}"
  ip_protocol                  = "tcp"
  from_port                    = coalesce(each.value.port, local.mesh_port)
  to_port                      = coalesce(each.value.port, local.mesh_port)
  tags                         = local.tags
}

resource "aws_vpc_security_group_ingress_rule" "peers" {
  for_each = var.peer_ports

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = var.peer_security_group_id
  description                  = "Peers of ${var.service}: ${each.key}"
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "peers" {
  for_each = var.peer_ports

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = var.peer_security_group_id
  description                  = "${var.service} calls its peers: ${each.key}"
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.port
  to_port                      = each.value.port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "this" {
  for_each = var.egress

  security_group_id            = aws_security_group.this.id
  cidr_ipv4                    = each.value.cidr_ipv4
  referenced_security_group_id = each.value.security_group_id
  description                  = "${var.service} calls ${each.key}"
  ip_protocol                  = each.value.protocol
  from_port                    = each.value.from_port
  to_port                      = each.value.to_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "volumes" {
  for_each = var.efs_volumes

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value.security_group_id
  description                  = "${var.service} mounts ${each.key} (NFS over TLS)"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  tags                         = local.tags
}

resource "aws_service_discovery_service" "this" {
  count = var.service_discovery.registry_name == null ? 1 : 0 # its name is known at plan, its ARN perhaps not

  name         = var.service
  description  = "Every task of ${local.full_name}"
  namespace_id = var.service_discovery.namespace_id
  # Tasks are registered by ECS; what it left behind after an outage must not keep the name from being deleted.
  force_destroy = true
  tags          = local.tags

  dns_config {
    namespace_id   = var.service_discovery.namespace_id
    routing_policy = "MULTIVALUE" # every task's address, not one of them: each replica is reloaded
    dns_records {
      type = "A"
      ttl  = var.service_discovery.ttl_seconds
    }
  }

  health_check_custom_config {
    failure_threshold = 1
  }
}
