//! Kafka's protocol as bytes: what an authorizer asks, and what it reads of the answers. Pure.

pub mod batches;
pub mod bytes;
pub mod crc32c;
pub mod requests;
pub mod responses;
