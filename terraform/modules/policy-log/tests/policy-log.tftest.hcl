# The platform team's part of an environment as planned.

mock_provider "aws" { source = "./tests/mocks" }

variables {
  environment = "production"
  cluster_arn = "arn:aws:kafka:eu-west-1:123456789012:cluster/policy/0a1b"
  teams       = { orders = ["444455550002"], payments = ["444455550003", "444455550004"] }
  github = {
    repository                = "example/policies"
    environment               = "publish-production"
    second_signer_environment = "second-signature"
    provider_arn              = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
  }
}

run "the_policy_topic_loses_nothing" {
  command = plan

  assert {
    condition     = aws_msk_topic.policy[0].name == "gatefleet.production.policy.v1" && aws_msk_topic.policy[0].partition_count == 1 && aws_msk_topic.policy[0].replication_factor == 3
    error_message = "The topic is not one partition in three copies."
  }
  assert {
    condition = jsondecode(aws_msk_topic.policy[0].configs) == {
      "cleanup.policy"                 = "delete", "retention.ms" = "-1", "retention.bytes" = "-1", "min.insync.replicas" = "2",
      "unclean.leader.election.enable" = "false", "compression.type" = "producer"
    }
    error_message = "The topic expires, compacts or loses acknowledged records."
  }
}

run "a_team_writes_its_own_heartbeats_only" {
  command = plan

  assert {
    condition = {
      for one in jsondecode(aws_msk_cluster_policy.teams[0].policy).Statement : one.Resource => one.Principal.AWS if contains(one.Action, "kafka-cluster:WriteData")
      } == {
      "arn:aws:kafka:eu-west-1:123456789012:topic/policy/0a1b/gatefleet.production.heartbeat.orders"   = ["arn:aws:iam::444455550002:root"]
      "arn:aws:kafka:eu-west-1:123456789012:topic/policy/0a1b/gatefleet.production.heartbeat.payments" = ["arn:aws:iam::444455550003:root", "arn:aws:iam::444455550004:root"]
    }
    error_message = "An account writes what is not its own."
  }
  assert {
    condition     = [for one in jsondecode(aws_msk_cluster_policy.teams[0].policy).Statement : one.Action if endswith(one.Resource, "policy.v1")] == [["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]]
    error_message = "A team's account does more to the policy than read it."
  }
  assert {
    condition     = alltrue([for one in jsondecode(aws_msk_cluster_policy.teams[0].policy).Statement : one.Principal != "*"])
    error_message = "The cluster is open to everybody."
  }
}

run "only_the_protected_environment_becomes_the_publisher" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.signer["publish"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/policies:environment:publish-production"
    error_message = "Another job could publish."
  }
  assert {
    condition     = jsondecode(aws_iam_role.signer["second"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/policies:environment:second-signature"
    error_message = "The second signature does not wait for its reviewers."
  }
  assert {
    condition     = alltrue([for _, role in aws_iam_role.signer : jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"])
    error_message = "A token made for somebody else is taken."
  }
}

run "a_signing_key_signs_and_does_nothing_else" {
  command = plan

  assert {
    condition     = aws_kms_key.signer["publish"].customer_master_key_spec == "ECC_NIST_P256" && aws_kms_key.signer["publish"].key_usage == "SIGN_VERIFY"
    error_message = "The key is not ECDSA P-256."
  }
  assert {
    condition     = toset(keys(aws_kms_key.signer)) == toset(["publish", "second"])
    error_message = "Two signatures need two keys."
  }
}

run "nothing_in_the_archive_is_ever_replaced" {
  command = plan

  assert {
    condition     = toset([for one in jsondecode(aws_s3_bucket_policy.archive.policy).Statement : one.Sid]) == toset(["OnlyOverTls", "OnlyCreate", "NeverDelete"]) && alltrue([for one in jsondecode(aws_s3_bucket_policy.archive.policy).Statement : one.Effect == "Deny"])
    error_message = "The archive can be rewritten."
  }
  assert {
    condition     = aws_s3_bucket_versioning.archive.versioning_configuration[0].status == "Enabled" && aws_s3_bucket_public_access_block.archive.block_public_policy
    error_message = "The archive is not versioned, or can be made public."
  }
}

run "another_cluster_is_told_by_commands" {
  command = plan
  variables { cluster_arn = null }

  assert {
    condition     = length(aws_msk_topic.policy) == 0 && length(aws_msk_cluster_policy.teams) == 0
    error_message = "Something was made on a cluster that is not there."
  }
  assert {
    condition     = length(output.commands) == 9 && strcontains(output.commands[0], "--config retention.ms=-1")
    error_message = "The commands are incomplete."
  }
  assert {
    condition     = length([for command in output.commands : command if strcontains(command, "User:authorizer-") && strcontains(command, "--operation Write") && strcontains(command, "policy.v1")]) == 0
    error_message = "An authorizer could write the policy topic."
  }
}

run "two_copies_are_refused_in_production" {
  command = plan
  variables { replication_factor = 2 }
  expect_failures = [var.replication_factor]
}

run "one_job_cannot_sign_twice" {
  command = plan
  variables {
    github = { repository = "example/policies", environment = "publish", second_signer_environment = "publish" }
  }
  expect_failures = [var.github]
}
