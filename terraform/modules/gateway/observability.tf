# How the gateway is watched: one JSON line a request, alarms, a dashboard.

locals {
  # A line never holds a token, a path, a query or a subject.
  log_variables = {
    time            = "$context.requestTimeEpoch"
    request_id      = "$context.requestId"
    gateway         = null
    environment     = null
    route           = local.http ? "$context.routeKey" : "$context.httpMethod $context.resourcePath"
    status          = "$context.status"
    client_id       = "$context.authorizer.client_id"
    decision_id     = "$context.authorizer.decision_id"
    reason          = "$context.authorizer.reason"
    revision        = "$context.authorizer.revision"
    freshness       = "$context.authorizer.freshness"
    latency_ms      = "$context.responseLatency"
    backend_ms      = local.http ? "$context.integrationLatency" : "$context.integration.latency"
    authorizer_ms   = local.http ? "-" : "$context.authorizer.integrationLatency" # an HTTP API does not tell
    error           = "$context.error.responseType"
    source_ip       = "$context.identity.sourceIp"
    protocol        = "$context.protocol"
    response_length = "$context.responseLength"
    trace_id        = local.rest ? "$context.xrayTraceId" : "$context.requestId"
  }
  log_field_names = ["time", "request_id", "gateway", "environment", "route", "status", "client_id", "decision_id", "reason", "revision", "freshness", "latency_ms", "backend_ms", "authorizer_ms", "error", "source_ip", "protocol", "response_length", "trace_id"]

  # Always there: API Gateway takes no format without a request id, and an alarm counts by the others.
  fields = distinct(concat(var.log_fields, ["request_id", "gateway", "environment", "status"]))
  # In the order that was asked for, which an object would not keep. What API Gateway has no value for is "-", so only what
  # is always a number stands without quotes.
  access_log_format = join("", ["{", join(",", [
    for field in local.fields : join("", [
      jsonencode(field), ":",
      field == "gateway" ? jsonencode(var.gateway) : field == "environment" ? jsonencode(var.environment) :
      contains(["time", "status"], field) ? local.log_variables[field] : "\"${local.log_variables[field]}\"",
    ])
  ]), "}"])
}

resource "aws_cloudwatch_log_group" "access" {
  # Below /aws/vendedlogs one resource policy lets API Gateway write to all of them; else each HTTP API adds its own group to a
  # policy that AWS limits to 5,120 characters.
  name              = "/aws/vendedlogs/gatefleet/${var.environment}/${var.gateway}/access"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = local.tags
}

# API Gateway has no metric of what it throttled.
resource "aws_cloudwatch_log_metric_filter" "throttled" {
  name           = "${local.name}-throttled"
  log_group_name = aws_cloudwatch_log_group.access.name
  pattern        = "{ $.status = 429 }"

  metric_transformation {
    namespace = "gatefleet"
    name      = "Throttled"
    value     = "1"
    unit      = "Count"
    dimensions = {
      gateway     = "$.gateway"
      environment = "$.environment"
    }
  }
}

# -- Alarms ------------------------------------------------------------------------------------------------------------

locals {
  own_metrics = { service = var.gateway, environment = var.environment } # docs/reference/heartbeat.md, "The line of metrics"

  # Per kind of API: the namespace's names of the same things.
  api_dimensions = local.http ? { ApiId = try(aws_apigatewayv2_api.this[0].id, "") } : { ApiName = local.name, Stage = "live" }
  server_errors  = local.http ? "5xx" : "5XXError"
  client_errors  = local.http ? "4xx" : "4XXError"

  alarms = var.alarms == null ? {} : merge(
    var.authorizer.follows ? {
      stale-view = {
        description = "The policy in effect has not been read for more than ${var.alarms.stale_seconds} s: what is revoked may still be allowed. Look at the log and at the authorizer's read failures."
        namespace   = "gatefleet", metric = "ViewAge", statistic = "Maximum", dimensions = local.own_metrics
        threshold   = var.alarms.stale_seconds, periods = 3
      }
      refused-records = {
        description = "The authorizer refused records of the policy log: somebody wrote what is not policy, or signed with a key that is not trusted. See refusals in its heartbeats."
        namespace   = "gatefleet", metric = "RefusedRecords", statistic = "Sum", dimensions = local.own_metrics
        threshold   = 0, periods = 1
      }
    } : {},
    {
      floor-age = {
        description = "The baked-in policy is older than ${floor(var.alarms.floor_age / 86400)} days: a cold start without the log would enforce it. Apply what was rendered since."
        namespace   = "gatefleet", metric = "FloorAge", statistic = "Maximum", dimensions = local.own_metrics
        threshold   = var.alarms.floor_age, periods = 1
      }
      authorizer-throttled = {
        description = "Lambda had no execution environment for the authorizer; callers got 500. Raise its reserved concurrency or the account's."
        namespace   = "AWS/Lambda", metric = "Throttles", statistic = "Sum", dimensions = { FunctionName = var.authorizer.function_name }
        threshold   = 0, periods = 1
      }
      throttled = {
        description = "API Gateway turned away more than ${var.alarms.throttled} requests in five minutes (429)."
        namespace   = "gatefleet", metric = "Throttled", statistic = "Sum", dimensions = { gateway = var.gateway, environment = var.environment }
        threshold   = var.alarms.throttled, periods = 1
      }
    },
  )
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${local.name}_${each.key}"
  alarm_description   = each.value.description
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  dimensions          = each.value.dimensions
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  period              = each.key == "throttled" ? 300 : 60
  evaluation_periods  = each.value.periods
  # No requests, no line of metrics: nobody is denied or allowed wrongly meanwhile.
  treat_missing_data = "notBreaching"
  alarm_actions      = var.alarms.actions
  ok_actions         = var.alarms.actions
  tags               = local.tags
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  count = var.alarms == null ? 0 : 1

  alarm_name          = "${local.name}_errors"
  alarm_description   = "More than ${var.alarms.error_percent} % of requests were answered with a server error."
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.alarms.error_percent
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarms.actions
  ok_actions          = var.alarms.actions

  metric_query {
    id          = "share"
    label       = "Server errors in percent"
    expression  = "IF(requests >= 20, 100 * errors / requests, 0)" # a few requests at night are no trend
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = local.server_errors, requests = "Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApiGateway"
        metric_name = metric_query.value
        dimensions  = local.api_dimensions
        stat        = "Sum"
        period      = 60
      }
    }
  }

  tags = local.tags
}

# -- Dashboard ---------------------------------------------------------------------------------------------------------

locals {
  widgets = [
    { title = "Requests", metrics = [["AWS/ApiGateway", "Count"], ["AWS/ApiGateway", local.client_errors], ["AWS/ApiGateway", local.server_errors]], own = false, stat = "Sum" },
    { title = "Latency (ms)", metrics = [["AWS/ApiGateway", "Latency"], ["AWS/ApiGateway", "IntegrationLatency"]], own = false, stat = "p99" },
    { title = "Decisions", metrics = [["gatefleet", "Allowed"], ["gatefleet", "Denied"], ["gatefleet", "NotFresh"]], own = true, stat = "Sum" },
    { title = "Age of the policy in effect (s)", metrics = [["gatefleet", "ViewAge"]], own = true, stat = "Maximum" },
    { title = "Reads that failed, records refused", metrics = [["gatefleet", "ReadFailures"], ["gatefleet", "RefusedRecords"]], own = true, stat = "Sum" },
    { title = "Age of the floor (s)", metrics = [["gatefleet", "FloorAge"]], own = true, stat = "Maximum" },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  count = var.dashboard ? 1 : 0

  dashboard_name = local.name
  dashboard_body = jsonencode({
    widgets = [
      for at, widget in local.widgets : {
        type   = "metric"
        x      = (at % 2) * 12
        y      = floor(at / 2) * 6
        width  = 12
        height = 6
        properties = {
          title   = widget.title
          region  = data.aws_region.this.region
          view    = "timeSeries"
          stat    = widget.stat
          period  = 60
          metrics = [for metric in widget.metrics : concat(metric, flatten([for name, value in widget.own ? local.own_metrics : local.api_dimensions : [name, value]]))]
        }
      }
    ]
  })
}
