//! What a follower does with a record of the log: checks 10 to 16 of docs/reference/log.md, pure and total.
//!
//! `judge` answers from the record, the held position and the trust document alone, so every follower accepts the same
//! chain, whichever part of it its gateway needs.

use std::collections::{BTreeMap, BTreeSet};

use crate::digests::{Digest, GENESIS_PARENT, Position};
use crate::entities::{Kind, kind_of};
use crate::log::opening::{Body, Number, Opened, Refused, open_record};
use crate::log::payloads::Revision;
use crate::log::trust::Trust;
use crate::reasons::RefusalReason;

/// A follower that holds nothing stands just before genesis.
pub const NOTHING: Position = Position { epoch: 1, revision: 0, digest: GENESIS_PARENT };

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The record counts: a revision moves the position, a snapshot or tick confirms it.
    Accepted(Position, Body),
    /// A duplicate, a lost race or a restatement of what is past: nothing to report. The digest is of its payload.
    Ignored(Digest),
    /// The record does not count.
    Refused(Refused),
}

/// Where a follower stands, and up to which number it knows of policy that it does not enforce.
///
/// INVARIANT: `refused_through`, where there is one, is above the position; it ends when the position reaches it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChainState {
    /// None: nothing yet.
    pub position: Option<Position>,
    /// The highest number of a validly signed refusal.
    pub refused_through: Option<Number>,
}

impl ChainState {
    /// Stands at a position.
    pub fn at(position: Position) -> Self {
        ChainState { position: Some(position), refused_through: None }
    }

    /// The state after a verdict about a record, or about a base.
    #[must_use]
    pub fn after(self, verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Accepted(position, _) => ChainState {
                position: Some(*position),
                refused_through: self.refused_through.filter(|refused| number_of(position) < *refused),
            },
            Verdict::Refused(refused) => self.after_refusal(refused),
            Verdict::Ignored(_) => self,
        }
    }

    /// The state after a refusal.
    #[must_use]
    pub fn after_refusal(self, refused: &Refused) -> Self {
        let held = self.position.unwrap_or(NOTHING);
        let number = refused.number.unwrap_or((held.epoch, held.revision + 1));
        if !refused.concerns || number <= number_of(&held) {
            return self;
        }
        ChainState { refused_through: self.refused_through.max(Some(number)), ..self }
    }
}

/// Decides about one record of the log against the position held (none: nothing yet, so genesis alone is next).
pub fn judge(held: Option<Position>, envelope: &[u8], trust: &Trust) -> Verdict {
    let judged = open_record(envelope, trust).and_then(|opened| {
        Ok(match judge_opened(held.unwrap_or(NOTHING), &opened, trust)? {
            Some(position) => Verdict::Accepted(position, opened.body),
            None => Verdict::Ignored(opened.digest),
        })
    });
    judged.unwrap_or_else(Verdict::Refused)
}

/// Checks 10 to 16: the position afterwards of an accepted record, none for an ignored one.
fn judge_opened(held: Position, opened: &Opened, trust: &Trust) -> Result<Option<Position>, Refused> {
    let (epoch, revision) = opened.body.number();
    // 10. and 11. The epoch rises only by recovery.
    if epoch < held.epoch {
        return Ok(None);
    }
    if epoch > held.epoch {
        return Err(broken(opened, format!("epoch {epoch} begins without a recovery from epoch {}", held.epoch)));
    }
    let restated = match &opened.body {
        Body::Revision(revision) => return judge_revision(held, revision, opened, trust),
        Body::Snapshot(snapshot) => snapshot.position,
        Body::Tick(tick) => tick.position,
    };
    // 15. and 16. A snapshot or tick confirms what is held.
    if revision < held.revision {
        return Ok(None);
    }
    if revision > held.revision {
        return Err(broken(opened, format!("speaks of revision {revision} before it was on the log")));
    }
    if restated.digest != held.digest {
        // The publisher holds another revision of this number: what follows it is what is missing here.
        let what = format!("speaks of another revision {revision} than the accepted one");
        return Err(Refused::signed(RefusalReason::BrokenChain, what, Some((held.epoch, held.revision + 1))));
    }
    Ok(Some(held))
}

fn judge_revision(
    held: Position,
    revision: &Revision,
    opened: &Opened,
    trust: &Trust,
) -> Result<Option<Position>, Refused> {
    // 12. A duplicate, or a race that this one lost.
    if revision.revision <= held.revision {
        return Ok(None);
    }
    // 13. The one successor.
    let next = held.revision + 1;
    if revision.revision != next {
        return Err(broken(opened, format!("is revision {} where {next} is next", revision.revision)));
    }
    if revision.parent != held.digest {
        return Err(broken(opened, format!("its parent is another revision {} than the accepted one", held.revision)));
    }
    // 14. Blast limit.
    if let Some(kind) = over_blast_limit(revision, &opened.signers, trust) {
        let what = format!("changes more than {} of kind {kind} under one signer", trust.blast_limit(kind));
        return Err(Refused::signed(RefusalReason::OverBlastLimit, what, Some(opened.body.number())));
    }
    Ok(Some(Position { epoch: revision.epoch, revision: revision.revision, digest: opened.digest }))
}

/// Decides about a snapshot as a base to go on from; nothing older than `backstop`, the floor's position, is one.
///
/// A refused base concerns nobody: whoever needs one is not fresh anyway.
pub fn adopt_base(backstop: Option<Position>, envelope: &[u8], trust: &Trust) -> Verdict {
    let refused = |reason, what| Verdict::Refused(Refused::unsigned(reason, what));
    let (base, body) = match open_record(envelope, trust) {
        Err(why) => return Verdict::Refused(Refused { concerns: false, ..why }),
        Ok(Opened { body: Body::Snapshot(snapshot), .. }) => (snapshot.position, Body::Snapshot(snapshot)),
        Ok(_) => return refused(RefusalReason::WrongType, "is no snapshot".into()),
    };
    let oldest = backstop.unwrap_or(NOTHING);
    if number_of(&base) < number_of(&oldest) {
        return refused(RefusalReason::Rollback, format!("is at {base}, older than {oldest}"));
    }
    if base.epoch > oldest.epoch {
        let what = format!("epoch {} begins without a recovery from epoch {}", base.epoch, oldest.epoch);
        return refused(RefusalReason::BrokenChain, what);
    }
    if base.revision == oldest.revision && base.digest != oldest.digest {
        let what = format!("speaks of another revision {} than the accepted one", base.revision);
        return refused(RefusalReason::BrokenChain, what);
    }
    Verdict::Accepted(base, body)
}

/// The kind of which a revision changes more keys than its signers may; genesis may change any number.
fn over_blast_limit(revision: &Revision, signers: &BTreeSet<Digest>, trust: &Trust) -> Option<Kind> {
    if (revision.epoch, revision.revision) == (1, 1) || signers.len() >= 2 {
        return None;
    }
    let mut changed: BTreeMap<Kind, usize> = BTreeMap::new();
    for (kind, _) in revision.changes.iter().filter_map(|change| kind_of(&change.key)) {
        *changed.entry(kind).or_default() += 1;
    }
    changed.into_iter().find(|(kind, count)| *count > trust.blast_limit(*kind)).map(|(kind, _)| kind)
}

fn broken(opened: &Opened, what: String) -> Refused {
    Refused::signed(RefusalReason::BrokenChain, what, Some(opened.body.number()))
}

fn number_of(position: &Position) -> Number {
    (position.epoch, position.revision)
}
