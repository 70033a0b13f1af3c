output "mesh" {
  description = "What ../services takes as `service_connect.tls`. Known only when a certificate can be issued: after the CA's own and the role's rights."
  value = {
    certificate_authority_arn = local.certificate_authority_arn
    kms_key_arn               = var.kms_key_arn
    role_arn                  = aws_iam_role.mesh.arn
  }
  depends_on = [aws_iam_role_policy_attachment.mesh, aws_iam_role_policy.key]
}
