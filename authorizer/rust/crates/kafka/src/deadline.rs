//! One deadline for everything that a read does: names, connecting, TLS, SASL, metadata, records.

use std::io::{self, ErrorKind};
use std::time::{Duration, Instant};

/// A point on the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// So long from now.
    pub fn after(span: Duration) -> Self {
        let now = Instant::now();
        Deadline(now.checked_add(span).unwrap_or(now))
    }

    /// What is left; an error once nothing is.
    pub fn left(self) -> io::Result<Duration> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(too_late()) } else { Ok(left) }
    }

    /// Whether nothing is left.
    pub fn passed(self) -> bool {
        self.left().is_err()
    }

    /// A share of what is left: one of `parts`.
    pub fn share(self, parts: u32) -> Self {
        let left = self.0.saturating_duration_since(Instant::now());
        Deadline::after(left.checked_div(parts).unwrap_or(left)).min(self)
    }
}

/// The error of whoever had to wait longer than that.
pub fn too_late() -> io::Error {
    io::Error::new(ErrorKind::TimedOut, "no answer in time")
}
