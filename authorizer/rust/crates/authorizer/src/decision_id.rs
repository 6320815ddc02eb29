//! Names of decisions: 32 random hex digits, never anything that clients can set.

/// Draws the names of decisions, several at once: asking the system for randomness costs as much as all else that
/// surrounds a signature check.
#[derive(Debug)]
pub struct DecisionIds {
    drawn: [u8; 32 * BYTES],
    used: usize,
}

const BYTES: usize = 16;

impl Default for DecisionIds {
    fn default() -> Self {
        DecisionIds { drawn: [0; 32 * BYTES], used: 32 }
    }
}

impl DecisionIds {
    /// The next one. `fill` gives random bytes; where it gives none, ids are zeros: they decide nothing.
    pub fn next(&mut self, fill: impl FnOnce(&mut [u8])) -> String {
        if self.used * BYTES >= self.drawn.len() {
            self.drawn = [0; 32 * BYTES];
            fill(&mut self.drawn);
            self.used = 0;
        }
        let bytes = self.drawn.as_chunks::<BYTES>().0.get(self.used).copied().unwrap_or_default();
        self.used += 1;
        let mut id = String::with_capacity(2 * BYTES);
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        id.extend(digits.filter_map(|digit| char::from_digit(digit.into(), 16)));
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_drawn_byte_names_one_decision() {
        let (mut ids, mut next) = (DecisionIds::default(), 0);
        let mut seen = std::collections::BTreeSet::new();
        for number in 0..100 {
            let id = ids.next(|bytes| {
                for chunk in bytes.chunks_mut(2) {
                    next += 1;
                    chunk.copy_from_slice(&u16::to_be_bytes(next));
                }
            });
            assert!(id.len() == 32 && seen.insert(id), "{number}");
        }
        assert_eq!(ids.next(|_| ()).len(), 32);
    }
}
