//! Reads JSON values into typed ones, closed: unknown and missing members and other types are refused, with their path.

#![allow(clippy::needless_pass_by_value)] // every reader takes the value that it reads

use std::borrow::Cow;
use std::fmt;

use crate::digests::Digest;
use crate::strict_json::{NotStrictJson, Object, Value};

/// A value of another shape than the contract's; the message names the member, never the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    place: String,
    what: Cow<'static, str>,
}

impl Malformed {
    /// A breach at a place that its callers name (`within`).
    pub fn new(what: impl Into<Cow<'static, str>>) -> Self {
        Malformed { place: String::new(), what: what.into() }
    }

    /// The same, seen from outside of the member `name`.
    #[must_use]
    pub fn within(mut self, name: &str) -> Self {
        let short: String = name.chars().take(64).flat_map(char::escape_default).collect();
        let dot = if self.place.is_empty() { "" } else { "." };
        self.place = format!("{short}{dot}{}", self.place);
        self
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.what)
    }
}

impl From<NotStrictJson> for Malformed {
    fn from(error: NotStrictJson) -> Self {
        Malformed::new(error.0)
    }
}

/// What reading a value gives.
pub type Read<T> = Result<T, Malformed>;

/// The members of one JSON object, taken one by one; `done` refuses what is left over.
pub struct Members<'a>(Object<'a>);

impl<'a> Members<'a> {
    /// The members of a value that must be an object.
    pub fn of(value: Value<'a>) -> Read<Self> {
        match value {
            Value::Object(object) => Ok(Members(object)),
            _ => Err(Malformed::new("not an object")),
        }
    }

    /// Reads a member that must be there.
    pub fn take<T>(&mut self, name: &str, read: impl FnOnce(Value<'a>) -> Read<T>) -> Read<T> {
        let value = self.0.take(name).ok_or_else(|| Malformed::new("missing").within(name))?;
        read(value).map_err(|error| error.within(name))
    }

    /// Reads a member that may be absent (not: `null`).
    pub fn optional<T>(&mut self, name: &str, read: impl FnOnce(Value<'a>) -> Read<T>) -> Read<Option<T>> {
        self.0.take(name).map(read).transpose().map_err(|error| error.within(name))
    }

    /// Whether a member of that name is still to be taken.
    pub fn has(&self, name: &str) -> bool {
        self.0.has(name)
    }

    /// Refuses members that nobody took.
    pub fn done(self) -> Read<()> {
        match self.0.iter().map(|(name, _)| name).min() {
            Some(name) => Err(Malformed::new("unknown member").within(name)),
            None => Ok(()),
        }
    }
}

/// A string, whatever is in it.
pub fn string(value: Value<'_>) -> Read<Cow<'_, str>> {
    match value {
        Value::Text(text) => Ok(text),
        _ => Err(Malformed::new("not a string")),
    }
}

/// A non-empty string.
pub fn text(value: Value<'_>) -> Read<Cow<'_, str>> {
    string(value).and_then(|text| if text.is_empty() { Err(Malformed::new("empty")) } else { Ok(text) })
}

/// An integer from 0 to 2^53 − 1 (the reader has bounded it already).
pub fn natural(value: Value<'_>) -> Read<i64> {
    match value {
        Value::Integer(number) if number >= 0 => Ok(number),
        _ => Err(Malformed::new("not a whole number from 0")),
    }
}

/// An integer from 1.
pub fn counted(value: Value<'_>) -> Read<i64> {
    match natural(value) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Malformed::new("not a whole number from 1")),
    }
}

/// `true`.
pub fn only_true(value: Value<'_>) -> Read<()> {
    match value {
        Value::Bool(true) => Ok(()),
        _ => Err(Malformed::new("only true may be written")),
    }
}

/// 64 lowercase hex digits.
pub fn hex_digest(value: Value<'_>) -> Read<Digest> {
    Digest::from_hex(&string(value)?).ok_or_else(|| Malformed::new("not 64 lowercase hex digits"))
}

/// A reader of strings of one form.
pub fn matching<'a>(form: fn(&str) -> bool) -> impl Fn(Value<'a>) -> Read<Cow<'a, str>> {
    move |value| {
        string(value).and_then(|text| if form(&text) { Ok(text) } else { Err(Malformed::new("of another form")) })
    }
}

/// A reader of strings of one form that are kept.
pub fn kept<'a>(form: fn(&str) -> bool) -> impl Fn(Value<'a>) -> Read<Box<str>> {
    move |value| matching(form)(value).map(Into::into)
}

/// A reader of one string enumeration.
pub fn one_of<'a, T>(named: fn(&str) -> Option<T>) -> impl Fn(Value<'a>) -> Read<T> {
    move |value| named(&string(value)?).ok_or_else(|| Malformed::new("not one of the known values"))
}

/// A reader of arrays with at least `least` items.
pub fn list_of<'a, T>(least: usize, read: impl Fn(Value<'a>) -> Read<T>) -> impl Fn(Value<'a>) -> Read<Box<[T]>> {
    move |value| match value {
        Value::List(items) if items.len() >= least => items
            .into_iter()
            .enumerate()
            .map(|(at, item)| read(item).map_err(|error| error.within(&at.to_string())))
            .collect(),
        _ => Err(Malformed::new("not a list, or too short a one")),
    }
}

/// A reader of objects used as maps: every name of the form, every value read by `read`.
pub fn map_of<'a, T>(
    least: usize,
    form: fn(&str) -> bool,
    read: impl Fn(Value<'a>) -> Read<T>,
) -> impl Fn(Value<'a>) -> Read<Table<T>> {
    move |value| match value {
        Value::Object(members) if members.len() >= least => members
            .into_iter()
            .map(|(name, value)| {
                if !form(&name) {
                    return Err(Malformed::new("a name of another form").within(&name));
                }
                read(value).map(|value| (name.as_ref().into(), value)).map_err(|error| error.within(&name))
            })
            .collect::<Read<Vec<_>>>()
            .map(Table::new),
        _ => Err(Malformed::new("not an object, or one with too few members")),
    }
}

/// A small map that never changes: names sorted, each once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Table<T>(Box<[(Box<str>, T)]>);

impl<T> Table<T> {
    fn new(mut members: Vec<(Box<str>, T)>) -> Self {
        members.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Table(members.into())
    }

    /// What stands under this name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.position(name).and_then(|at| self.0.get(at)).map(|(_, value)| value)
    }

    /// At which place the name stands.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.0.binary_search_by(|(one, _)| one.as_ref().cmp(name)).ok()
    }

    /// Name and value at a place.
    pub fn at(&self, place: usize) -> Option<(&str, &T)> {
        self.0.get(place).map(|(name, value)| (name.as_ref(), value))
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T> IntoIterator for Table<T> {
    type Item = (Box<str>, T);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table(Box::new([]))
    }
}
