# An HTTP API with all that one can have: its own domain with client certificates, browsers, several back ends, one of them
# behind a VPC link, throttles, alarms; the authorizer in a VPC, with a SCRAM user, kept warm.

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

locals {
  alarms = ["arn:aws:sns:eu-west-1:123456789012:alarms"]
}

module "authorizer" {
  source = "../../modules/authorizer"

  gateway     = "shipping/shipping"
  environment = "production"
  variant     = "node"

  artifact = {
    version     = "1.0.0"
    code_sha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    s3          = { bucket = "example-gatefleet-eu-west-1", key = "1.0.0/authorizer-node.zip" }
  }
  floor = {
    file   = "${path.module}/floor.zip"
    sha256 = filebase64sha256("${path.module}/floor.zip")
  }
  log = {
    bootstrap          = ["b-1.kafka.example.com:9096", "b-2.kafka.example.com:9096"]
    topic              = "gatefleet.production.policy.v1"
    heartbeat_topic    = "gatefleet.production.heartbeat.shipping"
    mechanism          = "SCRAM-SHA-512"
    secret_arn         = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AmazonMSK_shipping-abcdef"
    secret_kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0a1b"
  }
  vpc = {
    vpc_id     = "vpc-1"
    subnet_ids = ["subnet-1", "subnet-2"]
    brokers    = { cidrs = ["10.1.0.0/16"] }
  }

  reserved_concurrency    = 200
  provisioned_concurrency = 5
  permissions_boundary    = "arn:aws:iam::123456789012:policy/gatefleet-shipping-boundary"
  cost_centre             = "cc-1500"
  tags                    = { domain = "logistics" }
}

module "gateway" {
  source = "../../modules/gateway"

  gateway     = "shipping/shipping"
  environment = "production"
  description = "Shipments, and what carriers say of them."
  api         = "http"
  routes = {
    "GET /shipments/{shipment_id}" = { backend = "warehouse", description = "One shipment." }
    "POST /shipments"              = { backend = "shipping", throttle = { rate = 50, burst = 100 } }
    "ANY /carriers/{event+}"       = { backend = "carriers", credentials = ["jwt", "certificate"] }
    "OPTIONS /carriers/{event+}"   = { backend = "carriers", public = true } # ANY would deny the preflight
  }
  backends = {
    shipping  = { lambda = "arn:aws:lambda:eu-west-1:123456789012:function:shipping:live" }
    carriers  = { http = "https://carriers.example.com/v2" }
    warehouse = { http = "https://warehouse.internal.example.com", vpc_link = "warehouse" }
  }
  vpc_links = {
    warehouse = { id = "abc123", listener_arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/warehouse/1/2" }
  }
  authorizer = module.authorizer.authorizer

  throttle = { rate = 500, burst = 1000 }
  cors = {
    origins     = ["https://shop.example.com", "https://desk.example.com"]
    methods     = ["GET", "POST"]
    headers     = ["authorization", "content-type"]
    max_age     = 600
    credentials = true
  }

  domain = {
    name            = "shipping.api.example.com"
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/0a1b"
    zone_id         = "Z0123456789ABC"
  }
  mutual_tls = { truststore_uri = "s3://example-trust/carriers.pem", truststore_version = "v1" }

  log_fields         = ["time", "request_id", "gateway", "route", "client_id", "decision_id", "reason", "status", "latency_ms", "backend_ms"]
  log_retention_days = 365
  alarms             = { actions = local.alarms, stale_seconds = 30, error_percent = 2, throttled = 1000 }
  cost_centre        = "cc-1500"
  tags               = { domain = "logistics" }
}

output "url" {
  description = "Where the API is reached."
  value       = module.gateway.url
}
