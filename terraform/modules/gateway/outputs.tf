output "url" {
  description = "Where the API is reached."
  value = (
    var.domain != null ? "https://${var.domain.name}" :
    local.http ? aws_apigatewayv2_api.this[0].api_endpoint : aws_api_gateway_stage.this[0].invoke_url
  )
}

output "api_id" {
  description = "Id of the API."
  value       = local.http ? aws_apigatewayv2_api.this[0].id : aws_api_gateway_rest_api.this[0].id
}

output "execution_arn" {
  description = "ARN for permissions of further backends."
  value       = local.http ? aws_apigatewayv2_api.this[0].execution_arn : aws_api_gateway_rest_api.this[0].execution_arn
}

output "domain_target" {
  description = "What the domain's record must point to, where this module does not make it; null without a domain."
  value = var.domain == null ? null : {
    name    = try(aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].target_domain_name, aws_api_gateway_domain_name.this[0].regional_domain_name)
    zone_id = try(aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].hosted_zone_id, aws_api_gateway_domain_name.this[0].regional_zone_id)
  }
}

output "access_log_group_name" {
  description = "Where access logs go."
  value       = aws_cloudwatch_log_group.access.name
}

output "identity_sources" {
  description = "By which API Gateway finds a kept answer, and without which it answers 401 itself."
  value       = local.identity_sources[var.api]
}
