output "keys" {
  description = "Keys of the files."
  value       = sort(keys(local.files))
}

output "version_ids" {
  description = "Key -> version id that was put: what the next run pins."
  value       = { for key, object in aws_s3_object.base : key => object.version_id }
}
