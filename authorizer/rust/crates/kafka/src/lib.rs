//! The policy log on Apache Kafka, as an authorizer for AWS Lambda reads it, and where its heartbeats go.
//!
//! `docs/reference/kafka.md` as code. A Lambda process is frozen between requests, so nothing here runs by itself and no
//! socket that slept is trusted; everything that a read does counts against its one deadline. `wire` is Kafka's
//! protocol as bytes, `scram` and `aws` prove who we are, `address` says where; these and `reading` are pure. `names`,
//! `tls`, `connection`, `login` and `cluster` are sockets.

pub mod address;
mod aws;
mod cluster;
mod connection;
mod deadline;
mod failure;
mod login;
mod names;
mod reading;
mod scram;
mod secrets;
mod source;
mod tls;
#[cfg(test)]
mod vectors;
mod wire;

pub use secrets::SecretStore;
pub use source::{KafkaSource, KafkaWriter, connect_later};
