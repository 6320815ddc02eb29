//! The least that a function in Rust is: it checks one Ed25519 signature, asks the Runtime API for events, allows them.
//!
//! `BENCH_KEY`, `BENCH_MESSAGE` and `BENCH_SIGNATURE` are files: what a floor's signer, envelope and signature are.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use ring::signature::{ED25519, UnparsedPublicKey};

const ALLOWED: &str = r#"{"isAuthorized":true,"context":{}}"#;

fn main() {
    let [key, message, signature] = ["BENCH_KEY", "BENCH_MESSAGE", "BENCH_SIGNATURE"]
        .map(|name| std::fs::read(std::env::var(name).expect(name)).expect(name));
    UnparsedPublicKey::new(&ED25519, key).verify(&message, &signature).expect("a good signature");
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("the Runtime API");
    let mut connection = BufReader::new(TcpStream::connect(&api).expect("the Runtime API"));
    connection.get_ref().set_nodelay(true).expect("a socket");
    loop {
        let id = exchange(&mut connection, "GET", "next", "");
        exchange(&mut connection, "POST", &format!("{id}/response"), ALLOWED);
    }
}

/// One request, and its reply read to the end; gives the invocation's id.
fn exchange(connection: &mut BufReader<TcpStream>, method: &str, path: &str, body: &str) -> String {
    let length = body.len();
    let request = format!(
        "{method} /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    connection.get_mut().write_all(request.as_bytes()).expect("a connection");
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        connection.read_line(&mut line).expect("a header");
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line == "\r\n" {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().expect("a length"),
            "lambda-runtime-aws-request-id" => value.clone_into(&mut id),
            _ => {}
        }
    }
    let mut reply = vec![0; length];
    connection.read_exact(&mut reply).expect("a body");
    id
}
