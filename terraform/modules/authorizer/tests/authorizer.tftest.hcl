# An authorizer as planned. The files are stand-ins: what counts here is that their digests are held against what was said.

mock_provider "aws" { source = "./tests/mocks" }

variables {
  gateway     = "orders/orders"
  environment = "production"
  artifact = {
    version     = "1.0.0"
    file        = "tests/files/authorizer.zip"
    code_sha256 = "X4LIbengcVhgoXQQeZ0HiaC0Zk7mewIxuCZ6TlufzKs="
  }
  floor = {
    file   = "tests/files/floor.zip"
    sha256 = "4oNU3Bii02rPs0XCgcztct4GXkn8mScUHqlsbAg6ngg="
  }
  log = {
    bootstrap       = ["b-1.kafka.example.com:9096", "b-2.kafka.example.com:9096"]
    topic           = "gatefleet.production.policy.v1"
    heartbeat_topic = "gatefleet.production.heartbeat.orders"
    mechanism       = "SCRAM-SHA-512"
    secret_arn      = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_orders-abcdef"
  }
  vpc = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
    brokers    = { cidrs = ["10.1.0.0/16"] }
  }
}

run "a_function_for_each_variant" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.runtime == "provided.al2023" && aws_lambda_function.this.handler == "bootstrap" && aws_lambda_function.this.architectures == tolist(["arm64"])
    error_message = "The rust build is a bootstrap on provided.al2023, on arm64 by default."
  }
  assert {
    condition     = aws_lambda_function.this.function_name == "orders_orders_production_authorizer" && aws_lambda_function.this.memory_size == 256 && aws_lambda_function.this.timeout == 5
    error_message = "Name, memory or timeout are not the designed ones."
  }
  assert {
    condition     = aws_lambda_function.this.publish && aws_lambda_alias.live.name == "live"
    error_message = "The alias needs published versions."
  }
  assert {
    condition     = output.authorizer.invoke_arn == "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders_orders_production_authorizer:live/invocations"
    error_message = "The gateway would call something else than the alias."
  }
}

run "node_runs_on_the_managed_runtime" {
  command = plan
  variables { variant = "node" }

  assert {
    condition     = aws_lambda_function.this.runtime == "nodejs24.x" && aws_lambda_function.this.handler == "authorizer.handler" && aws_lambda_function.this.memory_size == 512
    error_message = "The node build runs on Lambda's Node.js 24."
  }
  assert {
    condition     = aws_lambda_function.this.environment[0].variables["AWS_LAMBDA_EXEC_WRAPPER"] == "/var/task/run"
    error_message = "The runtime would freeze the function before its heartbeats are sent."
  }
}

run "the_log_is_told_by_variables_and_the_password_is_not" {
  command = plan

  assert {
    condition = aws_lambda_function.this.environment[0].variables == tomap({
      GATEFLEET_LOG          = "kafka:b-1.kafka.example.com:9096,b-2.kafka.example.com:9096/gatefleet.production.policy.v1?security=SASL_SSL&mechanism=SCRAM-SHA-512"
      GATEFLEET_KAFKA_SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_orders-abcdef"
    })
    error_message = "The function is told another log, or more than it needs."
  }
}

run "the_role_may_do_what_it_needs_and_no_more" {
  command = plan

  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.this.policy).Statement : one.Sid] == ["WriteItsOwnLog", "ReadItsPassword", "LambdaAttachesNetworkInterfaces"]
    error_message = "The role has another set of rights."
  }
  assert {
    condition     = alltrue([for one in jsondecode(aws_iam_role_policy.this.policy).Statement : one.Resource != "*" || one.Sid == "LambdaAttachesNetworkInterfaces"])
    error_message = "A right reaches everything."
  }
  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Principal == { Service = "lambda.amazonaws.com" }
    error_message = "Somebody but Lambda takes the role."
  }
}

run "with_iam_it_reads_the_policy_and_writes_heartbeats_only" {
  command = plan
  variables {
    log = {
      bootstrap       = ["b-1.kafka.example.com:9098"]
      topic           = "gatefleet.production.policy.v1"
      heartbeat_topic = "gatefleet.production.heartbeat.orders"
      mechanism       = "AWS_MSK_IAM"
      cluster_arn     = "arn:aws:kafka:eu-west-1:999900001111:cluster/policy/0a1b"
    }
  }

  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.this.policy).Statement : one.Resource if contains(flatten([one.Action]), "kafka-cluster:WriteData")] == ["arn:aws:kafka:eu-west-1:999900001111:topic/policy/0a1b/gatefleet.production.heartbeat.orders"]
    error_message = "It could write more than its team's heartbeats."
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.this.policy).Statement : one.Action if one.Resource == "arn:aws:kafka:eu-west-1:999900001111:topic/policy/0a1b/gatefleet.production.policy.v1"] == [["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData"]]
    error_message = "It could do more to the policy than read it."
  }
  assert {
    condition     = toset([for _, rule in aws_vpc_security_group_egress_rule.broker_cidr : rule.to_port]) == toset([9098])
    error_message = "The brokers' port is not open, or another one is."
  }
}

run "a_log_over_tls_without_users_is_followed" {
  command = plan
  variables {
    log = {
      bootstrap       = ["b-1.kafka.example.com:9094"]
      topic           = "gatefleet.production.policy.v1"
      heartbeat_topic = "gatefleet.production.heartbeat.orders"
      security        = "SSL"
    }
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables["GATEFLEET_LOG"] == "kafka:b-1.kafka.example.com:9094/gatefleet.production.policy.v1?security=SSL"
    error_message = "SSL takes no mechanism, and needs none."
  }
}

run "lines_reach_the_log_as_they_were_written" {
  command = plan
  variables { cost_centre = "cc-1200" }

  assert {
    condition     = aws_lambda_function.this.logging_config[0].log_format == "Text"
    error_message = "Lambda may filter or wrap lines in its JSON format; CloudWatch reads metrics out of a line only as it was written."
  }
  assert {
    condition     = aws_lambda_function.this.tags["cost-centre"] == "cc-1200" && aws_lambda_function.this.tags["gatefleet:gateway"] == "orders/orders"
    error_message = "Nobody sees whose function it is."
  }
  assert {
    condition     = !can(jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition)
    error_message = "Which condition keys Lambda sends when it takes an execution role is not documented; iam:PassRole keeps it to this account."
  }
}

run "out_to_the_brokers_and_nothing_in" {
  command = plan

  assert {
    condition     = { for key, rule in aws_vpc_security_group_egress_rule.broker_cidr : key => rule.to_port } == { "10.1.0.0/16 9096" = 9096 }
    error_message = "The function reaches other ports or networks."
  }
  assert {
    condition     = length(aws_vpc_security_group_egress_rule.secrets) == 1 && aws_vpc_security_group_egress_rule.secrets[0].to_port == 443
    error_message = "Its password cannot be fetched."
  }
}

run "a_floor_only_gateway_has_no_network" {
  command = plan
  variables {
    log = null
    vpc = null
  }

  assert {
    condition     = length(aws_lambda_function.this.environment) == 0 && length(aws_security_group.this) == 0
    error_message = "A gateway that reads no log was given one."
  }
  assert {
    condition     = [for one in jsondecode(aws_iam_role_policy.this.policy).Statement : one.Sid] == ["WriteItsOwnLog"]
    error_message = "It needs its own log and nothing else."
  }
  assert {
    condition     = output.authorizer.follows == false
    error_message = "The gateway would alarm on a log that is not read."
  }
}

run "logs_end" {
  command = plan

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 90 && aws_cloudwatch_log_group.this.name == "/aws/lambda/orders_orders_production_authorizer"
    error_message = "Decision lines are kept for ever, or elsewhere."
  }
}

run "another_archive_is_refused" {
  command = plan
  variables {
    artifact = { version = "1.0.0", file = "tests/files/authorizer.zip", code_sha256 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }
  }
  expect_failures = [aws_lambda_function.this]
}

run "another_floor_is_refused" {
  command = plan
  variables {
    floor = { file = "tests/files/floor.zip", sha256 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=" }
  }
  expect_failures = [aws_lambda_layer_version.floor]
}

run "a_name_too_long_for_lambda_is_refused" {
  command = plan
  variables { gateway = "a-team-with-quite-a-long-name/and-a-gateway-with-a-long-one" }
  expect_failures = [aws_lambda_function.this]
}

run "a_log_without_tls_is_refused" {
  command = plan
  variables {
    log = { bootstrap = ["b:9092"], topic = "t", heartbeat_topic = "h", security = "PLAINTEXT" }
  }
  expect_failures = [var.log]
}

run "scram_without_a_secret_is_refused" {
  command = plan
  variables {
    log = { bootstrap = ["b:9096"], topic = "t", heartbeat_topic = "h", mechanism = "SCRAM-SHA-512" }
  }
  expect_failures = [var.log]
}
