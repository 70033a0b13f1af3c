# Who is told what, and what fails at plan. The real provider plans; nothing is asked of AWS.

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

override_data {
  target = data.aws_caller_identity.this
  values = { account_id = "123456789012" }
}

variables {
  name        = "promloom-test"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_team_is_told_of_its_own_fragments" {
  command = plan

  variables {
    subscriptions = {
      shop     = { protocol = "email", endpoint = "shop@example.com", owners = ["shop"], kinds = ["held_back", "rejected"] }
      archive  = { protocol = "sqs", endpoint = "arn:aws:sqs:eu-central-1:123456789012:archive" }
      platform = { protocol = "https", endpoint = "https://hooks.example.com/x", owners = ["platform"], components = ["prometheus"] }
    }
    alarm_subscriptions = {
      platform = { protocol = "email", endpoint = "platform@example.com" }
      shop     = { protocol = "email", endpoint = "shop@example.com", owners = ["shop"] }
    }
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.notices["shop"].filter_policy) == { owner = ["shop"], kind = ["held_back", "rejected"] }
    error_message = "Filtered by the attributes that notify sends."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.alarms["shop"].filter_policy) == { owner = ["shop"] } && aws_sns_topic_subscription.alarms["platform"].filter_policy == null
    error_message = "A team is told of its own alerts, the platform team of alarms too."
  }

  assert {
    condition     = aws_sns_topic_subscription.notices["archive"].filter_policy == null
    error_message = "No filter is everything."
  }

  assert {
    condition     = jsondecode(aws_sns_topic_subscription.notices["platform"].filter_policy) == { owner = ["platform"], component = ["prometheus"] }
    error_message = "By component too."
  }

  assert {
    condition = { for statement in jsondecode(aws_sns_topic_policy.alarms.policy).Statement : statement.Principal.Service => statement.Condition if statement.Effect == "Allow" } == {
      "cloudwatch.amazonaws.com" = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      "aps.amazonaws.com"        = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      "events.amazonaws.com"     = { ArnLike = { "aws:SourceArn" = "arn:aws:events:eu-central-1:123456789012:rule/promloom-test-*" } }
    }
    error_message = "Only alarms, rulers and rules of this account send to the topic of alarms."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sns_topic_policy.notices.policy).Statement : statement.Sid] == ["OnlyTls"]
    error_message = "Nobody but the role of notify publishes notices."
  }
}

run "another_account_may_subscribe" {
  command = plan
  variables { subscriber_account_ids = ["111111111111"] }

  assert {
    condition = [
      for statement in jsondecode(aws_sns_topic_policy.notices.policy).Statement : statement.Action if statement.Effect == "Allow"
    ] == ["sns:Subscribe"]
    error_message = "It may subscribe, and nothing else."
  }
}

run "a_name_in_capitals" {
  command = plan
  variables { name = "Promloom" }
  expect_failures = [var.name]
}

run "an_alias_for_a_key" {
  command = plan
  variables { kms_key_arn = "alias/promloom" }
  expect_failures = [var.kms_key_arn]
}

run "notices_over_plain_http" {
  command = plan
  variables { subscriptions = { a = { protocol = "http", endpoint = "http://a" } } }
  expect_failures = [var.subscriptions]
}

run "an_owner_that_cannot_be" {
  command = plan
  variables { subscriptions = { a = { protocol = "email", endpoint = "a@example.com", owners = ["a--b"] } } }
  expect_failures = [var.subscriptions]
}

run "a_kind_that_does_not_exist" {
  command = plan
  variables { subscriptions = { a = { protocol = "email", endpoint = "a@example.com", kinds = ["held-back"] } } }
  expect_failures = [var.subscriptions]
}

run "a_component_that_does_not_exist" {
  command = plan
  variables { subscriptions = { a = { protocol = "email", endpoint = "a@example.com", components = ["grafana"] } } }
  expect_failures = [var.subscriptions]
}

run "alarms_over_plain_http" {
  command = plan
  variables { alarm_subscriptions = { a = { protocol = "http", endpoint = "http://a" } } }
  expect_failures = [var.alarm_subscriptions]
}

run "alerts_of_an_owner_that_is_none" {
  command = plan
  variables { alarm_subscriptions = { a = { protocol = "email", endpoint = "a@example.com", owners = ["a--b"] } } }
  expect_failures = [var.alarm_subscriptions]
}

run "an_account_by_its_name" {
  command = plan
  variables { subscriber_account_ids = ["shop"] }
  expect_failures = [var.subscriber_account_ids]
}
