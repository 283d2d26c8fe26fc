//! The shares a trustee keeps: one row per owner, epoch and deal.
use crate::agent::Work;
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::Damage;
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::RecoveryPolicyBody;
use crate::message::share::Commitments;
use crate::policy::{ApprovalPath, LaneOpening};
use crate::record::{self, Records, Row, Space};
use crate::share_pair::SharePair;
use crate::time::Timestamp;
use crate::trustee::prekey;
use crate::trustee::seat;
use crate::trustee::ward::WardId;
use serde::{Deserialize, Serialize};

/// By whose right something was put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Author {
    /// An agent of the owner.
    Agent(VerifyingKey<AgentPolicy>),
    /// The claimant of this request.
    Claimant(Digest),
}

/// What a share is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Standing {
    /// Its deal is not active on the ledger yet, and may never be.
    Waiting,
    /// Its deal is the active one.
    Current,
    /// A later epoch is active. It gives nothing on the ledger any more, and stays until the owner says
    /// that the later one is proved held (G4).
    Over,
}

/// One share, with everything it was verified against.
///
/// # Security
/// Holds the share; wiped on drop, kept in sealed rows only. It leaves this agent by
/// [`crate::trustee::release`] and no other way (G1).
#[derive(Serialize, Deserialize)]
pub(super) struct Custody {
    /// Whose.
    pub(super) ward: WardId,
    /// Of which epoch.
    pub(super) epoch: u32,
    /// Of which deal.
    pub(super) deal: Digest,
    /// What our view of the ledger has shown it to be.
    pub(super) standing: Standing,
    /// The share of each secret.
    pub(super) shares: SharePair,
    /// What they were verified against.
    pub(super) commitments: Commitments,
    /// The lane, opened.
    pub(super) lane: LaneOpening,
    /// What stands, or will stand, on the ledger.
    pub(super) record: RecoveryPolicyBody,
    /// Where our approval key stands in the record's root.
    pub(super) path: ApprovalPath,
    /// The prekey whose approval key that is.
    pub(super) prekey: u32,
    /// The prekey that the receipt handed out.
    pub(super) next: u32,
    /// Agents that keep backups.
    pub(super) hosts: Vec<Did>,
    /// Who put it.
    pub(super) author: Author,
    /// When.
    pub(super) stored: Timestamp,
    /// The DID of ours it came to.
    pub(super) ours: Did,
    /// The DID it came from.
    pub(super) theirs: Did,
}

impl Row for Custody {
    const SPACE: Space = Space::Custody;
    fn id(&self) -> Vec<u8> {
        custody_id(&self.ward, self.epoch, &self.deal)
    }
}

impl Custody {
    /// Whether its epoch is the active one, as far as we saw.
    pub(super) fn is_current(&self) -> bool {
        self.standing == Standing::Current
    }
}

fn custody_id(ward: &WardId, epoch: u32, deal: &Digest) -> Vec<u8> {
    [&ward.0[..], &epoch.to_be_bytes(), &deal.0].concat()
}

/// One share.
pub(super) fn find(
    records: &dyn Records,
    ward: &WardId,
    epoch: u32,
    deal: &Digest,
) -> Result<Option<Custody>, Damage> {
    record::load(records, &custody_id(ward, epoch, deal))
}

/// All shares of an owner, by epoch.
pub(super) fn of(records: &dyn Records, ward: &WardId) -> Result<Vec<Custody>, Damage> {
    record::load_all(records, &ward.0)
}

/// The share of the active epoch, if one is held.
pub(super) fn active(records: &dyn Records, ward: &WardId) -> Result<Option<Custody>, Damage> {
    Ok(of(records, ward)?.into_iter().find(Custody::is_current))
}

/// Deletes a share and the approval key of its epoch, and gives up its place.
pub(super) fn discard(work: &mut Work<'_>, custody: &Custody) -> Result<(), Damage> {
    prekey::wipe(work, &custody.ward, custody.prekey);
    work.erase::<Custody>(&custody.id());
    seat::leave(work, custody)
}
