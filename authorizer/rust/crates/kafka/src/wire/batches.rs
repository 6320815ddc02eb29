//! Record batches, magic 2: read as docs/reference/kafka.md numbers it, and one written for a heartbeat.

use std::collections::BTreeMap;

use authorizer::log::transport::Record;
use authorizer::strict_json::MAX_INTEGER;

use crate::wire::bytes::{Bytes, Refused, put_bytes, put_var_bytes, put_varint};
use crate::wire::crc32c::crc32c;
use crate::wire::responses::Fault;

/// More records than these are left for the next read.
pub const MAX_RECORDS: usize = 10_000;

/// A record with more has none: they are hints, and must not fill the memory.
const MAX_HEADERS: i32 = 32;
const BATCH_HEAD: usize = 12;
const LEAST_LENGTH: i32 = 49;
const CONTROL: i16 = 0x20;
const COMPRESSION: i16 = 0x07;
const LOG_APPEND_TIME: i16 = 0x08;

/// Consecutive records, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// In order, with the timestamp of each, which is only ever compared.
    pub records: Vec<(Record, i64)>,
    /// One after the last record that was read, or left out for good.
    pub next_offset: u64,
}

/// The records that stand from `offset` on in the batches of a response, at most so many.
pub fn read_batches(data: &[u8], offset: u64, most: usize) -> Result<Span, Fault> {
    let mut span = Span { records: Vec::new(), next_offset: offset };
    let mut rest = Bytes(data);
    let mut before = None;
    while let Some((base, batch)) = next_batch(&mut rest)? {
        let batch = Batch::read(base, batch)?;
        match before {
            Some(end) if batch.base < end => {
                return Err(Fault::Refused("a batch that begins before the one ahead ended"));
            }
            None if batch.end <= offset => return Err(Fault::Refused("a first batch below the asked offset")),
            _ => before = Some(batch.end),
        }
        let end = batch.end;
        if !batch.records(offset, most, &mut span)? {
            return Ok(span);
        }
        span.next_offset = end;
    }
    if before.is_none() && rest.left() > 0 {
        return Err(Fault::Refused("a first batch that is not whole"));
    }
    Ok(span)
}

/// One record, as a batch of its own.
pub fn write_batch(key: Option<&[u8]>, value: &[u8], timestamp: i64) -> Vec<u8> {
    let mut record = vec![0]; // attributes
    put_varint(&mut record, 0); // timestamp delta
    put_varint(&mut record, 0); // offset delta
    put_var_bytes(&mut record, key);
    put_var_bytes(&mut record, Some(value));
    put_varint(&mut record, 0); // headers

    let mut covered = Vec::with_capacity(record.len() + 48);
    covered.extend(0_i16.to_be_bytes()); // attributes
    covered.extend(0_i32.to_be_bytes()); // last offset delta
    covered.extend(timestamp.to_be_bytes());
    covered.extend(timestamp.to_be_bytes());
    covered.extend((-1_i64).to_be_bytes()); // producer id
    covered.extend((-1_i16).to_be_bytes()); // producer epoch
    covered.extend((-1_i32).to_be_bytes()); // base sequence
    covered.extend(1_i32.to_be_bytes()); // records
    put_var_bytes(&mut covered, Some(&record));

    let mut sized = Vec::with_capacity(covered.len() + 9);
    sized.extend((-1_i32).to_be_bytes()); // leader epoch
    sized.push(2); // magic
    sized.extend(crc32c(&covered).to_be_bytes());
    sized.extend(covered);
    let mut batch = 0_i64.to_be_bytes().to_vec(); // base offset
    put_bytes(&mut batch, &sized);
    batch
}

struct Batch<'a> {
    base: u64,
    /// One after its last offset.
    end: u64,
    attributes: i16,
    last_delta: i32,
    base_time: i64,
    max_time: i64,
    count: i32,
    records: Bytes<'a>,
}

/// The next batch that is there whole: its base offset, and what its length covers.
fn next_batch<'a>(rest: &mut Bytes<'a>) -> Result<Option<(i64, Bytes<'a>)>, Refused> {
    if rest.left() < BATCH_HEAD {
        return Ok(None);
    }
    let mut ahead = *rest;
    let (base, length) = (ahead.int64()?, ahead.int32()?);
    if length < LEAST_LENGTH {
        return Err(Refused("a batch shorter than its head"));
    }
    let Ok(batch) = ahead.take(usize::try_from(length).unwrap_or(usize::MAX)) else {
        return Ok(None); // Kafka cuts the last one
    };
    *rest = ahead;
    Ok(Some((base, Bytes(batch))))
}

impl<'a> Batch<'a> {
    fn read(base: i64, mut bytes: Bytes<'a>) -> Result<Self, Refused> {
        bytes.int32()?; // leader epoch
        if bytes.int8()? != 2 {
            return Err(Refused("a batch of another magic"));
        }
        bytes.int32()?; // CRC: an envelope is signed
        let (attributes, last_delta) = (bytes.int16()?, bytes.int32()?);
        let (base_time, max_time) = (bytes.int64()?, bytes.int64()?);
        bytes.take(8 + 2 + 4)?; // producer id and epoch, base sequence
        let count = bytes.int32()?;
        if last_delta < 0 || base < 0 || base >= MAX_INTEGER - i64::from(last_delta) {
            return Err(Refused("a batch of offsets out of range"));
        }
        let base = base.cast_unsigned();
        let end = base + u64::from(last_delta.cast_unsigned()) + 1;
        Ok(Batch { base, end, attributes, last_delta, base_time, max_time, count, records: bytes })
    }

    /// Adds the records from `offset` on; whether all of them.
    fn records(mut self, offset: u64, most: usize, to: &mut Span) -> Result<bool, Fault> {
        if self.attributes & CONTROL != 0 {
            return Ok(true);
        }
        if self.attributes & COMPRESSION != 0 {
            return Err(Fault::Compressed);
        }
        let mut before = -1;
        for _ in 0..self.records.counted(self.count)? {
            if to.records.len() == most {
                return Ok(false);
            }
            let length = self.records.varint()?;
            let length = usize::try_from(length).map_err(|_| Refused("a record of negative length"))?;
            let mut record = Bytes(self.records.take(length)?);
            record.int8()?; // attributes
            let time_delta = record.varlong()?;
            let delta = record.varint()?;
            if delta <= before || delta > self.last_delta {
                return Err(Fault::Refused("a record out of order"));
            }
            before = delta;
            let at = self.base + u64::from(delta.cast_unsigned());
            record.var_bytes()?; // key
            let value = record.var_bytes()?.unwrap_or_default();
            let headers = read_headers(&mut record, at >= offset)?;
            record.end()?;
            if at >= offset {
                let append_time = self.attributes & LOG_APPEND_TIME != 0;
                let time = if append_time { self.max_time } else { self.base_time.wrapping_add(time_delta) };
                to.records.push((Record { offset: at, value: value.to_vec(), headers }, time));
                to.next_offset = at + 1;
            }
        }
        self.records.end()?;
        Ok(true)
    }
}

fn read_headers(record: &mut Bytes<'_>, wanted: bool) -> Result<BTreeMap<String, String>, Refused> {
    let count = record.varint()?;
    let mut headers = BTreeMap::new();
    let mut readable = wanted && count <= MAX_HEADERS;
    for _ in 0..record.counted(count)? {
        let name = record.var_bytes()?.ok_or(Refused("a header without a name"))?;
        let value = record.var_bytes()?.unwrap_or_default();
        match str::from_utf8(name) {
            Ok(name) if readable => {
                headers.insert(name.to_owned(), String::from_utf8_lossy(value).into_owned());
            }
            Ok(_) => {}
            Err(_) => readable = false, // they are hints
        }
    }
    Ok(if readable { headers } else { BTreeMap::new() })
}
