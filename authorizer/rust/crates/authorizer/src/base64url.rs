//! Strict base64: one text for each byte string, so that two readers never see two tokens in one.

const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// For each of the four places in a group: what a character adds to the group's three bytes, and, in the fourth byte,
/// whether it is none of the alphabet.
type Tables = [[u32; 256]; 4];
static URL_TABLES: Tables = tables(URL);
static STANDARD_TABLES: Tables = tables(STANDARD);

/// Decodes base64url without padding (RFC 7515 section 2); none unless the text is the one encoding of its bytes.
pub fn decode_url(text: &str) -> Option<Vec<u8>> {
    decode(text.as_bytes(), &URL_TABLES)
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
    decode(unpadded.as_bytes(), &STANDARD_TABLES).filter(|data| data.len().div_ceil(3) * 4 == text.len())
}

/// Encodes as base64 with padding.
pub fn encode_standard(data: &[u8]) -> String {
    let mut text = encode(data, STANDARD);
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

fn decode(text: &[u8], tables: &Tables) -> Option<Vec<u8>> {
    let [one, two, three, four] = tables;
    let at = |table: &[u32; 256], byte: u8| table.get(usize::from(byte)).copied().unwrap_or(u32::MAX);
    let (quads, rest) = text.as_chunks::<4>();
    let mut data = vec![0; text.len() * 3 / 4];
    let (triples, last) = data.as_chunks_mut::<3>();
    let mut seen = 0;
    for (triple, &[a, b, c, d]) in triples.iter_mut().zip(quads) {
        let group = at(one, a) | at(two, b) | at(three, c) | at(four, d);
        seen |= group;
        [triple[0], triple[1], triple[2], _] = group.to_le_bytes();
    }
    // RFC 4648 section 3.5: the bits that fill the last character are zero. They come after the bytes that there are.
    let group = match *rest {
        [] => 0,
        [a, b] => at(one, a) | at(two, b),
        [a, b, c] => at(one, a) | at(two, b) | at(three, c),
        _ => return None,
    };
    let bytes = group.to_le_bytes();
    let (kept, spare) = bytes.split_at_checked(last.len())?;
    last.copy_from_slice(kept);
    (seen >> 24 == 0 && spare.iter().all(|&byte| byte == 0)).then_some(data)
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
const fn tables(alphabet: &[u8; 64]) -> Tables {
    let mut tables = [[0xFF00_0000; 256]; 4];
    let mut at = 0;
    while at < alphabet.len() {
        let (letter, six) = (alphabet[at] as usize, at as u8);
        tables[0][letter] = u32::from_le_bytes([six << 2, 0, 0, 0]);
        tables[1][letter] = u32::from_le_bytes([six >> 4, six << 4, 0, 0]);
        tables[2][letter] = u32::from_le_bytes([0, six >> 2, six << 6, 0]);
        tables[3][letter] = u32::from_le_bytes([0, 0, six, 0]);
        at += 1;
    }
    tables
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
    fn a_character_counts_only_where_its_bits_do_wherever_it_stands() {
        let value = |byte| URL.iter().position(|one| *one == byte);
        for length in [2, 3, 4, 6, 7, 8] {
            let spare = [1, 0, 16, 4][length % 4]; // what the value of the last character is a multiple of
            for (at, byte) in (0..length).flat_map(|at| (0..=0x7F).map(move |byte| (at, byte))) {
                let mut text = vec![b'A'; length];
                text[at] = byte;
                let text = String::from_utf8(text).unwrap();
                let good = value(byte).is_some_and(|value| at + 1 < length || value % spare == 0);
                assert_eq!(decode_url(&text).is_some(), good, "{text:?}");
                assert!(!good || encode_url(&decode_url(&text).unwrap()) == text, "{text:?}");
            }
        }
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
