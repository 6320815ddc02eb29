//! The responses of docs/reference/kafka.md, read strictly: exactly what was asked about, and nothing left over.

use authorizer::strict_json::MAX_INTEGER;

use crate::wire::batches::{Span, read_batches};
use crate::wire::bytes::{Bytes, Refused};

/// What a broker answered instead of what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is no usable response.
    Refused(&'static str),
    /// Its records are compressed, and nobody here reads those.
    Compressed,
    /// An error of Kafka's, by number.
    Error(i16),
}

impl From<Refused> for Fault {
    fn from(Refused(why): Refused) -> Self {
        Fault::Refused(why)
    }
}

/// Fetched records, and where the log ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The records.
    pub span: Span,
    /// The offset that the next record of the log will have.
    pub high_watermark: u64,
}

/// What Kafka says to a message of SASL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// The other side's message.
    pub data: Vec<u8>,
    /// How long the connection may be used, in ms; 0: for ever.
    pub session_lifetime: u64,
}

/// The longest response that is read at all.
pub const MAX_FETCH_RESPONSE: usize = 18 * 1024 * 1024;
/// The same of everything but records.
pub const MAX_RESPONSE: usize = 1024 * 1024;
/// A broker whose answer has another correlation id is no broker we spoke to.
const MIN_RESPONSE: usize = 4;
/// Kafka's error where there is no such topic or partition.
pub const UNKNOWN_TOPIC: i16 = 3;

/// Reads the length of a response that may have at most `most` bytes.
pub fn response_length(declared: [u8; 4], most: usize) -> Result<usize, Refused> {
    let length = usize::try_from(i32::from_be_bytes(declared)).map_err(|_| Refused("a negative length"))?;
    if (MIN_RESPONSE..=most).contains(&length) { Ok(length) } else { Err(Refused("a response of another length")) }
}

/// Reads the head of a response, without its length.
pub fn body_of(frame: &[u8], correlation_id: i32) -> Result<Bytes<'_>, Refused> {
    let mut bytes = Bytes(frame);
    if bytes.int32()? == correlation_id { Ok(bytes) } else { Err(Refused("the answer to another request")) }
}

/// Produce v3.
pub fn read_produce(mut body: Bytes<'_>, topic: &str) -> Result<(), Fault> {
    let error = only_partition(&mut body, topic)?;
    body.take(8 + 8 + 4)?; // base offset, append time, throttle
    body.end()?;
    no_error(error)
}

/// Fetch v4 of what stands from `offset` on, at most so many records.
pub fn read_fetch(mut body: Bytes<'_>, topic: &str, offset: u64, most: usize) -> Result<Fetched, Fault> {
    body.int32()?; // throttle
    let error = only_partition(&mut body, topic)?;
    let high_watermark = body.int64()?;
    body.int64()?; // last stable offset
    let aborted = body.int32()?;
    if aborted != -1 {
        let aborted = body.counted(aborted)?;
        body.take(aborted.checked_mul(16).ok_or(Refused("a count beyond the response"))?)?;
    }
    let batches = body.nullable_bytes()?.unwrap_or_default();
    body.end()?;
    no_error(error)?;
    Ok(Fetched { span: read_batches(batches, offset, most)?, high_watermark: an_offset(high_watermark)? })
}

/// `ListOffsets` v1.
pub fn read_list_offsets(mut body: Bytes<'_>, topic: &str) -> Result<u64, Fault> {
    let error = only_partition(&mut body, topic)?;
    body.int64()?; // timestamp
    let offset = body.int64()?;
    body.end()?;
    no_error(error)?;
    Ok(an_offset(offset)?)
}

/// Metadata v4: host and port of who leads partition 0.
pub fn read_metadata<'a>(mut body: Bytes<'a>, topic: &str) -> Result<Option<(&'a str, u16)>, Fault> {
    body.int32()?; // throttle
    let mut brokers: Vec<(i32, &'a str, u16)> = Vec::new();
    body.each(|body| {
        let (id, host, port) = (body.int32()?, body.string()?, body.int32()?);
        body.nullable_string()?; // rack
        let port = u16::try_from(port).ok().filter(|port| *port > 0).ok_or(Refused("a port out of range"))?;
        if host.is_empty() {
            return Err(Refused("a broker without a host"));
        }
        brokers.push((id, host, port));
        Ok(())
    })?;
    body.nullable_string()?; // cluster id
    body.int32()?; // controller
    if body.count()? != 1 {
        return Err(Fault::Refused("not the one topic"));
    }
    let topic_error = body.int16()?;
    if body.string()? != topic {
        return Err(Fault::Refused("another topic"));
    }
    body.int8()?; // internal
    let mut partition_0 = None;
    body.each(|body| {
        let (error, index, leader) = (body.int16()?, body.int32()?, body.int32()?);
        for _replicas_and_in_sync in 0..2 {
            let count = body.count()?;
            body.take(count.checked_mul(4).ok_or(Refused("a count beyond the response"))?)?;
        }
        if index == 0 && partition_0.is_none() {
            partition_0 = Some((error, leader));
        }
        Ok(())
    })?;
    body.end()?;
    no_error(topic_error)?;
    let (error, leader) = partition_0.unwrap_or((UNKNOWN_TOPIC, -1));
    no_error(error)?;
    Ok(brokers.into_iter().find(|(id, ..)| *id == leader).map(|(_, host, port)| (host, port)))
}

/// `SaslHandshake` v1.
pub fn read_sasl_handshake(mut body: Bytes<'_>) -> Result<(), Fault> {
    let error = body.int16()?;
    body.each(|body| body.string().map(drop))?; // the mechanisms that there are
    body.end()?;
    no_error(error)
}

/// `SaslAuthenticate` v1.
pub fn read_sasl_authenticate(mut body: Bytes<'_>) -> Result<Authenticated, Fault> {
    let error = body.int16()?;
    body.nullable_string()?; // what it means, which the number says as well
    let data = body.nullable_bytes()?.ok_or(Refused("null where a message must be"))?.to_vec();
    let lifetime = body.int64()?;
    body.end()?;
    no_error(error)?;
    let session_lifetime = u64::try_from(lifetime).map_err(|_| Refused("a negative lifetime"))?;
    Ok(Authenticated { data, session_lifetime })
}

/// The head of an answer about one partition: its error.
fn only_partition(body: &mut Bytes<'_>, topic: &str) -> Result<i16, Refused> {
    if body.count()? != 1 || body.string()? != topic || body.count()? != 1 || body.int32()? != 0 {
        return Err(Refused("not the one topic and partition"));
    }
    body.int16()
}

fn no_error(error: i16) -> Result<(), Fault> {
    if error == 0 { Ok(()) } else { Err(Fault::Error(error)) }
}

fn an_offset(offset: i64) -> Result<u64, Refused> {
    u64::try_from(offset).ok().filter(|_| offset <= MAX_INTEGER).ok_or(Refused("an offset out of range"))
}
