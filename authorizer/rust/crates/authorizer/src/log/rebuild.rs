//! Gives a gateway's view at an accepted position from the log itself, for a view that needs more than it held.
//!
//! It starts at the log's beginning, or at a snapshot where that is not genesis, and keeps its place when time runs out:
//! the next bounded read goes on from there. INVARIANT: the chain that leads to the position ends in the very payload
//! that was accepted, so this adds entities and never another history.

use crate::digests::Position;
use crate::log::chain::{ChainState, Verdict, adopt_base, judge};
use crate::log::opening::Body;
use crate::log::parts::{Parts, Taken};
use crate::log::transport::{Batch, LogUnavailable, Record};
use crate::log::trust::Trust;
use crate::view::{Entities, View};

/// One rebuild, under way.
#[derive(Debug)]
pub struct Rebuild {
    /// Where it leads.
    pub target: Position,
    entities: Entities,
    chain: ChainState,
    parts: Parts,
    offset: u64,
}

impl Rebuild {
    /// Nothing was read for it yet.
    pub fn new(target: Position) -> Self {
        let (entities, chain, parts) = (Entities::new(), ChainState::default(), Parts::default());
        Rebuild { target, entities, chain, parts, offset: 0 }
    }

    /// Goes on to the target; fails when the log does not lead there, or not in time.
    pub fn finish(
        &mut self,
        gateway_id: &str,
        trust: &Trust,
        mut read: impl FnMut(u64) -> Result<Batch, LogUnavailable>,
    ) -> Result<View, LogUnavailable> {
        loop {
            let batch = read(self.offset)?;
            if batch.rewound && self.offset > 0 {
                *self = Rebuild::new(self.target);
                return Err(LogUnavailable("the log was recreated while the view was rebuilt".into()));
            }
            for record in &batch.records {
                self.take(record, trust);
                if self.chain.position == Some(self.target) {
                    return Ok(View::build(gateway_id, &self.entities, self.target));
                }
            }
            self.offset = batch.next_offset;
            if batch.at_end {
                *self = Rebuild::new(self.target);
                return Err(LogUnavailable("the log does not lead to the revision that the view needs".into()));
            }
        }
    }

    fn take(&mut self, record: &Record, trust: &Trust) {
        let Taken::Whole(envelope) = self.parts.take(record) else {
            return;
        };
        let mut verdict = judge(self.chain.position, &envelope, trust);
        if self.chain.position.is_none() && matches!(verdict, Verdict::Refused(_)) {
            verdict = adopt_base(None, &envelope, trust);
        }
        let after = self.chain.after(&verdict);
        match verdict {
            Verdict::Accepted(_, Body::Revision(revision)) => {
                for change in revision.changes {
                    match change.stated {
                        Some(stated) => drop(self.entities.insert(change.key, stated)),
                        None => drop(self.entities.remove(&change.key)),
                    }
                }
            }
            Verdict::Accepted(_, Body::Snapshot(snapshot)) if self.chain.position.is_none() => {
                self.entities = snapshot.entities;
            }
            Verdict::Accepted(..) => {}
            Verdict::Ignored(_) | Verdict::Refused(_) => return,
        }
        self.chain = after;
    }
}
