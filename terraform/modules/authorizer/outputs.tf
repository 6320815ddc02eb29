output "authorizer" {
  description = "What module gateway takes as `authorizer`."
  # Written out rather than asked for, so that the gateway's plan shows everything before the function exists.
  value = {
    invoke_arn = join("", [
      "arn:${data.aws_partition.this.partition}:apigateway:${data.aws_region.this.region}:lambda:path/2015-03-31/functions/",
      "arn:${data.aws_partition.this.partition}:lambda:${data.aws_region.this.region}:${data.aws_caller_identity.this.account_id}",
      ":function:${local.function_name}:live/invocations",
    ])
    function_name = local.function_name
    qualifier     = "live"
    variant       = var.variant
    follows       = local.follows
  }
  depends_on = [aws_lambda_alias.live]
}

output "function_arn" {
  description = "ARN of the function's alias."
  value       = aws_lambda_alias.live.arn
}

output "version" {
  description = "The function version that the alias stands on."
  value       = aws_lambda_function.this.version
}

output "floor_layer_arn" {
  description = "ARN of the layer with floor and trust, with its version."
  value       = aws_lambda_layer_version.floor.arn
}

output "role_arn" {
  description = "The function's role, for the cluster policy or ACLs of the log."
  value       = aws_iam_role.this.arn
}

output "log_group_name" {
  description = "Where decision lines and metrics go."
  value       = aws_cloudwatch_log_group.this.name
}

output "security_group_id" {
  description = "The function's security group, for the brokers' inbound rules; null outside a VPC."
  value       = one(aws_security_group.this[*].id)
}
