//! One connection to one broker: opened with all that security asks for, then one request and its answer at a time.

use std::io::{self, Read, Write};
use std::time::{Duration, SystemTime};

use crate::address::Endpoint;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::login::Login;
use crate::names::Names;
use crate::tls::Stream;
use crate::wire::bytes::Bytes;
use crate::wire::requests::Request;
use crate::wire::responses::{Fault, MAX_RESPONSE, body_of, response_length};

/// A connection that was not used for so long slept: nobody knows whether its other end is still there.
const AWAKE: Duration = Duration::from_secs(3);
const END_OF_SESSION: Duration = Duration::from_secs(10);

/// An open connection.
pub struct Connection {
    stream: Stream,
    asked: i32,
    /// Whom it leads to.
    pub broker: Endpoint,
    used: SystemTime,
    session_ends: Option<SystemTime>,
}

impl Connection {
    /// Connects, and proves who we are.
    pub fn open(broker: &Endpoint, names: &mut Names, login: &Login, until: Deadline) -> Result<Self, Failure> {
        let failed = |error: io::Error| Failure::attempt(broker, &error);
        let socket = names.connect(broker, until).map_err(failed)?;
        let stream = Stream::new(socket, &broker.host, login.tls(), until).map_err(failed)?;
        let mut connection =
            Connection { stream, asked: 0, broker: broker.clone(), used: SystemTime::now(), session_ends: None };
        let lifetime = login.authenticate(&mut connection, names, until)?;
        connection.session_ends = session_end(connection.used, lifetime);
        Ok(connection)
    }

    /// Whether it may be used again: it did not sleep, and what was proven still counts.
    pub fn is_awake(&self, now: SystemTime) -> bool {
        let rested = now.duration_since(self.used).is_ok_and(|rested| rested <= AWAKE);
        rested && self.session_ends.is_none_or(|end| now < end)
    }

    /// Sets the deadline of what is asked next.
    pub fn until(&mut self, until: Deadline) {
        self.stream.until(until);
    }

    /// Asks, and reads the answer. After a failure the connection is of no use.
    pub fn ask<T>(
        &mut self,
        request: &Request,
        most: usize,
        read: impl FnOnce(Bytes<'_>) -> Result<T, Fault>,
    ) -> Result<T, Failure> {
        self.asked = self.asked.wrapping_add(1);
        let frame =
            self.exchange(&request.frame(self.asked), most).map_err(|error| Failure::attempt(&self.broker, &error))?;
        self.used = SystemTime::now();
        let answer = body_of(&frame, self.asked).map_err(Fault::from).and_then(read);
        answer.map_err(|fault| Failure::of(&self.broker, fault))
    }

    /// The same, for what is short.
    pub fn ask_briefly<T>(
        &mut self,
        request: &Request,
        read: impl FnOnce(Bytes<'_>) -> Result<T, Fault>,
    ) -> Result<T, Failure> {
        self.ask(request, MAX_RESPONSE, read)
    }

    fn exchange(&mut self, frame: &[u8], most: usize) -> io::Result<Vec<u8>> {
        self.stream.write_all(frame)?;
        self.stream.flush()?;
        let mut declared = [0; 4];
        self.stream.read_exact(&mut declared)?;
        let length = response_length(declared, most).map_err(|refused| io::Error::other(refused.0))?;
        let mut response = Vec::new(); // grows as bytes come, whatever the length promised
        (&mut self.stream).take(length as u64).read_to_end(&mut response)?;
        if response.len() == length { Ok(response) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    }
}

/// When a session ends that lasts so many milliseconds (0: for ever), less a margin.
fn session_end(begun: SystemTime, lifetime: u64) -> Option<SystemTime> {
    let lifetime = Duration::from_millis(lifetime);
    if lifetime.is_zero() {
        None
    } else {
        begun.checked_add(lifetime.saturating_sub(END_OF_SESSION.min(lifetime / 10)))
    }
}
