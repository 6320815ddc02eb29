# A REST API, for what an HTTP API has not: a web application firewall, problem bodies (RFC 9457), tracing.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.62, < 7.0"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

module "authorizer" {
  source = "../../modules/authorizer"

  gateway     = "payments/payments"
  environment = "production"

  artifact = {
    version     = "1.0.0"
    code_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    s3          = { bucket = "example-gatefleet-eu-west-1", key = "1.0.0/authorizer-rust-arm64.zip" }
  }
  floor = {
    file   = "${path.module}/floor.zip"
    sha256 = filebase64sha256("${path.module}/floor.zip")
  }
  log = {
    bootstrap       = ["b-1.policy.abcdef.c2.kafka.eu-west-1.amazonaws.com:9098"]
    topic           = "gatefleet.production.policy.v1"
    heartbeat_topic = "gatefleet.production.heartbeat.payments"
    mechanism       = "AWS_MSK_IAM" # the function's own role: no user, no password
    cluster_arn     = "arn:aws:kafka:eu-west-1:999900001111:cluster/policy/0a1b"
  }
  vpc = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
    brokers    = { security_group_ids = ["sg-1"] }
  }
}

module "gateway" {
  source = "../../modules/gateway"

  gateway     = "payments/payments"
  environment = "production"
  description = "Captures and refunds."
  api         = "rest"
  routes = {
    "GET /status"                     = { backend = "ledger", public = true }
    "GET /orders/{order_id}/payments" = { backend = "ledger" }
    "POST /orders/{order_id}/refunds" = { backend = "payments", throttle = { rate = 5, burst = 10 } }
  }
  backends = {
    payments = { lambda = "payments-service" }
    ledger   = { http = "https://ledger.internal.example.com", vpc_link = "ledger" } # a network load balancer's
  }
  vpc_links  = { ledger = { id = "def456" } }
  authorizer = module.authorizer.authorizer

  domain          = { name = "payments.api.example.com", certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b" }
  web_acl_arn     = "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/shop/0a1b"
  error_type_base = "https://errors.example.com/"
}

output "url" {
  description = "Where the API is reached."
  value       = module.gateway.url
}

output "domain_target" {
  description = "What the domain's record must point to: this module was given no zone."
  value       = module.gateway.domain_target
}
