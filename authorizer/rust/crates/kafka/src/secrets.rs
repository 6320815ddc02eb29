//! Fetches user name and password from AWS Secrets Manager: one signed POST over HTTPS, within a deadline.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::time::{SystemTime, UNIX_EPOCH};

use authorizer::entities::Seconds;

use crate::address::{Endpoint, PemFile, TlsFiles};
use crate::aws::{Credentials, SecretArn, SignedPost, User, user_in_secret};
use crate::deadline::Deadline;
use crate::names::Names;
use crate::tls::{Stream, tls_of};

/// Where secrets are asked for.
#[derive(Clone, Default)]
pub struct SecretStore {
    /// What stands for AWS in tests, and who signed its certificate.
    pub instead: Option<(Endpoint, PemFile)>,
}

const MAX_ANSWER: u64 = 64 * 1024;
const MAX_HEAD: u64 = 16 * 1024;

impl SecretStore {
    /// What a secret holds now. What went wrong is told without any of it.
    pub fn fetch_user(
        &self,
        arn: &SecretArn,
        credentials: &Credentials,
        names: &mut Names,
        until: Deadline,
    ) -> Result<User, String> {
        let request = arn.request(credentials, utc_seconds());
        let aws = || (Endpoint { host: request.host.clone(), port: 443 }, None);
        let (to, ca) = self.instead.clone().map_or_else(aws, |(to, ca)| (to, Some(ca)));
        let tls = tls_of(&TlsFiles { ca, identity: None })?;
        let answer = names
            .connect(&to, until)
            .and_then(|socket| Stream::new(socket, &to.host, Some(&tls), until))
            .and_then(|stream| post(stream, &request))
            .map_err(|error| format!("{to}: {error}"))?;
        user_in_secret(&answer).map_err(|refused| refused.0.to_owned())
    }
}

/// UTC.
pub fn utc_seconds() -> Seconds {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Seconds::try_from(seconds).unwrap_or(Seconds::MAX)
}

/// Sends a request on a connection of its own, and reads the body of what is answered.
fn post(mut stream: impl Read + Write, request: &SignedPost) -> io::Result<Vec<u8>> {
    let mut text = "POST / HTTP/1.1\r\n".to_owned();
    for (name, value) in &request.headers {
        let _ = write!(text, "{name}: {value}\r\n"); // a String takes everything
    }
    let _ = write!(text, "content-length: {}\r\nconnection: close\r\n\r\n{}", request.body.len(), request.body);
    stream.write_all(text.as_bytes())?;
    stream.flush()?;
    let mut from = BufReader::new(stream);
    let mut head = (&mut from).take(MAX_HEAD);
    let status = line(&mut head)?;
    let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse::<u16>().ok());
    let status = status.ok_or(ErrorKind::InvalidData)?;
    if status != 200 {
        return Err(io::Error::other(format!("AWS answers {status}")));
    }
    let mut length = None;
    loop {
        let header = line(&mut head)?;
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<u64>().ok();
        }
    }
    // Secrets Manager declares the length of its answers.
    let length = length.ok_or(ErrorKind::InvalidData)?;
    if length > MAX_ANSWER {
        return Err(io::Error::other("an answer that is too long"));
    }
    let mut body = Vec::new();
    from.take(length).read_to_end(&mut body)?;
    if body.len() as u64 == length { Ok(body) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.read_line(&mut line)?;
    line.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| ErrorKind::UnexpectedEof.into())
}
