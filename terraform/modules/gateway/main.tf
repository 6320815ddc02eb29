# One team's gateway. What both kinds of API share: names, which credentials callers have, what a log line holds.
# http.tf and rest.tf are the two kinds, domain.tf is how the API is reached, observability.tf how it is watched.

data "aws_partition" "this" {}
data "aws_region" "this" {}
data "aws_caller_identity" "this" {}

locals {
  http = var.api == "http"
  rest = var.api == "rest"

  team         = split("/", var.gateway)[0]
  gateway_name = split("/", var.gateway)[1]
  name         = "${local.team}_${local.gateway_name}_${var.environment}" # names have no underscore, so no two gateways share one

  tags = merge(var.tags, {
    "gatefleet:gateway"     = var.gateway
    "gatefleet:team"        = local.team
    "gatefleet:environment" = var.environment
    "gatefleet:module"      = local.module_version
    "cost-centre"           = var.cost_centre
  })
  module_version = trimspace(file("${path.module}/VERSION"))

  # Routes as parts. The stage serves at the root of its address, so a path is what follows the method.
  routes = {
    for key, route in var.routes : key => merge(route, {
      method = key == "$default" ? "ANY" : split(" ", key)[0]
      path   = key == "$default" ? "" : split(" ", key)[1]
      catch  = key == "$default" || endswith(key, "+}")
    })
  }
  guarded = { for key, route in local.routes : key => route if !route.public }

  # -- Identity sources: derived, never chosen -------------------------------------------------------------------------

  credentials = toset(flatten([for _, route in local.guarded : tolist(route.credentials)]))
  headers     = { jwt = "Authorization", api_key = "x-api-key" }
  # The one header in which every caller of every guarded route has its credential, if there is one. Only then may API
  # Gateway itself answer 401 where it is missing; otherwise the authorizer decides.
  only   = length(local.credentials) == 1 ? one(local.credentials) : "several"
  header = lookup(local.headers, local.only, null)

  identity_sources = {
    http = local.header == null ? [] : concat(
      ["$request.header.${local.header}"],
      var.result_ttl > 0 ? ["$context.routeKey", "$context.identity.sourceIp"] : [],
    )
    rest = local.header == null ? [] : concat(
      ["method.request.header.${local.header}"],
      var.result_ttl > 0 ? ["context.httpMethod", "context.resourcePath", "context.identity.sourceIp"] : [],
    )
  }

  # -- Backends --------------------------------------------------------------------------------------------------------

  functions = {
    for name, backend in var.backends : name => startswith(backend.lambda, "arn:") ? backend.lambda : join(":", [
      "arn", data.aws_partition.this.partition, "lambda", data.aws_region.this.region, data.aws_caller_identity.this.account_id,
      "function", backend.lambda,
    ])
    if backend.lambda != null
  }
  # A permission names function and alias apart: as one ARN, it would be made anew by every apply.
  unqualified = {
    for name, arn in local.functions : name => {
      arn       = join(":", slice(split(":", arn), 0, 7))
      qualifier = try(split(":", arn)[7], null)
    }
  }
  invocations = {
    for name, arn in local.functions : name => join("", [
      "arn:${data.aws_partition.this.partition}:apigateway:${data.aws_region.this.region}:lambda:path/2015-03-31/functions/",
      arn, "/invocations",
    ])
  }

  # What an http backend learns about its caller. A client can send headers of these names, so each one that API Gateway
  # does not set is taken away; nothing that may be missing on an allowed request is passed on like this.
  told = { "x-gatefleet-client-id" = "client_id", "x-gatefleet-decision-id" = "decision_id" }
}

# What the parts of one declaration must not say together.
check "declaration" {
  assert {
    condition     = length(local.guarded) > 0
    error_message = "Every route is public: is that what you want?"
  }
}

resource "terraform_data" "declaration" {
  input = local.name

  lifecycle {
    precondition {
      condition     = length(setsubtract([for _, route in var.routes : route.backend], keys(var.backends))) == 0
      error_message = "A route names a backend that is not in backends."
    }
    precondition {
      condition     = length(setsubtract([for _, one in var.backends : one.vpc_link if one.vpc_link != null], keys(var.vpc_links))) == 0
      error_message = "A backend names a VPC link that is not in vpc_links."
    }
    precondition {
      condition     = local.rest || (var.private == null && var.web_acl_arn == null && length(var.binary_media_types) == 0)
      error_message = "An HTTP API has no private endpoints, no firewall and no binary media types: make it api = \"rest\"."
    }
    precondition {
      condition     = var.mutual_tls == null || (var.domain != null && var.private == null)
      error_message = "Mutual TLS ends at a custom domain of a public API: give domain, not private."
    }
    precondition {
      condition     = !contains(local.credentials, "certificate") || var.mutual_tls != null
      error_message = "A route takes certificates, which only a gateway with mutual_tls asks for."
    }
    precondition {
      condition     = var.result_ttl == 0 || length(local.guarded) == 0 || (local.header != null && var.mutual_tls == null && !anytrue([for _, route in local.guarded : route.catch]))
      error_message = "Answers may be kept (result_ttl) only with one kind of credential in a header, without mutual TLS and without greedy or $default routes."
    }
    precondition {
      condition     = local.http || !anytrue([for _, route in local.routes : route.method == "ANY" && route.throttle != null])
      error_message = "A REST API cannot throttle an ANY route by itself: name its methods."
    }
    precondition {
      condition     = var.private == null || var.domain == null
      error_message = "This module gives private APIs no custom domain: call them through their VPC endpoint."
    }
  }
}
