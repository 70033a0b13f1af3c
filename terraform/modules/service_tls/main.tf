data "aws_partition" "this" {}

data "aws_region" "this" {}

locals {
  account_id = split(":", var.kms_key_arn)[4]
  partition  = data.aws_partition.this.partition
  region     = data.aws_region.this.name
  # Through the certificate: a CA without one issues nothing.
  certificate_authority_arn = var.certificate_authority_arn == null ? aws_acmpca_certificate_authority_certificate.this[0].certificate_authority_arn : var.certificate_authority_arn
}

resource "aws_acmpca_certificate_authority" "this" {
  count = var.certificate_authority_arn == null ? 1 : 0

  type                            = "ROOT"
  usage_mode                      = "SHORT_LIVED_CERTIFICATE" # a revocation list is not needed where a certificate lives for days
  permanent_deletion_time_in_days = 7
  tags                            = merge(var.tags, { AmazonECSManaged = "true" }) # the managed policy below issues only from a CA with this tag

  certificate_authority_configuration {
    key_algorithm     = "EC_prime256v1"
    signing_algorithm = "SHA256WITHECDSA"

    subject {
      common_name  = "${var.name} mesh"
      organization = var.organization
    }
  }
}

resource "aws_acmpca_certificate" "this" {
  count = var.certificate_authority_arn == null ? 1 : 0

  certificate_authority_arn   = aws_acmpca_certificate_authority.this[0].arn
  certificate_signing_request = aws_acmpca_certificate_authority.this[0].certificate_signing_request
  signing_algorithm           = "SHA256WITHECDSA"
  template_arn                = "arn:${local.partition}:acm-pca:::template/RootCACertificate/V1"

  validity {
    type  = "YEARS"
    value = var.validity_years
  }
}

resource "aws_acmpca_certificate_authority_certificate" "this" {
  count = var.certificate_authority_arn == null ? 1 : 0

  certificate_authority_arn = aws_acmpca_certificate_authority.this[0].arn
  certificate               = aws_acmpca_certificate.this[0].certificate
  certificate_chain         = aws_acmpca_certificate.this[0].certificate_chain
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${local.region}:${local.account_id}:*"]
    }
  }
}

resource "aws_iam_role" "mesh" {
  name_prefix        = "${substr(var.name, 0, 31)}-mesh-"
  description        = "Lets ECS issue, keep and renew the certificates of the mesh of ${var.name}."
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = var.tags
}

# AWS's own: it is held to secrets that ECS names and to CAs with the tag above, and follows what the service needs.
resource "aws_iam_role_policy_attachment" "mesh" {
  role       = aws_iam_role.mesh.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "EncryptCertificates"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"]
    resources = [var.kms_key_arn]
  }
}

resource "aws_iam_role_policy" "key" {
  name   = "key"
  role   = aws_iam_role.mesh.id
  policy = data.aws_iam_policy_document.key.json
}
