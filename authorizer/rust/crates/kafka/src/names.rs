//! Addresses of hosts. The system's resolver knows no deadline, so it runs in a thread that nobody waits for too long.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;

use crate::address::Endpoint;
use crate::deadline::{Deadline, too_late};

/// The addresses of a host.
pub type Resolved = io::Result<Vec<IpAddr>>;

/// What is known of hosts: addresses that could be connected to, and questions under way, at most one a host.
pub struct Names {
    known: HashMap<String, Vec<IpAddr>>,
    asked: HashMap<String, Receiver<Resolved>>,
    resolver: Arc<dyn Fn(&str) -> Resolved + Send + Sync>,
}

impl Names {
    /// Nothing is known. The resolver may take as long as it likes.
    pub fn new(resolver: impl Fn(&str) -> Resolved + Send + Sync + 'static) -> Self {
        Names { known: HashMap::new(), asked: HashMap::new(), resolver: Arc::new(resolver) }
    }

    /// As the system resolves names.
    pub fn of_the_system() -> Self {
        Names::new(|host| Ok((host, 0).to_socket_addrs()?.map(|one| one.ip()).collect()))
    }

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
            None => ask_for(host.to_owned(), self.resolver.clone())?,
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

fn ask_for(host: String, resolver: Arc<dyn Fn(&str) -> Resolved + Send + Sync>) -> io::Result<Receiver<Resolved>> {
    let (answer, answered) = sync_channel(1);
    thread::Builder::new().name("name".into()).spawn(move || {
        let _ = answer.send(resolver(&host)); // unless nobody listens any more
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::Mutex;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    fn soon() -> Deadline {
        Deadline::after(Duration::from_millis(20))
    }

    fn later() -> Deadline {
        Deadline::after(Duration::from_secs(20))
    }

    #[test]
    fn a_name_is_waited_for_no_longer_than_told_asked_once_and_remembered() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let broker = Endpoint { host: "broker.example".into(), port: listener.local_addr().unwrap().port() };
        let (answer, answers) = channel::<Resolved>();
        let answers = Mutex::new(answers); // a resolver that hangs until it is told
        let mut names = Names::new(move |_| answers.lock().unwrap().recv().unwrap());
        assert_eq!(names.connect(&broker, soon()).unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(names.connect(&broker, soon()).unwrap_err().kind(), ErrorKind::TimedOut);
        answer.send(Ok(vec!["127.0.0.1".parse().unwrap()])).unwrap();
        names.connect(&broker, later()).unwrap();
        drop(answer); // whoever asks again fails
        names.connect(&broker, later()).unwrap();
    }

    #[test]
    fn an_address_that_cannot_be_connected_to_any_more_is_asked_for_anew() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let broker = Endpoint { host: "broker.example".into(), port };
        let asked = Arc::new(Mutex::new(0));
        let counted = asked.clone();
        let mut names = Names::new(move |_| {
            *counted.lock().unwrap() += 1;
            Ok(vec!["127.0.0.2".parse().unwrap(), "127.0.0.1".parse().unwrap()])
        });
        names.connect(&broker, later()).unwrap();
        drop(listener);
        assert!(names.connect(&broker, later()).is_err());
        assert!(names.connect(&broker, later()).is_err());
        assert_eq!(*asked.lock().unwrap(), 3);
    }

    #[test]
    fn an_address_is_no_name() {
        let mut names = Names::new(|host| panic!("{host} was asked for"));
        for host in ["127.0.0.1", "::1"] {
            let _ = names.connect(&Endpoint { host: host.into(), port: 1 }, later());
        }
    }
}
