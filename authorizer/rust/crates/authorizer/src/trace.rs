//! Which trace a request belongs to: the trace id of a valid `traceparent` header (W3C Trace Context, section 3.2).
//!
//! For the log line alone. Whatever the header holds, no step looks at it: one of any other form is as good as none.

use std::fmt;

/// A trace id: 32 lowercase hex digits, not all of them zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId([u8; 32]);

impl TraceId {
    /// The trace id of a `traceparent`, version 00.
    pub fn of(traceparent: &str) -> Option<Self> {
        let mut fields = traceparent.split('-');
        let (version, trace, parent, flags) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let good = version == "00" && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
        let zeros = |id: &str| id.bytes().all(|digit| digit == b'0');
        if !good || fields.next().is_some() || zeros(parent) || zeros(trace) {
            return None;
        }
        trace.as_bytes().try_into().ok().map(TraceId)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

fn is_hex(field: &str, length: usize) -> bool {
    field.len() == length && field.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
