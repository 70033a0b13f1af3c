# Two private subnets that reach nothing but S3, and the volume in them.

resource "aws_vpc" "this" {
  #checkov:skip=CKV2_AWS_11:nothing but the workers is in this network; ../vpc has flow logs
  cidr_block           = "10.90.0.0/24"
  enable_dns_hostnames = true
  tags                 = { Name = var.name }
}

# The default group lets its members talk; nobody is to be one.
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id
}

resource "aws_subnet" "private" {
  for_each = { a = 0, b = 1 }

  vpc_id            = aws_vpc.this.id
  cidr_block        = cidrsubnet(aws_vpc.this.cidr_block, 2, each.value)
  availability_zone = data.aws_availability_zones.this.names[each.value]
  tags              = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route_table" "private" {
  vpc_id = aws_vpc.this.id
  tags   = { Name = "${var.name}-private" }
}

resource "aws_route_table_association" "private" {
  for_each = aws_subnet.private

  subnet_id      = each.value.id
  route_table_id = aws_route_table.private.id
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.this.id
  service_name      = "com.amazonaws.${data.aws_region.this.name}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.private.id]
  tags              = { Name = "${var.name}-s3" }
}

resource "aws_security_group" "volume" {
  name_prefix = "${var.name}-volume-"
  description = "Mount targets of the volume"
  vpc_id      = aws_vpc.this.id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "deploy" {
  security_group_id            = aws_security_group.volume.id
  description                  = "Worker deploy"
  ip_protocol                  = "tcp"
  from_port                    = 2049
  to_port                      = 2049
  referenced_security_group_id = module.config_reloader.deploy_security_group_id
}

# The processes carry this group; none is part of this example.
resource "aws_security_group" "processes" {
  #checkov:skip=CKV2_AWS_5:for whoever runs a process beside this example
  name_prefix = "${var.name}-processes-"
  description = "Processes that are configured"
  vpc_id      = aws_vpc.this.id

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_efs_file_system" "config" {
  #checkov:skip=CKV2_AWS_18:what lies on it is made again from the buckets by the next run; the stack proper backs it up
  encrypted  = true
  kms_key_id = aws_kms_key.this.arn
  tags       = { Name = "${var.name}-config" }
}

resource "aws_efs_mount_target" "config" {
  for_each = aws_subnet.private

  file_system_id  = aws_efs_file_system.config.id
  subnet_id       = each.value.id
  security_groups = [aws_security_group.volume.id]
}

resource "aws_efs_access_point" "config" {
  file_system_id = aws_efs_file_system.config.id

  posix_user {
    uid = 65534
    gid = 65534
  }

  root_directory {
    path = "/config"

    creation_info {
      owner_uid   = 65534
      owner_gid   = 65534
      permissions = "0750"
    }
  }

  # Who mounts the access point needs the targets: a function is refused without them.
  depends_on = [aws_efs_mount_target.config]
}
