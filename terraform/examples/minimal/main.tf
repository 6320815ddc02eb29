# The least that makes a gateway: an HTTP API before one Lambda function, under the company's policy.
# floor.zip, floor.json and trust.json are those of this gateway's folder on the branch `fleet`.

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

  gateway     = "orders/orders"
  environment = "production"

  artifact = {
    version     = "1.0.0"
    code_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=" # from the release's checksums
    s3          = { bucket = "example-gatefleet-eu-west-1", key = "1.0.0/authorizer-rust-arm64.zip" }
  }
  floor = {
    file   = "${path.module}/floor.zip"
    sha256 = filebase64sha256("${path.module}/floor.zip")
  }
  log = {
    bootstrap       = ["b-1.kafka.example.com:9094"]
    topic           = "gatefleet.production.policy.v1"
    heartbeat_topic = "gatefleet.production.heartbeat.orders"
    security        = "SSL"
  }
}

module "gateway" {
  source = "../../modules/gateway"

  gateway     = "orders/orders"
  environment = "production"
  api         = "http"
  routes = {
    "GET /health"      = { backend = "orders", public = true }
    "GET /orders/{id}" = { backend = "orders" }
    "POST /orders"     = { backend = "orders" }
  }
  backends   = { orders = { lambda = "orders-service" } }
  authorizer = module.authorizer.authorizer
}

output "url" {
  description = "Where the API is reached."
  value       = module.gateway.url
}
