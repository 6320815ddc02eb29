# A private API in an account from which no broker is reached: the authorizer enforces its floor alone (`policy: floor_only`).
# What is revoked is denied here once the next floor is applied, and at the latest when `floor_max_age` is over.

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

  gateway     = "catalog/media"
  environment = "production"

  artifact = {
    version     = "1.0.0"
    code_sha256 = filebase64sha256("${path.module}/authorizer-rust-arm64.zip") # carried in, after its checksum was verified
    file        = "${path.module}/authorizer-rust-arm64.zip"
  }
  floor = {
    file   = "${path.module}/floor.zip"
    sha256 = filebase64sha256("${path.module}/floor.zip")
  }
}

module "gateway" {
  source = "../../modules/gateway"

  gateway     = "catalog/media"
  environment = "production"
  api         = "rest"
  routes      = { "GET /media/{path+}" = { backend = "media" } }
  backends    = { media = { lambda = "media-service" } }
  authorizer  = module.authorizer.authorizer

  private = { vpc_endpoint_ids = ["vpce-0123456789abcdef0"] }
  alarms  = { floor_age = 864000 } # a week for the floor, three days to apply it
}

output "url" {
  description = "Where the API is reached, from within."
  value       = module.gateway.url
}
