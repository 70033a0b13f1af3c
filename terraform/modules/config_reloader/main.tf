# What every file of this module refers to: names, ARNs, the workers' table.
#
# | file | what |
# |---|---|
# | buckets.tf | config bucket, state bucket |
# | triggers.tf | EventBridge -> SQS -> trigger, and the schedule |
# | workers.tf | one role per worker |
# | functions.tf | workers as Lambda functions |
# | activities.tf | workers as tasks that poll activities |
# | network.tf | one security group per worker in the VPC |
# | state_machine.tf | the definition, its role and log |
# | alarms.tf, dashboard.tf | what is watched |

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  partition = data.aws_partition.this.partition
  region    = data.aws_region.this.name

  table = jsondecode(file("${path.module}/../../../statemachine/workers.json")).workers

  steps     = toset([for worker, row in local.table : worker if row.host == "step"])
  workers   = toset([for worker, row in local.table : worker if contains(["step", "queue"], row.host)])
  functions = var.worker_host == "lambda" ? local.workers : setsubtract(local.workers, local.steps)
  polling   = setsubtract(local.workers, local.functions)
  in_vpc    = toset([for worker in local.workers : worker if local.table[worker].vpc])

  config_bucket_name = coalesce(var.config_bucket_name, "${var.name}-config-${local.account}-${local.region}")
  state_bucket_name  = coalesce(var.state_bucket_name, "${var.name}-state-${local.account}-${local.region}")
  state_machine_name = "${var.name}-config-reloader"
  push_queue_name    = "${var.name}-pushes"
  push_rule_name     = "${var.name}-pushes"

  dead_letter_queue_name = "${local.push_queue_name}-dead-letters"

  # ARNs made of names, not read from resources: the trigger must know the state machine and the state machine the functions, and policies
  # that are known at plan can be reviewed, and tested, before anything exists.
  arn_of = {
    config_bucket     = "arn:${local.partition}:s3:::${local.config_bucket_name}"
    state_bucket      = "arn:${local.partition}:s3:::${local.state_bucket_name}"
    push_queue        = "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.push_queue_name}"
    dead_letter_queue = "arn:${local.partition}:sqs:${local.region}:${local.account}:${local.dead_letter_queue_name}"
    push_rule         = "arn:${local.partition}:events:${local.region}:${local.account}:rule/${local.push_rule_name}"
    state_machine     = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${local.state_machine_name}"
    functions         = { for worker in local.workers : worker => "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}-${worker}" }
    activities        = { for worker in local.workers : worker => "arn:${local.partition}:states:${local.region}:${local.account}:activity:${var.name}-${worker}" }
    roles             = { for worker in local.workers : worker => "arn:${local.partition}:iam::${local.account}:role/${var.name}-${worker}" }
  }

  # The kinds of resource that the table's permissions name.
  resources_of = {
    config_bucket   = local.arn_of.config_bucket
    config_objects  = "${local.arn_of.config_bucket}/*"
    state_bucket    = local.arn_of.state_bucket
    state_documents = "${local.arn_of.state_bucket}/objects/*"
    state_journal   = "${local.arn_of.state_bucket}/runs/*"
    state_heads     = "${local.arn_of.state_bucket}/heads/*"
    state_status    = "${local.arn_of.state_bucket}/status/*"
    notice_topic    = var.notice_topic_arn
    push_queue      = local.arn_of.push_queue
    state_machine   = local.arn_of.state_machine
    key             = var.kms_key_arn
  }

  # Everything that any worker can be told; each gets only what its row names.
  settings = {
    CONFIG_BUCKET      = local.config_bucket_name
    STATE_BUCKET       = local.state_bucket_name
    PLACEHOLDERS       = jsonencode(var.placeholders)
    VOLUME             = var.volume.mount_path
    RELOAD_URLS        = jsonencode({ for component, it in var.components : component => it.reload_url })
    TOPIC_ARN          = var.notice_topic_arn
    STATE_MACHINE_ARN  = local.arn_of.state_machine
    PROMETHEUS_VERSION = var.prometheus_version
    PROMTOOL           = var.tools.promtool
    BLACKBOX_EXPORTER  = var.tools.blackbox_exporter
    TOOL_MEMORY_MIB    = null # a third of the function's own memory
  }
  environments = {
    for worker in local.workers : worker => merge(
      { LOG_LEVEL = var.log_level },
      { for name in local.table[worker].environment : name => local.settings[name] },
      { for name in local.table[worker].optional_environment : name => local.settings[name] if local.settings[name] != null },
    )
  }
}
