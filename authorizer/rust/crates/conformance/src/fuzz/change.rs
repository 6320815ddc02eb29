//! Small changes of a text: of its bytes, and of its tokens as JSON has them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Changes one after the other; none leaves the text as it is.
pub type Changes = Vec<Change>;

/// One change. Places are shares of a length, so that they fit every text.
#[derive(Clone, Debug)]
pub enum Change {
    Flip { at: Index, mask: u8 },
    Remove { at: Index, count: usize },
    Repeat { at: Index, count: usize, times: usize },
    Insert { at: Index, word: &'static str },
    Splice { at: Index, other: Index, from: Index, count: usize },
    ReplaceToken { at: Index, word: &'static str },
    RemoveToken { at: Index },
    CopyToken { from: Index, to: Index },
    TokenOfOther { at: Index, other: Index, from: Index },
}

/// Up to `most` changes.
pub fn changes(most: usize) -> impl Strategy<Value = Changes> {
    vec(change(), 0..=most)
}

fn change() -> impl Strategy<Value = Change> {
    let place = any::<Index>;
    prop_oneof![
        (place(), 1_u8..).prop_map(|(at, mask)| Change::Flip { at, mask }),
        (place(), 1_usize..20).prop_map(|(at, count)| Change::Remove { at, count }),
        (place(), 1_usize..40, 1_usize..80).prop_map(|(at, count, times)| Change::Repeat { at, count, times }),
        (place(), select(WORDS)).prop_map(|(at, word)| Change::Insert { at, word }),
        (place(), place(), place(), 1_usize..200).prop_map(|(at, other, from, count)| Change::Splice {
            at,
            other,
            from,
            count
        }),
        (place(), select(WORDS)).prop_map(|(at, word)| Change::ReplaceToken { at, word }),
        place().prop_map(|at| Change::RemoveToken { at }),
        (place(), place()).prop_map(|(from, to)| Change::CopyToken { from, to }),
        (place(), place(), place()).prop_map(|(at, other, from)| Change::TokenOfOther { at, other, from }),
    ]
}

/// The text after all changes; `others` are texts to take pieces of.
pub fn changed(text: &[u8], changes: &Changes, others: &[Vec<u8>]) -> Vec<u8> {
    changes.iter().fold(text.to_vec(), |text, change| change.apply(text, others))
}

impl Change {
    fn apply(&self, mut text: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        if text.is_empty() {
            return text;
        }
        match self {
            Change::Flip { at, mask } => *at.get_mut::<u8>(&mut text) ^= mask,
            Change::Remove { at, count } => {
                let (from, to) = piece(&text, *at, *count);
                text.drain(from..to);
            }
            Change::Repeat { at, count, times } => {
                let (from, to) = piece(&text, *at, *count);
                let repeated = text[from..to].repeat(*times);
                text.splice(from..from, repeated);
            }
            Change::Insert { at, word } => {
                let at = at.index(text.len() + 1);
                text.splice(at..at, word.bytes());
            }
            Change::Splice { at, other, from, count } => {
                let other = other.get(others);
                let (from, to) = piece(other, *from, *count);
                let at = at.index(text.len());
                text.splice(at..at, other[from..to].iter().copied());
            }
            Change::ReplaceToken { at, word } => {
                let (from, to) = *at.get(&tokens(&text));
                text.splice(from..to, word.bytes());
            }
            Change::RemoveToken { at } => {
                let (from, to) = *at.get(&tokens(&text));
                text.drain(from..to);
            }
            Change::CopyToken { from, to } => {
                let tokens = tokens(&text);
                let ((from, to), (at, _)) = (*from.get(&tokens), *to.get(&tokens));
                let copy = text[from..to].to_vec();
                text.splice(at..at, copy);
            }
            Change::TokenOfOther { at, other, from } => {
                let other = other.get(others);
                let (from, to) = *from.get(&tokens(other));
                let (at, end) = *at.get(&tokens(&text));
                text.splice(at..end, other[from..to].iter().copied());
            }
        }
        text
    }
}

fn piece(text: &[u8], at: Index, count: usize) -> (usize, usize) {
    let from = at.index(text.len() + 1);
    (from, text.len().min(from + count))
}

/// Where the tokens of a text are, roughly: strings, words and numbers, single characters. There is at least one.
fn tokens(text: &[u8]) -> Vec<(usize, usize)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = match rest[0] {
            b'"' => {
                let mut escaped = true; // the quote that begins it ends nothing
                let end = rest.iter().position(|&byte| {
                    let ends = byte == b'"' && !escaped;
                    escaped = byte == b'\\' && !escaped;
                    ends
                });
                end.map_or(rest.len(), |end| end + 1)
            }
            byte if is_word(byte) => rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len()),
            _ => 1,
        };
        tokens.push((at, at + length));
        at += length;
    }
    if tokens.is_empty() { vec![(0, 0)] } else { tokens }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.')
}

/// What has meant something to somebody's reader.
const WORDS: &[&str] = &[
    "null",
    "true",
    "false",
    "{}",
    "[]",
    "0",
    "1",
    "-1",
    "-0",
    "1.0",
    "1e3",
    "1e400",
    "9007199254740991",
    "9007199254740992",
    "18446744073709551616",
    "1793534400",
    "\"\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
    "\"__proto__\"",
    "\"REQUEST\"",
    "\"2.0\"",
    "\"1.0\"",
    "\"ANY\"",
    "\"$default\"",
    "\"/\"",
    "\"none\"",
    "\"HS256\"",
    "\"crit\"",
    "\"any_client\"",
    "\"public\"",
    "\"removed\"",
    "\"requires\"",
    "\"holds\"",
    "{\"a\":1,\"a\":2}",
    "[[]]",
    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "=",
    "==",
    ".",
    "..",
    "/",
    "//",
    "%2e",
    "%2f",
    "%00",
    "%c0%ae",
    "\\\\",
    ";",
    "?",
    "#",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\u{0}",
    "\u{7f}",
    "\u{85}",
    "\u{212a}",
    "\u{2024}",
    "\u{ff0f}",
    "\u{feff}",
    "Bearer ",
    "Basic ",
    "AAAA",
    "::ffff:192.0.2.1",
];
