# The API's own name. Mutual TLS and the firewall guard this address, so API Gateway's own (execute-api) is off with it.

resource "aws_apigatewayv2_domain_name" "this" {
  count = local.http && var.domain != null ? 1 : 0

  domain_name = var.domain.name

  domain_name_configuration {
    certificate_arn = var.domain.certificate_arn
    endpoint_type   = "REGIONAL"
    security_policy = "TLS_1_2"
  }

  dynamic "mutual_tls_authentication" {
    for_each = var.mutual_tls == null ? [] : [var.mutual_tls]

    content {
      truststore_uri     = mutual_tls_authentication.value.truststore_uri
      truststore_version = mutual_tls_authentication.value.truststore_version
    }
  }

  tags = local.tags
}

resource "aws_apigatewayv2_api_mapping" "this" {
  count = local.http && var.domain != null ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  domain_name = aws_apigatewayv2_domain_name.this[0].domain_name
  stage       = aws_apigatewayv2_stage.this[0].name
}

resource "aws_api_gateway_domain_name" "this" {
  count = local.rest && var.domain != null ? 1 : 0

  domain_name              = var.domain.name
  regional_certificate_arn = var.domain.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  dynamic "mutual_tls_authentication" {
    for_each = var.mutual_tls == null ? [] : [var.mutual_tls]

    content {
      truststore_uri     = mutual_tls_authentication.value.truststore_uri
      truststore_version = mutual_tls_authentication.value.truststore_version
    }
  }

  tags = local.tags
}

resource "aws_api_gateway_base_path_mapping" "this" {
  count = local.rest && var.domain != null ? 1 : 0

  api_id      = aws_api_gateway_rest_api.this[0].id
  domain_name = aws_api_gateway_domain_name.this[0].domain_name
  stage_name  = aws_api_gateway_stage.this[0].stage_name
}

resource "aws_route53_record" "this" {
  count = try(var.domain.zone_id, null) == null ? 0 : 1

  zone_id = var.domain.zone_id
  name    = var.domain.name
  type    = "A" # the domain is IPv4: what clients' address ranges are written for

  alias {
    name                   = try(aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].target_domain_name, aws_api_gateway_domain_name.this[0].regional_domain_name)
    zone_id                = try(aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].hosted_zone_id, aws_api_gateway_domain_name.this[0].regional_zone_id)
    evaluate_target_health = false
  }
}
