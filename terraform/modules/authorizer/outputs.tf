output "authorizer" {
  description = "What module gateway takes as `authorizer`."
  value = {
    invoke_arn    = aws_lambda_alias.live.invoke_arn
    function_name = aws_lambda_function.this.function_name
    qualifier     = aws_lambda_alias.live.name
    variant       = var.variant
    follows       = local.follows
  }
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
