# An HTTP API: routes, the authorizer on each that is not public, integrations, one stage.

locals {
  # One integration for each backend and kind of route: a public route has no caller to tell the backend about.
  http_integrations = {
    for key in distinct([for _, route in local.routes : "${route.backend}${route.public ? " public" : ""}"]) : key => {
      backend = split(" ", key)[0]
      public  = endswith(key, " public")
    }
    if local.http
  }
}

resource "aws_apigatewayv2_api" "this" {
  count = local.http ? 1 : 0

  name                         = local.name
  description                  = var.description
  protocol_type                = "HTTP"
  disable_execute_api_endpoint = var.domain != null

  dynamic "cors_configuration" {
    for_each = var.cors == null ? [] : [var.cors]

    content {
      allow_origins     = cors_configuration.value.origins
      allow_methods     = cors_configuration.value.methods
      allow_headers     = cors_configuration.value.headers
      max_age           = cors_configuration.value.max_age
      allow_credentials = cors_configuration.value.credentials
    }
  }

  tags = local.tags

  depends_on = [terraform_data.declaration]
}

resource "aws_apigatewayv2_authorizer" "this" {
  count = local.http ? 1 : 0

  api_id                            = aws_apigatewayv2_api.this[0].id
  name                              = "gatefleet"
  authorizer_type                   = "REQUEST"
  authorizer_uri                    = var.authorizer.invoke_arn
  authorizer_payload_format_version = "2.0"
  enable_simple_responses           = true
  identity_sources                  = local.identity_sources.http
  # Left out, API Gateway would keep answers for 300 seconds.
  authorizer_result_ttl_in_seconds = var.result_ttl
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.http_integrations

  api_id               = aws_apigatewayv2_api.this[0].id
  description          = each.key
  timeout_milliseconds = 29000

  integration_type = contains(keys(local.functions), each.value.backend) ? "AWS_PROXY" : "HTTP_PROXY"
  # A private integration names the listener behind its VPC link; the URL's host is what TLS must prove.
  integration_uri = try(
    local.invocations[each.value.backend],
    var.vpc_links[var.backends[each.value.backend].vpc_link].listener_arn,
    var.backends[each.value.backend].http,
  )
  integration_method     = contains(keys(local.functions), each.value.backend) ? "POST" : "ANY"
  payload_format_version = contains(keys(local.functions), each.value.backend) ? "2.0" : "1.0"

  connection_type = var.backends[each.value.backend].vpc_link == null ? "INTERNET" : "VPC_LINK"
  connection_id   = try(var.vpc_links[var.backends[each.value.backend].vpc_link].id, null)

  dynamic "tls_config" {
    for_each = var.backends[each.value.backend].vpc_link != null && startswith(coalesce(var.backends[each.value.backend].http, "-"), "https://") ? [1] : []

    content {
      server_name_to_verify = regex("^https://([^/:]+)", var.backends[each.value.backend].http)[0]
    }
  }

  request_parameters = contains(keys(local.functions), each.value.backend) ? null : merge(
    # The caller's path, below that of the backend's URL.
    {
      "overwrite:path" = join("", [
        trimsuffix(try(regex("^https?://[^/]+(/.*)$", var.backends[each.value.backend].http)[0], ""), "/"),
        "$${request.path}", # in braces, as API Gateway wants a variable beside other text
      ])
    },
    { for header, member in local.told : "${each.value.public ? "remove" : "overwrite"}:header.${header}" => each.value.public ? "''" : "$context.authorizer.${member}" },
    contains(local.credentials, "api_key") ? { "remove:header.x-api-key" = "''" } : {},
  )

  lifecycle {
    precondition {
      condition     = try(var.vpc_links[var.backends[each.value.backend].vpc_link].listener_arn != null, true)
      error_message = "Backend ${each.value.backend}: on an HTTP API a VPC link leads to a listener: give listener_arn."
    }
  }
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.http ? local.routes : {}

  api_id    = aws_apigatewayv2_api.this[0].id
  route_key = each.key
  # Up to 64 UTF-16 units, which Terraform does not count: so the beginning that is ASCII.
  operation_name     = try(regex("^[ -~]{1,64}", each.value.description), null)
  target             = "integrations/${aws_apigatewayv2_integration.this["${each.value.backend}${each.value.public ? " public" : ""}"].id}"
  authorization_type = each.value.public ? "NONE" : "CUSTOM"
  authorizer_id      = each.value.public ? null : aws_apigatewayv2_authorizer.this[0].id
}

resource "aws_apigatewayv2_stage" "this" {
  count = local.http ? 1 : 0

  api_id      = aws_apigatewayv2_api.this[0].id
  name        = "$default"
  auto_deploy = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = local.access_log_format
  }

  # Both limits always stand here: left out, the provider sends 0, and every request is answered 429.
  default_route_settings {
    detailed_metrics_enabled = true
    throttling_rate_limit    = var.throttle.rate
    throttling_burst_limit   = var.throttle.burst
  }

  dynamic "route_settings" {
    for_each = { for key, route in local.routes : key => route.throttle if route.throttle != null }

    content {
      route_key                = route_settings.key
      detailed_metrics_enabled = true
      throttling_rate_limit    = route_settings.value.rate
      throttling_burst_limit   = route_settings.value.burst
    }
  }

  tags = local.tags

  # Route settings name routes, which must be there.
  depends_on = [aws_apigatewayv2_route.this]
}

resource "aws_lambda_permission" "http_authorizer" {
  count = local.http ? 1 : 0

  statement_id  = "${local.name}-authorizer"
  action        = "lambda:InvokeFunction"
  function_name = var.authorizer.function_name
  qualifier     = var.authorizer.qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this[0].execution_arn}/authorizers/${aws_apigatewayv2_authorizer.this[0].id}"
}

resource "aws_lambda_permission" "http_backend" {
  for_each = local.http ? local.functions : {}

  statement_id  = local.name
  action        = "lambda:InvokeFunction"
  function_name = local.unqualified[each.key].arn
  qualifier     = local.unqualified[each.key].qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this[0].execution_arn}/*/*"
}
