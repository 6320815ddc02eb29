# The authorizer of one gateway: a Lambda function, its floor as a layer, and a role that may do exactly what it needs.

data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  team          = split("/", var.gateway)[0]
  gateway_name  = split("/", var.gateway)[1]
  function_name = "${local.team}_${local.gateway_name}_${var.environment}_authorizer"
  follows       = var.log != null
  scram         = try(var.log.secret_arn != null, false)
  iam           = try(var.log.cluster_arn != null, false)

  query = local.follows ? join("&", compact([
    "security=${var.log.security}",
    var.log.mechanism == null ? "" : "mechanism=${var.log.mechanism}",
  ])) : ""

  variables = merge(
    # The managed runtime asks for the next event by itself; the archive's script starts the authorizer's own loop, which
    # finishes what an invocation leaves to be done.
    var.variant == "node" ? { AWS_LAMBDA_EXEC_WRAPPER = "/var/task/run" } : {},
    local.follows ? { GATEFLEET_LOG = "kafka:${join(",", var.log.bootstrap)}/${var.log.topic}?${local.query}" } : {},
    local.scram ? { GATEFLEET_KAFKA_SECRET = var.log.secret_arn } : {},
  )

  tags = merge(var.tags, {
    "gatefleet:gateway"     = var.gateway
    "gatefleet:team"        = local.team
    "gatefleet:environment" = var.environment
    "cost-centre"           = var.cost_centre
  })

  ports = local.follows ? toset([for address in var.log.bootstrap : element(split(":", address), -1)]) : toset([])
}

# -- Policy: the floor, a layer of its own ---------------------------------------------------------------------------

resource "aws_lambda_layer_version" "floor" {
  layer_name       = "${local.function_name}-floor"
  description      = "Signed floor and trust document of ${var.gateway} in ${var.environment}"
  filename         = var.floor.file
  source_code_hash = var.floor.sha256

  # The function's earlier versions name the layers they were made with.
  skip_destroy = false

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = filebase64sha256(var.floor.file) == var.floor.sha256
      error_message = "${var.floor.file} is not the floor that was rendered: its SHA-256 differs. Run gatefleet render --check."
    }
  }
}

# -- Code ------------------------------------------------------------------------------------------------------------

resource "aws_lambda_function" "this" {
  function_name = local.function_name
  description   = "gatefleet authorizer ${var.artifact.version} (${var.variant}) of ${var.gateway} in ${var.environment}"
  role          = aws_iam_role.this.arn
  architectures = [var.architecture]
  runtime       = var.variant == "rust" ? "provided.al2023" : "nodejs24.x"
  handler       = var.variant == "rust" ? "bootstrap" : "authorizer.handler"
  memory_size   = coalesce(var.memory_size, var.variant == "rust" ? 256 : 512)
  # API Gateway itself waits 10 s for an authorizer; a decision takes milliseconds, with one bounded read of 150 ms.
  timeout = 5

  filename          = var.artifact.file
  s3_bucket         = try(var.artifact.s3.bucket, null)
  s3_key            = try(var.artifact.s3.key, null)
  s3_object_version = try(var.artifact.s3.object_version, null)
  source_code_hash  = var.artifact.code_sha256

  layers  = [aws_lambda_layer_version.floor.arn]
  publish = true

  reserved_concurrent_executions = var.reserved_concurrency

  # Lambda knows no empty set of variables: a block without any would be planned again and again.
  dynamic "environment" {
    for_each = local.follows || var.variant == "node" ? [local.variables] : []

    content {
      variables = environment.value
    }
  }

  # As text, lines reach the log as they were written: decisions are JSON of their own, metrics are read out of it by CloudWatch.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  dynamic "vpc_config" {
    for_each = var.vpc == null ? [] : [var.vpc]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = [aws_security_group.this[0].id]
    }
  }

  tags = local.tags

  depends_on = [aws_iam_role_policy.this]

  lifecycle {
    precondition {
      condition     = length(local.function_name) <= 64
      error_message = "The function's name, ${local.function_name}, is longer than Lambda's 64 characters: shorten the gateway's or the team's."
    }
    precondition {
      condition     = var.artifact.file == null || try(filebase64sha256(var.artifact.file) == var.artifact.code_sha256, false)
      error_message = "The archive is not the release that was reviewed: its SHA-256 differs from artifact.code_sha256."
    }
    precondition {
      condition     = !(local.iam && var.vpc == null)
      error_message = "An MSK cluster with IAM is reached through a VPC: give vpc."
    }
  }
}

# API Gateway calls the alias. It always stands on the newest version: going back to an earlier release means publishing
# that code again with today's floor, so that a rollback never brings back what was revoked meanwhile.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "What the gateway calls"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_provisioned_concurrency_config" "this" {
  count = var.provisioned_concurrency > 0 ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.provisioned_concurrency
}

# -- What it may do --------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${local.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = local.tags
}

resource "aws_iam_role" "this" {
  name                 = local.function_name
  description          = "The authorizer of ${var.gateway} in ${var.environment}"
  permissions_boundary = var.permissions_boundary
  tags                 = local.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

locals {
  # Written out, so that a plan shows the whole policy before anything is made.
  log_group_arn = join(":", [
    "arn", data.aws_partition.this.partition, "logs", data.aws_region.this.region, data.aws_caller_identity.this.account_id,
    "log-group", aws_cloudwatch_log_group.this.name,
  ])

  # arn:…:cluster/<name>/<uuid> → arn:…:topic/<name>/<uuid>/<topic>
  msk_topics = local.iam ? replace(var.log.cluster_arn, ":cluster/", ":topic/") : ""

  statements = concat(
    [{
      Sid      = "WriteItsOwnLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${local.log_group_arn}:*"
    }],
    local.scram ? [{
      Sid      = "ReadItsPassword"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = var.log.secret_arn
    }] : [],
    local.scram && try(var.log.secret_kms_key_arn != null, false) ? [{
      Sid      = "DecryptItsPassword"
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = var.log.secret_kms_key_arn
    }] : [],
    # It reads the policy and writes heartbeats; it can write no policy.
    local.iam ? [
      {
        Sid      = "ConnectToTheCluster"
        Effect   = "Allow"
        Action   = ["kafka-cluster:Connect"]
        Resource = var.log.cluster_arn
      },
      {
        Sid      = "ReadThePolicy"
        Effect   = "Allow"
        Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
        Resource = "${local.msk_topics}/${var.log.topic}"
      },
      {
        Sid      = "WriteHeartbeats"
        Effect   = "Allow"
        Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]
        Resource = "${local.msk_topics}/${var.log.heartbeat_topic}"
      },
    ] : [],
    # Lambda itself makes the network interfaces, in the role's name; these actions know no resource.
    var.vpc != null ? [{
      Sid    = "LambdaAttachesNetworkInterfaces"
      Effect = "Allow"
      Action = [
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:UnassignPrivateIpAddresses",
      ]
      Resource = "*"
    }] : [],
  )
}

resource "aws_iam_role_policy" "this" {
  name   = "authorizer"
  role   = aws_iam_role.this.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

# -- Network ---------------------------------------------------------------------------------------------------------

resource "aws_security_group" "this" {
  count = var.vpc == null ? 0 : 1

  name        = local.function_name
  description = "Authorizer of ${var.gateway} in ${var.environment}: out to the brokers, nothing in"
  vpc_id      = var.vpc.vpc_id
  tags        = local.tags
}

resource "aws_vpc_security_group_egress_rule" "broker_cidr" {
  for_each = {
    for pair in setproduct(try(var.vpc.brokers.cidrs, []), local.ports) : "${pair[0]} ${pair[1]}" => pair
  }

  security_group_id = aws_security_group.this[0].id
  description       = "To the brokers"
  cidr_ipv4         = each.value[0]
  ip_protocol       = "tcp"
  from_port         = tonumber(each.value[1])
  to_port           = tonumber(each.value[1])
  tags              = local.tags
}

resource "aws_vpc_security_group_egress_rule" "broker_group" {
  for_each = {
    for pair in setproduct(try(var.vpc.brokers.security_group_ids, []), local.ports) : "${pair[0]} ${pair[1]}" => pair
  }

  security_group_id            = aws_security_group.this[0].id
  description                  = "To the brokers"
  referenced_security_group_id = each.value[0]
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value[1])
  to_port                      = tonumber(each.value[1])
  tags                         = local.tags
}

resource "aws_vpc_security_group_egress_rule" "secrets" {
  count = var.vpc != null && local.scram ? 1 : 0

  security_group_id = aws_security_group.this[0].id
  description       = "To Secrets Manager, through its endpoint or a NAT gateway"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags
}
