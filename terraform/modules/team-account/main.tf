# What a team's account needs once: where Terraform keeps its state, a role that the deploy workflow takes, the boundary of
# what that role can hand on, and what the team's gateways may know about the account.

data "aws_partition" "this" {}
data "aws_caller_identity" "this" {}
data "aws_region" "this" {}

locals {
  account   = data.aws_caller_identity.this.account_id
  region    = data.aws_region.this.region
  partition = data.aws_partition.this.partition
  arn       = "arn:${local.partition}"

  # Names are `<team>_<gateway>_<environment>…`, so an environment's role reaches no other's (modules gateway, authorizer).
  names = { for environment, _ in var.environments : environment => "${var.team}_*_${environment}" }
}

# -- State -----------------------------------------------------------------------------------------------------------

resource "aws_s3_bucket" "state" {
  bucket = "gatefleet-${var.team}-state-${local.account}"
  tags   = var.tags

  lifecycle {
    prevent_destroy = true
    precondition {
      condition     = length("gatefleet-${var.team}-state-${local.account}") <= 63
      error_message = "The team's name makes the state bucket's longer than 63 characters."
    }
  }
}

resource "aws_s3_bucket_versioning" "state" {
  bucket = aws_s3_bucket.state.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "state" {
  bucket                  = aws_s3_bucket.state.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "state" {
  bucket = aws_s3_bucket.state.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_policy" "state" {
  bucket = aws_s3_bucket.state.id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "OnlyOverTls"
      Effect    = "Deny"
      Principal = "*"
      Action    = "s3:*"
      Resource  = ["${local.arn}:s3:::${aws_s3_bucket.state.bucket}", "${local.arn}:s3:::${aws_s3_bucket.state.bucket}/*"]
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })

  depends_on = [aws_s3_bucket_public_access_block.state]
}

# -- What an authorizer's role may ever do ---------------------------------------------------------------------------

resource "aws_iam_policy" "boundary" {
  name        = "gatefleet-${var.team}-boundary"
  description = "The most that a role made by gatefleet's deploy roles can do"
  tags        = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "WriteLogs"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = "${local.arn}:logs:*:${local.account}:log-group:/aws/lambda/${var.team}_*"
      },
      {
        Sid    = "ReadTheLogAndItsPassword"
        Effect = "Allow"
        Action = [
          "kafka-cluster:Connect", "kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:WriteData",
          "kms:Decrypt", "secretsmanager:GetSecretValue",
        ]
        Resource = "*"
      },
      {
        Sid    = "NetworkInterfaces"
        Effect = "Allow"
        Action = [
          "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
        ]
        Resource = "*"
      },
    ]
  })
}

# -- Deploying -------------------------------------------------------------------------------------------------------

resource "aws_iam_openid_connect_provider" "github" {
  count = var.github.provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

resource "aws_iam_role" "deploy" {
  for_each = var.environments

  name                 = "gatefleet-${each.key}-deploy"
  description          = "Applies the gateways of ${var.team} in ${each.key}"
  max_session_duration = 3600
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRoleWithWebIdentity"
      Principal = { Federated = coalesce(var.github.provider_arn, try(aws_iam_openid_connect_provider.github[0].arn, null)) }
      Condition = {
        StringEquals = {
          "token.actions.githubusercontent.com:aud" = "sts.amazonaws.com"
          "token.actions.githubusercontent.com:sub" = "repo:${var.github.repository}:environment:deploy-${each.key}-${var.team}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.environments

  name = "deploy"
  role = aws_iam_role.deploy[each.key].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Sid = "FindState", Effect = "Allow", Action = ["s3:ListBucket"], Resource = local.state_arn, Condition = { StringLike = { "s3:prefix" = ["${each.key}/*"] } } },
      { Sid = "State", Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject"], Resource = "${local.state_arn}/${each.key}/*" },
      { Sid = "StateLock", Effect = "Allow", Action = ["s3:DeleteObject"], Resource = "${local.state_arn}/${each.key}/*.tflock" },
      {
        Sid      = "KnowTheAccount"
        Effect   = "Allow"
        Action   = ["ssm:GetParameter"]
        Resource = "${local.arn}:ssm:${local.region}:${local.account}:parameter/gatefleet/${each.key}/account"
      },
      {
        # API Gateway's ids are made up at creation, so its own actions know no narrower name than the kind.
        Sid    = "Gateways"
        Effect = "Allow"
        Action = ["apigateway:AddCertificateToDomain", "apigateway:DELETE", "apigateway:GET", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:RemoveCertificateFromDomain", "apigateway:SetWebACL", "apigateway:TagResource", "apigateway:UntagResource", "apigateway:UpdateRestApiPolicy"]
        Resource = [
          for kind in ["apis", "apis/*", "restapis", "restapis/*", "domainnames", "domainnames/*", "tags/*"] : "${local.arn}:apigateway:${local.region}::/${kind}"
        ]
      },
      {
        Sid    = "Authorizers"
        Effect = "Allow"
        Action = [
          "lambda:AddPermission", "lambda:CreateAlias", "lambda:CreateFunction", "lambda:DeleteAlias", "lambda:DeleteFunction",
          "lambda:DeleteFunctionConcurrency", "lambda:DeleteProvisionedConcurrencyConfig", "lambda:GetAlias", "lambda:GetFunction",
          "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "lambda:GetPolicy", "lambda:GetProvisionedConcurrencyConfig",
          "lambda:ListTags", "lambda:ListVersionsByFunction", "lambda:PublishVersion", "lambda:PutFunctionConcurrency", "lambda:PutProvisionedConcurrencyConfig",
          "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource", "lambda:UpdateAlias", "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
        ]
        Resource = "${local.arn}:lambda:${local.region}:${local.account}:function:${local.names[each.key]}_authorizer*"
      },
      {
        Sid      = "Floors"
        Effect   = "Allow"
        Action   = ["lambda:DeleteLayerVersion", "lambda:GetLayerVersion", "lambda:ListLayerVersions", "lambda:PublishLayerVersion"]
        Resource = "${local.arn}:lambda:${local.region}:${local.account}:layer:${local.names[each.key]}_authorizer-floor*"
      },
      {
        Sid      = "BackendsLetTheGatewayIn"
        Effect   = "Allow"
        Action   = ["lambda:AddPermission", "lambda:GetPolicy", "lambda:RemovePermission"]
        Resource = "${local.arn}:lambda:${local.region}:${local.account}:function:*"
        Condition = {
          "ForAllValues:StringEquals" = { "lambda:Principal" = "apigateway.amazonaws.com" }
        }
      },
      {
        Sid      = "RolesWithinTheBoundary"
        Effect   = "Allow"
        Action   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
        Resource = "${local.arn}:iam::${local.account}:role/${local.names[each.key]}_authorizer"
        Condition = {
          StringEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn }
        }
      },
      {
        Sid      = "Roles"
        Effect   = "Allow"
        Action   = ["iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy"]
        Resource = "${local.arn}:iam::${local.account}:role/${local.names[each.key]}_authorizer"
      },
      {
        Sid      = "HandTheRoleToLambda"
        Effect   = "Allow"
        Action   = ["iam:PassRole"]
        Resource = "${local.arn}:iam::${local.account}:role/${local.names[each.key]}_authorizer"
        Condition = {
          StringEquals = { "iam:PassedToService" = "lambda.amazonaws.com" }
        }
      },
      {
        Sid    = "Logs"
        Effect = "Allow"
        Action = ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:DeleteMetricFilter", "logs:DescribeMetricFilters", "logs:ListTagsForResource", "logs:PutMetricFilter", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]
        Resource = [
          "${local.arn}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${local.names[each.key]}_authorizer*",
          "${local.arn}:logs:${local.region}:${local.account}:log-group:/aws/vendedlogs/gatefleet/${each.key}/*",
        ]
      },
      {
        Sid    = "AlarmsAndDashboards"
        Effect = "Allow"
        Action = ["cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
        Resource = [
          "${local.arn}:cloudwatch:${local.region}:${local.account}:alarm:${local.names[each.key]}_*",
          "${local.arn}:cloudwatch::${local.account}:dashboard/${local.names[each.key]}",
        ]
      },
      {
        Sid      = "Records"
        Effect   = "Allow"
        Action   = ["route53:ChangeResourceRecordSets", "route53:GetHostedZone", "route53:ListResourceRecordSets"]
        Resource = length(each.value.zones) == 0 ? ["${local.arn}:route53:::hostedzone/none"] : [for _, zone in each.value.zones : "${local.arn}:route53:::hostedzone/${zone}"]
      },
      {
        # Lambda and API Gateway read these in the name of who points to them.
        Sid      = "ReleasesAndTrustStores"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion"]
        Resource = length(local.readable[each.key]) == 0 ? ["${local.arn}:s3:::none/*"] : local.readable[each.key]
      },
      {
        # Made by API Gateway itself in an account's first use of it.
        Sid      = "ServiceRoleOfApiGateway"
        Effect   = "Allow"
        Action   = ["iam:CreateServiceLinkedRole"]
        Resource = "${local.arn}:iam::${local.account}:role/aws-service-role/ops.apigateway.amazonaws.com/*"
        Condition = {
          StringEquals = { "iam:AWSServiceName" = "ops.apigateway.amazonaws.com" }
        }
      },
      {
        Sid    = "SecurityGroupsOfTheAuthorizer"
        Effect = "Allow"
        Action = ["ec2:AuthorizeSecurityGroupEgress", "ec2:CreateSecurityGroup", "ec2:CreateTags", "ec2:DeleteSecurityGroup", "ec2:ModifySecurityGroupRules", "ec2:RevokeSecurityGroupEgress"]
        Resource = concat(
          ["${local.arn}:ec2:${local.region}:${local.account}:security-group/*", "${local.arn}:ec2:${local.region}:${local.account}:security-group-rule/*"],
          each.value.vpc == null ? [] : ["${local.arn}:ec2:${local.region}:${local.account}:vpc/${each.value.vpc.vpc_id}"],
        )
      },
      {
        # Reading, and what has no resource to name: API Gateway lets itself write access logs in the name of who asks for them.
        Sid      = "Look"
        Effect   = "Allow"
        Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies", "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery", "route53:GetChange"]
        Resource = "*"
      },
      {
        Sid      = "Firewall"
        Effect   = "Allow"
        Action   = ["wafv2:AssociateWebACL", "wafv2:DisassociateWebACL", "wafv2:GetWebACL", "wafv2:GetWebACLForResource"]
        Resource = concat(["${local.arn}:apigateway:${local.region}::/restapis/*/stages/*"], compact([each.value.web_acl_arn]))
      },
    ]
  })
}

locals {
  state_arn = "${local.arn}:s3:::${aws_s3_bucket.state.bucket}"

  readable = {
    for environment, one in var.environments : environment => concat(
      [for bucket in sort(var.release_buckets) : "${local.arn}:s3:::${bucket}/*"],
      sort(distinct([for _, store in one.truststores : "${local.arn}:s3:::${trimprefix(store.truststore_uri, "s3://")}"])),
    )
  }
}

# -- Logs of REST APIs -----------------------------------------------------------------------------------------------

resource "aws_iam_role" "api_gateway_logs" {
  count = var.api_gateway_logs ? 1 : 0

  name        = "gatefleet-api-gateway-logs"
  description = "API Gateway writes access logs of REST APIs"
  tags        = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "apigateway.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "api_gateway_logs" {
  count = var.api_gateway_logs ? 1 : 0

  name = "logs"
  role = aws_iam_role.api_gateway_logs[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:PutLogEvents"]
      Resource = "*"
    }]
  })
}

resource "aws_api_gateway_account" "this" {
  count = var.api_gateway_logs ? 1 : 0

  cloudwatch_role_arn = aws_iam_role.api_gateway_logs[0].arn

  depends_on = [aws_iam_role_policy.api_gateway_logs]
}

# -- What the team's gateways may know -------------------------------------------------------------------------------

resource "aws_ssm_parameter" "account" {
  for_each = var.environments

  name        = "/gatefleet/${each.key}/account"
  description = "What gateways of ${var.team} in ${each.key} find in this account; no secret stands here"
  type        = "String"
  tier        = "Intelligent-Tiering" # 4 KB, and more where it takes more
  tags        = var.tags

  value = jsonencode(merge(each.value, { permissions_boundary = aws_iam_policy.boundary.arn }))
}
