//! Writes JSON objects of strings and numbers, which is all that an authorizer ever says.

use std::fmt::{Display, Write as _};

/// An object being written. Names are ours: they need no escape.
pub struct JsonObject(String);

impl JsonObject {
    /// Begins an object.
    pub fn new() -> Self {
        let mut text = String::with_capacity(512);
        text.push('{');
        JsonObject(text)
    }

    /// Adds a string.
    pub fn text(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.name(name);
        write_text(&mut self.0, value);
        self
    }

    /// Adds a string, if there is one.
    pub fn optional(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// Adds a string that shows itself in characters which need no escape.
    pub fn plain(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        self.name(name);
        let _ = write!(self.0, "\"{value}\""); // a String takes everything
        self
    }

    /// Adds what writes itself as JSON: a number, a boolean.
    pub fn raw(&mut self, name: &'static str, value: impl Display) -> &mut Self {
        self.name(name);
        let _ = write!(self.0, "{value}");
        self
    }

    /// Adds an object.
    pub fn object(&mut self, name: &'static str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.name(name);
        self.0.push('{');
        fill(self);
        self.0.push('}');
        self
    }

    /// Adds an array of one object.
    pub fn only(&mut self, name: &'static str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.name(name);
        self.0.push_str("[{");
        fill(self);
        self.0.push_str("}]");
        self
    }

    /// The whole object.
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &'static str) {
        // Nothing that is written ends in a brace that opens, but an object without members.
        self.0.push_str(if self.0.ends_with('{') { "\"" } else { ",\"" });
        self.0.push_str(name);
        self.0.push_str("\":");
    }
}

impl Default for JsonObject {
    fn default() -> Self {
        JsonObject::new()
    }
}

/// Writes a JSON string as RFC 8785 does.
pub fn write_text(to: &mut String, value: &str) {
    to.push('"');
    if special_at(value.as_bytes()) == value.len() {
        to.push_str(value);
        to.push('"');
        return;
    }
    for character in value.chars() {
        match character {
            '"' => to.push_str("\\\""),
            '\\' => to.push_str("\\\\"),
            '\u{8}' => to.push_str("\\b"),
            '\u{c}' => to.push_str("\\f"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            '\t' => to.push_str("\\t"),
            '\0'..='\u{1f}' => {
                let _ = write!(to, "\\u{:04x}", u32::from(character));
            }
            _ => to.push(character),
        }
    }
    to.push('"');
}

/// Where the first character is that a JSON string cannot hold as it is (a quote, a backslash, a control character), or
/// the end. Most of what is read is strings, so this looks at eight bytes at once.
#[inline]
pub(crate) fn special_at(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let special = specials(u64::from_le_bytes(*word));
        if special != 0 {
            return at * 8 + special.trailing_zeros() as usize / 8;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    words.len() * 8 + rest.iter().position(special).unwrap_or(rest.len())
}

/// The high bit of the first special byte of a word, and maybe of some after it.
const fn specials(word: u64) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    // The high bit of a byte that is zero after the exclusive or, or below 0x20, is borrowed into; such a byte borrows
    // from those after it.
    let quote = (word ^ (LOW * b'"' as u64)).wrapping_sub(LOW);
    let backslash = (word ^ (LOW * b'\\' as u64)).wrapping_sub(LOW);
    let control = word.wrapping_sub(LOW * 0x20);
    (quote | backslash | control) & !word & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
