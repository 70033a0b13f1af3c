# Planned with the real provider and keys that open nothing; the zones are said instead of asked.

provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  max_retries                 = 1
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_availability_zones.this
  values = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
}

variables {
  name = "promloom-test"
}

run "smallest" {
  command = plan

  assert {
    condition     = [for it in aws_subnet.private : it.cidr_block] == ["10.20.0.0/20", "10.20.16.0/20"] && [for it in aws_subnet.public : it.cidr_block] == ["10.20.128.0/20", "10.20.144.0/20"]
    error_message = "two zones, whose networks do not overlap"
  }
  assert {
    condition     = aws_vpc_endpoint.s3.service_name == "com.amazonaws.eu-central-1.s3"
    error_message = "S3 by its gateway"
  }
}

run "wrong_values" {
  command = plan
  variables {
    name       = "VPC"
    cidr_block = "10.20.0.0/28"
    zones      = 1
  }
  expect_failures = [var.name, var.cidr_block, var.zones]
}
