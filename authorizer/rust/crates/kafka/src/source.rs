//! The policy log as a topic of Apache Kafka, and heartbeats into another.

use std::time::Duration;

use authorizer::log::transport::{Batch, LogUnavailable, RevisionSource};

use crate::address::Address;
use crate::cluster::Cluster;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::login::Login;
use crate::reading::{Last, Partition, read_from};
use crate::secrets::SecretStore;
use crate::wire::batches::{MAX_RECORDS, write_batch};
use crate::wire::requests::{fetch, list_offsets, produce};
use crate::wire::responses::{Fetched, MAX_FETCH_RESPONSE, read_fetch, read_list_offsets, read_produce};

/// Reads a policy topic.
pub struct KafkaSource {
    cluster: Cluster,
    last: Option<Last>,
}

/// Writes records, one at a time, to partition 0 of a topic, and waits until the leader has each.
pub struct KafkaWriter {
    cluster: Cluster,
}

/// What is read of a cluster, and what is written to it: nothing is connected yet. Reads the files that the address
/// names; what is wrong with them begins with the variable that named them.
pub fn connect_later(
    address: &Address,
    secrets: SecretStore,
) -> Result<(KafkaSource, impl Fn(String) -> KafkaWriter + use<>), String> {
    let login = Login::new(address, secrets)?;
    let source = Cluster::new(address.bootstrap.clone(), address.topic.clone(), login.clone());
    let bootstrap = address.bootstrap.clone();
    let writer = move |topic| KafkaWriter { cluster: Cluster::new(bootstrap.clone(), topic, login.clone()) };
    Ok((KafkaSource { cluster: source, last: None }, writer))
}

impl RevisionSource for KafkaSource {
    fn read(&mut self, offset: u64, timeout: u64) -> Result<Batch, LogUnavailable> {
        let until = Deadline::after(Duration::from_millis(timeout));
        let last = self.last.clone();
        let read = self
            .cluster
            .ask(until, |connection, topic| read_from(&mut OnLeader { connection, topic }, offset, last.as_ref()));
        let (batch, last) = read.map_err(LogUnavailable)?;
        if last.is_some() {
            self.last = last;
        }
        Ok(batch)
    }
}

impl KafkaWriter {
    /// Writes one record, in so much time. `timestamp` is in ms.
    pub fn write(&mut self, key: &[u8], value: &[u8], timestamp: i64, timeout: Duration) -> Result<(), LogUnavailable> {
        let batch = write_batch(Some(key), value, timestamp);
        let written = self.cluster.ask(Deadline::after(timeout), |connection, topic| {
            connection.ask_briefly(&produce(topic, &batch), |body| read_produce(body, topic))
        });
        written.map_err(LogUnavailable)
    }
}

struct OnLeader<'a> {
    connection: &'a mut Connection,
    topic: &'a str,
}

impl Partition for OnLeader<'_> {
    fn fetch(&mut self, offset: u64) -> Result<Fetched, Failure> {
        let request = fetch(self.topic, offset);
        self.connection.ask(&request, MAX_FETCH_RESPONSE, |body| read_fetch(body, self.topic, offset, MAX_RECORDS))
    }

    fn earliest(&mut self) -> Result<u64, Failure> {
        self.connection.ask_briefly(&list_offsets(self.topic), |body| read_list_offsets(body, self.topic))
    }
}
