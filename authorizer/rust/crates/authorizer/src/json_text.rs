//! Writes JSON objects of strings and numbers, which is all that an authorizer ever says.

use std::fmt::{Display, Write as _};

/// An object being written.
pub struct JsonObject(String);

impl JsonObject {
    /// Begins an object.
    pub fn new() -> Self {
        let mut text = String::with_capacity(512);
        text.push('{');
        JsonObject(text)
    }

    /// Adds a string.
    pub fn text(&mut self, name: &str, value: &str) -> &mut Self {
        self.name(name);
        write_text(&mut self.0, value);
        self
    }

    /// Adds a string, if there is one.
    pub fn optional(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(name, value);
        }
        self
    }

    /// Adds what writes itself as JSON: a number, a boolean, an inner object.
    pub fn raw(&mut self, name: &str, value: impl Display) -> &mut Self {
        self.name(name);
        let _ = write!(self.0, "{value}"); // a String takes everything
        self
    }

    /// The whole object.
    pub fn finish(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        write_text(&mut self.0, name);
        self.0.push(':');
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
    if !value.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
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
