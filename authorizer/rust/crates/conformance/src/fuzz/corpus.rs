//! The vectors as what fuzzing starts from.

use serde_json::Value;

use crate::Given;
use crate::decisions::{Views, views};
use crate::vectors::{fixtures, vectors};

/// A request to decide: an event's text under a view.
pub struct Asked {
    pub view: String,
    pub event: Vec<u8>,
    pub now: i64,
}

/// The views of a family.
pub fn views_of(family: &str) -> Views {
    views(&fixtures(family).unwrap().unwrap()).unwrap()
}

/// What the vectors of `decide` ask.
pub fn asked() -> Vec<Asked> {
    let read = |given: Given| Asked {
        view: given.text("view").unwrap(),
        event: given.0["event"].get().as_bytes().to_vec(),
        now: given.read("now").unwrap(),
    };
    givens("decide").filter(|given| given.0.contains_key("event")).map(read).collect()
}

/// The `given` of every vector of a family.
pub fn givens(family: &str) -> impl Iterator<Item = Given> {
    vectors(family).unwrap().into_iter().map(|vector| vector.inner("given").unwrap())
}

/// Every string in a JSON value.
pub fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(members) => members.values().for_each(|member| strings(member, found)),
        _ => {}
    }
}
