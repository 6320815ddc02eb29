//! Step 4, `path`: what a lenient back end could take for another route is denied; nothing is normalised to allow.
//!
//! The route itself comes from API Gateway and is never found by matching the path again (docs/reference/decision.md, 4).

use std::borrow::Cow;

use crate::entities::{Requirement, Route};

/// A declared route key, taken apart: `GET /orders/{id}`. `path` is none for `$default`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template<'a> {
    /// The declared method; `ANY` for `$default`.
    pub method: &'a str,
    /// The declared path.
    pub path: Option<&'a str>,
}

impl<'a> Template<'a> {
    /// Takes a declared route key apart.
    pub fn of(route_key: &'a str) -> Self {
        match route_key.split_once(' ') {
            Some((method, path)) => Template { method, path: Some(path) },
            None => Template { method: "ANY", path: None },
        }
    }

    /// `$default` and greedy templates take paths that nobody wrote down.
    pub fn catch_all(self) -> bool {
        self.path.is_none_or(|path| segments_of(path).last().is_some_and(is_greedy))
    }

    fn segments(self) -> Option<Vec<&'a str>> {
        self.path.map(|path| segments_of(path).collect())
    }
}

/// Whether a segment of a template is `{name}` or `{name+}`.
pub fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}

/// Whether API Gateway prefers `other` to the catch-all, and `other` demands something else of a caller.
pub fn shadows(other: (Template<'_>, &Route), catch_all: (Template<'_>, &Route)) -> bool {
    other.1 != catch_all.1 && other.1.requirement != Requirement::Public && preferred(other.0, catch_all.0)
}

/// Whether no text of the request reads as another route than the one that API Gateway matched.
///
/// `shadows` are the routes that shadow `template`; they are only asked for when it is a catch-all.
pub fn path_allowed<'a>(
    path: &str,
    parameters: &[Cow<'_, str>],
    method: &str,
    stage: Option<&str>,
    template: Template<'_>,
    mut shadows: impl Iterator<Item = Template<'a>>,
) -> bool {
    let Some(plain) = decoded(path) else {
        return false;
    };
    let catch_all = template.catch_all();
    let fine = |text: &str, plain: &str| harmless(plain) && (!catch_all || unambiguous(text, plain));
    if !fine(path, &plain) || !parameters.iter().all(|text| decoded(text).is_some_and(|plain| fine(text, &plain))) {
        return false;
    }
    if !catch_all {
        return true;
    }
    // The path as a lenient reader may have it: cut at `?` or `#`, with the stage and without.
    let cut = plain.split(['?', '#']).next().unwrap_or_default();
    let whole: Vec<&str> = segments_of(cut).collect();
    let without_stage = whole.split_first().filter(|(first, _)| Some(**first) == stage).map(|(_, rest)| rest);
    !shadows.any(|other| {
        (other.method == method || other.method == "ANY")
            && other.segments().is_some_and(|template| {
                fits(&template, &whole, equal_in_lower_case)
                    || without_stage.is_some_and(|rest| fits(&template, rest, equal_in_lower_case))
            })
    })
}

/// Whether the path fits the declared template, leading segments (stage, base path) left out. It is only counted.
pub fn path_fits(path: &str, template: Template<'_>) -> bool {
    let Some(expected) = template.segments() else {
        return true;
    };
    // A segment that is not UTF-8 fits no literal.
    let decoded: Vec<Cow<'_, str>> = segments_of(path).map(|one| decoded(one).unwrap_or("\u{fffd}".into())).collect();
    let segments: Vec<&str> = decoded.iter().map(AsRef::as_ref).collect();
    (0..=segments.len()).any(|start| fits(&expected, segments.get(start..).unwrap_or_default(), str::eq))
}

/// The text percent-decoded once; none: the bytes are not UTF-8.
fn decoded(text: &str) -> Option<Cow<'_, str>> {
    let Some((plain, _)) = text.split_once('%') else {
        return Some(Cow::Borrowed(text));
    };
    let (plain, mut rest) = text.as_bytes().split_at_checked(plain.len())?;
    let mut bytes = plain.to_vec();
    while let Some((&byte, after)) = rest.split_first() {
        if let Some((decoded, after)) = encoded_byte(rest) {
            bytes.push(decoded);
            rest = after;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// The byte that `%` and two hex digits stand for, and what follows them.
fn encoded_byte(text: &[u8]) -> Option<(u8, &[u8])> {
    let ([b'%', high, low], rest) = text.split_first_chunk::<3>()? else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(*high)? << 4 | digit(*low)?, rest))
}

/// Asked on every route: no control character, and no segment that leads to another one.
fn harmless(plain: &str) -> bool {
    !plain.chars().any(char::is_control) // U+0000–U+001F, U+007F–U+009F
        && !plain.split(['/', '\\']).any(|segment| matches!(segment.split(';').next(), Some("." | "..")))
}

/// Asked on a catch-all: nothing that readers split, join or decode in different ways.
fn unambiguous(text: &str, plain: &str) -> bool {
    let encoded_slash = text.contains("%2F") || text.contains("%2f");
    let still_encoded =
        plain.match_indices('%').any(|(at, _)| encoded_byte(plain.as_bytes().get(at..).unwrap_or_default()).is_some());
    let mut inner = plain.split('/').skip(1).peekable();
    let mut doubled_slash = false;
    while let Some(segment) = inner.next() {
        doubled_slash |= segment.is_empty() && inner.peek().is_some();
    }
    !(encoded_slash || still_encoded || plain.contains(AMBIGUOUS) || doubled_slash)
}

/// Besides `\` and `;`: what some readers take for one of `. / \ ; %` (Unicode compatibility forms, Windows' best fit).
const AMBIGUOUS: [char; 17] = [
    '\\', ';', '\u{2024}', '\u{2025}', '\u{fe52}', '\u{ff0e}', '\u{2044}', '\u{2215}', '\u{ff0f}', '\u{2216}',
    '\u{fe68}', '\u{ff3c}', '\u{037e}', '\u{fe54}', '\u{ff1b}', '\u{fe6a}', '\u{ff05}',
];

fn preferred(other: Template<'_>, catch_all: Template<'_>) -> bool {
    let Some(segments) = other.segments() else {
        return false;
    };
    let whole = catch_all.segments().unwrap_or_default();
    let before = whole.split_last().map_or(&[][..], |(_, before)| before);
    let greedy = segments.last().is_some_and(|last| is_greedy(last));
    !(greedy && segments.len() <= before.len() + 1) && segments.starts_with(before)
}

fn is_greedy(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with("+}")
}

type Same = fn(&str, &str) -> bool;

fn fits(template: &[&str], segments: &[&str], literal: Same) -> bool {
    match template.split_last() {
        Some((last, exact)) if is_greedy(last) => {
            segments.len() > exact.len()
                && fits_exactly(exact, segments.get(..exact.len()).unwrap_or_default(), literal)
        }
        _ => fits_exactly(template, segments, literal),
    }
}

fn fits_exactly(template: &[&str], segments: &[&str], literal: Same) -> bool {
    template.len() == segments.len()
        && template.iter().zip(segments).all(|(expected, segment)| {
            if is_parameter(expected) { !segment.is_empty() } else { literal(expected, segment) }
        })
}

fn equal_in_lower_case(expected: &str, segment: &str) -> bool {
    expected.eq_ignore_ascii_case(segment)
}

/// What stands between slashes after the leading one, without one empty segment at the end.
fn segments_of(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path.chars();
    rest.next();
    let rest = rest.as_str();
    let most = if rest.is_empty() { 0 } else { usize::MAX };
    rest.strip_suffix('/').unwrap_or(rest).split('/').take(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_empty_segment_at_the_end_is_left_out_and_no_other() {
        let segments = |path| segments_of(path).collect::<Vec<_>>();
        assert_eq!(segments("/"), Vec::<&str>::new());
        assert_eq!(segments("/a"), ["a"]);
        assert_eq!(segments("/a/"), ["a"]);
        assert_eq!(segments("//"), [""]);
        assert_eq!(segments("/a//"), ["a", ""]);
        assert_eq!(segments("//a"), ["", "a"]);
    }

    #[test]
    fn a_text_is_decoded_once() {
        assert_eq!(decoded("/%61%2f%2561%zz%4").as_deref(), Some("/a/%61%zz%4"));
        assert_eq!(decoded("/%e2%82%ac€%").as_deref(), Some("/€€%"));
        assert_eq!(decoded("/%c0%af"), None);
        assert_eq!(decoded("/%€1"), Some("/%€1".into()));
    }
}
