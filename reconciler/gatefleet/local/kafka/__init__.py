"""Apache Kafka on loopback, in parts: `gatefleet.local.broker` is what others use."""
