# The part of the stack that a push passes, and the least around it: key, network, volume. What is applied and pushed through on a local AWS;
# on AWS, a stack to try the pipeline with, without servers. The whole stack is the root module.

provider "aws" {
  # A local AWS that answers 500 is asked 25 times otherwise; null is the provider's own default.
  max_retries = var.aws_max_retries

  default_tags {
    tags = { application = "promloom", stack = var.name }
  }
}

data "aws_availability_zones" "this" {
  #checkov:skip=CKV_AWS_394:the first two of the region by name; one that AWS adds comes after them
  state = "available"
}

module "notifications" {
  source = "../../modules/notifications"

  name          = var.name
  kms_key_arn   = aws_kms_key.this.arn
  subscriptions = var.subscriptions
}

module "config_reloader" {
  source = "../../modules/config_reloader"

  name             = var.name
  kms_key_arn      = aws_kms_key.this.arn
  force_destroy    = true
  packages         = { for worker in var.workers : worker => { zip_path = "${var.packages_directory}/${worker}.zip" } }
  tools            = var.tools
  placeholders     = var.placeholders
  notice_topic_arn = module.notifications.notice_topic_arn
  alarm_topic_arns = [module.notifications.alarm_topic_arn]

  vpc = {
    vpc_id            = aws_vpc.this.id
    subnet_ids        = [for subnet in aws_subnet.private : subnet.id]
    s3_prefix_list_id = aws_vpc_endpoint.s3.prefix_list_id
  }

  volume = {
    file_system_id    = aws_efs_file_system.config.id
    file_system_arn   = aws_efs_file_system.config.arn
    access_point_id   = aws_efs_access_point.config.id
    access_point_arn  = aws_efs_access_point.config.arn
    security_group_id = aws_security_group.volume.id
    mount_path        = var.mount_path
  }

  components = {
    for component, url in var.reload_urls : component => { reload_url = url, security_group_id = aws_security_group.processes.id }
  }
}

module "config_deployment" {
  source = "../../modules/config_deployment"

  config_bucket_name = module.config_reloader.config_bucket_name
  kms_key_arn        = aws_kms_key.this.arn
  bases              = { for component, path in var.base_paths : component => file(path) }
  placeholders       = keys(var.placeholders)
}
