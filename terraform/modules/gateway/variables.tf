# -- Which gateway ---------------------------------------------------------------------------------------------------

variable "gateway" {
  description = "The gateway, `<team>/<gateway>`, as the floor names it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.gateway))
    error_message = "Write <team>/<gateway>, each of a-z, 0-9 and hyphens."
  }
}

variable "environment" {
  description = "The environment, such as `staging`."
  type        = string
  nullable    = false
}

variable "description" {
  description = "What the API is for, in a sentence."
  type        = string
  default     = ""
  nullable    = false
}

variable "api" {
  description = "Kind of API: `http` (cheaper, faster) or `rest` (firewall, private endpoints, problem bodies, tracing)."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["http", "rest"], var.api)
    error_message = "API Gateway has the kinds http and rest."
  }
}

# -- Routes and what they demand -------------------------------------------------------------------------------------

variable "routes" {
  description = <<-EOT
    Routes by route key: `GET /orders/{id}`, `ANY /carriers/{event+}`, `$default` (HTTP APIs). Each goes to a backend. A route
    that is not `public` has the authorizer in front of it; there is no third kind. `credentials` are the kinds that the route
    takes (`jwt`, `api_key`, `certificate`); what else it demands is policy and stands in the floor and the log.
  EOT
  type = map(object({
    backend     = string
    public      = optional(bool, false)
    credentials = optional(set(string), ["jwt"])
    throttle    = optional(object({ rate = number, burst = number }))
    description = optional(string, "")
  }))
  nullable = false

  validation {
    condition     = length(var.routes) > 0
    error_message = "A gateway has at least one route."
  }
  validation {
    condition = alltrue([
      for key, _ in var.routes :
      key == "$default" || can(regex("^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY) /", key))
    ])
    error_message = "A route key is METHOD /path or $default."
  }
  validation {
    condition     = var.api == "http" || !contains(keys(var.routes), "$default")
    error_message = "A REST API has no $default route: write ANY /{rest+}, and ANY / for the root."
  }
  validation {
    condition = alltrue(flatten([
      for _, route in var.routes : [for kind in route.credentials : contains(["jwt", "api_key", "certificate"], kind)]
    ]))
    error_message = "Credentials are jwt, api_key and certificate."
  }
}

variable "backends" {
  description = <<-EOT
    Where requests go, by name: a Lambda function of this account and region (`lambda`: its name or ARN), or a URL (`http`), reached
    over the internet or through the VPC link that `vpc_links` names (`vpc_link`).
  EOT
  type = map(object({
    lambda   = optional(string)
    http     = optional(string)
    vpc_link = optional(string)
  }))
  nullable = false

  validation {
    condition     = alltrue([for _, one in var.backends : (one.lambda == null) != (one.http == null)])
    error_message = "A backend is either a lambda or http."
  }
  validation {
    condition     = alltrue([for _, one in var.backends : one.http == null || can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/?$", one.http))])
    error_message = "A backend's URL is scheme, host, port and path, without a query: API Gateway would fill in $ and braces."
  }
  validation {
    condition     = alltrue([for _, one in var.backends : one.vpc_link == null || one.http != null])
    error_message = "A VPC link leads to an http backend."
  }
}

variable "vpc_links" {
  description = <<-EOT
    VPC links of this account, by the names that backends use: `id`, and for HTTP APIs the ARN of the load balancer's listener
    (or Cloud Map service) behind it.
  EOT
  type        = map(object({ id = string, listener_arn = optional(string) }))
  default     = {}
  nullable    = false
}

variable "authorizer" {
  description = "Output `authorizer` of module authorizer."
  type = object({
    invoke_arn    = string
    function_name = string
    qualifier     = string
    follows       = optional(bool, true)
  })
  nullable = false
}

variable "result_ttl" {
  description = <<-EOT
    Seconds for which API Gateway may reuse an answer of the authorizer; part of the time that a revocation takes. Above 0 only where
    credential, route and source address tell every two answers apart; the identity sources follow from it and are not chosen.
  EOT
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.result_ttl >= 0 && var.result_ttl <= 3600
    error_message = "API Gateway keeps answers for 0 to 3600 seconds."
  }
}

# -- Limits and browsers ---------------------------------------------------------------------------------------------

variable "throttle" {
  description = <<-EOT
    Requests a second and burst of each route that has none of its own. The default is AWS's own quota of an account, which all its APIs
    share: it holds nothing up.
  EOT
  type        = object({ rate = number, burst = number })
  default     = { rate = 10000, burst = 5000 }
  nullable    = false
}

variable "cors" {
  description = "Which web pages may call (Fetch standard); null: none. `max_age` in seconds."
  type = object({
    origins     = list(string)
    methods     = optional(list(string), [])
    headers     = optional(list(string), [])
    max_age     = optional(number, 0)
    credentials = optional(bool, false)
  })
  default = null

  validation {
    condition     = try(!(var.cors.credentials && contains(var.cors.origins, "*")), true)
    error_message = "Any origin with credentials would let every web page act as its visitor."
  }
  validation {
    condition     = try(!contains(var.cors.origins, "*") || length(var.cors.origins) == 1, true)
    error_message = "Any origin (*) stands alone."
  }
}

# -- Address ---------------------------------------------------------------------------------------------------------

variable "domain" {
  description = <<-EOT
    The API's own name and its certificate (ACM, this region); with `zone_id` its record is made too. The address that API Gateway
    makes (execute-api) is then off, so that nobody passes by the domain's certificates and firewall.
  EOT
  type        = object({ name = string, certificate_arn = string, zone_id = optional(string) })
  default     = null
}

variable "mutual_tls" {
  description = "Trust store (`s3://bucket/key`, and its version) for client certificates; null: none are asked for. Needs a domain."
  type        = object({ truststore_uri = string, truststore_version = optional(string) })
  default     = null
}

variable "private" {
  description = "REST: reachable through these VPC endpoints only; null: from the internet."
  type        = object({ vpc_endpoint_ids = list(string) })
  default     = null

  validation {
    condition     = try(length(var.private.vpc_endpoint_ids) > 0, true)
    error_message = "A private API needs at least one VPC endpoint, or nobody reaches it."
  }
}

variable "web_acl_arn" {
  description = "REST: web application firewall (WAFv2, regional) in front of the stage."
  type        = string
  default     = null
}

variable "binary_media_types" {
  description = "REST: media types passed on as bytes. HTTP APIs need none."
  type        = list(string)
  default     = []
  nullable    = false
}

# -- Conventions -----------------------------------------------------------------------------------------------------

variable "error_type_base" {
  description = "REST: what the `type` of error bodies begins with (RFC 9457), ending with a slash."
  type        = string
  default     = "about:blank#"
  nullable    = false
}

variable "log_fields" {
  description = "Fields of an access log line, in this order; what they hold is said in this module's README."
  type        = list(string)
  default     = ["time", "request_id", "gateway", "route", "client_id", "decision_id", "reason", "revision", "freshness", "status", "latency_ms"]
  nullable    = false

  validation {
    condition     = alltrue([for field in var.log_fields : contains(local.log_field_names, field)])
    error_message = "There is a log field that this module does not know."
  }
}

variable "log_retention_days" {
  description = "How long access logs are kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "log_kms_key_arn" {
  description = "Key for the access logs; none: CloudWatch's own."
  type        = string
  default     = null
}

variable "alarms" {
  description = <<-EOT
    Whom alarms tell (ARNs, such as an SNS topic), and their limits: seconds that a view may be stale, seconds that a floor may be old,
    share of 5xx answers in percent, throttled requests in five minutes. null: no alarms.
  EOT
  type = object({
    actions       = optional(list(string), [])
    stale_seconds = optional(number, 60)
    floor_age     = optional(number, 864000)
    error_percent = optional(number, 5)
    throttled     = optional(number, 100)
  })
  default = {}
}

variable "dashboard" {
  description = "Whether to make a CloudWatch dashboard (beyond three, AWS bills each)."
  type        = bool
  default     = true
  nullable    = false
}

variable "cost_centre" {
  description = "Who pays; a tag."
  type        = string
  default     = ""
  nullable    = false
}

variable "tags" {
  description = "Further tags of everything here."
  type        = map(string)
  default     = {}
  nullable    = false
}
