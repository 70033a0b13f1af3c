# The monitoring stack of one environment in one region. One file per concern; environments/<name>.tfvars say what differs.

provider "aws" {
  region      = var.region
  max_retries = var.aws_max_retries

  default_tags {
    tags = local.tags
  }
}

locals {
  name = "${var.project}-${var.environment}"
  tags = merge(var.tags, { Project = var.project, Environment = var.environment })

  runs_services = var.external_components == null

  # Tells this stack's samples from those of others in a shared store.
  external_labels = { environment = var.environment, region = var.region }
}
