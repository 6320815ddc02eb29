//! The adapter of contract/README.md: one JSON object a line in, one line each out, in order.

mod canonical;
mod chain;
mod decisions;
#[cfg(test)]
mod fuzz;
mod heartbeats;
#[cfg(test)]
mod vectors;

use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::io::{self, BufRead, Write};

use authorizer::base64url::{decode_standard, encode_standard};
use authorizer::keys::Verified;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// What is wrong with a case, not with the build.
pub type Failure = Box<dyn Error>;
/// What a case is answered with.
pub type Answer = Result<Value, Failure>;

/// An object whose members are read one by one, so that an event stays the text that it is.
pub struct Given(pub BTreeMap<String, Box<RawValue>>);

impl Given {
    /// Reads the object.
    pub fn of(raw: &RawValue) -> Result<Self, Failure> {
        Ok(Given(serde_json::from_str(raw.get())?))
    }

    /// Reads a member.
    pub fn read<T: for<'de> serde::Deserialize<'de>>(&self, name: &str) -> Result<T, Failure> {
        let raw = self.0.get(name).ok_or_else(|| format!("no member {name}"))?;
        Ok(serde_json::from_str(raw.get())?)
    }

    /// Reads a string.
    pub fn text(&self, name: &str) -> Result<String, Failure> {
        self.read(name)
    }

    /// Reads a byte string.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Failure> {
        bytes_of(&self.text(name)?)
    }

    /// Reads an object.
    pub fn inner(&self, name: &str) -> Result<Given, Failure> {
        Given::of(self.0.get(name).ok_or_else(|| format!("no member {name}"))?)
    }
}

/// Byte strings are standard base64.
pub fn bytes_of(text: &str) -> Result<Vec<u8>, Failure> {
    decode_standard(text).ok_or_else(|| "no base64".into())
}

/// Byte strings are standard base64.
pub fn b64(data: &[u8]) -> String {
    encode_standard(data)
}

#[derive(Default)]
struct Adapter {
    views: HashMap<String, decisions::Views>,
    trusts: chain::Trusts,
    verified: Verified,
}

impl Adapter {
    fn answer_line(&mut self, line: &str) -> Answer {
        let asked = Given(serde_json::from_str(line)?);
        let family = asked.text("family")?;
        if asked.0.contains_key("fixtures") {
            self.ready(&family, &asked.inner("fixtures")?)?;
            return Ok(json!({ "ready": family }));
        }
        let id: Value = asked.read("id")?;
        Ok(match self.answer(&family, &asked.inner("given")?)? {
            Some(answer) => json!({ "id": id, "answer": answer }),
            None => json!({ "id": id, "unsupported": format!("no family {family}") }),
        })
    }

    fn ready(&mut self, family: &str, fixtures: &Given) -> Result<(), Failure> {
        if family == "chain" {
            self.trusts = chain::trusts(fixtures)?;
        } else if fixtures.0.contains_key("views") {
            self.views.insert(family.to_owned(), decisions::views(fixtures)?);
        }
        Ok(())
    }

    fn answer(&mut self, family: &str, given: &Given) -> Result<Option<Value>, Failure> {
        let none = decisions::Views::new();
        let views = self.views.get(family).unwrap_or(&none);
        Ok(Some(match family {
            "canonical" => canonical::answer(given)?,
            "chain" => chain::answer(given, &self.trusts)?,
            "view" => decisions::view(given)?,
            "token" => decisions::token(given, views, &mut self.verified)?,
            "decide" => decisions::decision(given, views, &mut self.verified)?,
            "respond" => decisions::response(given, views, &mut self.verified)?,
            "heartbeat" => heartbeats::answer(given)?,
            _ => return Ok(None),
        }))
    }
}

fn main() -> Result<(), Failure> {
    let mut adapter = Adapter::default();
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let answer = adapter.answer_line(&line?)?;
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}
