# -- Whose account ---------------------------------------------------------------------------------------------------

variable "team" {
  description = "The team, as in `teams/<team>/`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.team))
    error_message = "A team's name is a-z, 0-9 and inner hyphens."
  }
}

variable "environments" {
  description = <<-EOT
    What this account has for each environment, by the environment's name. The team's rendered roots read it (an SSM parameter of this
    account), so that no id of an account stands in the policy repository:
    `kafka`: `secret_arn` and its `secret_kms_key_arn` (SASL/SCRAM) or `cluster_arn` (MSK with IAM), and `bootstrap` where this account reaches
    the brokers by other addresses than the environment's (PrivateLink). `vpc`: where the authorizer is placed, and the brokers' networks.
    `vpc_links`, `certificates` (by domain), `zones` (by the domain's ending), `vpc_endpoint_ids` (private APIs), `web_acl_arn`, `truststores` (by gateway),
    `alarm_actions`.
  EOT
  type = map(object({
    kafka = optional(object({
      bootstrap          = optional(list(string))
      secret_arn         = optional(string)
      secret_kms_key_arn = optional(string)
      cluster_arn        = optional(string)
    }), {})
    vpc = optional(object({
      vpc_id     = string
      subnet_ids = list(string)
      brokers    = optional(object({ cidrs = optional(list(string), []), security_group_ids = optional(list(string), []) }), {})
    }))
    vpc_links        = optional(map(object({ id = string, listener_arn = optional(string) })), {})
    certificates     = optional(map(string), {})
    zones            = optional(map(string), {})
    vpc_endpoint_ids = optional(list(string), [])
    web_acl_arn      = optional(string)
    truststores      = optional(map(object({ truststore_uri = string, truststore_version = optional(string) })), {})
    alarm_actions    = optional(list(string), [])
  }))
  nullable = false

  validation {
    condition     = length(var.environments) > 0
    error_message = "An account without environments needs nothing."
  }
}

# -- Who deploys -----------------------------------------------------------------------------------------------------

variable "github" {
  description = <<-EOT
    The policy repository (`owner/name`) whose deploy workflow applies this team's roots, in jobs that name the GitHub environment
    `deploy-<environment>-<team>`. `provider_arn`: the account's OIDC provider for GitHub Actions; null: it is made here.
  EOT
  type        = object({ repository = string, provider_arn = optional(string) })
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github.repository))
    error_message = "The repository is owner/name."
  }
}

variable "release_buckets" {
  description = "Buckets that hold the authorizer's releases, as `artifacts.bucket` of `policies/rollout.yaml` names them for this account's regions."
  type        = set(string)
  default     = []
  nullable    = false
}

variable "api_gateway_logs" {
  description = "Whether to give API Gateway its account-wide role for access logs of REST APIs; false where the account has one."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of everything here."
  type        = map(string)
  default     = {}
  nullable    = false
}
