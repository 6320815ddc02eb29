//! Bytes of a response, read from the front; of a request, written to the end. All integers are big-endian.

/// Why a response is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused(pub &'static str);

/// What is left of a response. Nothing is believed about lengths but what is there.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// The next bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Refused> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(Refused("a length beyond the response"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// `int8`.
    pub fn int8(&mut self) -> Result<i8, Refused> {
        self.fixed().map(i8::from_be_bytes)
    }

    /// `int16`.
    pub fn int16(&mut self) -> Result<i16, Refused> {
        self.fixed().map(i16::from_be_bytes)
    }

    /// `int32`.
    pub fn int32(&mut self) -> Result<i32, Refused> {
        self.fixed().map(i32::from_be_bytes)
    }

    /// `int64`.
    pub fn int64(&mut self) -> Result<i64, Refused> {
        self.fixed().map(i64::from_be_bytes)
    }

    /// A string, or null.
    pub fn nullable_string(&mut self) -> Result<Option<&'a str>, Refused> {
        let length = self.int16()?;
        self.nullable(length.into())?.map(utf8).transpose()
    }

    /// A string.
    pub fn string(&mut self) -> Result<&'a str, Refused> {
        self.nullable_string()?.ok_or(Refused("null where a string must be"))
    }

    /// Bytes, or null.
    pub fn nullable_bytes(&mut self) -> Result<Option<&'a [u8]>, Refused> {
        let length = self.int32()?;
        self.nullable(length)
    }

    /// Bytes after a varint, or null.
    pub fn var_bytes(&mut self) -> Result<Option<&'a [u8]>, Refused> {
        let length = self.varint()?;
        self.nullable(length)
    }

    /// How many elements an array has; each is at least one byte long.
    pub fn count(&mut self) -> Result<usize, Refused> {
        let count = self.int32()?;
        self.counted(count)
    }

    /// Reads an array, element by element.
    pub fn each(&mut self, mut read: impl FnMut(&mut Self) -> Result<(), Refused>) -> Result<(), Refused> {
        for _ in 0..self.count()? {
            read(self)?;
        }
        Ok(())
    }

    /// A count that was read.
    pub fn counted(&self, count: i32) -> Result<usize, Refused> {
        let count = usize::try_from(count).map_err(|_| Refused("a negative count"))?;
        if count <= self.left() { Ok(count) } else { Err(Refused("a count beyond the response")) }
    }

    /// A zigzag varint of 32 bits: at most 5 bytes.
    pub fn varint(&mut self) -> Result<i32, Refused> {
        let raw = u32::try_from(self.leb128(5)?).map_err(|_| Refused("a varint above 32 bits"))?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// A zigzag varint of 64 bits: at most 10 bytes.
    pub fn varlong(&mut self) -> Result<i64, Refused> {
        let raw = self.leb128(10)?;
        Ok((raw >> 1).cast_signed() ^ -(raw & 1).cast_signed())
    }

    /// That nothing is left over.
    pub fn end(&self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused("bytes left over")) }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(Refused("a response that ends too early"))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn nullable(&mut self, length: i32) -> Result<Option<&'a [u8]>, Refused> {
        match usize::try_from(length) {
            Ok(length) => self.take(length).map(Some),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(Refused("a negative length")),
        }
    }

    fn leb128(&mut self, longest: u32) -> Result<u64, Refused> {
        let mut value = 0;
        for place in 0..longest {
            let [byte] = self.fixed()?;
            let bits = u64::from(byte & 0x7F);
            if bits.leading_zeros() < place * 7 {
                return Err(Refused("a varint above 64 bits"));
            }
            value |= bits << (place * 7);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(Refused("a varint that does not end"))
    }
}

/// UTF-8, and nothing else.
pub fn utf8(data: &[u8]) -> Result<&str, Refused> {
    str::from_utf8(data).map_err(|_| Refused("a string that is not UTF-8"))
}

/// Writes a string: `int16` length and UTF-8. Names of topics, users and mechanisms are far below 32 KiB.
pub fn put_string(to: &mut Vec<u8>, text: &str) {
    to.extend(i16::try_from(text.len()).unwrap_or(i16::MAX).to_be_bytes());
    to.extend(text.as_bytes());
}

/// Writes bytes: `int32` length and the bytes.
pub fn put_bytes(to: &mut Vec<u8>, data: &[u8]) {
    to.extend(i32::try_from(data.len()).unwrap_or(i32::MAX).to_be_bytes());
    to.extend(data);
}

/// Writes a zigzag varint.
pub fn put_varint(to: &mut Vec<u8>, value: i64) {
    let mut rest = (value << 1 ^ value >> 63).cast_unsigned();
    while rest > 0x7F {
        to.push(rest.to_le_bytes()[0] | 0x80);
        rest >>= 7;
    }
    to.push(rest.to_le_bytes()[0]);
}

/// Writes bytes after a varint, or null.
pub fn put_var_bytes(to: &mut Vec<u8>, data: Option<&[u8]>) {
    put_varint(to, data.map_or(-1, |data| i64::try_from(data.len()).unwrap_or(i64::MAX)));
    to.extend(data.unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_varint_that_was_written_is_read(value: i64, narrow: i32) {
            let mut written = Vec::new();
            put_varint(&mut written, value);
            prop_assert_eq!(Bytes(&written).varlong(), Ok(value));
            written.clear();
            put_varint(&mut written, narrow.into());
            prop_assert_eq!(Bytes(&written).varint(), Ok(narrow));
        }

        #[test]
        fn a_varint_is_read_or_refused_and_never_read_beyond_its_bytes(data: Vec<u8>) {
            let mut bytes = Bytes(&data);
            let _ = bytes.varint();
            prop_assert!(data.len() - bytes.left() <= 5);
            let mut bytes = Bytes(&data);
            let _ = bytes.varlong();
            prop_assert!(data.len() - bytes.left() <= 10);
        }
    }

    #[test]
    fn a_varint_has_bounds() {
        assert_eq!(Bytes(&[0xFE, 0xFF, 0xFF, 0xFF, 0x0F]).varint(), Ok(i32::MAX));
        assert!(Bytes(&[0xFE, 0xFF, 0xFF, 0xFF, 0x1F]).varint().is_err());
        assert!(Bytes(&[0x80; 6]).varint().is_err());
        let most = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01];
        assert_eq!(Bytes(&most).varlong(), Ok(i64::MIN));
        assert!(Bytes(&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02]).varlong().is_err());
    }
}
