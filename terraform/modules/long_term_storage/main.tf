# What both backends share: where the store is, and what the parts around it are told (outputs.tf).
# amp.tf: the workspace, its ruler and alerts. thanos.tf: the bucket and the containers that use it.

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account_id = data.aws_caller_identity.this.account_id
  partition  = data.aws_partition.this.partition
  dns_suffix = data.aws_partition.this.dns_suffix
  amp        = var.backend == "amp"
  thanos     = var.backend == "thanos"

  # Known at plan, whatever the ARN turns out to be: counts depend on it.
  own = var.existing_store_arn == null
}
