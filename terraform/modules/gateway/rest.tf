# A REST API, said as one OpenAPI document: routes, the authorizer on each that is not public, integrations, preflight,
# error bodies. A deployment is made anew when the document or the policy changes, and for no other reason.

locals {
  paths = local.rest ? { for path in distinct([for _, route in local.routes : route.path]) : path => [for key, route in local.routes : merge(route, { key = key }) if route.path == path] } : {}

  parameters = { for path, _ in local.paths : path => [for found in regexall("[{]([^}+]+)[+]?[}]", path) : found[0]] }

  rest_integrations = { for key, route in local.rest ? local.routes : {} : key => merge(
    {
      type                = contains(keys(local.functions), route.backend) ? "aws_proxy" : "http_proxy"
      httpMethod          = contains(keys(local.functions), route.backend) ? "POST" : route.method
      passthroughBehavior = "when_no_match"
      timeoutInMillis     = 29000
      # {rest+} of the resource is {rest} of the URL.
      uri = try(local.invocations[route.backend], "${trimsuffix(var.backends[route.backend].http, "/")}${replace(route.path, "+}", "}")}")
    },
    var.backends[route.backend].vpc_link == null ? { connectionType = "INTERNET" } : {
      connectionType                                                = "VPC_LINK"
      connectionId                                                  = var.vpc_links[var.backends[route.backend].vpc_link].id
    },
    contains(keys(local.functions), route.backend) ? {} : {
      requestParameters = merge(
        { for name in local.parameters[route.path] : "integration.request.path.${name}" => "method.request.path.${name}" },
        { for header, member in local.told : "integration.request.header.${header}" => route.public ? "'-'" : "context.authorizer.${member}" },
        contains(local.credentials, "api_key") ? { "integration.request.header.x-api-key" = "'-'" } : {},
      )
    },
  ) }

  # One origin can be said as it is; of several API Gateway must pick the caller's, by a template.
  cors_origin = try(length(var.cors.origins) == 1 ? one(var.cors.origins) : null, null)
  cors_static = var.cors == null ? {} : merge(
    {
      "Access-Control-Allow-Methods" = join(",", var.cors.methods)
      "Access-Control-Allow-Headers" = join(",", var.cors.headers)
      "Access-Control-Max-Age"       = tostring(var.cors.max_age)
      "Vary"                         = "Origin"
    },
    local.cors_origin == null ? {} : { "Access-Control-Allow-Origin" = local.cors_origin },
    var.cors.credentials ? { "Access-Control-Allow-Credentials" = "true" } : {},
  )
  # HTTP/2 spells header names in lowercase, and this map is looked up as it is spelled.
  cors_template = local.cors_origin != null || var.cors == null ? "" : join("", [
    "#set($origin = $input.params().header.get('Origin'))",
    "#if(!$origin || $origin == '')#set($origin = $input.params().header.get('origin'))#end",
    "#if(${join(" || ", [for origin in var.cors.origins : "$origin == '${origin}'"])})",
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end",
  ])
  preflight = {
    summary   = "CORS preflight"
    security  = []
    responses = { "204" = { description = "What web pages of these origins may send", headers = { for name, _ in merge(local.cors_static, { "Access-Control-Allow-Origin" = "" }) : name => { schema = { type = "string" } } } } }
    "x-amazon-apigateway-integration" = {
      type             = "mock"
      contentHandling  = "CONVERT_TO_TEXT" # or a binary media type */* keeps the template from being read
      requestTemplates = { "application/json" = jsonencode({ statusCode = 204 }) }
      responses = {
        default = {
          statusCode         = "204"
          responseParameters = { for name, value in local.cors_static : "method.response.header.${name}" => "'${value}'" }
          responseTemplates  = { "application/json" = local.cors_template }
        }
      }
    }
  }

  operations = {
    for path, routes in local.paths : path => merge(
      var.cors != null && !anytrue([for route in routes : contains(["OPTIONS"], route.method)]) ? { options = jsonencode(local.preflight) } : {},
      {
        for route in routes : route.method == "ANY" ? "x-amazon-apigateway-any-method" : lower(route.method) => jsonencode({
          summary                           = route.description == "" ? route.key : route.description
          parameters                        = [for name in local.parameters[path] : { name = name, in = "path", required = true, schema = { type = "string" } }]
          security                          = route.public ? [] : [{ gatefleet = [] }]
          responses                         = { default = { description = "What the backend answers" } }
          "x-amazon-apigateway-integration" = local.rest_integrations[route.key]
        })
      },
    )
  }

  # -- Error bodies (RFC 9457), with CORS headers so that a page can read them ---------------------------------------

  errors = {
    BAD_REQUEST_BODY               = [400, "bad-request", "Bad Request"]
    BAD_REQUEST_PARAMETERS         = [400, "bad-request", "Bad Request"]
    UNAUTHORIZED                   = [401, "unauthorized", "Unauthorized"]
    ACCESS_DENIED                  = [403, "access-denied", "Forbidden"]
    WAF_FILTERED                   = [403, "filtered", "Forbidden"]
    INVALID_API_KEY                = [403, "access-denied", "Forbidden"]
    MISSING_AUTHENTICATION_TOKEN   = [404, "not-found", "Not Found"] # how API Gateway says that no route matches
    RESOURCE_NOT_FOUND             = [404, "not-found", "Not Found"]
    REQUEST_TOO_LARGE              = [413, "too-large", "Content Too Large"]
    UNSUPPORTED_MEDIA_TYPE         = [415, "unsupported-media-type", "Unsupported Media Type"]
    THROTTLED                      = [429, "throttled", "Too Many Requests"]
    QUOTA_EXCEEDED                 = [429, "throttled", "Too Many Requests"]
    API_CONFIGURATION_ERROR        = [500, "gateway-error", "Internal Server Error"]
    AUTHORIZER_CONFIGURATION_ERROR = [500, "authorizer-error", "Internal Server Error"]
    AUTHORIZER_FAILURE             = [500, "authorizer-error", "Internal Server Error"]
    INTEGRATION_FAILURE            = [504, "backend-failed", "Gateway Timeout"]
    INTEGRATION_TIMEOUT            = [504, "backend-timed-out", "Gateway Timeout"]
    DEFAULT_4XX                    = [null, "client-error", "Client Error"]
    DEFAULT_5XX                    = [null, "gateway-error", "Gateway Error"]
  }

  gateway_responses = {
    for type, error in local.errors : type => merge(
      error[0] == null ? {} : { statusCode = tostring(error[0]) },
      {
        responseParameters = merge(
          { "gatewayresponse.header.Content-Type" = "'application/problem+json'" },
          error[0] == 401 ? { "gatewayresponse.header.WWW-Authenticate" = "'Bearer'" } : {},
          var.cors == null ? {} : { "gatewayresponse.header.Vary" = "'Origin'" },
          # Error bodies hold nothing of anybody, so any page may read them; with credentials only where there is one origin.
          var.cors == null ? {} : { "gatewayresponse.header.Access-Control-Allow-Origin" = local.cors_origin == null ? "method.request.header.Origin" : "'${local.cors_origin}'" },
          try(var.cors.credentials && local.cors_origin != null, false) ? { "gatewayresponse.header.Access-Control-Allow-Credentials" = "'true'" } : {},
        )
        responseTemplates = {
          "application/json" = join("", [
            "{\"type\":", jsonencode("${var.error_type_base}${error[1]}"), ",\"title\":", jsonencode(error[2]),
            error[0] == null ? "" : ",\"status\":${error[0]}", ",\"instance\":\"urn:uuid:$context.requestId\"",
            type == "ACCESS_DENIED" ? ",\"reason\":\"$context.authorizer.reason\"" : "", "}",
          ])
        }
      },
    )
  }

  openapi = merge(local.openapi_policy, {
    openapi = "3.0.1"
    info    = { title = local.name, description = var.description, version = local.module_version }
    servers = [{
      url = "/"
      "x-amazon-apigateway-endpoint-configuration" = merge(
        { disableExecuteApiEndpoint = var.domain != null },
        var.private == null ? {} : { vpcEndpointIds = var.private.vpc_endpoint_ids },
      )
    }]
    paths = { for path, operations in local.operations : path => { for method, operation in operations : method => jsondecode(operation) } }
    components = {
      securitySchemes = {
        gatefleet = {
          type                           = "apiKey"
          name                           = coalesce(local.header, "Unused")
          in                             = "header"
          "x-amazon-apigateway-authtype" = "custom"
          "x-amazon-apigateway-authorizer" = merge(
            {
              type          = "request"
              authorizerUri = var.authorizer.invoke_arn
              # Left out, API Gateway would keep answers for 300 seconds.
              authorizerResultTtlInSeconds = var.result_ttl
            },
            length(local.identity_sources.rest) == 0 ? {} : { identitySource = join(", ", local.identity_sources.rest) },
          )
        }
      }
    }
    "x-amazon-apigateway-gateway-responses"  = local.gateway_responses
    "x-amazon-apigateway-binary-media-types" = var.binary_media_types
  })

  # Who may reach a private API at all; who may call is decided behind it, as everywhere. In the document, where API Gateway
  # fills in the API's own ARN: as the argument `policy` it would differ at every plan.
  openapi_policy = var.private == null ? {} : {
    "x-amazon-apigateway-policy" = {
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = "*"
        Action    = "execute-api:Invoke"
        Resource  = "execute-api:/*"
        Condition = { StringEquals = { "aws:SourceVpce" = var.private.vpc_endpoint_ids } }
      }]
    }
  }
}

resource "aws_api_gateway_rest_api" "this" {
  count = local.rest ? 1 : 0

  name                         = local.name
  description                  = var.description
  body                         = jsonencode(local.openapi)
  fail_on_warnings             = true
  put_rest_api_mode            = "overwrite"
  disable_execute_api_endpoint = var.domain != null
  binary_media_types           = var.binary_media_types

  endpoint_configuration {
    types            = [var.private == null ? "REGIONAL" : "PRIVATE"]
    vpc_endpoint_ids = try(var.private.vpc_endpoint_ids, null)
  }

  tags = local.tags

  depends_on = [terraform_data.declaration]
}

resource "aws_api_gateway_deployment" "this" {
  count = local.rest ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id

  triggers = {
    declaration = sha256(jsonencode(local.openapi))
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_stage" "this" {
  count = local.rest ? 1 : 0

  rest_api_id          = aws_api_gateway_rest_api.this[0].id
  deployment_id        = aws_api_gateway_deployment.this[0].id
  stage_name           = "live"
  xray_tracing_enabled = true

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = local.access_log_format
  }

  tags = local.tags
}

resource "aws_api_gateway_method_settings" "all" {
  count = local.rest ? 1 : 0

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  stage_name  = aws_api_gateway_stage.this[0].stage_name
  method_path = "*/*"

  settings {
    metrics_enabled = true
    # Execution logs hold headers and bodies, tokens among them: never on.
    logging_level          = "OFF"
    data_trace_enabled     = false
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
  }
}

resource "aws_api_gateway_method_settings" "route" {
  for_each = { for key, route in local.rest ? local.routes : {} : key => route if route.throttle != null }

  rest_api_id = aws_api_gateway_rest_api.this[0].id
  stage_name  = aws_api_gateway_stage.this[0].stage_name
  # `/orders/{id}` is `~1orders~1{id}` (RFC 6901), as API Gateway itself names it.
  method_path = "${replace(each.value.path, "/", "~1")}/${each.value.method}"

  settings {
    metrics_enabled        = true
    logging_level          = "OFF"
    data_trace_enabled     = false
    throttling_rate_limit  = each.value.throttle.rate
    throttling_burst_limit = each.value.throttle.burst
  }

  depends_on = [aws_api_gateway_method_settings.all]
}

resource "aws_wafv2_web_acl_association" "this" {
  count = local.rest && var.web_acl_arn != null ? 1 : 0

  resource_arn = aws_api_gateway_stage.this[0].arn
  web_acl_arn  = var.web_acl_arn
}

resource "aws_lambda_permission" "rest_authorizer" {
  count = local.rest ? 1 : 0

  statement_id  = "${local.name}-authorizer"
  action        = "lambda:InvokeFunction"
  function_name = var.authorizer.function_name
  qualifier     = var.authorizer.qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this[0].execution_arn}/authorizers/*"
}

resource "aws_lambda_permission" "rest_backend" {
  for_each = local.rest ? local.functions : {}

  statement_id  = local.name
  action        = "lambda:InvokeFunction"
  function_name = local.unqualified[each.key].arn
  qualifier     = local.unqualified[each.key].qualifier
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this[0].execution_arn}/*/*"
}
