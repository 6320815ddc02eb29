//! The signed policy log: docs/reference/log.md as code.

pub mod envelope;
