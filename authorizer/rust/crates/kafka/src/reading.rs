//! One read of a partition that may have been truncated or recreated (docs/reference/kafka.md, "A read").
//!
//! A log that was recreated or restored may be as long as the old one. So a read begins one record early, and when that
//! is not the record which the last read ended with, the log is another one.

use authorizer::digests::Digest;
use authorizer::log::transport::{Batch, Record};

use crate::failure::Failure;
use crate::wire::responses::Fetched;

/// What a broker is asked of its partition.
pub trait Partition {
    /// Records from an offset on. Fails with `OutOfRange` where the log does not hold it.
    fn fetch(&mut self, offset: u64) -> Result<Fetched, Failure>;
    /// Where the log begins.
    fn earliest(&mut self) -> Result<u64, Failure>;
}

/// The record that a read ended with, and the offset that it said to go on from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Last {
    offset: u64,
    timestamp: i64,
    digest: Digest,
    next_offset: u64,
}

/// Reads from `offset`; `last` is of the read before. Returns with it the last record, if any was fetched.
pub fn read_from(
    partition: &mut impl Partition,
    offset: u64,
    last: Option<&Last>,
) -> Result<(Batch, Option<Last>), Failure> {
    let last = last.filter(|last| last.next_offset == offset);
    if let Some(fetched) = fetch_known(partition, offset, last)? {
        return Ok(batch_of(fetched, offset, false));
    }
    let earliest = partition.earliest()?;
    match partition.fetch(earliest) {
        Err(Failure::OutOfRange) => Err(Failure::Final(Failure::OutOfRange.message())),
        fetched => Ok(batch_of(fetched?, earliest, true)),
    }
}

/// Fetches, beginning one record early; none if this is not the log it was.
fn fetch_known(partition: &mut impl Partition, offset: u64, last: Option<&Last>) -> Result<Option<Fetched>, Failure> {
    let from = last.map_or(offset.saturating_sub(1), |last| last.offset);
    let fetched = match partition.fetch(from) {
        // Only the record before ours may have expired.
        Err(Failure::OutOfRange) if last.is_none() && partition.earliest()? == offset => partition.fetch(offset),
        fetched => fetched,
    };
    let fetched = match fetched {
        Err(Failure::OutOfRange) => return Ok(None),
        fetched => fetched?,
    };
    let as_it_was = last.is_none_or(|last| {
        let first = fetched.span.records.first();
        first.is_some_and(|(record, time)| last.is(record, *time))
    });
    if !as_it_was || fetched.high_watermark < offset {
        return Ok(None);
    }
    if fetched.span.next_offset <= offset && offset < fetched.high_watermark && from < offset {
        // The response had no room for more than the record before: go on behind it.
        return match partition.fetch(offset) {
            Err(Failure::OutOfRange) => Ok(None),
            fetched => fetched.map(Some),
        };
    }
    Ok(Some(fetched))
}

fn batch_of(fetched: Fetched, from: u64, rewound: bool) -> (Batch, Option<Last>) {
    let next_offset = fetched.span.next_offset.max(from);
    let last = fetched.span.records.last().map(|(record, timestamp)| Last {
        offset: record.offset,
        timestamp: *timestamp,
        digest: Digest::of(&record.value),
        next_offset,
    });
    let records = fetched.span.records.into_iter().map(|(record, _)| record);
    let records = records.filter(|record| record.offset >= from).collect();
    (Batch { records, next_offset, at_end: next_offset >= fetched.high_watermark, rewound }, last)
}

impl Last {
    fn is(&self, record: &Record, timestamp: i64) -> bool {
        // The time tells the same record from its equal in a restored log.
        self.offset == record.offset && self.timestamp == timestamp && self.digest == Digest::of(&record.value)
    }
}

#[cfg(test)]
mod tests;
