//! One strict JSON reader for whatever others wrote: tokens, envelopes, payloads, floors.
//!
//! RFC 8259 leaves duplicate members, huge numbers and lone surrogates to the reader, and readers differ, which is how
//! two parties come to see two documents in the same bytes. This one refuses all of it (docs/reference/decision.md,
//! "Strict JSON"). [`Scanner`] below it is shared with the reader of events, which are API Gateway's and not strict.

use std::borrow::Cow;

use hashbrown::HashSet;

use crate::json_text::special_at;

/// Arrays and objects that may be open at once.
pub const MAX_DEPTH: usize = 64;
/// Integers lie within ± this.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;
/// Characters that a number may have.
pub const MAX_NUMBER_LENGTH: usize = 40;

/// The bytes are no JSON text that this reader accepts; says why, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotStrictJson(pub &'static str);

/// A JSON value that borrows what it can from its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number without fraction and exponent that is not `-0`, within ±(2^53 − 1).
    Integer(i64),
    /// Any other number, kept as text: it equals nothing.
    Opaque(&'a str),
    /// A string, unescaped.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

impl Value<'_> {
    /// The string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The members of an object in the order of their text, each name once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Object<'a> {
    /// The member of this name.
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value)
    }

    /// Whether there is a member of this name.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Takes the member of this name out.
    pub fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let at = self.0.iter().position(|(one, _)| one == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Name and value of every member.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn names_are_distinct(&self) -> bool {
        if self.0.len() <= 12 {
            return self
                .0
                .iter()
                .enumerate()
                .all(|(at, (name, _))| self.0.iter().skip(at + 1).all(|(one, _)| one != name));
        }
        let mut seen = HashSet::with_capacity(self.0.len());
        self.0.iter().all(|(name, _)| seen.insert(name.as_ref()))
    }
}

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Reads one JSON text, strictly.
pub fn parse(data: &[u8]) -> Result<Value<'_>, NotStrictJson> {
    let text = std::str::from_utf8(data).map_err(|_| NotStrictJson("not UTF-8"))?;
    let mut scanner = Scanner::new(text, MAX_DEPTH);
    let value = strict_value(&mut scanner)?;
    scanner.end()?;
    Ok(value)
}

fn strict_value<'a>(scanner: &mut Scanner<'a>) -> Result<Value<'a>, NotStrictJson> {
    Ok(match scanner.next_kind()? {
        Kind::Object => {
            let mut members = Object(Vec::with_capacity(8));
            scanner.members(|scanner, name| {
                let value = strict_value(scanner)?;
                members.0.push((strict_text(name)?, value));
                Ok(())
            })?;
            if !members.names_are_distinct() {
                return Err(NotStrictJson("duplicate member"));
            }
            Value::Object(members)
        }
        Kind::List => {
            let mut items = Vec::new();
            scanner.items(|scanner| {
                items.push(strict_value(scanner)?);
                Ok(())
            })?;
            Value::List(items)
        }
        Kind::Text => Value::Text(strict_text(scanner.text()?)?),
        Kind::Number => strict_number(scanner.number()?)?,
        Kind::Literal => scanner.literal()?,
    })
}

fn strict_text(text: Text<'_>) -> Result<Cow<'_, str>, NotStrictJson> {
    match text {
        Text::Whole(text) => Ok(text),
        Text::Broken => Err(NotStrictJson("lone surrogate")),
    }
}

fn strict_number(text: &str) -> Result<Value<'_>, NotStrictJson> {
    if text.len() > MAX_NUMBER_LENGTH {
        return Err(NotStrictJson("number too long"));
    }
    if text == "-0" || text.contains(['.', 'e', 'E']) {
        return Ok(Value::Opaque(text));
    }
    match text.parse::<i64>() {
        Ok(number) if (-MAX_INTEGER..=MAX_INTEGER).contains(&number) => Ok(Value::Integer(number)),
        _ => Err(NotStrictJson("integer out of range")),
    }
}

// --- scanning ---------------------------------------------------------------------------------------------------------

/// What a value begins as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
    Text,
    Number,
    Literal,
}

/// A JSON string: text, or one with a lone surrogate, which is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Text<'a> {
    Whole(Cow<'a, str>),
    Broken,
}

const UNENDED: NotStrictJson = NotStrictJson("a string with a control character or without an end");

/// Reads RFC 8259 from the left to the right.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// How many more arrays and objects may be open at once.
    depth_left: usize,
}

impl<'a> Scanner<'a> {
    /// Begins; `max_depth`: how many arrays and objects may be open at once.
    pub(crate) fn new(text: &'a str, max_depth: usize) -> Self {
        Scanner { text, at: 0, depth_left: max_depth }
    }

    /// What the next value is; nothing of it is consumed but the white space before it.
    pub(crate) fn next_kind(&mut self) -> Result<Kind, NotStrictJson> {
        match self.after_blank() {
            Some(b'{') => Ok(Kind::Object),
            Some(b'[') => Ok(Kind::List),
            Some(b'"') => Ok(Kind::Text),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Number),
            Some(b't' | b'f' | b'n') => Ok(Kind::Literal),
            _ => Err(NotStrictJson("no value where one belongs")),
        }
    }

    /// Reads an object; `each` must consume the value of the member that it is called for.
    pub(crate) fn members(
        &mut self,
        mut each: impl FnMut(&mut Self, Text<'a>) -> Result<(), NotStrictJson>,
    ) -> Result<(), NotStrictJson> {
        self.each_member(Self::text, &mut each)
    }

    fn each_member<N>(
        &mut self,
        mut name: impl FnMut(&mut Self) -> Result<N, NotStrictJson>,
        mut value: impl FnMut(&mut Self, N) -> Result<(), NotStrictJson>,
    ) -> Result<(), NotStrictJson> {
        self.open(b'{')?;
        if self.after_blank() == Some(b'}') {
            return self.close(b'}');
        }
        loop {
            self.after_blank();
            let name = name(self)?;
            self.after_blank();
            self.expect(b':')?;
            value(self, name)?;
            match self.after_blank() {
                Some(b',') => self.at += 1,
                _ => return self.close(b'}'),
            }
        }
    }

    /// Reads an array; `each` must consume one item.
    pub(crate) fn items(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), NotStrictJson>,
    ) -> Result<(), NotStrictJson> {
        self.open(b'[')?;
        if self.after_blank() == Some(b']') {
            return self.close(b']');
        }
        loop {
            each(self)?;
            match self.after_blank() {
                Some(b',') => self.at += 1,
                _ => return self.close(b']'),
            }
        }
    }

    /// Reads a string.
    pub(crate) fn text(&mut self) -> Result<Text<'a>, NotStrictJson> {
        self.expect(b'"')?;
        let start = self.at;
        self.skip_plain();
        let plain = self.since(start);
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Ok(Text::Whole(Cow::Borrowed(plain)))
            }
            Some(b'\\') => self.escaped_text(plain),
            _ => Err(UNENDED),
        }
    }

    fn skip_text(&mut self) -> Result<(), NotStrictJson> {
        self.expect(b'"')?;
        loop {
            self.skip_plain();
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.escape()?;
                }
                _ => return Err(UNENDED),
            }
        }
    }

    /// Reads a number; gives its text.
    pub(crate) fn number(&mut self) -> Result<&'a str, NotStrictJson> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(self.since(start))
    }

    /// Reads `null`, `true` or `false`.
    pub(crate) fn literal(&mut self) -> Result<Value<'a>, NotStrictJson> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [("null", Value::Null), ("true", Value::Bool(true)), ("false", Value::Bool(false))] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(NotStrictJson("no value where one belongs"))
    }

    /// Skips a value of any kind.
    pub(crate) fn skip(&mut self) -> Result<(), NotStrictJson> {
        match self.next_kind()? {
            Kind::Object => self.each_member(Self::skip_text, |scanner, ()| scanner.skip()),
            Kind::List => self.items(Self::skip),
            Kind::Text => self.skip_text(),
            Kind::Number => self.number().map(drop),
            Kind::Literal => self.literal().map(drop),
        }
    }

    /// Refuses what follows the value.
    pub(crate) fn end(&mut self) -> Result<(), NotStrictJson> {
        if self.after_blank().is_none() { Ok(()) } else { Err(NotStrictJson("more than one value")) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn after_blank(&mut self) -> Option<u8> {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.at += 1,
                other => return other,
            }
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), NotStrictJson> {
        if self.peek() != Some(byte) {
            return Err(NotStrictJson("another character than the one that belongs there"));
        }
        self.at += 1;
        Ok(())
    }

    fn open(&mut self, byte: u8) -> Result<(), NotStrictJson> {
        self.depth_left = self.depth_left.checked_sub(1).ok_or(NotStrictJson("nested too deeply"))?;
        self.expect(byte)
    }

    fn close(&mut self, byte: u8) -> Result<(), NotStrictJson> {
        self.depth_left += 1;
        self.expect(byte)
    }

    fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn digits(&mut self) -> Result<(), NotStrictJson> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(NotStrictJson("a number without digits")) } else { Ok(()) }
    }

    /// Moves to the next quote, backslash or control character.
    #[inline]
    fn skip_plain(&mut self) {
        self.at += special_at(self.text.as_bytes().get(self.at..).unwrap_or_default());
    }

    fn escaped_text(&mut self, plain: &str) -> Result<Text<'a>, NotStrictJson> {
        let mut text = String::from(plain);
        let mut broken = false;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(if broken { Text::Broken } else { Text::Whole(Cow::Owned(text)) });
                }
                Some(b'\\') => {
                    self.at += 1;
                    match self.escape()? {
                        Some(character) => text.push(character),
                        None => broken = true,
                    }
                }
                _ => return Err(UNENDED),
            }
            let start = self.at;
            self.skip_plain();
            text.push_str(self.since(start));
        }
    }

    /// Reads what follows a backslash; none: a lone surrogate.
    fn escape(&mut self) -> Result<Option<char>, NotStrictJson> {
        let escape = self.peek().ok_or(NotStrictJson("a string without an end"))?;
        self.at += 1;
        Ok(Some(match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.code_unit()?;
                return Ok(match unit {
                    0xD800..=0xDBFF => self.low_surrogate().and_then(|low| {
                        char::from_u32(0x1_0000 + ((u32::from(unit) - 0xD800) << 10) + (u32::from(low) - 0xDC00))
                    }),
                    _ => char::from_u32(u32::from(unit)),
                });
            }
            _ => return Err(NotStrictJson("an unknown escape")),
        }))
    }

    /// Consumes an escaped low surrogate, if one is next.
    fn low_surrogate(&mut self) -> Option<u16> {
        let start = self.at;
        if self.text.get(start..)?.starts_with("\\u") {
            self.at += 2;
            if let Ok(low @ 0xDC00..=0xDFFF) = self.code_unit() {
                return Some(low);
            }
        }
        self.at = start;
        None
    }

    fn code_unit(&mut self) -> Result<u16, NotStrictJson> {
        let digits =
            self.text.get(self.at..self.at + 4).filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let unit = digits.and_then(|text| u16::from_str_radix(text, 16).ok());
        self.at += 4;
        unit.ok_or(NotStrictJson("an unknown escape"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_escaped_surrogates_is_one_character_and_half_a_pair_is_none() {
        assert_eq!(parse(br#""\ud83d\ude02""#), Ok(Value::Text("😂".into())));
        for half in [r#""\ud83d""#, r#""\ude02""#, r#""\ud83d\u0041""#, r#""\ud83d\ud83d\ude02""#, r#"{"\ud83d":1}"#] {
            assert_eq!(parse(half.as_bytes()), Err(NotStrictJson("lone surrogate")), "{half}");
        }
    }

    #[test]
    fn members_are_told_apart_however_many_there_are() {
        let names = |count: usize| (0..count).map(|at| format!("\"m{at}\":0")).collect::<Vec<_>>().join(",");
        for count in [1, 12, 13, 5000] {
            assert!(parse(format!("{{{}}}", names(count)).as_bytes()).is_ok());
            let twice = format!("{{{},\"\\u006d0\":1}}", names(count));
            assert_eq!(parse(twice.as_bytes()), Err(NotStrictJson("duplicate member")));
        }
    }

    #[test]
    fn a_skipped_value_is_bounded_in_depth_and_ends_where_it_ends() {
        let mut scanner = Scanner::new(r#" [{"a\n" : "\ud800"}, {}, []]1"#, 2);
        assert_eq!(scanner.skip(), Ok(()));
        assert_eq!(scanner.number(), Ok("1"));
        for text in
            ["[[1]]", r#"["\x"]"#, r#"["\u12"]"#, "[\"\n\"]", r#"[""#, "[1", "[1}", r#"{"a":1]"#, r#"{"a"}"#, "[-]"]
        {
            assert!(Scanner::new(text, 1).skip().is_err(), "{text}");
        }
        assert!(Scanner::new(&"[".repeat(1_000_000), 100).skip().is_err());
    }
}
