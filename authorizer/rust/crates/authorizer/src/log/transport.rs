//! Where records come from. A source holds no position of its own; an authorizer never writes.

use std::collections::BTreeMap;

/// One record as the log holds it. `headers` are hints: unsigned, they never decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Where it stands on the log.
    pub offset: u64,
    /// An envelope, or a part of one.
    pub value: Vec<u8>,
    /// By name.
    pub headers: BTreeMap<String, String>,
}

/// What one read gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In order.
    pub records: Vec<Record>,
    /// Where to go on.
    pub next_offset: u64,
    /// Whether that is the end of the log.
    pub at_end: bool,
    /// The asked offset is not on this log (truncated or recreated): these records start at its beginning.
    pub rewound: bool,
}

/// The log could not be read in time; says why, for people. It says nothing about what the log holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogUnavailable(pub String);

/// Reads one log by offset.
pub trait RevisionSource {
    /// Reads from `offset`, at most `timeout` milliseconds.
    fn read(&mut self, offset: u64, timeout: u64) -> Result<Batch, LogUnavailable>;
}
