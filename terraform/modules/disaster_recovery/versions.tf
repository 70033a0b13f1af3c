terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
      # aws: the primary region. aws.recovery: the region that takes over.
      configuration_aliases = [aws.recovery]
    }
  }
}
