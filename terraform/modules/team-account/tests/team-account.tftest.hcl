# A team's account as planned.

mock_provider "aws" {
  source = "./tests/mocks"

  override_resource {
    target          = aws_iam_policy.boundary
    values          = { arn = "arn:aws:iam::123456789012:policy/gatefleet-orders-boundary" }
    override_during = plan
  }
}

variables {
  team = "orders"
  environments = {
    production = {
      kafka        = { secret_arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_orders-abcdef" }
      vpc          = { vpc_id = "vpc-1", subnet_ids = ["subnet-1"] }
      certificates = { "orders.api.example.com" = "arn:aws:acm:eu-west-1:123456789012:certificate/x" }
      zones        = { "api.example.com" = "Z123" }
    }
    staging = {}
  }
  github = { repository = "example/policies" }
}

run "an_environment_is_deployed_by_its_own_job_only" {
  command = plan
  variables {
    github = { repository = "example/policies", provider_arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com" }
  }

  assert {
    condition = { for environment, role in aws_iam_role.deploy : environment => jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] } == {
      production = "repo:example/policies:environment:deploy-production-orders"
      staging    = "repo:example/policies:environment:deploy-staging-orders"
    }
    error_message = "Another job could deploy."
  }
}

run "a_deploy_role_makes_roles_within_the_boundary_only" {
  command = plan

  assert {
    condition     = alltrue([for one in jsondecode(aws_iam_role_policy.deploy["production"].policy).Statement : try(one.Condition.StringEquals["iam:PermissionsBoundary"] == "arn:aws:iam::123456789012:policy/gatefleet-orders-boundary", false) if contains(one.Action, "iam:CreateRole") || contains(one.Action, "iam:PutRolePolicy")])
    error_message = "A deploy role could give itself everything."
  }
  assert {
    condition     = length([for one in jsondecode(aws_iam_role_policy.deploy["production"].policy).Statement : one if anytrue([for action in one.Action : startswith(action, "iam:") && (endswith(action, "*") || contains(["iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:CreateUser"], action))])]) == 0
    error_message = "A deploy role could shed the boundary."
  }
}

run "an_environments_role_reaches_no_other_environment" {
  command = plan

  assert {
    condition     = alltrue([for one in jsondecode(aws_iam_role_policy.deploy["staging"].policy).Statement : alltrue([for resource in flatten([one.Resource]) : !strcontains(resource, "production")])])
    error_message = "Staging's role names production."
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.deploy["staging"].policy).Statement : one.Resource if one.Sid == "Records"] == [["arn:aws:route53:::hostedzone/none"]]
    error_message = "Without zones it could change records of any."
  }
}

run "state_is_private_and_kept" {
  command = plan

  assert {
    condition     = aws_s3_bucket.state.bucket == "gatefleet-orders-state-123456789012" && aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "State is not versioned."
  }
  assert {
    condition     = aws_s3_bucket_public_access_block.state.block_public_acls && aws_s3_bucket_public_access_block.state.restrict_public_buckets
    error_message = "State could be made public."
  }
}

run "gateways_find_what_the_account_has" {
  command = plan

  assert {
    condition     = aws_ssm_parameter.account["production"].name == "/gatefleet/production/account" && jsondecode(aws_ssm_parameter.account["production"].value).zones == { "api.example.com" = "Z123" }
    error_message = "The parameter is missing, or says something else."
  }
  assert {
    condition     = jsondecode(aws_ssm_parameter.account["staging"].value).permissions_boundary == "arn:aws:iam::123456789012:policy/gatefleet-orders-boundary"
    error_message = "Roles would be made without the boundary, and refused."
  }
}

run "an_account_that_logs_already_is_left_alone" {
  command = plan
  variables { api_gateway_logs = false }

  assert {
    condition     = length(aws_api_gateway_account.this) == 0 && length(aws_iam_role.api_gateway_logs) == 0
    error_message = "The account's setting would be replaced."
  }
}

run "what_a_role_may_do_fits_into_a_role" {
  command = plan

  assert {
    condition     = alltrue([for _, one in aws_iam_role_policy.deploy : length(one.policy) <= 10240])
    error_message = "AWS takes 10,240 characters of inline policies for a role."
  }
}

run "http_apis_may_be_given_their_log" {
  command = plan

  assert {
    condition     = alltrue([for action in ["logs:CreateLogDelivery", "logs:DescribeResourcePolicies", "logs:PutResourcePolicy"] : contains(flatten([for one in jsondecode(aws_iam_role_policy.deploy["production"].policy).Statement : one.Action]), action)])
    error_message = "API Gateway sets up the delivery in the name of who asks: without these rights it refuses to log."
  }
  assert {
    condition     = anytrue([for one in jsondecode(aws_iam_role_policy.deploy["production"].policy).Statement : contains(flatten([one.Resource]), "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/vendedlogs/gatefleet/production/*")])
    error_message = "The log group of module gateway lies elsewhere."
  }
}

run "releases_and_trust_stores_can_be_read" {
  command = plan
  variables {
    release_buckets = ["example-gatefleet-eu-west-1"]
    environments = {
      production = { truststores = { "orders/orders" = { truststore_uri = "s3://trust/store.pem" } } }
    }
  }

  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.deploy["production"].policy).Statement : one.Resource if one.Sid == "ReleasesAndTrustStores"] == [["arn:aws:s3:::example-gatefleet-eu-west-1/*", "arn:aws:s3:::trust/store.pem"]]
    error_message = "Lambda reads a release, and API Gateway a trust store, with the rights of who points to it."
  }
}

run "api_gateway_takes_its_role_without_conditions" {
  command = plan

  assert {
    condition     = !can(jsondecode(aws_iam_role.api_gateway_logs[0].assume_role_policy).Statement[0].Condition)
    error_message = "Which condition keys API Gateway sends when it proves the role is not documented."
  }
}
