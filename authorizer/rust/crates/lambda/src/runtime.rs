//! The Lambda Runtime API: asks for an event, answers it, asks again.
//!
//! AWS documents it under "Using the Lambda runtime API for custom runtimes". It is HTTP/1.1 on this very host, without
//! TLS, one connection, one request at a time: 150 lines here, and no event loop to start before a first decision.

use std::convert::Infallible;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;

use authorizer::json_text::JsonObject;
use authorizer::respond::{Response, UNAUTHORIZED};

use crate::authorizer::Authorizer;

const VERSION: &str = "2018-06-01";
/// Lambda's own limit of a payload is 6 MB.
const MAX_BODY: u64 = 16 * 1024 * 1024;

/// The API at one `host:port`.
pub struct Runtime {
    api: String,
    connection: Option<BufReader<TcpStream>>,
}

struct Reply {
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
    closes: bool,
}

impl Runtime {
    /// Nothing is connected yet.
    pub fn new(api: String) -> Self {
        Runtime { api, connection: None }
    }

    /// Serves events until the API cannot be reached.
    pub fn serve(&mut self, authorizer: &mut Authorizer) -> Result<Infallible, io::Error> {
        loop {
            let next = self.exchange("GET", "runtime/invocation/next", "")?;
            let Some(id) = next.request_id.filter(|_| next.status == 200) else {
                return Err(invalid("an invocation without an id"));
            };
            authorizer.answer(&next.body, |response| {
                let (path, body) = match response {
                    Response::Body(body) => (format!("runtime/invocation/{id}/response"), body),
                    Response::Unauthorized => {
                        (format!("runtime/invocation/{id}/error"), error_json(UNAUTHORIZED, UNAUTHORIZED))
                    }
                };
                self.exchange("POST", &path, &body).map(drop)
            })?;
        }
    }

    /// Says that init failed.
    pub fn fail_init(&mut self, kind: &str, what: &str) -> io::Result<()> {
        self.exchange("POST", "runtime/init/error", &error_json(kind, what)).map(drop)
    }

    /// One request and its reply. A connection that was closed meanwhile is made anew, once.
    fn exchange(&mut self, method: &str, path: &str, body: &str) -> io::Result<Reply> {
        let request = format!(
            "{method} /{VERSION}/{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.api,
            body.len()
        );
        let kept = self.connection.take();
        if let Some(Ok(reply)) = kept.map(|connection| self.exchange_on(connection, &request)) {
            return Ok(reply);
        }
        let stream = TcpStream::connect(&self.api)?;
        stream.set_nodelay(true)?;
        self.exchange_on(BufReader::new(stream), &request)
    }

    fn exchange_on(&mut self, mut connection: BufReader<TcpStream>, request: &str) -> io::Result<Reply> {
        connection.get_mut().write_all(request.as_bytes())?;
        let reply = read_reply(&mut connection)?;
        if !reply.closes {
            self.connection = Some(connection);
        }
        Ok(reply)
    }
}

fn read_reply(from: &mut impl BufRead) -> io::Result<Reply> {
    let status = line(from)?;
    let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let mut reply = Reply {
        status: status.ok_or_else(|| invalid("no HTTP/1.1"))?,
        request_id: None,
        body: Vec::new(),
        closes: false,
    };
    let (mut length, mut chunked) = (0, false);
    loop {
        let header = line(from)?;
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| invalid("a header without a colon"))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(|_| invalid("a length that is no number"))?,
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => reply.closes = value.eq_ignore_ascii_case("close"),
            "lambda-runtime-aws-request-id" => reply.request_id = Some(value.to_owned()),
            _ => {}
        }
    }
    if chunked {
        loop {
            let size = line(from)?;
            let size = size.split(';').next().unwrap_or_default().trim();
            let size = u64::from_str_radix(size, 16).map_err(|_| invalid("a chunk without a size"))?;
            body(from, size, &mut reply.body)?;
            line(from)?; // what ends a chunk; there are no trailers
            if size == 0 {
                return Ok(reply);
            }
        }
    }
    body(from, length, &mut reply.body)?;
    Ok(reply)
}

fn body(from: &mut impl BufRead, length: u64, to: &mut Vec<u8>) -> io::Result<()> {
    if to.len() as u64 + length > MAX_BODY {
        return Err(invalid("a body above 16 MiB"));
    }
    if from.take(length).read_to_end(to)? as u64 == length { Ok(()) } else { Err(ErrorKind::UnexpectedEof.into()) }
}

fn line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(16 * 1024).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None => Err(ErrorKind::UnexpectedEof.into()),
    }
}

fn error_json(kind: &str, what: &str) -> String {
    let mut error = JsonObject::new();
    error.text("errorMessage", what).text("errorType", kind).raw("stackTrace", "[]");
    error.finish()
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_read_by_its_length_or_by_its_chunks() {
        for (text, body) in [
            ("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a-1\r\nContent-Length: 2\r\n\r\n{}rest", "{}"),
            (
                "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: a-1\r\nTransfer-Encoding: chunked\r\n\r\n\
                 5\r\n{\"a\":\r\n2;x\r\n1}\r\n0\r\n\r\nrest",
                r#"{"a":1}"#,
            ),
        ] {
            let mut from = text.as_bytes();
            let reply = read_reply(&mut from).unwrap();
            assert_eq!((reply.status, reply.request_id.as_deref()), (200, Some("a-1")));
            assert_eq!((reply.body.as_slice(), from), (body.as_bytes(), &b"rest"[..]));
        }
    }

    #[test]
    fn a_reply_that_ends_too_early_is_none() {
        for text in ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}", "nonsense\r\n\r\n"] {
            assert!(read_reply(&mut text.as_bytes()).is_err(), "{text}");
        }
    }
}
