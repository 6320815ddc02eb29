# -- Which gateway ---------------------------------------------------------------------------------------------------

variable "gateway" {
  description = "The gateway that this authorizer stands in front of, `<team>/<gateway>`, as the floor names it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?/[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.gateway))
    error_message = "Write <team>/<gateway>, each of a-z, 0-9 and hyphens."
  }
}

variable "environment" {
  description = "The environment whose policy it enforces: that of floor, trust and log."
  type        = string
  nullable    = false
}

# -- Code ------------------------------------------------------------------------------------------------------------

variable "variant" {
  description = "Which build: `rust`, or `node` for teams that run Node.js. Both decide alike."
  type        = string
  default     = "rust"
  nullable    = false

  validation {
    condition     = contains(["rust", "node"], var.variant)
    error_message = "There are the variants rust and node."
  }
}

variable "artifact" {
  description = <<-EOT
    The release archive: a `file` on this machine, or an object in S3; and its SHA-256 in base64, as Lambda states it
    (`code_sha256`). Another archive under the same name is refused before, and other code in the function after it was made.
  EOT
  type = object({
    code_sha256 = string
    version     = string
    file        = optional(string)
    s3          = optional(object({ bucket = string, key = string, object_version = optional(string) }))
  })
  nullable = false

  validation {
    condition     = (var.artifact.file == null) != (var.artifact.s3 == null)
    error_message = "Give either file or s3."
  }
  validation {
    condition     = can(regex("^[A-Za-z0-9+/]{43}=$", var.artifact.code_sha256))
    error_message = "code_sha256 is a SHA-256 in base64 (44 characters), as in the release's checksums."
  }
}

variable "architecture" {
  description = "Processor of the function: `arm64` (cheaper) or `x86_64`; the archive must be built for it."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "Lambda has arm64 and x86_64."
  }
}

variable "memory_size" {
  description = "Memory in MB, and with it the share of a processor. None: 256 for rust, 512 for node."
  type        = number
  default     = null

  validation {
    condition     = var.memory_size == null || try(var.memory_size >= 128 && var.memory_size <= 10240, false)
    error_message = "Lambda has 128 to 10240 MB."
  }
}

# -- Policy ----------------------------------------------------------------------------------------------------------

variable "floor" {
  description = <<-EOT
    The layer that `gatefleet render` writes (`floor.zip`: the gateway's signed floor and the trust document), and its
    SHA-256 in base64. Code and floor move apart: a new floor makes a new version of the function with the same code.
  EOT
  type        = object({ file = string, sha256 = string })
  nullable    = false
}

variable "log" {
  description = <<-EOT
    The policy log to follow; null: the gateway is `floor_only` and enforces its floor alone, with no network at all.
    `secret_arn` is a Secrets Manager secret with `username` and `password` (SASL/SCRAM), `secret_kms_key_arn` its own key;
    `cluster_arn` is the MSK cluster, needed with `mechanism = "AWS_MSK_IAM"`.
  EOT
  type = object({
    bootstrap          = list(string)
    topic              = string
    heartbeat_topic    = string
    security           = optional(string, "SASL_SSL")
    mechanism          = optional(string)
    secret_arn         = optional(string)
    secret_kms_key_arn = optional(string)
    cluster_arn        = optional(string)
  })
  default = null

  validation {
    condition     = try(contains(["SSL", "SASL_SSL"], var.log.security), var.log == null)
    error_message = "A policy log is read over TLS: security is SSL or SASL_SSL."
  }
  validation {
    condition     = var.log == null || try(length(var.log.bootstrap) > 0, false)
    error_message = "Give at least one bootstrap address, host:port."
  }
  validation {
    condition = try(
      (var.log.mechanism == null ? true : contains(["SCRAM-SHA-512", "SCRAM-SHA-256", "AWS_MSK_IAM"], var.log.mechanism))
      && (var.log.security == "SASL_SSL") == (var.log.mechanism != null),
      var.log == null,
    )
    error_message = "SASL_SSL takes the mechanism SCRAM-SHA-512, SCRAM-SHA-256 or AWS_MSK_IAM; SSL takes none."
  }
  validation {
    condition = try(
      startswith(coalesce(var.log.mechanism, "-"), "SCRAM-") == (var.log.secret_arn != null)
      && (var.log.mechanism == "AWS_MSK_IAM") == (var.log.cluster_arn != null),
      var.log == null,
    )
    error_message = "SCRAM needs secret_arn, AWS_MSK_IAM needs cluster_arn, and neither takes the other's."
  }
}

# -- Network ---------------------------------------------------------------------------------------------------------

variable "vpc" {
  description = "Where the function is placed when the brokers are reached through a VPC; null: outside any VPC."
  type = object({
    vpc_id     = string
    subnet_ids = list(string)
    # Where it may go: the brokers' ports, and HTTPS for Secrets Manager where SCRAM is used.
    brokers = optional(object({ cidrs = optional(list(string), []), security_group_ids = optional(list(string), []) }), {})
  })
  default = null

  validation {
    condition     = var.vpc == null || try(length(var.vpc.subnet_ids) > 0, false)
    error_message = "A function in a VPC needs at least one subnet; two or more in different zones survive one of them."
  }
}

# -- Running ---------------------------------------------------------------------------------------------------------

variable "reserved_concurrency" {
  description = "Most execution environments at once; none: the account's limit. Below what the API's throttle allows, callers get 500."
  type        = number
  default     = null
}

variable "provisioned_concurrency" {
  description = "Execution environments kept started; 0: none. For gateways whose first answers must not wait for a start."
  type        = number
  default     = 0
  nullable    = false
}

variable "log_retention_days" {
  description = "How long decision lines are kept."
  type        = number
  default     = 90
  nullable    = false
}

variable "log_kms_key_arn" {
  description = "Key for the log group; none: CloudWatch's own."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "Boundary of the role; `team-account` makes one, and its deploy role may create roles only with it."
  type        = string
  default     = null
}

variable "cost_centre" {
  description = "Who pays; a tag."
  type        = string
  default     = ""
  nullable    = false
}

variable "tags" {
  description = "Tags of everything here."
  type        = map(string)
  default     = {}
  nullable    = false
}
