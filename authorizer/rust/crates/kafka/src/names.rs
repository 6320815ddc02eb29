//! Addresses of hosts. The system's resolver knows no deadline, so it runs in a thread that nobody waits for too long.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;

use crate::address::Endpoint;
use crate::deadline::{Deadline, too_late};

type Resolved = io::Result<Vec<IpAddr>>;

/// What is known of hosts: addresses that could be connected to, and questions under way, at most one a host.
#[derive(Default)]
pub struct Names {
    known: HashMap<String, Vec<IpAddr>>,
    asked: HashMap<String, Receiver<Resolved>>,
}

impl Names {
    /// Connects to a host, by the address that worked last or by its name.
    pub fn connect(&mut self, to: &Endpoint, until: Deadline) -> io::Result<TcpStream> {
        let mut failure: io::Error = ErrorKind::NotFound.into();
        if let Some(known) = self.known.remove(&to.host) {
            match connect_any(&known, to.port, until) {
                Ok((stream, address)) => {
                    self.keep(&to.host, address, known);
                    return Ok(stream);
                }
                Err(error) => failure = error,
            }
        }
        if until.passed() {
            return Err(failure);
        }
        let addresses = self.resolve(&to.host, until)?;
        let (stream, address) = connect_any(&addresses, to.port, until)?;
        self.keep(&to.host, address, addresses);
        Ok(stream)
    }

    fn keep(&mut self, host: &str, worked: IpAddr, mut addresses: Vec<IpAddr>) {
        addresses.sort_by_key(|one| *one != worked);
        self.known.insert(host.to_owned(), addresses);
    }

    fn resolve(&mut self, host: &str, until: Deadline) -> Resolved {
        if let Ok(address) = host.parse() {
            return Ok(vec![address]);
        }
        let answer = match self.asked.remove(host) {
            Some(answer) => answer,
            None => ask_for(host.to_owned())?,
        };
        match answer.recv_timeout(until.left()?) {
            Ok(resolved) => resolved,
            Err(RecvTimeoutError::Timeout) => {
                self.asked.insert(host.to_owned(), answer); // whoever asks next finds its answer
                Err(io::Error::new(ErrorKind::TimedOut, "its name was not resolved in time"))
            }
            Err(RecvTimeoutError::Disconnected) => Err(ErrorKind::Other.into()),
        }
    }
}

fn ask_for(host: String) -> io::Result<Receiver<Resolved>> {
    let (answer, answered) = sync_channel(1);
    thread::Builder::new().name("name".into()).spawn(move || {
        let resolved = (host.as_str(), 0).to_socket_addrs();
        let _ = answer.send(resolved.map(|all| all.map(|one| one.ip()).collect())); // unless nobody listens any more
    })?;
    Ok(answered)
}

fn connect_any(addresses: &[IpAddr], port: u16, until: Deadline) -> io::Result<(TcpStream, IpAddr)> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "its name has no address");
    let mut parts = u32::try_from(addresses.len()).unwrap_or(u32::MAX);
    for address in addresses {
        let attempt = until.share(parts).left().and_then(|left| {
            let stream = TcpStream::connect_timeout(&SocketAddr::new(*address, port), left);
            let stream =
                stream.map_err(|error| if error.kind() == ErrorKind::TimedOut { too_late() } else { error })?;
            stream.set_nodelay(true)?;
            Ok(stream)
        });
        match attempt {
            Ok(stream) => return Ok((stream, *address)),
            Err(error) => failure = error,
        }
        parts -= 1;
    }
    Err(failure)
}
