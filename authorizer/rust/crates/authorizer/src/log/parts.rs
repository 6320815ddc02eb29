//! Envelopes above the record limit, put together again (docs/reference/log.md, "Parts").
//!
//! Headers are unsigned: they only say which bytes may belong together. The announced digest says whether they do.

use std::borrow::Cow;

use crate::digests::Digest;
use crate::log::envelope::MAX_ENVELOPE;
use crate::log::opening::Refused;
use crate::log::transport::Record;
use crate::reasons::RefusalReason;

/// Names the envelope that a part is of.
pub const ENVELOPE_HEADER: &str = "gatefleet-envelope";
/// `<index>/<count>`
pub const PART_HEADER: &str = "gatefleet-part";

const MAX_PART: usize = 768 * 1024;
const MAX_PARTS: usize = 64;
const MAX_INCOMPLETE: usize = 4;
const MAX_INCOMPLETE_BYTES: usize = 32 * 1024 * 1024;

/// What a record completes.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<'r> {
    /// A whole envelope: one record, or the last of its parts.
    Whole(Cow<'r, [u8]>),
    /// A part that completes nothing yet.
    Pending,
    /// A part that cannot be one.
    Refused(Refused),
}

/// The envelopes of which a reader holds some parts, oldest first: at most 4 of them, and 32 MiB.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts(Vec<Incomplete>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Incomplete {
    envelope: Digest,
    count: usize,
    came: usize,
    bytes: Vec<u8>,
    first_offset: u64,
}

impl Parts {
    /// Where to read from to have every incomplete envelope again; none when there is none.
    pub fn first_offset(&self) -> Option<u64> {
        self.0.iter().map(|one| one.first_offset).min()
    }

    /// Adds the next record of the log: a whole envelope passes through, a part is held until its last one came.
    pub fn take<'r>(&mut self, record: &'r Record) -> Taken<'r> {
        match place(record) {
            Ok(None) => Taken::Whole(Cow::Borrowed(&record.value)),
            Ok(Some((envelope, index, count))) => match self.add(record, envelope, index, count) {
                Ok(Some(whole)) => Taken::Whole(Cow::Owned(whole)),
                Ok(None) => Taken::Pending,
                Err(refused) => {
                    self.0.retain(|one| one.envelope != envelope);
                    Taken::Refused(refused)
                }
            },
            Err(refused) => Taken::Refused(refused),
        }
    }

    fn add(
        &mut self,
        record: &Record,
        envelope: Digest,
        index: usize,
        count: usize,
    ) -> Result<Option<Vec<u8>>, Refused> {
        if index == 0 {
            let first_offset = record.offset;
            self.0.retain(|one| one.envelope != envelope);
            self.0.push(Incomplete { envelope, count, came: 0, bytes: Vec::new(), first_offset });
        }
        let begun = self.0.iter_mut().find(|one| one.envelope == envelope);
        let Some(begun) = begun.filter(|begun| index == begun.came && count == begun.count) else {
            return Err(malformed(format!("part {index}/{count} does not follow what came of its envelope")));
        };
        if !(1..=MAX_PART).contains(&record.value.len()) {
            return Err(malformed(format!("part {index}/{count} of {} bytes", record.value.len())));
        }
        if begun.bytes.len() + record.value.len() > MAX_ENVELOPE {
            return Err(Refused::unsigned(RefusalReason::TooLarge, "parts of more than 16 MiB"));
        }
        begun.bytes.extend_from_slice(&record.value);
        begun.came += 1;
        if begun.came < count {
            self.bound(envelope);
            return Ok(None);
        }
        let whole = std::mem::take(&mut begun.bytes);
        if Digest::of(&whole) != envelope {
            return Err(malformed("parts whose digest is not the announced one"));
        }
        self.0.retain(|one| one.envelope != envelope);
        Ok(Some(whole))
    }

    /// Drops the oldest ones above the bounds. The one just added to stays: alone it is within both.
    fn bound(&mut self, newest: Digest) {
        while self.0.len() > MAX_INCOMPLETE
            || self.0.iter().map(|one| one.bytes.len()).sum::<usize>() > MAX_INCOMPLETE_BYTES
        {
            let Some(oldest) = self.0.iter().position(|one| one.envelope != newest) else {
                return;
            };
            self.0.remove(oldest);
        }
    }
}

fn place(record: &Record) -> Result<Option<(Digest, usize, usize)>, Refused> {
    let (envelope, part) = match (record.headers.get(ENVELOPE_HEADER), record.headers.get(PART_HEADER)) {
        (None, None) => return Ok(None),
        (Some(envelope), Some(part)) => (Digest::from_hex(envelope), part.split_once('/')),
        _ => (None, None),
    };
    let numbers = part.and_then(|(index, count)| Some((decimal(index)?, decimal(count)?)));
    let Some((envelope, (index, count))) = envelope.zip(numbers) else {
        return Err(malformed("part headers of another form"));
    };
    if index >= count || count > MAX_PARTS {
        return Err(malformed(format!("part {index} of {count}")));
    }
    Ok(Some((envelope, index, count)))
}

/// One or two digits without a leading zero.
fn decimal(text: &str) -> Option<usize> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    ((1..=2).contains(&text.len()) && canonical).then(|| text.parse().ok())?
}

fn malformed(what: impl Into<Cow<'static, str>>) -> Refused {
    Refused::unsigned(RefusalReason::Malformed, what)
}
