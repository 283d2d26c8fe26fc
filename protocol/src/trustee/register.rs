//! What every step must know of all owners, in memory: a trustee of ten thousand reads the rows of
//! those a step concerns, and of no others.
//!
//! Rebuilt from the rows when the agent opens, and kept true by what each finished step writes.
mod names;

use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::error::Damage;
use crate::record::{self, Batch, Records, Space};
use crate::time::Millis;
use crate::trustee::facts;
use crate::trustee::renewal;
use crate::trustee::request::{Pace, Session, SessionId};
use crate::trustee::ward::{Ward, WardId};
use std::collections::{BTreeMap, BTreeSet};

/// All owners.
#[derive(Default)]
pub(super) struct Register {
    wards: BTreeMap<WardId, Known>,
    policies: BTreeMap<Digest, BTreeSet<WardId>>,
    /// Those for whom the next look at their ledger may change something.
    ///
    /// A look changes something for an owner only where new entries concern her policy, where her
    /// rows here changed since the last look, or where time alone changes her policy. The batch that
    /// makes a look's entries durable holds also what they changed here; so after a start only the
    /// last kind counts.
    moving: BTreeSet<WardId>,
    /// The recoveries that the ledger can move on, and what was read of each for its pace. All others stay
    /// rows that no step reads.
    sessions: BTreeMap<SessionId, Option<Pace>>,
    /// Those to whom no key is handed out that opens anything: the agent was moved, and they are not told yet.
    bare: BTreeSet<WardId>,
}

/// What is known of an owner without reading her rows.
struct Known {
    name: String,
    over: bool,
    ledger: Digest,
    policy: Digest,
    verified: bool,
    /// The message of ours that her connection waits for.
    awaited: Option<String>,
}

impl From<Ward> for Known {
    fn from(ward: Ward) -> Self {
        Self {
            over: ward.is_over(),
            ledger: ward.ledger,
            policy: ward.policy,
            verified: ward.is_verified(),
            awaited: ward.awaited().map(Into::into),
            name: ward.name,
        }
    }
}

impl Register {
    /// Reads all owners.
    pub(super) fn open(records: &dyn Records, anchor: &Anchor) -> Result<Self, Damage> {
        let mut register = Self::default();
        for ward in record::load_all::<Ward>(records, &[])? {
            let view = anchor.view(&ward.ledger);
            if view.is_some_and(|view| facts::moves(view, &ward.policy)) {
                register.moving.insert(ward.id);
            }
            if renewal::is_bare(records, &ward) {
                register.bare.insert(ward.id);
            }
            register.put(ward);
        }
        for session in record::load_all::<Session>(records, &[])? {
            register.follow(&session);
        }
        Ok(register)
    }

    /// Takes over what a finished step writes.
    pub(super) fn note(&mut self, writes: &Batch) -> Result<(), Damage> {
        for (id, row) in writes.written::<Ward>() {
            self.forget(id);
            if let Some(ward) = row {
                self.put(ward?);
            }
        }
        for id in writes.touched(Space::Prekey).filter_map(ward_id) {
            self.bare.remove(&id);
        }
        // The ids of all these rows begin with their ward's.
        for space in [
            Space::Ward,
            Space::Custody,
            Space::Kept,
            Space::KeptProgress,
        ] {
            let ids = writes.touched(space).filter_map(ward_id);
            self.moving
                .extend(ids.filter(|id| self.wards.contains_key(id)));
        }
        self.note_sessions(writes)
    }

    fn note_sessions(&mut self, writes: &Batch) -> Result<(), Damage> {
        for (id, row) in writes.written::<Session>() {
            SessionId::of_row(id).map(|id| self.sessions.remove(&id));
            if let Some(session) = row {
                self.follow(&session?);
            }
        }
        let of_pace = |space| writes.touched(space).next().is_some();
        if of_pace(Space::Ward) || of_pace(Space::Custody) {
            self.sessions.values_mut().for_each(|pace| *pace = None);
        }
        Ok(())
    }

    fn follow(&mut self, session: &Session) {
        if session.follows() {
            self.sessions.insert(session.id, None);
        }
    }

    fn put(&mut self, ward: Ward) {
        self.policies
            .entry(ward.policy)
            .or_default()
            .insert(ward.id);
        self.wards.insert(ward.id, ward.into());
    }

    fn forget(&mut self, id: &[u8]) {
        let Some((id, known)) = ward_id(id).and_then(|id| self.wards.remove_entry(&id)) else {
            return;
        };
        self.moving.remove(&id);
        if let Some(of_policy) = self.policies.get_mut(&known.policy) {
            of_policy.remove(&id);
            if of_policy.is_empty() {
                self.policies.remove(&known.policy);
            }
        }
    }

    /// Those who must be given fresh keys.
    pub(super) fn bare(&self) -> Vec<WardId> {
        self.bare.iter().copied().collect()
    }

    /// New entries concern this policy.
    pub(super) fn stir(&mut self, policy: &Digest) {
        self.moving.extend(self.on(policy));
    }

    /// Nothing will change for this owner before it is stirred again.
    pub(super) fn rest(&mut self, id: &WardId) {
        self.moving.remove(id);
    }

    /// Those on this log for whom something may change.
    pub(super) fn moving_on(&self, log: &Digest) -> Vec<WardId> {
        let on_log = |id: &&WardId| self.wards.get(id).is_some_and(|known| known.ledger == *log);
        self.moving.iter().filter(on_log).copied().collect()
    }

    /// Those of any log for whom something may change: ledger and policy of each.
    pub(super) fn moving(&self) -> impl Iterator<Item = (&Digest, &Digest)> {
        let known = self.moving.iter().filter_map(|id| self.wards.get(id));
        known.map(|known| (&known.ledger, &known.policy))
    }

    /// The recoveries that the ledger can move on.
    pub(super) fn followed(&self) -> Vec<SessionId> {
        self.sessions.keys().copied().collect()
    }

    /// Their paces; `read` is asked for those whose rows have changed.
    pub(super) fn paces(
        &mut self,
        read: impl Fn(&SessionId) -> Result<Pace, Damage>,
    ) -> Result<Vec<(Digest, Millis)>, Damage> {
        let mut paces = Vec::new();
        for (id, known) in &mut self.sessions {
            let pace = match *known {
                Some(pace) => pace,
                None => *known.insert(read(id)?),
            };
            paces.extend(pace);
        }
        Ok(paces)
    }

    /// Whom we know under this policy.
    pub(super) fn on(&self, policy: &Digest) -> Vec<WardId> {
        let found = self.policies.get(policy);
        found.into_iter().flatten().copied().collect()
    }

    /// The owner whose connection waits for this message of ours.
    pub(super) fn awaiting(&self, message: &str) -> Option<WardId> {
        let mut all = self.wards.iter();
        all.find(|(_, known)| known.awaited.as_deref() == Some(message))
            .map(|(id, _)| *id)
    }

    /// Whether an owner whose words were compared lives on this log.
    pub(super) fn lives_on(&self, log: &Digest) -> bool {
        let mut all = self.wards.values();
        all.any(|known| known.verified && known.ledger == *log)
    }

    /// Whether an owner whose words were compared has this policy.
    pub(super) fn keeps_for(&self, policy: &Digest) -> bool {
        let ids = self.on(policy);
        let mut known = ids.iter().filter_map(|id| self.wards.get(id));
        known.any(|known| known.verified)
    }
}

fn ward_id(row: &[u8]) -> Option<WardId> {
    let (id, _) = row.split_first_chunk()?;
    Some(WardId(*id))
}
