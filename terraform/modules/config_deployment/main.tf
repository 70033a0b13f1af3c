# The platform team's files: base templates and guardrails. Their owner is `platform`; a run that refuses one tells the platform team.

locals {
  # Words that the pipeline takes for placeholders (workers/template/src/placeholder.rs), wherever they stand; comments are not looked into.
  used_placeholders = toset(flatten([
    for text in values(var.bases) : [
      for line in split("\n", text) : regexall("\\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_URL(?:_[1-9][0-9]*)?\\b", replace(line, "/(^|\\s)#.*$/", ""))
    ]
  ]))

  files = merge(
    { for component, text in var.bases : "base/${component}.yml" => text },
    var.policy == null ? {} : { "base/policy.yml" = var.policy },
  )
}

resource "aws_s3_object" "base" {
  for_each = local.files

  bucket             = var.config_bucket_name
  key                = each.key
  content            = each.value
  content_type       = "application/yaml"
  kms_key_id         = var.kms_key_arn
  checksum_algorithm = "SHA256"
  tags               = var.tags
}
