//! The six requests of docs/reference/kafka.md, "Requests": always these versions, always partition 0 of one topic.

use crate::wire::bytes::{put_bytes, put_string};

const CLIENT: &str = "gatefleet";
const MAX_FETCH: i32 = 4 * 1024 * 1024;
const EARLIEST: i64 = -2;
const NO_REPLICA: i32 = -1;

/// A request, still without its number on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    key: i16,
    version: i16,
    body: Vec<u8>,
}

impl Request {
    /// All bytes to send.
    pub fn frame(&self, correlation_id: i32) -> Vec<u8> {
        let mut header = Vec::with_capacity(20);
        header.extend(self.key.to_be_bytes());
        header.extend(self.version.to_be_bytes());
        header.extend(correlation_id.to_be_bytes());
        put_string(&mut header, CLIENT);
        let length = i32::try_from(header.len() + self.body.len()).unwrap_or(i32::MAX);
        [&length.to_be_bytes()[..], &header, &self.body].concat()
    }
}

/// Produce v3: one record batch, acknowledged by the leader.
pub fn produce(topic: &str, batch: &[u8]) -> Request {
    let mut body = Vec::with_capacity(batch.len() + topic.len() + 32);
    body.extend((-1_i16).to_be_bytes()); // no transaction
    body.extend(1_i16.to_be_bytes());
    body.extend(1000_i32.to_be_bytes());
    put_partition(&mut body, topic);
    put_bytes(&mut body, batch);
    Request { key: 0, version: 3, body }
}

/// Fetch v4, which does not wait: records from `offset` on, and where the log ends.
pub fn fetch(topic: &str, offset: u64) -> Request {
    let mut body = Vec::with_capacity(topic.len() + 48);
    body.extend(NO_REPLICA.to_be_bytes());
    body.extend(0_i32.to_be_bytes()); // longest wait
    body.extend(1_i32.to_be_bytes()); // fewest bytes
    body.extend(MAX_FETCH.to_be_bytes());
    body.push(0); // READ_UNCOMMITTED: there are no transactions
    put_partition(&mut body, topic);
    body.extend(i64::try_from(offset).unwrap_or(i64::MAX).to_be_bytes());
    body.extend(MAX_FETCH.to_be_bytes());
    Request { key: 1, version: 4, body }
}

/// `ListOffsets` v1: where the log begins.
pub fn list_offsets(topic: &str) -> Request {
    let mut body = Vec::with_capacity(topic.len() + 32);
    body.extend(NO_REPLICA.to_be_bytes());
    put_partition(&mut body, topic);
    body.extend(EARLIEST.to_be_bytes());
    Request { key: 2, version: 1, body }
}

/// Metadata v4: who leads; creates no topic.
pub fn metadata(topic: &str) -> Request {
    let mut body = Vec::with_capacity(topic.len() + 8);
    body.extend(1_i32.to_be_bytes());
    put_string(&mut body, topic);
    body.push(0);
    Request { key: 3, version: 4, body }
}

/// `SaslHandshake` v1.
pub fn sasl_handshake(mechanism: &str) -> Request {
    let mut body = Vec::new();
    put_string(&mut body, mechanism);
    Request { key: 17, version: 1, body }
}

/// `SaslAuthenticate` v1.
pub fn sasl_authenticate(data: &[u8]) -> Request {
    let mut body = Vec::new();
    put_bytes(&mut body, data);
    Request { key: 36, version: 1, body }
}

/// One topic with one partition, 0.
fn put_partition(to: &mut Vec<u8>, topic: &str) {
    to.extend(1_i32.to_be_bytes());
    put_string(to, topic);
    to.extend(1_i32.to_be_bytes());
    to.extend(0_i32.to_be_bytes());
}
