//! One strict JSON reader for whatever others wrote: tokens, envelopes, payloads, floors.
//!
//! RFC 8259 leaves duplicate members, huge numbers and lone surrogates to the reader, and readers differ, which is how
//! two parties come to see two documents in the same bytes. This one refuses all of it (docs/reference/decision.md,
//! "Strict JSON"). [`Scanner`] below it is shared with the reader of events, which are API Gateway's and not strict.

use std::borrow::Cow;

use hashbrown::HashSet;

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
    let mut scanner = Scanner::new(text);
    let value = strict_value(&mut scanner, 0)?;
    scanner.end()?;
    Ok(value)
}

fn strict_value<'a>(scanner: &mut Scanner<'a>, depth: usize) -> Result<Value<'a>, NotStrictJson> {
    Ok(match scanner.next_kind()? {
        Kind::Object => {
            let depth = deeper(depth)?;
            let mut members = Object(Vec::with_capacity(8));
            scanner.members(|scanner, name| {
                let value = strict_value(scanner, depth)?;
                members.0.push((strict_text(name)?, value));
                Ok(())
            })?;
            if !members.names_are_distinct() {
                return Err(NotStrictJson("duplicate member"));
            }
            Value::Object(members)
        }
        Kind::List => {
            let depth = deeper(depth)?;
            let mut items = Vec::new();
            scanner.items(|scanner| {
                items.push(strict_value(scanner, depth)?);
                Ok(())
            })?;
            Value::List(items)
        }
        Kind::Text => Value::Text(strict_text(scanner.text()?)?),
        Kind::Number => strict_number(scanner.number()?)?,
        Kind::Literal => scanner.literal()?,
    })
}

fn deeper(depth: usize) -> Result<usize, NotStrictJson> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(NotStrictJson("nested too deeply")) }
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

/// Reads RFC 8259 from the left to the right.
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0 }
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
        self.expect(b'{')?;
        if self.after_blank() == Some(b'}') {
            return self.expect(b'}');
        }
        loop {
            self.after_blank();
            let name = self.text()?;
            self.after_blank();
            self.expect(b':')?;
            each(self, name)?;
            match self.after_blank() {
                Some(b',') => self.at += 1,
                _ => return self.expect(b'}'),
            }
        }
    }

    /// Reads an array; `each` must consume one item.
    pub(crate) fn items(
        &mut self,
        mut each: impl FnMut(&mut Self) -> Result<(), NotStrictJson>,
    ) -> Result<(), NotStrictJson> {
        self.expect(b'[')?;
        if self.after_blank() == Some(b']') {
            return self.expect(b']');
        }
        loop {
            each(self)?;
            match self.after_blank() {
                Some(b',') => self.at += 1,
                _ => return self.expect(b']'),
            }
        }
    }

    /// Reads a string.
    pub(crate) fn text(&mut self) -> Result<Text<'a>, NotStrictJson> {
        self.expect(b'"')?;
        let plain = self.until_special();
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                Ok(Text::Whole(Cow::Borrowed(plain)))
            }
            Some(b'\\') => self.escaped_text(plain),
            _ => Err(NotStrictJson("a string with a control character or without an end")),
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

    /// Skips a value of any kind; gives its text. `levels`: how many arrays and objects may be open in it at once.
    pub(crate) fn skip(&mut self, levels: usize) -> Result<&'a str, NotStrictJson> {
        let kind = self.next_kind()?;
        let start = self.at;
        let inner = levels.checked_sub(1).ok_or(NotStrictJson("nested too deeply"));
        match kind {
            Kind::Object => {
                let levels = inner?;
                self.members(|scanner, _| scanner.skip(levels).map(drop))?;
            }
            Kind::List => {
                let levels = inner?;
                self.items(|scanner| scanner.skip(levels).map(drop))?;
            }
            Kind::Text => drop(self.text()?),
            Kind::Number => drop(self.number()?),
            Kind::Literal => drop(self.literal()?),
        }
        Ok(self.since(start))
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

    /// Moves to the next quote, backslash or control character; gives what was before it.
    fn until_special(&mut self) -> &'a str {
        let start = self.at;
        let rest = self.text.as_bytes().get(start..).unwrap_or_default();
        self.at += special_at(rest);
        self.since(start)
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
                _ => return Err(NotStrictJson("a string with a control character or without an end")),
            }
            text.push_str(self.until_special());
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

/// Where the first quote, backslash or control character is, or the end. Most of what is read is strings, so this looks
/// at eight bytes at once.
fn special_at(bytes: &[u8]) -> usize {
    let special = |byte: u8| byte == b'"' || byte == b'\\' || byte < 0x20;
    let (words, _) = bytes.as_chunks::<8>();
    let plain = words.iter().take_while(|word| !has_special(u64::from_le_bytes(**word))).count() * 8;
    let rest = bytes.get(plain..).unwrap_or_default();
    plain + rest.iter().position(|&byte| special(byte)).unwrap_or(rest.len())
}

/// Whether a byte of the word is special; it may say so of a word without one, only where a byte is above 0x7F.
const fn has_special(word: u64) -> bool {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    // The high bit of a byte that is zero after the exclusive or, or below 0x20, is borrowed into.
    let quote = (word ^ (LOW * b'"' as u64)).wrapping_sub(LOW);
    let backslash = (word ^ (LOW * b'\\' as u64)).wrapping_sub(LOW);
    let control = word.wrapping_sub(LOW * 0x20);
    (quote | backslash | control) & HIGH != 0
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
    fn a_special_character_is_found_wherever_it_stands() {
        for length in 0..40 {
            assert_eq!(special_at(&vec![b'a'; length]), length);
            for at in 0..length {
                for special in [b'"', b'\\', 0, 0x1f] {
                    for other in [b'a', b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                        let mut bytes = vec![other; length];
                        bytes[at] = special;
                        assert_eq!(special_at(&bytes), at, "{special} at {at} of {length} among {other}");
                    }
                }
            }
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
    fn a_skipped_value_is_bounded_in_depth_and_keeps_its_text() {
        let mut scanner = Scanner::new(r#" [{"a" : "\ud800"}] x"#);
        assert_eq!(scanner.skip(2), Ok(r#"[{"a" : "\ud800"}]"#));
        assert!(Scanner::new("[[1]]").skip(1).is_err());
        assert!(Scanner::new(&"[".repeat(1_000_000)).skip(100).is_err());
    }
}
