# A REST API as planned: its OpenAPI document, looked at as a document.

mock_provider "aws" { source = "./tests/mocks" }

variables {
  gateway     = "payments/payments"
  environment = "production"
  api         = "rest"
  routes = {
    "GET /status"                     = { backend = "ledger", public = true }
    "GET /orders/{order_id}/payments" = { backend = "ledger" }
    "POST /orders/{order_id}/refunds" = { backend = "payments", throttle = { rate = 5, burst = 10 }, description = "Gives money back." }
    "ANY /files/{path+}"              = { backend = "ledger" }
    "GET /"                           = { backend = "payments", throttle = { rate = 1, burst = 1 } }
  }
  backends = {
    payments = { lambda = "arn:aws:lambda:eu-west-1:123456789012:function:payments:live" }
    ledger   = { http = "https://ledger.example.com/api", vpc_link = "ledger" }
  }
  vpc_links = { ledger = { id = "link1" } }
  authorizer = {
    invoke_arn    = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:mock:live/invocations"
    function_name = "payments_payments_production_authorizer"
    qualifier     = "live"
  }
}

run "every_route_that_is_not_public_has_the_authorizer" {
  command = plan

  assert {
    condition = merge([for path, operations in jsondecode(aws_api_gateway_rest_api.this[0].body).paths : { for method, operation in operations : "${method} ${path}" => length(operation.security) }]...) == {
      "get /status"                                   = 0
      "get /orders/{order_id}/payments"               = 1
      "post /orders/{order_id}/refunds"               = 1
      "x-amazon-apigateway-any-method /files/{path+}" = 1
      "get /"                                         = 1
    }
    error_message = "The authorizer is missing on a route, or stands before a public one."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/"].get.security[0] == { gatefleet = [] }
    error_message = "The authorizer on a route is another one."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).components.securitySchemes.gatefleet["x-amazon-apigateway-authorizer"].authorizerUri == var.authorizer.invoke_arn
    error_message = "The authorizer is not the one that was given."
  }
  assert {
    condition     = length(aws_apigatewayv2_api.this) == 0 && length(aws_apigatewayv2_stage.this) == 0
    error_message = "A REST API made parts of an HTTP API."
  }
}

run "answers_are_not_kept_unless_asked_for" {
  command = plan

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).components.securitySchemes.gatefleet["x-amazon-apigateway-authorizer"].authorizerResultTtlInSeconds == 0
    error_message = "Left out, API Gateway would keep answers for 300 seconds."
  }
}

run "kept_answers_are_found_by_credential_route_and_address" {
  command = plan
  variables {
    result_ttl = 5
    routes     = { "GET /orders/{order_id}" = { backend = "payments" } }
  }

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).components.securitySchemes.gatefleet["x-amazon-apigateway-authorizer"].identitySource == "method.request.header.Authorization, context.httpMethod, context.resourcePath, context.identity.sourceIp"
    error_message = "An answer for one route, caller or address would be given for another."
  }
}

run "a_lambda_backend_is_called_as_a_proxy_and_may_be" {
  command = plan

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/orders/{order_id}/refunds"].post["x-amazon-apigateway-integration"].type == "aws_proxy"
    error_message = "A function is called as a proxy."
  }
  assert {
    condition     = endswith(jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/orders/{order_id}/refunds"].post["x-amazon-apigateway-integration"].uri, "function:payments:live/invocations")
    error_message = "A function's ARN stays as it is."
  }
  assert {
    condition     = aws_lambda_permission.rest_backend["payments"].function_name == "arn:aws:lambda:eu-west-1:123456789012:function:payments" && aws_lambda_permission.rest_backend["payments"].qualifier == "live"
    error_message = "API Gateway may not call the backend, or function and alias stand in one ARN and differ at every plan."
  }
}

run "an_http_backend_gets_the_path_and_learns_who_calls" {
  command = plan

  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/files/{path+}"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].uri == "https://ledger.example.com/api/files/{path}"
    error_message = "The greedy part of the path is not passed on."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/files/{path+}"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"].requestParameters["integration.request.path.path"] == "method.request.path.path"
    error_message = "The parameter is not mapped."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/orders/{order_id}/payments"].get["x-amazon-apigateway-integration"].requestParameters["integration.request.header.x-gatefleet-client-id"] == "context.authorizer.client_id"
    error_message = "The backend does not learn who calls."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/status"].get["x-amazon-apigateway-integration"].requestParameters["integration.request.header.x-gatefleet-client-id"] == "'-'"
    error_message = "On a public route a caller could say who it is."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/status"].get["x-amazon-apigateway-integration"].connectionId == "link1"
    error_message = "The backend is not reached through its VPC link."
  }
}

run "throttles_are_those_declared" {
  command = plan
  variables { throttle = { rate = 300, burst = 600 } }

  assert {
    condition     = aws_api_gateway_method_settings.all[0].settings[0].throttling_rate_limit == 300 && aws_api_gateway_method_settings.all[0].settings[0].throttling_burst_limit == 600
    error_message = "The stage's throttle is not the gateway's."
  }
  assert {
    condition     = { for key, one in aws_api_gateway_method_settings.route : one.method_path => one.settings[0].throttling_rate_limit } == { "~1orders~1{order_id}~1refunds/POST" = 5, "~1/GET" = 1 }
    error_message = "A route's throttle stands under another method path."
  }
}

run "tokens_never_reach_execution_logs" {
  command = plan

  assert {
    condition     = aws_api_gateway_method_settings.all[0].settings[0].logging_level == "OFF" && !aws_api_gateway_method_settings.all[0].settings[0].data_trace_enabled
    error_message = "Execution logs hold headers."
  }
  assert {
    condition     = aws_api_gateway_stage.this[0].xray_tracing_enabled
    error_message = "Tracing is off where the API kind has it."
  }
}

run "errors_are_problem_details" {
  command = plan
  variables { error_type_base = "https://errors.example.com/" }

  assert {
    condition = jsondecode(jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"].UNAUTHORIZED.responseTemplates["application/json"]) == {
      type = "https://errors.example.com/unauthorized", title = "Unauthorized", status = 401, instance = "urn:uuid:$context.requestId"
    }
    error_message = "The body of a 401 is not RFC 9457."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"].UNAUTHORIZED.responseParameters["gatewayresponse.header.WWW-Authenticate"] == "'Bearer'"
    error_message = "A 401 names no scheme (RFC 9110 section 11.6.1)."
  }
  assert {
    condition     = jsondecode(jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"].ACCESS_DENIED.responseTemplates["application/json"]).reason == "$context.authorizer.reason"
    error_message = "A 403 does not say why."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"].MISSING_AUTHENTICATION_TOKEN.statusCode == "404"
    error_message = "API Gateway says 403 where no route matches; we say 404."
  }
  assert {
    condition     = alltrue([for _, one in jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"] : can(jsondecode(one.responseTemplates["application/json"])) && !strcontains(one.responseTemplates["application/json"], "$context.status")])
    error_message = "A body is no JSON; `$context.status` is known to access logs alone, and would leave a hole."
  }
  assert {
    condition     = alltrue([for _, one in jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"] : one.responseParameters["gatewayresponse.header.Content-Type"] == "'application/problem+json'"])
    error_message = "An error body does not say what it is."
  }
}

run "a_page_gets_its_preflight_and_can_read_errors" {
  command = plan
  variables { cors = { origins = ["https://shop.example.com"], methods = ["GET", "POST"], headers = ["authorization"], max_age = 600 } }

  assert {
    condition     = alltrue([for path, operations in jsondecode(aws_api_gateway_rest_api.this[0].body).paths : length(operations.options.security) == 0])
    error_message = "A preflight carries no token, so it cannot be asked for one."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/"].options["x-amazon-apigateway-integration"].responses.default.responseParameters["method.response.header.Access-Control-Allow-Origin"] == "'https://shop.example.com'"
    error_message = "The preflight names another origin."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-gateway-responses"].ACCESS_DENIED.responseParameters["gatewayresponse.header.Access-Control-Allow-Origin"] == "'https://shop.example.com'"
    error_message = "A page cannot read why it was denied."
  }
}

run "of_several_origins_the_callers_is_picked" {
  command = plan
  variables { cors = { origins = ["https://a.example.com", "https://b.example.com"] } }

  assert {
    condition     = strcontains(jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/"].options["x-amazon-apigateway-integration"].responses.default.responseTemplates["application/json"], "#if($origin == 'https://a.example.com' || $origin == 'https://b.example.com')")
    error_message = "The template does not know the origins."
  }
  assert {
    condition     = !contains(keys(jsondecode(aws_api_gateway_rest_api.this[0].body).paths["/"].options["x-amazon-apigateway-integration"].responses.default.responseParameters), "method.response.header.Access-Control-Allow-Origin")
    error_message = "A fixed origin would be said to every page."
  }
}

run "a_private_api_is_reached_through_its_endpoints_only" {
  command = plan
  variables { private = { vpc_endpoint_ids = ["vpce-1"] } }

  assert {
    condition     = tolist(aws_api_gateway_rest_api.this[0].endpoint_configuration[0].types) == tolist(["PRIVATE"])
    error_message = "The API is on the internet."
  }
  assert {
    condition     = jsondecode(aws_api_gateway_rest_api.this[0].body)["x-amazon-apigateway-policy"].Statement[0].Condition.StringEquals["aws:SourceVpce"] == ["vpce-1"]
    error_message = "Other endpoints reach the API."
  }
}

run "a_firewall_stands_before_the_stage" {
  command = plan
  variables { web_acl_arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/x/y" }

  assert {
    condition     = aws_wafv2_web_acl_association.this[0].web_acl_arn == var.web_acl_arn
    error_message = "The firewall is not associated."
  }
}

run "a_domain_turns_the_other_address_off" {
  command = plan
  variables { domain = { name = "payments.api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/x" } }

  assert {
    condition     = aws_api_gateway_rest_api.this[0].disable_execute_api_endpoint && length(aws_route53_record.this) == 0
    error_message = "The execute-api address is on, or a record was made without a zone."
  }
}

run "a_new_route_deploys_anew" {
  command = plan
  variables { description = "Captures and refunds." }

  assert {
    condition     = aws_api_gateway_deployment.this[0].triggers.declaration == sha256(jsonencode(local.openapi))
    error_message = "The deployment does not follow the declaration."
  }
}

run "a_default_route_is_refused" {
  command = plan
  variables {
    routes = { "$default" = { backend = "payments" } }
  }
  expect_failures = [var.routes]
}

run "a_throttle_on_any_is_refused" {
  command = plan
  variables {
    routes = { "ANY /files" = { backend = "payments", throttle = { rate = 1, burst = 1 } } }
  }
  expect_failures = [terraform_data.declaration]
}
