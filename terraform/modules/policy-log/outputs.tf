output "policy_topic" {
  description = "The topic of the policy log."
  value       = local.policy_topic
}

output "heartbeat_topics" {
  description = "Each team's topic of heartbeats."
  value       = local.heartbeats
}

output "signers" {
  description = "For the trust document and `gatefleet publish --key`: each signer's KMS key, and the role that may sign with it."
  value = {
    for name, signer in local.signers : signer.role => {
      key_arn  = aws_kms_key.signer[name].arn
      alias    = aws_kms_alias.signer[name].name
      role_arn = aws_iam_role.signer[name].arn
    }
  }
}

output "archive" {
  description = "The archive's bucket."
  value       = aws_s3_bucket.archive.bucket
}

output "commands" {
  description = "What the administrator of another Kafka cluster types, in place of what is made on MSK; principals are `reconciler` and `authorizer-<team>`."
  value = local.msk ? [] : concat(
    [
      join(" ", concat(
        ["kafka-topics.sh --bootstrap-server HOST:PORT --create --topic ${local.policy_topic} --partitions 1 --replication-factor ${var.replication_factor}"],
        [for name, value in local.policy_configs : "--config ${name}=${value}"],
      )),
      "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal User:reconciler --operation Read --operation Write --operation Describe --operation DescribeConfigs --topic ${local.policy_topic}",
      "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal User:reconciler --operation Read --operation Describe --topic ${local.prefix}.heartbeat. --resource-pattern-type prefixed",
    ],
    flatten([
      for team, topic in local.heartbeats : [
        join(" ", concat(
          ["kafka-topics.sh --bootstrap-server HOST:PORT --create --topic ${topic} --partitions 1 --replication-factor ${var.replication_factor}"],
          [for name, value in local.heartbeat_configs : "--config ${name}=${value}"],
        )),
        "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal User:authorizer-${team} --operation Read --operation Describe --topic ${local.policy_topic}",
        "kafka-acls.sh --bootstrap-server HOST:PORT --add --allow-principal User:authorizer-${team} --operation Write --operation Describe --topic ${topic}",
      ]
    ]),
  )
}
