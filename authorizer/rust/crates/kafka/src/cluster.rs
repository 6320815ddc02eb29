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
        Cluster { bootstrap, first, topic, login, names: Names::default(), leader: None, kept: None }
    }

    /// Asks the leader. A question may be asked of several brokers in turn, of one at a time.
    pub fn ask<T>(
        &mut self,
        until: Deadline,
        mut question: impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, String> {
        let mut asked = self.ask_all(until, &mut question);
        if matches!(asked, Err(Failure::NotAccepted(_))) && self.login.forget_user() {
            asked = self.ask_all(until, &mut question); // the password may have been rotated
        }
        asked.map_err(Failure::message)
    }

    fn ask_all<T>(
        &mut self,
        until: Deadline,
        question: &mut impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut moves = MOVES;
        if let Some(kept) = self.kept.take().filter(|kept| kept.is_awake(SystemTime::now())) {
            let answer = self.ask_on(kept, until.share(3), until, &mut moves, question);
            if is_last_word(&answer) {
                return answer;
            }
        }
        if let Some(leader) = self.leader.clone() {
            let share = until.share(2);
            let answer = match self.open(&leader, share) {
                Ok(connection) => self.ask_on(connection, share, until, &mut moves, question),
                Err(failure) => Err(failure),
            };
            if is_last_word(&answer) {
                return answer;
            }
        }
        self.ask_by_bootstrap(until, &mut moves, question)
    }

    fn ask_by_bootstrap<T>(
        &mut self,
        until: Deadline,
        moves: &mut u32,
        question: &mut impl FnMut(&mut Connection, &str) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let count = self.bootstrap.len();
        let mut answer = Err(Failure::Attempt("nobody could be asked in time".into()));
        let order: Vec<_> = self.bootstrap.iter().cloned().enumerate().cycle().skip(self.first).take(count).collect();
        for (tried, (place, broker)) in order.into_iter().enumerate() {
            if tried > 0 && until.passed() {
                break;
            }
            let share = until.share(u32::try_from(count - tried).unwrap_or(u32::MAX));
            answer = match self.leader_by(&broker, share) {
                Ok((connection, leader)) => {
                    self.first = place;
                    self.leader = Some(leader.clone());
                    let connection = if leader == broker { Ok(connection) } else { self.open(&leader, until) };
                    connection.and_then(|connection| self.ask_on(connection, until, until, moves, question))
                }
                Err(Failure::NotLeader(what)) => Err(Failure::Attempt(what)), // the next one may know of a leader
                Err(failure) => Err(failure),
            };
            if is_last_word(&answer) || matches!(answer, Err(Failure::NotLeader(_))) {
                break;
            }
        }
        answer
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
                    let named = self.leader_of(&mut connection)?;
                    let Some(other) = named.filter(|named| *named != connection.broker && *moves > 0) else {
                        return Err(Failure::NotLeader(what));
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

    fn leader_by(&mut self, broker: &Endpoint, until: Deadline) -> Result<(Connection, Endpoint), Failure> {
        let mut connection = self.open(broker, until)?;
        let leader = self.leader_of(&mut connection)?;
        let leader = leader.ok_or_else(|| Failure::NotLeader(format!("{broker}: the topic has no leader just now")))?;
        Ok((connection, leader))
    }

    fn leader_of(&self, connection: &mut Connection) -> Result<Option<Endpoint>, Failure> {
        let asked = connection.ask_briefly(&metadata(&self.topic), |body| match read_metadata(body, &self.topic) {
            Err(Fault::Error(UNKNOWN_TOPIC)) => Ok(Err(())),
            read => Ok(Ok(read?.map(|(host, port)| Endpoint { host: host.to_owned(), port }))),
        });
        match asked {
            Ok(Ok(leader)) => Ok(leader),
            Ok(Err(())) => Err(Failure::Final(format!(
                "{}: the topic {} does not exist, or the user may not see it (Describe)",
                connection.broker, self.topic
            ))),
            Err(Failure::NotLeader(_)) => Ok(None),
            Err(failure) => Err(failure),
        }
    }
}

/// Whether nobody else need be asked.
fn is_last_word<T>(answer: &Result<T, Failure>) -> bool {
    !matches!(answer, Err(Failure::Attempt(_) | Failure::NotLeader(_)))
}
