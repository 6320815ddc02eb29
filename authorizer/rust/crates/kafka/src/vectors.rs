//! Asks this crate every vector of `contract/vectors/wire`.

use std::fs;
use std::path::Path;

use authorizer::base64url::{decode_standard, encode_standard};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::address::{Address, PemFile, Sasl, Whose};
use crate::aws::{Credentials, SecretArn, msk_iam_message, user_in_secret};
use crate::scram::{Challenge, Keys, Mechanism, client_first};
use crate::wire::batches::{MAX_RECORDS, read_batches, write_batch};
use crate::wire::bytes::Bytes;
use crate::wire::requests::{fetch, list_offsets, metadata, produce, sasl_authenticate, sasl_handshake};
use crate::wire::responses::{
    Fault, body_of, read_fetch, read_list_offsets, read_metadata, read_produce, read_sasl_authenticate,
    read_sasl_handshake, response_length,
};

/// Every vector that asks for an operation.
fn vectors(operation: &str) -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../contract/vectors/wire");
    let files = fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let groups = files.map(|text| serde_json::from_slice::<Value>(&text).unwrap());
    let all = groups.flat_map(|group| group["vectors"].as_array().cloned().unwrap_or_default());
    let found: Vec<Value> = all.filter(|vector| vector["given"]["operation"] == operation).collect();
    assert!(!found.is_empty(), "{operation}");
    found
}

fn text<'a>(given: &'a Value, name: &str) -> &'a str {
    given[name].as_str().unwrap_or_else(|| panic!("{name} of {given}"))
}

fn bytes(given: &Value, name: &str) -> Vec<u8> {
    decode_standard(text(given, name)).unwrap()
}

fn number<T: TryFrom<i64>>(given: &Value, name: &str) -> T {
    given[name].as_i64().and_then(|number| T::try_from(number).ok()).unwrap_or_else(|| panic!("{name} of {given}"))
}

/// That every vector of an operation is answered as it expects.
fn agree(operation: &str, answer: impl Fn(&Value) -> Value) {
    for vector in vectors(operation) {
        assert_eq!(answer(&vector["given"]), vector["expect"], "{}", text(&vector, "name"));
    }
}

fn refused() -> Value {
    json!({"outcome": "refused"})
}

#[test]
fn every_frame() {
    agree("frame", |given| {
        let stream = bytes(given, "stream");
        let Some((length, rest)) = stream.split_first_chunk() else {
            return json!({"outcome": "incomplete"});
        };
        match response_length(*length, number(given, "limit")) {
            Err(_) => refused(),
            Ok(length) if rest.len() < length => json!({"outcome": "incomplete"}),
            Ok(length) => json!({"outcome": "accepted", "data": encode_standard(&rest[..length])}),
        }
    });
}

#[test]
fn every_request() {
    agree("request", |given| {
        let request = match text(given, "api") {
            "produce" => {
                let key = given.get("key").map(|_| bytes(given, "key"));
                let batch = write_batch(key.as_deref(), &bytes(given, "value"), number(given, "timestamp"));
                produce(text(given, "topic"), &batch)
            }
            "fetch" => fetch(text(given, "topic"), number(given, "offset")),
            "list_offsets" => list_offsets(text(given, "topic")),
            "metadata" => metadata(text(given, "topic")),
            "sasl_handshake" => sasl_handshake(text(given, "mechanism")),
            "sasl_authenticate" => sasl_authenticate(&bytes(given, "data")),
            api => panic!("{api}"),
        };
        json!({"bytes": encode_standard(&request.frame(number(given, "correlation_id")))})
    });
}

fn read_response(given: &Value) -> Result<Value, Fault> {
    let data = bytes(given, "data");
    let body = body_of(&data, number(given, "correlation_id"))?;
    let topic = given["topic"].as_str().unwrap_or_default();
    Ok(match text(given, "api") {
        "produce" => read_produce(body, topic).map(|()| json!({}))?,
        "fetch" => {
            let most = given.get("most").map_or(MAX_RECORDS, |_| number(given, "most"));
            let fetched = read_fetch(body, topic, number(given, "offset"), most)?;
            let records: Vec<Value> = fetched
                .span
                .records
                .iter()
                .map(|(record, timestamp)| {
                    json!({"offset": record.offset, "timestamp": timestamp.to_string(),
                           "value": encode_standard(&record.value), "headers": record.headers})
                })
                .collect();
            json!({"high_watermark": fetched.high_watermark, "next_offset": fetched.span.next_offset,
                   "records": records})
        }
        "list_offsets" => json!({"offset": read_list_offsets(body, topic)?}),
        "metadata" => {
            let leader = read_metadata(body, topic)?;
            json!({"leader": leader.map(|(host, port)| json!({"host": host, "port": port}))})
        }
        "sasl_handshake" => read_sasl_handshake(body).map(|()| json!({}))?,
        "sasl_authenticate" => {
            let said = read_sasl_authenticate(body)?;
            json!({"data": encode_standard(&said.data), "session_lifetime_ms": said.session_lifetime})
        }
        api => panic!("{api}"),
    })
}

/// What is told of a response. Of an error only its number is read, and a text for people is not read at all.
fn told(given: &Value) -> Value {
    let mut told = match read_response(given) {
        Err(Fault::Refused(_) | Fault::Compressed) => return refused(),
        Err(Fault::Error(error)) => json!({"error": error}),
        Ok(told) => told,
    };
    let members = told.as_object_mut().unwrap();
    members.entry("error").or_insert(json!(0));
    members.insert("outcome".into(), json!("accepted"));
    told
}

fn without_what_is_not_read(expected: &Value) -> Value {
    let mut members: Map<String, Value> = expected.as_object().unwrap().clone();
    members.remove("message");
    members.remove("mechanisms");
    if members.get("error").is_some_and(|error| *error != json!(0)) {
        members.retain(|name, _| name == "outcome" || name == "error");
    }
    Value::Object(members)
}

#[test]
fn every_response() {
    for vector in vectors("response") {
        let expected = without_what_is_not_read(&vector["expect"]);
        assert_eq!(told(&vector["given"]), expected, "{}", text(&vector, "name"));
    }
}

#[test]
fn no_response_that_was_cut_is_read() {
    for vector in vectors("response").into_iter().filter(|vector| vector["expect"]["outcome"] == "accepted") {
        let mut given = vector["given"].clone();
        let data = bytes(&given, "data");
        for length in 0..data.len() {
            given["data"] = json!(encode_standard(&data[..length]));
            assert_eq!(told(&given), refused(), "{} of {}", length, text(&vector, "name"));
        }
    }
}

#[test]
fn every_exchange_of_scram() {
    agree("scram", |given| {
        let (username, nonce) = (text(given, "username"), text(given, "nonce"));
        let mechanism = Mechanism::from_name(text(given, "mechanism")).unwrap();
        let at = |at| json!({"outcome": "refused", "at": at});
        let Ok(challenge) = Challenge::read(text(given, "server_first").as_bytes(), nonce) else {
            return at("server_first");
        };
        let keys = Keys::derive(mechanism, text(given, "password"), &challenge, || true).unwrap();
        let proof = keys.prove(username, nonce, &challenge);
        if proof.verify(text(given, "server_final").as_bytes()).is_err() {
            return at("server_final");
        }
        json!({"outcome": "accepted", "client_first": client_first(username, nonce),
               "client_final": proof.client_final})
    });
}

fn credentials(given: &Value) -> Credentials {
    Credentials {
        access_key: text(given, "access_key").into(),
        secret_key: text(given, "secret_key").into(),
        session_token: given["session_token"].as_str().map(str::to_owned),
    }
}

#[test]
fn every_signature_of_aws() {
    agree("msk_iam", |given| {
        let (host, region) = (text(given, "host"), text(given, "region"));
        json!({"data": msk_iam_message(host, region, &credentials(given), number(given, "now"))})
    });
    agree("secret_request", |given| {
        let arn = SecretArn::parse(text(given, "arn")).unwrap();
        let request = arn.request(&credentials(given), number(given, "now"));
        let headers: Map<String, Value> =
            request.headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        json!({"host": request.host, "headers": headers, "body": request.body})
    });
    agree("secret", |given| match user_in_secret(&bytes(given, "data")) {
        Ok(user) => json!({"outcome": "accepted", "username": user.name, "password": user.password}),
        Err(_) => refused(),
    });
}

fn address(given: &Value) -> Value {
    let variable = |name: &str| given["environ"].get(name).and_then(Value::as_str).map(str::to_owned);
    let address = match Address::read(text(given, "address"), variable) {
        Ok(address) => address,
        Err(wrong) => {
            for secret in ["pencil", "AKIDEXAMPLE", "wJalrXUtnFEMI"] {
                assert!(!wrong.contains(secret), "{wrong}");
            }
            return json!({"outcome": "refused", "variable": wrong.split_once(": ").unwrap().0});
        }
    };
    let brokers = address.bootstrap.iter().map(|one| json!({"host": one.host, "port": one.port}));
    let mut told = json!({"outcome": "accepted", "bootstrap": brokers.collect::<Vec<_>>(), "topic": address.topic,
                          "security": address.security()});
    let mut tell = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            told[name] = json!(value);
        }
    };
    match &address.sasl {
        None => {}
        Some(Sasl::MskIam(..)) => tell("mechanism", Some("AWS_MSK_IAM")),
        Some(Sasl::Scram(mechanism, whose)) => {
            tell("mechanism", Some(mechanism.name()));
            match whose {
                Whose::User(user) => tell("username", Some(&user.name)),
                Whose::Secret(arn, _) => tell("secret", Some(arn.as_str())),
            }
        }
    }
    let path = |file: &PemFile| file.path.clone();
    let files = address.tls.unwrap_or_default();
    tell("ca", files.ca.as_ref().map(path).as_deref());
    tell("certificate", files.identity.as_ref().map(|(certificate, _)| path(certificate)).as_deref());
    tell("key", files.identity.as_ref().map(|(_, key)| path(key)).as_deref());
    told
}

#[test]
fn every_address() {
    agree("address", address);
}

proptest! {
    #[test]
    fn whatever_bytes_come_are_read_or_refused(data: Vec<u8>, offset in 0_u64..1 << 53) {
        let body = Bytes(&data);
        let _ = (read_produce(body, "t"), read_fetch(body, "t", offset, MAX_RECORDS), read_list_offsets(body, "t"));
        let _ = (read_metadata(body, "t"), read_sasl_handshake(body).is_ok(), read_sasl_authenticate(body));
        let _ = read_batches(&data, offset, MAX_RECORDS);
    }

    #[test]
    fn a_response_with_other_bytes_in_it_is_read_or_refused_and_holds_no_more_than_it_has(
        which: prop::sample::Index, changes: Vec<(prop::sample::Index, u8)>
    ) {
        let mut all = vectors("response");
        all.retain(|vector| vector["expect"]["outcome"] == "accepted");
        let mut given = which.get(&all)["given"].clone();
        let mut data = bytes(&given, "data");
        for (place, byte) in changes {
            let place = place.index(data.len());
            data[place] = byte;
        }
        given["data"] = json!(encode_standard(&data));
        let told = told(&given);
        if let Some(records) = told["records"].as_array() {
            let held: usize = records.iter().map(|record| bytes(record, "value").len() + 6).sum();
            prop_assert!(held <= data.len());
        }
    }
}
