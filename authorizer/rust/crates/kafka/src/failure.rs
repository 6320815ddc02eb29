//! How asking a broker can fail, by what to do next.

use std::fmt::Display;

use crate::address::Endpoint;
use crate::wire::responses::Fault;

const RIGHT: &str = "a right is missing: Read and Describe on the policy topic, Write and Describe on heartbeats";
const USER: &str =
    "check GATEFLEET_KAFKA_USERNAME, GATEFLEET_KAFKA_PASSWORD (or _SECRET) and GATEFLEET_KAFKA_MECHANISM";
const COMPRESSED: &str = "records are compressed; the topic needs compression.type producer or uncompressed";

/// Why there is no answer. The messages are for people, and name the next step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// This broker, or this connection, gave no usable answer: another may.
    Attempt(String),
    /// It does not lead the partition; somebody else does, or soon will.
    NotLeader(String),
    /// The offset is not on this log.
    OutOfRange,
    /// Kafka does not accept the user.
    NotAccepted(String),
    /// No broker would say otherwise.
    Final(String),
}

impl Failure {
    /// Something went wrong with a broker.
    pub fn attempt(broker: &Endpoint, what: &impl Display) -> Self {
        Failure::Attempt(format!("{broker}: {what}"))
    }

    /// What a broker answered instead.
    pub fn of(broker: &Endpoint, fault: Fault) -> Self {
        match fault {
            Fault::Refused(why) => Failure::attempt(broker, &why),
            Fault::Compressed | Fault::Error(76) => Failure::Final(format!("{broker}: {COMPRESSED}")),
            Fault::Error(1) => Failure::OutOfRange,
            Fault::Error(error @ (3 | 5 | 6 | 9 | 72 | 74 | 75 | 78)) => {
                Failure::NotLeader(format!("{broker}: does not lead the topic (error {error} of Kafka)"))
            }
            Fault::Error(error @ (29 | 31)) => Failure::Final(format!("{broker}: {RIGHT} (error {error} of Kafka)")),
            Fault::Error(error @ (33 | 34 | 58)) => {
                Failure::NotAccepted(format!("{broker}: Kafka does not accept this user (error {error}); {USER}"))
            }
            Fault::Error(error) => Failure::attempt(broker, &format_args!("error {error} of Kafka")),
        }
    }

    /// What to tell people.
    pub fn message(self) -> String {
        match self {
            Failure::Attempt(what) | Failure::NotLeader(what) | Failure::NotAccepted(what) | Failure::Final(what) => {
                what
            }
            Failure::OutOfRange => "the log was truncated or recreated while it was read".into(),
        }
    }
}
