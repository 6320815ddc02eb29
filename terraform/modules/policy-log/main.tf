# What the platform team owns of one environment: topics, who may read and write them, the keys that sign policy, the
# archive, and the roles of the pipeline. Teams' accounts read the policy and can change nothing of it.

data "aws_partition" "this" {}
data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  prefix       = "gatefleet.${var.environment}"
  policy_topic = "${local.prefix}.policy.v1"
  heartbeats   = { for team, accounts in var.teams : team => "${local.prefix}.heartbeat.${team}" }
  msk          = var.cluster_arn != null
  account_root = "arn:${data.aws_partition.this.partition}:iam::${data.aws_caller_identity.this.account_id}:root"

  # arn:…:cluster/<name>/<uuid> → arn:…:topic/<name>/<uuid>
  topic_arn = local.msk ? replace(var.cluster_arn, ":cluster/", ":topic/") : ""

  # docs/reference/configuration.md, "The topic": nothing expires, nothing is compacted, nothing acknowledged is lost.
  policy_configs = {
    "cleanup.policy"                 = "delete"
    "retention.ms"                   = "-1"
    "retention.bytes"                = "-1"
    "min.insync.replicas"            = tostring(min(2, var.replication_factor))
    "unclean.leader.election.enable" = "false"
    "compression.type"               = "producer"
  }
  # Heartbeats are news of the day.
  heartbeat_configs = {
    "cleanup.policy" = "delete"
    "retention.ms"   = "86400000"
  }
}

# -- Topics ----------------------------------------------------------------------------------------------------------

resource "aws_msk_topic" "policy" {
  count = local.msk ? 1 : 0

  cluster_arn        = var.cluster_arn
  name               = local.policy_topic
  partition_count    = 1 # one order for all revisions
  replication_factor = var.replication_factor
  configs            = jsonencode(local.policy_configs)

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_msk_topic" "heartbeat" {
  for_each = local.msk ? local.heartbeats : {}

  cluster_arn        = var.cluster_arn
  name               = each.value
  partition_count    = 1
  replication_factor = var.replication_factor
  configs            = jsonencode(local.heartbeat_configs)
}

# The teams' accounts, each to its own heartbeats. A role there needs the same rights from its own account as well.
resource "aws_msk_cluster_policy" "teams" {
  count = local.msk && length(local.team_statements) > 0 ? 1 : 0

  cluster_arn = var.cluster_arn
  policy      = jsonencode({ Version = "2012-10-17", Statement = local.team_statements })
}

locals {
  accounts = toset(flatten([for _, accounts in var.teams : tolist(accounts)]))
  roots    = { for account in local.accounts : account => "arn:${data.aws_partition.this.partition}:iam::${account}:root" }

  team_statements = length(local.accounts) == 0 ? [] : concat(
    [
      {
        Sid       = "ConnectThroughPrivateLink"
        Effect    = "Allow"
        Principal = { AWS = sort(values(local.roots)) }
        Action    = ["kafka:CreateVpcConnection", "kafka:DescribeCluster", "kafka:DescribeClusterV2", "kafka:GetBootstrapBrokers"]
        Resource  = var.cluster_arn
      },
      {
        Sid       = "Connect"
        Effect    = "Allow"
        Principal = { AWS = sort(values(local.roots)) }
        Action    = ["kafka-cluster:Connect"]
        Resource  = var.cluster_arn
      },
      {
        Sid       = "ReadThePolicy"
        Effect    = "Allow"
        Principal = { AWS = sort(values(local.roots)) }
        Action    = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
        Resource  = "${local.topic_arn}/${local.policy_topic}"
      },
    ],
    [
      for team, accounts in var.teams : {
        Sid       = "Heartbeats${replace(title(team), "-", "")}${substr(sha256(team), 0, 8)}"
        Effect    = "Allow"
        Principal = { AWS = sort([for account in accounts : local.roots[account]]) }
        Action    = ["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"]
        Resource  = "${local.topic_arn}/${local.heartbeats[team]}"
      }
      if length(accounts) > 0
    ],
  )
}

# -- Keys that sign policy -------------------------------------------------------------------------------------------

locals {
  signers = merge(
    { publish = { role = "publish", github_environment = var.github.environment } },
    var.github.second_signer_environment == null ? {} : { second = { role = "second-signature", github_environment = var.github.second_signer_environment } },
  )
}

resource "aws_kms_key" "signer" {
  for_each = local.signers

  description              = "gatefleet: signs policy of ${var.environment} (${each.value.role})"
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  deletion_window_in_days  = 30
  tags                     = var.tags

  # Administering is not signing: who administers can delete the key, and cannot sign with it by this policy.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [{
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = length(var.key_administrators) == 0 ? [local.account_root] : var.key_administrators }
        Action = [
          "kms:CancelKeyDeletion", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:GetKeyPolicy", "kms:GetPublicKey",
          "kms:ListKeyPolicies", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
        ]
        Resource = "*" # of a key's policy: this key
      }],
      [{
        Sid       = "Sign"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.signer[each.key].arn }
        Action    = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
        Resource  = "*"
        Condition = { StringEquals = { "kms:SigningAlgorithm" = "ECDSA_SHA_256" } }
      }],
    )
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "signer" {
  for_each = local.signers

  name          = "alias/gatefleet-${var.environment}-${each.value.role}"
  target_key_id = aws_kms_key.signer[each.key].key_id
}

# -- The archive -----------------------------------------------------------------------------------------------------

resource "aws_s3_bucket" "archive" {
  bucket        = "gatefleet-${var.environment}-archive-${data.aws_caller_identity.this.account_id}"
  force_destroy = false
  tags          = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  bucket = aws_s3_bucket.archive.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  bucket                  = aws_s3_bucket.archive.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  bucket = aws_s3_bucket.archive.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256" # the archive is no secret: every account reads the same on the log
    }
  }
}

# An envelope, once archived, stays: nobody overwrites or deletes one, not even the pipeline.
resource "aws_s3_bucket_policy" "archive" {
  bucket = aws_s3_bucket.archive.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [local.archive_arn, "${local.archive_arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "OnlyCreate"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.archive_arn}/*"
        Condition = { Null = { "s3:if-none-match" = "true" } }
      },
      {
        Sid       = "NeverDelete"
        Effect    = "Deny"
        Principal = "*"
        Action    = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
        Resource  = "${local.archive_arn}/*"
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.archive]
}

locals {
  archive_arn = "arn:${data.aws_partition.this.partition}:s3:::${aws_s3_bucket.archive.bucket}"
}

# -- Roles of the pipeline -------------------------------------------------------------------------------------------

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github.provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

locals {
  provider_arn = coalesce(var.github.provider_arn, try(aws_iam_openid_connect_provider.github[0].arn, null))
}

resource "aws_iam_role" "signer" {
  for_each = local.signers

  name                 = "gatefleet-${var.environment}-${each.value.role}"
  description          = "${each.value.role} of ${var.environment}, for jobs of the GitHub environment ${each.value.github_environment} of ${var.github.repository}"
  max_session_duration = 3600
  permissions_boundary = var.permissions_boundary
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = local.provider_arn }
      # A job that names the environment has passed its protection rules; the subject then says the environment, exactly.
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:${var.github.repository}:environment:${each.value.github_environment}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "publish" {
  name = "publish"
  role = aws_iam_role.signer["publish"].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        { Sid = "ReadTheArchive", Effect = "Allow", Action = ["s3:ListBucket"], Resource = local.archive_arn },
        { Sid = "AddToTheArchive", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${local.archive_arn}/*" },
      ],
      local.msk ? [
        { Sid = "Connect", Effect = "Allow", Action = ["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"], Resource = var.cluster_arn },
        {
          Sid      = "AppendToTheLog"
          Effect   = "Allow"
          Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:DescribeTopicDynamicConfiguration", "kafka-cluster:ReadData", "kafka-cluster:WriteData"]
          Resource = "${local.topic_arn}/${local.policy_topic}"
        },
        {
          Sid      = "ReadHeartbeats"
          Effect   = "Allow"
          Action   = ["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]
          Resource = "${local.topic_arn}/${local.prefix}.heartbeat.*"
        },
      ] : [],
    )
  })
}
