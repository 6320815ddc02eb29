//! Who is asked, in which order, in which share of the time (docs/reference/kafka.md, "Who is asked").

use std::time::SystemTime;

use ring::rand::{SecureRandom, SystemRandom};

use crate::address::Endpoint;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::login::Login;
use crate::names::Names;
use crate::wire::requests::metadata;
use crate::wire::responses::{Fault, UNKNOWN_TOPIC, read_metadata};

/// So often in one read another leader is followed.
const MOVES: u32 = 2;

/// One topic of one cluster. Remembers whom to ask next time, and trusts none of it.
pub struct Cluster {
    bootstrap: Vec<Endpoint>,
    /// Which of them to ask first: the one that worked last.
    first: usize,
    /// The topic asked about.
    pub topic: String,
    login: Login,
    names: Names,
    leader: Option<Endpoint>,
    kept: Option<Connection>,
}

impl Cluster {
    /// Nothing is connected yet.
    pub fn new(bootstrap: Vec<Endpoint>, topic: String, login: Login) -> Self {
        let mut random = [0];
        let _ = SystemRandom::new().fill(&mut random); // without randomness the first comes first
        let first = usize::from(random[0]) % bootstrap.len().max(1);
        Cluster { bootstrap, first, topic, login, names: Names::of_the_system(), leader: None, kept: None }
    }

    /// Asks the leader. A question may be asked of several brokers in turn, of one at a time.
    pub fn ask<T>(
        &mut self,
        until: Deadline,
        mut question: impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, String> {
        let asked = self.ask_all(until, &mut question);
        if matches!(asked, Err(Failure::NotAccepted(_))) {
            self.login.forget_user(); // a secret may have been rotated
        }
        asked.map_err(Failure::message)
    }

    fn ask_all<T>(
        &mut self,
        until: Deadline,
        question: &mut impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let (mut moves, mut tried) = (MOVES, Vec::new());
        if let Some(kept) = self.kept.take().filter(|kept| kept.is_awake(SystemTime::now())) {
            let answer = self.ask_on(kept, until.share(3), until, &mut moves, question);
            if let Some(last_word) = last_word(answer, &mut tried) {
                return last_word;
            }
        }
        if let Some(leader) = self.leader.clone() {
            let share = until.share(2);
            let connection = self.open(&leader, share);
            let answer = connection.and_then(|one| self.ask_on(one, share, until, &mut moves, question));
            if let Some(last_word) = last_word(answer, &mut tried) {
                return last_word;
            }
        }
        let count = self.bootstrap.len();
        for tries in 0..count {
            let place = (self.first + tries) % count;
            let Some(broker) = self.bootstrap.get(place).cloned().filter(|_| tries == 0 || !until.passed()) else {
                break;
            };
            let share = until.share(u32::try_from(count - tries).unwrap_or(u32::MAX));
            let answer = self.ask_by(&broker, share, until, &mut moves, question);
            let ends = matches!(answer, Err(Failure::NotLeader(_)));
            if let Some(last_word) = last_word(answer, &mut tried) {
                self.first = place;
                return last_word;
            }
            if ends {
                break;
            }
        }
        tried.dedup();
        Err(Failure::Attempt(tried.join("; ")))
    }

    /// Asks whoever a bootstrap broker says leads.
    fn ask_by<T>(
        &mut self,
        broker: &Endpoint,
        share: Deadline,
        until: Deadline,
        moves: &mut u32,
        question: &mut impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut connection = self.open(broker, share)?;
        connection.until(share);
        let leader = match self.leader_of(&mut connection)? {
            Leader::At(leader) => leader,
            Leader::Nobody => return Err(Failure::attempt(broker, &"nobody leads the topic just now")),
            Leader::NoTopic => {
                let topic = &self.topic;
                let what = format!("{broker}: the topic {topic} does not exist, or this user may not Describe it");
                return Err(Failure::Final(what));
            }
        };
        if leader != *broker {
            connection = self.open(&leader, until)?;
        }
        self.leader = Some(leader);
        self.ask_on(connection, until, until, moves, question)
    }

    /// Asks on a connection, and whoever it says leads instead.
    fn ask_on<T>(
        &mut self,
        mut connection: Connection,
        mut share: Deadline,
        until: Deadline,
        moves: &mut u32,
        question: &mut impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        loop {
            connection.until(share);
            match question(&mut connection, &self.topic) {
                Ok(answer) => {
                    self.leader = Some(connection.broker.clone());
                    self.kept = Some(connection);
                    return Ok(answer);
                }
                Err(Failure::NotLeader(what)) => {
                    self.leader = None;
                    let other = match self.leader_of(&mut connection)? {
                        Leader::At(named) if named != connection.broker && *moves > 0 => named,
                        _ => return Err(Failure::NotLeader(what)),
                    };
                    *moves -= 1;
                    share = until.share(2);
                    connection = self.open(&other, share)?;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    fn open(&mut self, broker: &Endpoint, until: Deadline) -> Result<Connection, Failure> {
        Connection::open(broker, &mut self.names, &self.login, until)
    }

    fn leader_of(&self, connection: &mut Connection) -> Result<Leader, Failure> {
        let asked = connection.ask_briefly(&metadata(&self.topic), |body| match read_metadata(body, &self.topic) {
            Ok(Some((host, port))) => Ok(Leader::At(Endpoint { host: host.to_owned(), port })),
            Err(Fault::Error(UNKNOWN_TOPIC)) => Ok(Leader::NoTopic),
            Ok(None) => Ok(Leader::Nobody),
            Err(fault) => Err(fault),
        });
        match asked {
            Err(Failure::NotLeader(_)) => Ok(Leader::Nobody), // an error of the partition
            answer => answer,
        }
    }
}

/// What a broker says of who leads.
enum Leader {
    At(Endpoint),
    Nobody,
    NoTopic,
}

/// What nobody else need be asked about; else why not is noted.
fn last_word<T>(answer: Result<T, Failure>, tried: &mut Vec<String>) -> Option<Result<T, Failure>> {
    match answer {
        Err(Failure::Attempt(why) | Failure::NotLeader(why)) => {
            tried.push(why);
            None
        }
        last_word => Some(last_word),
    }
}

#[cfg(test)]
mod tests;
