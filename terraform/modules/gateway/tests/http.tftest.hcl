# An HTTP API as planned.

mock_provider "aws" { source = "./tests/mocks" }

variables {
  gateway     = "orders/orders"
  environment = "production"
  api         = "http"
  routes = {
    "GET /health"            = { backend = "orders", public = true }
    "GET /orders"            = { backend = "orders" }
    "POST /orders"           = { backend = "orders", throttle = { rate = 100, burst = 200 } }
    "GET /orders/{order_id}" = { backend = "warehouse" }
    "GET /stock"             = { backend = "warehouse", public = true }
  }
  backends = {
    orders    = { lambda = "orders-service" }
    warehouse = { http = "https://warehouse.example.com/v2/" }
  }
  authorizer = {
    invoke_arn    = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:mock:live/invocations"
    function_name = "orders_orders_production_authorizer"
    qualifier     = "live"
  }
}

run "every_route_that_is_not_public_has_the_authorizer" {
  command = plan

  assert {
    condition     = { for key, route in aws_apigatewayv2_route.this : key => route.authorization_type } == { "GET /health" = "NONE", "GET /orders" = "CUSTOM", "POST /orders" = "CUSTOM", "GET /orders/{order_id}" = "CUSTOM", "GET /stock" = "NONE" }
    error_message = "The authorizer is missing on a route, or stands before a public one."
  }
  assert {
    condition     = aws_apigatewayv2_authorizer.this[0].authorizer_type == "REQUEST" && aws_apigatewayv2_authorizer.this[0].authorizer_uri == var.authorizer.invoke_arn
    error_message = "The authorizer is not the one that was given."
  }
  assert {
    condition     = aws_apigatewayv2_authorizer.this[0].enable_simple_responses && aws_apigatewayv2_authorizer.this[0].authorizer_payload_format_version == "2.0"
    error_message = "The authorizer speaks payload format 2.0 with simple responses."
  }
  assert {
    condition     = length(aws_api_gateway_rest_api.this) == 0 && length(aws_api_gateway_stage.this) == 0
    error_message = "An HTTP API made parts of a REST API."
  }
}

run "answers_are_not_kept_unless_asked_for" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_authorizer.this[0].authorizer_result_ttl_in_seconds == 0
    error_message = "Left out, API Gateway would keep answers for 300 seconds."
  }
  assert {
    condition     = tolist(aws_apigatewayv2_authorizer.this[0].identity_sources) == tolist(["$request.header.Authorization"])
    error_message = "With one kind of credential a request without it is answered 401 by API Gateway itself."
  }
}

run "kept_answers_are_found_by_credential_route_and_address" {
  command = plan
  variables { result_ttl = 5 }

  assert {
    condition     = aws_apigatewayv2_authorizer.this[0].authorizer_result_ttl_in_seconds == 5
    error_message = "The result TTL is not the one asked for."
  }
  assert {
    condition     = toset(aws_apigatewayv2_authorizer.this[0].identity_sources) == toset(["$request.header.Authorization", "$context.routeKey", "$context.identity.sourceIp"])
    error_message = "An answer for one route, caller or address would be given for another."
  }
}

run "an_api_key_is_looked_for_in_its_header" {
  command = plan
  variables {
    routes = { "GET /feed" = { backend = "orders", credentials = ["api_key"] } }
  }

  assert {
    condition     = tolist(aws_apigatewayv2_authorizer.this[0].identity_sources) == tolist(["$request.header.x-api-key"])
    error_message = "The identity source is not the API key's header."
  }
}

run "several_kinds_of_credentials_leave_401_to_the_authorizer" {
  command = plan
  variables {
    routes = { "GET /feed" = { backend = "orders", credentials = ["api_key", "jwt"] } }
  }

  assert {
    condition     = length(coalesce(aws_apigatewayv2_authorizer.this[0].identity_sources, [])) == 0
    error_message = "A caller with the other kind would get 401."
  }
}

run "throttles_are_those_declared" {
  command = plan
  variables { throttle = { rate = 500, burst = 1000 } }

  assert {
    condition     = aws_apigatewayv2_stage.this[0].default_route_settings[0].throttling_rate_limit == 500 && aws_apigatewayv2_stage.this[0].default_route_settings[0].throttling_burst_limit == 1000
    error_message = "The stage's throttle is not the gateway's."
  }
  assert {
    condition     = [for one in aws_apigatewayv2_stage.this[0].route_settings : [one.route_key, one.throttling_rate_limit, one.throttling_burst_limit]] == [["POST /orders", 100, 200]]
    error_message = "Exactly the routes with a throttle of their own have settings."
  }
}

run "without_a_throttle_nothing_is_held_up" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_stage.this[0].default_route_settings[0].throttling_rate_limit == 10000 && aws_apigatewayv2_stage.this[0].default_route_settings[0].throttling_burst_limit == 5000
    error_message = "Left out, the provider sends 0 and every request is answered 429."
  }
}

run "a_permission_names_function_and_alias_apart" {
  command = plan
  variables {
    routes   = { "GET /orders" = { backend = "orders" } }
    backends = { orders = { lambda = "arn:aws:lambda:eu-west-1:123456789012:function:orders-service:live" } }
  }

  assert {
    condition     = aws_lambda_permission.http_backend["orders"].function_name == "arn:aws:lambda:eu-west-1:123456789012:function:orders-service" && aws_lambda_permission.http_backend["orders"].qualifier == "live"
    error_message = "As one ARN it would be replaced by every apply."
  }
  assert {
    condition     = endswith(aws_apigatewayv2_integration.this["orders"].integration_uri, "function:orders-service:live/invocations")
    error_message = "The alias is not what is called."
  }
}

run "a_lambda_backend_is_called_as_a_proxy_and_may_be" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_integration.this["orders"].integration_type == "AWS_PROXY" && aws_apigatewayv2_integration.this["orders"].payload_format_version == "2.0"
    error_message = "A function gets payload format 2.0."
  }
  assert {
    condition     = aws_apigatewayv2_integration.this["orders"].integration_uri == "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:orders-service/invocations"
    error_message = "A function's name is one of this account and region."
  }
  assert {
    condition     = aws_lambda_permission.http_backend["orders"].function_name == "arn:aws:lambda:eu-west-1:123456789012:function:orders-service" && aws_lambda_permission.http_backend["orders"].principal == "apigateway.amazonaws.com"
    error_message = "API Gateway may not call the backend."
  }
  assert {
    condition     = aws_apigatewayv2_integration.this["orders"].request_parameters == null
    error_message = "A function learns about its caller from the event, not from headers."
  }
}

run "an_http_backend_gets_the_path_and_learns_who_calls" {
  command = plan

  assert {
    condition     = aws_apigatewayv2_integration.this["warehouse"].integration_type == "HTTP_PROXY" && aws_apigatewayv2_integration.this["warehouse"].request_parameters["overwrite:path"] == "/v2$${request.path}"
    error_message = "The path is not kept below the backend's own."
  }
  assert {
    condition     = aws_apigatewayv2_integration.this["warehouse"].request_parameters["overwrite:header.x-gatefleet-client-id"] == "$context.authorizer.client_id"
    error_message = "The backend does not learn who calls."
  }
  assert {
    condition     = aws_apigatewayv2_integration.this["warehouse public"].request_parameters["remove:header.x-gatefleet-client-id"] == "''"
    error_message = "On a public route a caller could say who it is."
  }
}

run "an_api_key_does_not_reach_the_backend" {
  command = plan
  variables {
    routes = { "GET /feed" = { backend = "warehouse", credentials = ["api_key"] } }
  }

  assert {
    condition     = aws_apigatewayv2_integration.this["warehouse"].request_parameters["remove:header.x-api-key"] == "''"
    error_message = "The backend sees its caller's secret."
  }
}

run "a_vpc_link_leads_to_its_listener" {
  command = plan
  variables {
    routes    = { "GET /stock" = { backend = "inside" }, "$default" = { backend = "inside" } }
    backends  = { inside = { http = "https://stock.internal.example.com", vpc_link = "stock" } }
    vpc_links = { stock = { id = "abc123", listener_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/x/1/2" } }
  }

  assert {
    condition     = aws_apigatewayv2_integration.this["inside"].connection_type == "VPC_LINK" && aws_apigatewayv2_integration.this["inside"].connection_id == "abc123"
    error_message = "The backend is not reached through its VPC link."
  }
  assert {
    condition     = aws_apigatewayv2_integration.this["inside"].integration_uri == "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/x/1/2"
    error_message = "A private integration names its listener."
  }
  assert {
    condition     = aws_apigatewayv2_integration.this["inside"].tls_config[0].server_name_to_verify == "stock.internal.example.com"
    error_message = "TLS must prove the URL's host."
  }
  assert {
    condition     = aws_apigatewayv2_route.this["$default"].authorization_type == "CUSTOM"
    error_message = "The catch-all has no authorizer."
  }
}

run "a_domain_turns_the_other_address_off" {
  command = plan
  variables {
    domain     = { name = "orders.api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/x", zone_id = "Z123" }
    mutual_tls = { truststore_uri = "s3://trust/store.pem", truststore_version = "v1" }
  }

  assert {
    condition     = aws_apigatewayv2_api.this[0].disable_execute_api_endpoint
    error_message = "Callers pass by mutual TLS through the execute-api address."
  }
  assert {
    condition     = aws_apigatewayv2_domain_name.this[0].domain_name_configuration[0].security_policy == "TLS_1_2" && aws_apigatewayv2_domain_name.this[0].mutual_tls_authentication[0].truststore_uri == "s3://trust/store.pem"
    error_message = "The domain does not ask for certificates."
  }
  assert {
    condition     = aws_route53_record.this[0].type == "A"
    error_message = "The domain has no record."
  }
  assert {
    condition     = output.url == "https://orders.api.example.com"
    error_message = "The address is not the domain's."
  }
}

run "cors_is_api_gateways_own" {
  command = plan
  variables { cors = { origins = ["https://shop.example.com"], methods = ["GET"], headers = ["authorization"], max_age = 600, credentials = true } }

  assert {
    condition     = aws_apigatewayv2_api.this[0].cors_configuration[0].allow_origins == toset(["https://shop.example.com"]) && aws_apigatewayv2_api.this[0].cors_configuration[0].allow_credentials && aws_apigatewayv2_api.this[0].cors_configuration[0].max_age == 600
    error_message = "CORS is not the declared one."
  }
}

run "a_log_line_is_json_with_the_asked_fields" {
  command = plan
  variables { log_fields = ["time", "route", "client_id", "reason"] }

  assert {
    condition     = tolist(keys(jsondecode(replace(replace(local.access_log_format, "$context.requestTimeEpoch", "1"), "$context.status", "1")))) == tolist(["client_id", "environment", "gateway", "reason", "request_id", "route", "status", "time"])
    error_message = "The line is no JSON, or has other fields."
  }
  assert {
    condition     = strcontains(aws_apigatewayv2_stage.this[0].access_log_settings[0].format, "\"reason\":\"$context.authorizer.reason\"")
    error_message = "The reason of a denial is not in the line."
  }
  assert {
    condition     = strcontains(aws_apigatewayv2_stage.this[0].access_log_settings[0].format, "$context.requestId")
    error_message = "API Gateway refuses a format without a request id."
  }
  assert {
    condition     = startswith(aws_cloudwatch_log_group.access.name, "/aws/vendedlogs/")
    error_message = "Each HTTP API would add its log group to a resource policy that AWS limits to 5,120 characters."
  }
  assert {
    condition     = !strcontains(aws_apigatewayv2_stage.this[0].access_log_settings[0].format, "$context.path") && !strcontains(aws_apigatewayv2_stage.this[0].access_log_settings[0].format, "authorizer.subject")
    error_message = "The line holds a path or a subject."
  }
}

run "alarms_watch_our_own_metrics" {
  command = plan
  variables { alarms = { actions = ["arn:aws:sns:eu-west-1:123456789012:alarms"], stale_seconds = 30 } }

  assert {
    condition     = toset(keys(aws_cloudwatch_metric_alarm.this)) == toset(["stale-view", "refused-records", "floor-age", "authorizer-throttled", "throttled"])
    error_message = "An alarm is missing."
  }
  assert {
    condition     = aws_cloudwatch_metric_alarm.this["stale-view"].threshold == 30 && aws_cloudwatch_metric_alarm.this["stale-view"].dimensions == tomap({ service = "orders/orders", environment = "production" })
    error_message = "The stale view is not watched under our dimensions."
  }
  assert {
    condition     = alltrue([for _, one in aws_cloudwatch_metric_alarm.this : one.alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:alarms"])])
    error_message = "An alarm tells nobody."
  }
}

run "a_floor_only_gateway_has_no_alarm_on_a_log_that_it_does_not_read" {
  command = plan
  variables {
    authorizer = { invoke_arn = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:mock:live/invocations", function_name = "f", qualifier = "live", follows = false }
  }

  assert {
    condition     = !contains(keys(aws_cloudwatch_metric_alarm.this), "stale-view")
    error_message = "It would alarm for ever."
  }
}

run "tags_carry_team_cost_centre_and_version" {
  command = plan
  variables { cost_centre = "cc-1200" }

  assert {
    condition     = aws_apigatewayv2_api.this[0].tags["gatefleet:team"] == "orders" && aws_apigatewayv2_api.this[0].tags["cost-centre"] == "cc-1200" && aws_apigatewayv2_api.this[0].tags["gatefleet:module"] == local.module_version
    error_message = "A tag is missing."
  }
}

run "what_an_http_api_cannot_do_is_refused" {
  command = plan
  variables { web_acl_arn = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/x/y" }
  expect_failures = [terraform_data.declaration]
}

run "certificates_without_mutual_tls_are_refused" {
  command = plan
  variables {
    routes = { "GET /settlements" = { backend = "orders", credentials = ["certificate"] } }
  }
  expect_failures = [terraform_data.declaration]
}

run "kept_answers_on_a_catch_all_are_refused" {
  command = plan
  variables {
    result_ttl = 5
    routes     = { "GET /files/{path+}" = { backend = "orders" } }
  }
  expect_failures = [terraform_data.declaration]
}

run "a_backend_that_is_not_declared_is_refused" {
  command = plan
  variables { backends = { other = { lambda = "other" } } }
  expect_failures = [terraform_data.declaration]
}

run "what_api_gateway_would_fill_in_is_refused" {
  command = plan
  variables { backends = { orders = { lambda = "orders-service" }, warehouse = { http = "https://warehouse.example.com/$${stageVariables.x}" } } }
  expect_failures = [var.backends]
}

run "a_description_is_cut_where_api_gateway_cuts" {
  command = plan
  variables {
    routes = {
      "GET /long" = { backend = "orders", description = "Says more than sixty-four characters can hold, which API Gateway refuses." }
      "GET /odd"  = { backend = "orders", description = "über" }
    }
  }

  assert {
    condition     = length(aws_apigatewayv2_route.this["GET /long"].operation_name) == 64 && aws_apigatewayv2_route.this["GET /odd"].operation_name == null
    error_message = "An operation's name has 1 to 64 characters."
  }
}

run "any_origin_beside_others_is_refused" {
  command = plan
  variables { cors = { origins = ["*", "https://shop.example.com"] } }
  expect_failures = [var.cors]
}

run "any_origin_with_credentials_is_refused" {
  command = plan
  variables { cors = { origins = ["*"], credentials = true } }
  expect_failures = [var.cors]
}

run "an_unknown_log_field_is_refused" {
  command = plan
  variables { log_fields = ["authorization"] }
  expect_failures = [var.log_fields]
}
