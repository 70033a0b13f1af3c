# The containers of a task: `prepare` runs to its end, then `tls` (where a sidecar speaks TLS) and the program.

locals {
  needs_preparation = local.has_tls || length(var.task_volumes) > 0 || var.seed != null
  # `nginx` in its image, with the group of the program, so that a sidecar may read the key too.
  proxy_user = "101:${reverse(split(":", var.user))[0]}"

  log_options = { for container in concat(["prepare", "tls", "mesh", var.service], keys(var.sidecars)) : container => {
    "awslogs-group"         = aws_cloudwatch_log_group.this.name
    "awslogs-region"        = local.region
    "awslogs-stream-prefix" = container
    # A log that cannot be written must not stop monitoring; 25 MiB of it wait in memory.
    "mode"            = "non-blocking"
    "max-buffer-size" = "25m"
  } }

  # What ECS answers for every container; said, so that a plan compares like with like.
  unused = { environment = [], mountPoints = [], portMappings = [], systemControls = [], volumesFrom = [] }

  preparation = merge(local.unused, {
    name                   = "prepare"
    image                  = var.tls.image
    essential              = false
    user                   = "0" # to give directories to the program's user; it ends before the program starts
    readonlyRootFilesystem = true
    entryPoint             = ["/bin/sh", "-c"]
    command                = [file("${path.module}/prepare.sh")]
    environment = [for name, value in {
      TLS_MODE      = var.tls.mode
      TLS_DIRECTORY = "/tls"
      TLS_NAME      = local.mesh_name
      TLS_OWNER     = local.has_proxy ? local.proxy_user : "${split(":", var.user)[0]}:${reverse(split(":", var.user))[0]}"
      PROXY_CONFIGURATION = !local.has_proxy ? "" : templatefile("${path.module}/nginx.conf.tftpl", {
        port                   = var.port
        tls_port               = var.tls.port
        read_timeout_seconds   = var.tls.read_timeout_seconds
        max_request_body_bytes = var.tls.max_request_body_bytes
      })
      OWNER          = var.user
      DIRECTORIES    = join(" ", values(var.task_volumes))
      SEED_DIRECTORY = try(var.seed.directory, "")
      SEED_FILE      = try(var.seed.file, "")
      SEED_CONTENT   = try(var.seed.content, "")
    } : { name = name, value = value }]
    mountPoints = concat(
      local.has_tls ? [{ sourceVolume = "tls", containerPath = "/tls", readOnly = false }] : [],
      [for name, path in var.task_volumes : { sourceVolume = name, containerPath = path, readOnly = false }],
      [for name, it in var.efs_volumes : { sourceVolume = name, containerPath = it.path, readOnly = false } if name == try(var.seed.volume, null)],
    )
    logConfiguration = { logDriver = "awslogs", options = local.log_options["prepare"] }
  })

  proxy = merge(local.unused, {
    name                   = "tls"
    image                  = var.tls.image
    essential              = true
    user                   = local.proxy_user
    readonlyRootFilesystem = true
    entryPoint             = ["nginx"]
    command                = ["-c", "/tls/nginx.conf"]
    mountPoints            = [{ sourceVolume = "tls", containerPath = "/tls", readOnly = false }]
    portMappings           = [{ name = local.scheme, containerPort = local.public_port, hostPort = local.public_port, protocol = "tcp" }]
    dependsOn              = [{ containerName = "prepare", condition = "SUCCESS" }]
    logConfiguration       = { logDriver = "awslogs", options = local.log_options["tls"] }
  })

  program = merge(local.unused,
    {
      name                   = var.service
      image                  = var.image
      essential              = true
      user                   = var.user
      readonlyRootFilesystem = !var.enable_execute_command # the agent of `execute-command` writes
      stopTimeout            = var.stop_timeout_seconds
      linuxParameters        = { initProcessEnabled = true } # reaps what a shell leaves behind
      # On this container alone: those of the network hold for the whole task, by what the container that started last says.
      systemControls = [for namespace, value in var.system_controls : { namespace = namespace, value = value }]
      # A name of the mesh that comes or goes changes the task, and so makes a deployment, which is when the proxy learns of it.
      environment = [for name, value in merge(length(var.calls) == 0 ? {} : { MESH_NAMES = join(" ", sort(var.calls)) }, var.environment) : { name = name, value = value }]
      portMappings = concat(
        [merge(
          { containerPort = var.port, hostPort = var.port, protocol = "tcp" },
          local.has_proxy ? {} : { name = local.scheme },
        )],
        [for it in values(var.peer_ports) : { containerPort = it.port, hostPort = it.port, protocol = it.protocol }],
      )
      mountPoints = concat(
        var.tls.mode == "application" ? [{ sourceVolume = "tls", containerPath = "/tls", readOnly = true }] : [],
        [for name, path in var.task_volumes : { sourceVolume = name, containerPath = path, readOnly = false }],
        [for name, it in var.efs_volumes : { sourceVolume = name, containerPath = it.path, readOnly = it.read_only }],
      )
      logConfiguration = { logDriver = "awslogs", options = local.log_options[var.service] }
    },
    length(var.entry_point) > 0 ? { entryPoint = var.entry_point } : {},
    length(var.command) > 0 ? { command = var.command } : {},
    length(var.secrets) > 0 ? { secrets = [for name, arn in var.secrets : { name = name, valueFrom = arn }] } : {},
    length(var.health_check_command) > 0 ? {
      healthCheck = { command = var.health_check_command, interval = 30, timeout = 5, retries = 3, startPeriod = 60 }
    } : {},
    local.needs_preparation ? { dependsOn = [{ containerName = "prepare", condition = "SUCCESS" }] } : {},
  )

  beside = [for name, it in var.sidecars : merge(local.unused,
    {
      name                   = name
      image                  = it.image
      essential              = true
      user                   = var.user
      readonlyRootFilesystem = true
      stopTimeout            = var.stop_timeout_seconds
      environment            = [for name, value in it.environment : { name = name, value = value }]
      mountPoints = concat(
        local.has_tls ? [{ sourceVolume = "tls", containerPath = "/tls", readOnly = true }] : [],
        [for volume in it.task_volumes : { sourceVolume = volume, containerPath = var.task_volumes[volume], readOnly = false }],
      )
      # After the program, so that it is stopped before it: what it still has to hand on is there until then.
      dependsOn        = [{ containerName = var.service, condition = "START" }]
      logConfiguration = { logDriver = "awslogs", options = local.log_options[name] }
    },
    length(it.command) > 0 ? { command = it.command } : {},
  )]

  # One list type for containers of different shapes: through JSON, without the nulls of a common type.
  containers = [for text in concat(
    local.needs_preparation ? [jsonencode(local.preparation)] : [],
    local.has_proxy ? [jsonencode(local.proxy)] : [],
    [jsonencode(local.program)],
    [for it in local.beside : jsonencode(it)],
  ) : jsondecode(text)]
}
