//! Which of our DIDs belongs to what: every relationship has a DID of its own, so the DID a message
//! came to says what it is about.
use crate::agent::Work;
use crate::did::{Did, LocalDid};
use crate::error::Damage;
use crate::outbox;
use crate::record::{Row, Space};
use crate::trustee::request::SessionId;
use crate::trustee::ward::WardId;
use serde::{Deserialize, Serialize};

/// What a DID of ours is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Party {
    /// The lasting connection with an owner.
    Ward(WardId),
    /// A recovery connection with a claimant.
    Session(SessionId),
}

/// One DID of ours and what it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Connection {
    /// Ours.
    pub(super) ours: Did,
    /// What for.
    pub(super) party: Party,
}

impl Row for Connection {
    const SPACE: Space = Space::Connection;
    fn id(&self) -> Vec<u8> {
        self.ours.as_str().as_bytes().to_vec()
    }
}

/// Makes a fresh DID for a relationship (K6) and remembers both.
pub(super) fn open(work: &mut Work<'_>, party: Party) -> Did {
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    let ours = local.did().clone();
    work.save(&local);
    work.save(&Connection {
        ours: ours.clone(),
        party,
    });
    ours
}

/// Makes a DID that speaks once and answers nothing.
pub(super) fn lone(work: &mut Work<'_>) -> Did {
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    work.save(&local);
    outbox::retire(work, local.did());
    local.did().clone()
}

/// What the DID a message came to is for.
pub(super) fn party_of(work: &Work<'_>, ours: &Did) -> Result<Option<Party>, Damage> {
    Ok(work
        .load::<Connection>(ours.as_str().as_bytes())?
        .map(|connection| connection.party))
}

/// Points a DID of ours at something else: after a recovery the claimant's connection is the
/// owner's.
pub(super) fn assign(work: &mut Work<'_>, ours: &Did, party: Party) {
    work.save(&Connection {
        ours: ours.clone(),
        party,
    });
}

/// Answers on this DID no more; its keys go when nothing can be on its way any more.
pub(super) fn close(work: &mut Work<'_>, ours: &Did) {
    work.erase::<Connection>(ours.as_str().as_bytes());
    outbox::retire(work, ours);
}

/// Forgets the DID and its keys.
pub(super) fn forget(work: &mut Work<'_>, ours: &Did) {
    work.erase::<Connection>(ours.as_str().as_bytes());
    work.erase::<LocalDid>(ours.as_str().as_bytes());
}
