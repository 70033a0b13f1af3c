# Plans with the real provider and keys that open nothing.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  name        = "promloom-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/1"
}

run "a_ca_of_its_own" {
  command = plan

  assert {
    condition     = aws_acmpca_certificate_authority.this[0].usage_mode == "SHORT_LIVED_CERTIFICATE" && aws_acmpca_certificate_authority.this[0].tags["AmazonECSManaged"] == "true"
    error_message = "certificates live for days, and ECS may issue them"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.key.json).Statement[0].Resource == var.kms_key_arn
    error_message = "one key and no other"
  }
  assert {
    condition     = jsondecode(data.aws_iam_policy_document.trust.json).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "only ECS of this account takes the role"
  }
}

run "the_organisations_ca" {
  command = plan
  variables {
    certificate_authority_arn = "arn:aws:acm-pca:eu-central-1:123456789012:certificate-authority/1"
  }
  assert {
    condition     = length(aws_acmpca_certificate_authority.this) == 0 && output.mesh.kms_key_arn == var.kms_key_arn
    error_message = "nothing is made where one is given"
  }
}

run "wrong_values" {
  command = plan
  variables {
    name                      = "1"
    kms_key_arn               = "1"
    certificate_authority_arn = "1"
    organization              = ""
    validity_years            = 0.5
  }
  expect_failures = [var.name, var.kms_key_arn, var.certificate_authority_arn, var.organization, var.validity_years]
}
