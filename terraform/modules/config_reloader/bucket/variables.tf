variable "name" {
  description = "Name of the bucket."
  type        = string
  nullable    = false
}

variable "tags" {
  description = "Tags of the bucket."
  type        = map(string)
  nullable    = false
}

variable "kms_key_arn" {
  description = "KMS key of every object."
  type        = string
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying the bucket deletes what lies in it."
  type        = bool
  nullable    = false
}

variable "access_log_bucket_name" {
  description = "Bucket of the access logs; null: none."
  type        = string
}

variable "noncurrent_version_days" {
  description = "How many days an old version stays."
  type        = number
  nullable    = false
}

variable "expirations" {
  description = "What goes by itself: a word for it -> below which prefix, after how many days."
  type        = map(object({ prefix = string, days = number }))
  default     = {}
  nullable    = false
}

variable "statements" {
  description = "Statements (JSON, one each) of the bucket's policy beside those that every bucket has."
  type        = list(string)
  default     = []
  nullable    = false
}
