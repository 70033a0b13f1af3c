# The way in from outside: certificate, name and route, one of each per service.

locals {
  routes = var.load_balancer == null ? {} : { (var.service) = var.load_balancer }
  # A target group cannot change its port or protocol: a new one needs another name. 32 characters are all there is, and alertmanager-1 to -3 share the first.
  target_group_name = "${trim(substr(local.full_name, 0, 23), "-")}-${substr(sha256("${local.full_name} ${var.vpc_id} ${local.public_port} ${local.scheme}"), 0, 8)}"
}

resource "aws_acm_certificate" "this" {
  for_each = local.routes

  domain_name       = each.value.host_name
  validation_method = "DNS"
  key_algorithm     = "EC_prime256v1"
  tags              = merge(local.tags, { Name = each.value.host_name })

  lifecycle {
    create_before_destroy = true # the listener must never be without
  }
}

resource "aws_route53_record" "validation" {
  for_each = local.routes

  zone_id         = each.value.zone_id
  name            = one(aws_acm_certificate.this[each.key].domain_validation_options).resource_record_name
  type            = one(aws_acm_certificate.this[each.key].domain_validation_options).resource_record_type
  records         = [one(aws_acm_certificate.this[each.key].domain_validation_options).resource_record_value]
  ttl             = 300
  allow_overwrite = true # the record is the same for every certificate of this name, in every region
}

resource "aws_acm_certificate_validation" "this" {
  for_each = local.routes

  certificate_arn         = aws_acm_certificate.this[each.key].arn
  validation_record_fqdns = [aws_route53_record.validation[each.key].fqdn]
}

resource "aws_lb_listener_certificate" "this" {
  for_each = local.routes

  listener_arn    = each.value.listener_arn
  certificate_arn = aws_acm_certificate_validation.this[each.key].certificate_arn
}

resource "aws_route53_record" "this" {
  #checkov:skip=CKV2_AWS_23:the load balancer is another module's, given by its name
  for_each = local.routes

  zone_id = each.value.zone_id
  name    = each.value.host_name
  type    = "A"

  alias {
    name                   = each.value.dns_name
    zone_id                = each.value.dns_zone_id
    evaluate_target_health = true
  }
}

resource "aws_lb_target_group" "this" {
  #checkov:skip=CKV_AWS_378:HTTPS unless the caller asks for tls.mode none
  for_each = local.routes

  name                 = local.target_group_name
  vpc_id               = var.vpc_id
  target_type          = "ip"
  port                 = local.public_port
  protocol             = upper(local.scheme)
  deregistration_delay = each.value.deregistration_delay_seconds
  tags                 = local.tags

  health_check {
    protocol            = upper(local.scheme)
    path                = each.value.health_check_path
    matcher             = each.value.health_check_matcher
    interval            = 15
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }

  lifecycle {
    create_before_destroy = true # the rule points at the old one until it points at the new one
  }
}

resource "aws_lb_listener_rule" "this" {
  for_each = local.routes

  listener_arn = each.value.listener_arn
  priority     = each.value.priority
  tags         = local.tags

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[each.key].arn
  }

  condition {
    host_header {
      values = [each.value.host_name]
    }
  }
}

resource "aws_vpc_security_group_ingress_rule" "load_balancer" {
  for_each = local.routes

  security_group_id            = aws_security_group.this.id
  referenced_security_group_id = each.value.security_group_id
  description                  = "The load balancer calls ${var.service}"
  ip_protocol                  = "tcp"
  from_port                    = local.public_port
  to_port                      = local.public_port
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "load_balancer" {
  for_each = local.routes

  security_group_id            = each.value.security_group_id
  referenced_security_group_id = aws_security_group.this.id
  description                  = "The load balancer calls ${var.service}"
  ip_protocol                  = "tcp"
  from_port                    = local.public_port
  to_port                      = local.public_port
  tags                         = local.tags
}
