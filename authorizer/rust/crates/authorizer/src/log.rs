//! The signed policy log: docs/reference/log.md as code, what a follower needs of it.

pub mod chain;
pub mod envelope;
pub mod follow;
pub mod keys;
pub mod opening;
mod p256;
pub mod parts;
pub mod payloads;
pub mod rebuild;
#[cfg(test)]
mod testlog;
pub mod transport;
pub mod trust;
