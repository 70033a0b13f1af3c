variable "name" {
  description = "Prefix of every name."
  type        = string
  default     = "promloom-try"
  nullable    = false
}

variable "aws_max_retries" {
  description = "How often the provider asks again. null: its own default; 2 for a local AWS."
  type        = number
  default     = null
}

variable "packages_directory" {
  description = "Where the functions' zips are, `<worker>.zip` each."
  type        = string
  nullable    = false
}

variable "workers" {
  description = "The workers that are functions."
  type        = set(string)
  default     = ["fetch", "template", "validate", "merge", "deploy", "reload", "notify", "trigger"]
  nullable    = false
}

variable "tools" {
  description = "Where the real tools are, if not in validate's zip."
  type = object({
    promtool          = optional(string)
    blackbox_exporter = optional(string)
  })
  default  = {}
  nullable = false
}

variable "mount_path" {
  description = "Where deploy mounts the volume."
  type        = string
  default     = "/mnt/config"
  nullable    = false
}

variable "base_paths" {
  description = "Component -> file with its base."
  type        = map(string)
  nullable    = false
}

variable "placeholders" {
  description = "Placeholder -> value."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "reload_urls" {
  description = "Component -> URL of its process."
  type        = map(string)
  nullable    = false
}

variable "subscriptions" {
  description = "Who is told of runs (see ../../modules/notifications)."
  type = map(object({
    protocol   = string
    endpoint   = string
    owners     = optional(list(string), [])
    kinds      = optional(list(string), [])
    components = optional(list(string), [])
  }))
  default  = {}
  nullable = false
}
