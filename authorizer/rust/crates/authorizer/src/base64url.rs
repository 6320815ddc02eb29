//! Strict base64: one text for each byte string, so that two readers never see two tokens in one.

const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NONE: u8 = 0xFF;
const URL_VALUES: [u8; 256] = values(URL);
const STANDARD_VALUES: [u8; 256] = values(STANDARD);

/// Decodes base64url without padding (RFC 7515 section 2); none unless the text is the one encoding of its bytes.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    decode(text.as_bytes(), &URL_VALUES)
}

/// Encodes as base64url without padding.
pub fn encode_url(data: &[u8]) -> String {
    encode(data, URL)
}

/// Decodes base64 with padding (RFC 4648 section 4); none unless the text is the one encoding of its bytes.
pub fn decode_standard(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(4) {
        return None;
    }
    let unpadded = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    decode(unpadded.as_bytes(), &STANDARD_VALUES).filter(|data| data.len().div_ceil(3) * 4 == text.len())
}

/// Encodes as base64 with padding.
pub fn encode_standard(data: &[u8]) -> String {
    let mut text = encode(data, STANDARD);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn decode(text: &[u8], values: &[u8; 256]) -> Option<Vec<u8>> {
    let value = |byte: u8| values.get(usize::from(byte)).copied().unwrap_or(NONE);
    let (quads, rest) = text.as_chunks::<4>();
    let mut data = vec![0; quads.len() * 3];
    // A character outside of the alphabet is NONE, which sets bits that no value has.
    let mut seen = 0;
    for (triple, &[a, b, c, d]) in data.as_chunks_mut::<3>().0.iter_mut().zip(quads) {
        let (a, b, c, d) = (value(a), value(b), value(c), value(d));
        seen |= a | b | c | d;
        *triple = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
    }
    // RFC 4648 section 3.5: the bits that fill the last character are zero.
    match *rest {
        [] => {}
        [a, b] => {
            let (a, b) = (value(a), value(b));
            seen |= a | b;
            data.push(a << 2 | b >> 4);
            if b & 0x0F != 0 {
                return None;
            }
        }
        [a, b, c] => {
            let (a, b, c) = (value(a), value(b), value(c));
            seen |= a | b | c;
            data.extend_from_slice(&[a << 2 | b >> 4, b << 4 | c >> 2]);
            if c & 0x03 != 0 {
                return None;
            }
        }
        _ => return None,
    }
    (seen < 64).then_some(data)
}

fn encode(data: &[u8], alphabet: &[u8; 64]) -> String {
    let letter = |value: u8| alphabet.get(usize::from(value & 0x3F)).copied().map_or('=', char::from);
    let mut text = String::with_capacity(data.len().div_ceil(3) * 4);
    let (triples, rest) = data.as_chunks::<3>();
    for &[a, b, c] in triples {
        text.extend([letter(a >> 2), letter(a << 4 | b >> 4), letter(b << 2 | c >> 6), letter(c)]);
    }
    match *rest {
        [a] => text.extend([letter(a >> 2), letter(a << 4)]),
        [a, b] => text.extend([letter(a >> 2), letter(a << 4 | b >> 4), letter(b << 2)]),
        _ => {}
    }
    text
}

#[allow(clippy::indexing_slicing, clippy::cast_possible_truncation)] // evaluated by the compiler
const fn values(alphabet: &[u8; 64]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < alphabet.len() {
        values[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_short_byte_string_has_one_text_and_comes_back() {
        for data in [&b""[..], b"f", b"fo", b"foo", b"foob", b"\xfb\xff\xbf", b"\x00\x00"] {
            assert_eq!(decode_url(&encode_url(data)).as_deref(), Some(data));
            assert_eq!(decode_standard(&encode_standard(data)).as_deref(), Some(data));
        }
        assert_eq!(encode_url(b"\xfb\xff\xbf"), "-_-_");
        assert_eq!(encode_standard(b"\xfb\xff\xbff"), "+/+/Zg==");
    }

    #[test]
    fn no_other_text_is_decoded() {
        for text in ["A", "AAAAA", "AB", "AAB", "AA==", "A+", "A/AA", "AA A", "AA\n", "é", "AAÿA"] {
            assert_eq!(decode_url(text), None, "{text:?}");
        }
        for text in ["A", "AA", "AA=", "AB==", "AAB=", "AAAA====", "AAA-", "A===", "====", "=", "AA==AAAA"] {
            assert_eq!(decode_standard(text), None, "{text:?}");
        }
    }
}
