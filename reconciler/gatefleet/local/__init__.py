"""The fleet on one machine: the front that API Gateway is, and the Kafka broker that tests and the demo start."""
