//! TLS 1.2 and 1.3 by `rustls`, over a socket that keeps a deadline. Host names are always verified.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::address::{PemFile, TlsFiles};
use crate::deadline::{Deadline, too_late};

/// Sessions that are kept for resumption: one a broker is needed.
const SESSIONS: usize = 32;

/// A connection, with TLS or without. Whatever it is asked to do ends at its deadline.
pub enum Stream {
    /// As it is.
    Plain(Timed),
    /// In TLS.
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

/// A socket whose every read and write ends at a deadline.
pub struct Timed {
    socket: TcpStream,
    until: Deadline,
}

/// Whom TLS trusts, and who we are. Wrong files are told with their variable.
pub fn tls_of(files: &TlsFiles) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    match &files.ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            for certificate in certificates(file)? {
                roots.add(certificate).map_err(|_| wrong(file, "holds a certificate that cannot sign others"))?;
            }
        }
    }
    let identity = files.identity.as_ref().map(|(certificate, key)| {
        let pem = PrivatePkcs8KeyDer::from_pem_slice(&read(key)?);
        let private = pem.map_err(|_| wrong(key, "holds no key in PKCS#8 without a password"))?;
        Ok::<_, String>((certificates(certificate)?, PrivateKeyDer::Pkcs8(private), key))
    });
    client_config(roots, identity.transpose()?)
}

type Identity<'a> = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>, &'a PemFile);

fn client_config(roots: RootCertStore, identity: Option<Identity<'_>>) -> Result<Arc<ClientConfig>, String> {
    let versions =
        ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let config = versions.map_err(|_| "TLS cannot be set up".to_owned())?.with_root_certificates(roots);
    let mut config = match identity {
        None => config.with_no_client_auth(),
        Some((certificates, private, key)) => config
            .with_client_auth_cert(certificates, private)
            .map_err(|_| wrong(key, "does not fit the certificate"))?,
    };
    config.resumption = Resumption::in_memory_sessions(SESSIONS);
    Ok(Arc::new(config))
}

fn certificates(file: &PemFile) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&read(file)?).collect();
    found.ok().filter(|all| !all.is_empty()).ok_or_else(|| wrong(file, "holds no certificate in PEM"))
}

fn read(file: &PemFile) -> Result<Vec<u8>, String> {
    fs::read(&file.path).map_err(|error| wrong(file, &format!("cannot be read: {error}")))
}

fn wrong(file: &PemFile, what: &str) -> String {
    format!("{}: {} {what}", file.variable, file.path)
}

impl Stream {
    /// Speaks with whoever is at the other end, in TLS if there is a configuration of it.
    pub fn new(socket: TcpStream, host: &str, tls: Option<&Arc<ClientConfig>>, until: Deadline) -> io::Result<Self> {
        let mut timed = Timed { socket, until };
        let Some(tls) = tls else {
            return Ok(Stream::Plain(timed));
        };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::new(ErrorKind::InvalidInput, "no host name that a certificate can carry"))?;
        let mut session = ClientConnection::new(tls.clone(), name).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut timed)?;
        }
        Ok(Stream::Tls(Box::new(StreamOwned::new(session, timed))))
    }

    /// Sets the deadline of what is done next.
    pub fn until(&mut self, until: Deadline) {
        match self {
            Stream::Plain(timed) => timed.until = until,
            Stream::Tls(stream) => stream.sock.until = until,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(timed) => timed.read(to),
            Stream::Tls(stream) => stream.read(to),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(timed) => timed.write(data),
            Stream::Tls(stream) => stream.write(data),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Plain(timed) => timed.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.socket.set_read_timeout(Some(self.until.left()?))?;
        self.socket.read(to).map_err(named)
    }
}

impl Write for Timed {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.socket.set_write_timeout(Some(self.until.left()?))?;
        self.socket.write(data).map_err(named)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}

/// A socket's timeout is `WouldBlock` on Unix.
fn named(error: io::Error) -> io::Error {
    if error.kind() == ErrorKind::WouldBlock { too_late() } else { error }
}
