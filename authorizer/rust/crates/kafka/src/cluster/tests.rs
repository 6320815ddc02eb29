//! Brokers that say what a test wants, on loopback.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::*;
use crate::address::Address;
use crate::secrets::SecretStore;
use crate::wire::bytes::{put_bytes, put_string};
use crate::wire::requests::list_offsets;
use crate::wire::responses::read_list_offsets;

const TOPIC: &str = "t";
const METADATA: i16 = 3;
const NOT_LEADER: i16 = 6;

/// Who leads, and with which error each broker answers who asks it for the beginning of the log; then that beginning.
#[derive(Clone, Default)]
struct Said {
    leader: Option<u16>,
    metadata_error: i16,
    error: i16,
    earliest: i64,
    /// On so many of its connections, the oldest ones, it takes what is asked and says nothing.
    silent: usize,
}

struct Broker {
    port: u16,
    said: Arc<Mutex<Said>>,
    /// One api key a request; -1: a connection.
    asked: Arc<Mutex<Vec<i16>>>,
}

impl Broker {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = Said { leader: Some(port), earliest: 7, ..Said::default() };
        let broker = Broker { port, said: Arc::new(Mutex::new(said)), asked: Arc::default() };
        let (said, asked) = (broker.said.clone(), broker.asked.clone());
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (said, asked) = (said.clone(), asked.clone());
                asked.lock().unwrap().push(-1);
                thread::spawn(move || serve(stream.unwrap(), number, &said, &asked));
            }
        });
        broker
    }

    fn says(&self, change: impl FnOnce(&mut Said)) {
        change(&mut self.said.lock().unwrap());
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint { host: "127.0.0.1".into(), port: self.port }
    }

    /// What it was asked since this was looked at last.
    fn heard(&self) -> Vec<i16> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, number: usize, said: &Mutex<Said>, asked: &Mutex<Vec<i16>>) -> Option<()> {
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length).ok()?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request).ok()?;
        let key = i16::from_be_bytes([request[0], request[1]]);
        asked.lock().unwrap().push(key);
        let said = said.lock().unwrap().clone();
        if number < said.silent {
            continue;
        }
        let mut answer = request[4..8].to_vec(); // correlation id
        answer.extend(if key == METADATA { metadata_of(&said) } else { earliest_of(&said) });
        let mut framed = Vec::new();
        put_bytes(&mut framed, &answer);
        stream.write_all(&framed).ok()?;
    }
}

fn metadata_of(said: &Said) -> Vec<u8> {
    let mut body = [0_i32.to_be_bytes(), 1_i32.to_be_bytes(), 5_i32.to_be_bytes()].concat(); // throttle, broker 5
    put_string(&mut body, "127.0.0.1");
    body.extend(i32::from(said.leader.unwrap_or(1)).to_be_bytes());
    body.extend([0xFF; 4]); // no rack, no cluster id
    body.extend([0_i32.to_be_bytes(), 1_i32.to_be_bytes()].concat()); // controller, topics
    body.extend(said.metadata_error.to_be_bytes());
    put_string(&mut body, TOPIC);
    body.push(0);
    body.extend(1_i32.to_be_bytes()); // partitions
    body.extend(0_i16.to_be_bytes());
    body.extend([0, if said.leader.is_some() { 5 } else { -1 }, 0, 0].map(i32::to_be_bytes).concat());
    body
}

fn earliest_of(said: &Said) -> Vec<u8> {
    let mut body = 1_i32.to_be_bytes().to_vec();
    put_string(&mut body, TOPIC);
    body.extend([1_i32.to_be_bytes(), 0_i32.to_be_bytes()].concat());
    body.extend(said.error.to_be_bytes());
    body.extend((-1_i64).to_be_bytes());
    body.extend(said.earliest.to_be_bytes());
    body
}

/// The first of these is asked first.
fn cluster(bootstrap: &[&Broker]) -> Cluster {
    let brokers: Vec<String> = bootstrap.iter().map(|broker| broker.endpoint().to_string()).collect();
    let address = Address::read(&format!("kafka:{}/{TOPIC}", brokers.join(",")), |_| None).unwrap();
    let login = Login::new(&address, SecretStore::default()).unwrap();
    let mut cluster = Cluster::new(address.bootstrap, TOPIC.into(), login);
    cluster.first = 0;
    cluster
}

fn ask_within(cluster: &mut Cluster, milliseconds: u64) -> Result<u64, String> {
    cluster.ask(Deadline::after(Duration::from_millis(milliseconds)), |connection, topic| {
        connection.ask_briefly(&list_offsets(topic), |body| read_list_offsets(body, topic))
    })
}

fn ask(cluster: &mut Cluster) -> Result<u64, String> {
    ask_within(cluster, 20_000)
}

#[test]
fn the_leader_that_a_bootstrap_names_is_asked_and_kept() {
    let (first, leader) = (Broker::new(), Broker::new());
    first.says(|said| said.leader = Some(leader.port));
    let mut cluster = cluster(&[&first]);
    assert_eq!((ask(&mut cluster), ask(&mut cluster)), (Ok(7), Ok(7)));
    assert_eq!((first.heard(), leader.heard()), (vec![-1, METADATA], vec![-1, 2, 2]));
}

#[test]
fn a_bootstrap_that_leads_is_asked_on_the_same_connection() {
    let broker = Broker::new();
    assert_eq!(ask(&mut cluster(&[&broker])), Ok(7));
    assert_eq!(broker.heard(), [-1, METADATA, 2]);
}

#[test]
fn who_no_longer_leads_names_the_new_leader_on_the_kept_connection() {
    let (old, new) = (Broker::new(), Broker::new());
    let mut cluster = cluster(&[&old]);
    ask(&mut cluster).unwrap();
    old.heard();
    old.says(|said| (said.error, said.leader) = (NOT_LEADER, Some(new.port)));
    assert_eq!(ask(&mut cluster), Ok(7));
    assert_eq!((old.heard(), new.heard()), (vec![2, METADATA], vec![-1, 2]));
    assert_eq!(ask(&mut cluster), Ok(7));
    assert_eq!((old.heard(), new.heard()), (vec![], vec![2]));
}

#[test]
fn a_leader_that_names_nobody_is_forgotten_and_the_bootstraps_are_asked() {
    let (first, old, new) = (Broker::new(), Broker::new(), Broker::new());
    first.says(|said| said.leader = Some(old.port));
    let mut cluster = cluster(&[&first]);
    ask(&mut cluster).unwrap();
    old.says(|said| (said.error, said.leader) = (NOT_LEADER, None));
    first.says(|said| said.leader = Some(new.port));
    assert_eq!(ask(&mut cluster), Ok(7));
    assert_eq!(new.heard(), [-1, 2]);
}

#[test]
fn brokers_that_name_each_other_are_followed_twice_and_no_more() {
    let (one, other) = (Broker::new(), Broker::new());
    one.says(|said| (said.error, said.leader) = (NOT_LEADER, Some(other.port)));
    other.says(|said| (said.error, said.leader) = (NOT_LEADER, Some(one.port)));
    let why = ask(&mut cluster(&[&one])).unwrap_err();
    assert!(why.contains("does not lead the topic (error 6 of Kafka)"), "{why}");
    let heard = [one.heard(), other.heard()].concat();
    assert_eq!(heard.iter().filter(|key| **key == 2).count(), 3);
}

#[test]
fn a_bootstrap_that_refuses_is_skipped_and_the_one_that_worked_comes_first_from_then_on() {
    let (gone, good) = (Broker::new(), Broker::new());
    let mut cluster = cluster(&[&gone, &good]);
    cluster.bootstrap[0].port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    assert_eq!(ask(&mut cluster), Ok(7));
    assert_eq!(cluster.first, 1);
}

#[test]
fn a_silent_connection_costs_a_part_of_the_deadline_and_the_leader_is_asked_anew() {
    let broker = Broker::new();
    let mut cluster = cluster(&[&broker]);
    ask(&mut cluster).unwrap();
    broker.heard();
    broker.says(|said| said.silent = 1);
    assert_eq!(ask_within(&mut cluster, 3_000), Ok(7));
    assert_eq!(broker.heard(), [2, -1, 2]);
}

#[test]
fn where_everybody_is_silent_the_deadline_ends_the_read() {
    let brokers = [Broker::new(), Broker::new()];
    for broker in &brokers {
        broker.says(|said| said.silent = 9);
    }
    let why = ask_within(&mut cluster(&[&brokers[0], &brokers[1]]), 50).unwrap_err();
    assert!(why.contains("no answer in time"), "{why}");
}

#[test]
fn a_topic_that_a_bootstrap_does_not_know_and_a_right_that_is_missing_fail_at_once() {
    let (broker, next) = (Broker::new(), Broker::new());
    for (error, says) in [(UNKNOWN_TOPIC, "does not exist"), (29, "a right is missing")] {
        broker.says(|said| said.metadata_error = error);
        let why = ask(&mut cluster(&[&broker, &next])).unwrap_err();
        assert!(why.contains(says), "{why}");
        assert!(next.heard().is_empty());
    }
}

#[test]
fn a_remembered_leader_that_knows_no_such_topic_is_no_last_word() {
    let (first, old) = (Broker::new(), Broker::new());
    first.says(|said| said.leader = Some(old.port));
    let mut cluster = cluster(&[&first]);
    ask(&mut cluster).unwrap();
    old.says(|said| (said.error, said.metadata_error) = (UNKNOWN_TOPIC, UNKNOWN_TOPIC));
    first.says(|said| said.leader = Some(first.port));
    assert_eq!(ask(&mut cluster), Ok(7));
}
