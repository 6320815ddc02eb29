# -- Which log -------------------------------------------------------------------------------------------------------

variable "environment" {
  description = "The environment whose log this is; its topics are `gatefleet.<environment>.…`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.environment))
    error_message = "An environment's name is a-z, 0-9 and inner hyphens."
  }
}

variable "cluster_arn" {
  description = <<-EOT
    The Amazon MSK cluster (with IAM access control) that holds the topics. null: another Kafka cluster; then topics and ACLs are not made
    here, and output `commands` says what its administrator types.
  EOT
  type        = string
  default     = null

  validation {
    condition     = var.cluster_arn == null || can(regex("^arn:[^:]+:kafka:[^:]+:[0-9]{12}:cluster/", var.cluster_arn))
    error_message = "cluster_arn is the ARN of an MSK cluster."
  }
}

variable "replication_factor" {
  description = "Copies of each topic. Below 3 a single broker's loss stops writes; that is refused outside `development`."
  type        = number
  default     = 3
  nullable    = false

  validation {
    condition     = var.replication_factor >= 3 || var.environment == "development"
    error_message = "A policy log has three copies outside development."
  }
}

variable "teams" {
  description = "AWS accounts of each team in this environment: they may read the policy, and write their own team's heartbeats."
  type        = map(set(string))
  nullable    = false

  validation {
    condition     = alltrue(flatten([for _, accounts in var.teams : [for account in accounts : can(regex("^[0-9]{12}$", account))]]))
    error_message = "An account is 12 digits."
  }
}

# -- The pipeline ----------------------------------------------------------------------------------------------------

variable "github" {
  description = <<-EOT
    Where merges are published from: `repository` (`owner/name`) and the GitHub environment that the publish job names, which must be
    protected (main branch only). `provider_arn`: the account's OIDC provider for GitHub Actions; null: it is made here.
    `second_signer_environment`: a GitHub environment with required reviewers, for the second signature of revisions above the blast limit.
  EOT
  type = object({
    repository                = string
    environment               = string
    second_signer_environment = optional(string)
    provider_arn              = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$", var.github.repository))
    error_message = "The repository is owner/name."
  }
  validation {
    condition     = alltrue([for name in compact([var.github.environment, var.github.second_signer_environment]) : can(regex("^[A-Za-z0-9_.-]+$", name))])
    error_message = "A GitHub environment's name is letters, digits, dots, hyphens and underscores here: nothing that a claim could be mistaken by."
  }
  validation {
    condition     = var.github.second_signer_environment != var.github.environment
    error_message = "Two signatures by one and the same job are one."
  }
}

variable "permissions_boundary" {
  description = "Boundary of the roles."
  type        = string
  default     = null
}

variable "key_administrators" {
  description = "ARNs of roles that administer the signing keys (never sign). Empty: the account's own IAM policies decide."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "tags" {
  description = "Tags of everything here."
  type        = map(string)
  default     = {}
  nullable    = false
}
