//! What a claimant keeps.
use crate::agent::Work;
use crate::bytes::{Digest, Nonce32};
use crate::did::Did;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::keys::role::{Approval, ClaimantSealing, ClaimantSigning};
use crate::keys::{AgreementSecret, SigningKey, VerifyingKey};
use crate::ledger::RequestKind;
use crate::message::recovery::Release;
use crate::owner::claim::fetch::Fetch;
use crate::owner::command::RestoredView;
use crate::owner::comparison::Comparison;
use crate::owner::peers::Peers;
use crate::policy::LaneOpening;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A recovery under way.
///
/// # Security
/// Holds the claimant's keys until the recovery is done; wiped on drop, stored in a sealed row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Claim {
    /// What the trustees know her as.
    pub(crate) name: String,
    /// Lost or stolen.
    pub(crate) kind: RequestKind,
    /// The keys of the request; gone once it is done.
    pub(crate) keys: Option<ClaimantKeys>,
    /// What the first trustee's word fixed.
    pub(crate) fixed: Option<Fixed>,
    /// How far it is.
    pub(crate) stage: ClaimStage,
    /// What stands in the way, in a sentence.
    pub(crate) problem: Option<String>,
    /// Whether she goes on with an older backup than trustees know of.
    pub(crate) accepts_older: bool,
    /// What was restored.
    pub(crate) restored: Option<RestoredView>,
}

/// The keys that the request names.
///
/// # Security
/// Wiped on drop.
#[derive(Serialize, Deserialize)]
pub(crate) struct ClaimantKeys {
    /// Signs the request and its completion.
    pub(crate) signing: SigningKey<ClaimantSigning>,
    /// Releases are sealed to it.
    pub(crate) sealing: AgreementSecret<ClaimantSealing>,
}

/// What a request is about.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Fixed {
    pub(crate) log: Digest,
    pub(crate) policy: Digest,
    pub(crate) epoch: u32,
    pub(crate) lane: LaneOpening,
    pub(crate) expiry: Timestamp,
    /// The request's id.
    pub(crate) request: Digest,
}

/// How far a claim is.
#[derive(Serialize, Deserialize)]
pub(crate) enum ClaimStage {
    /// Trustees are met, approvals and releases come in.
    Gathering,
    /// Enough shares; the backup is fetched.
    Fetching(Fetch),
    /// The wallet is back; the next epoch is dealt and anchored.
    Dealing,
    /// All done.
    Done,
}

/// One remembered trustee.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Claimed {
    /// The claimant's name for it.
    pub(crate) name: String,
    /// The invitation, once made.
    pub(crate) invitation: Option<Invited>,
    /// How far the recovery connection is.
    pub(crate) stage: ClaimedStage,
    /// Its share, as it came: still sealed.
    #[serde(with = "crate::message::in_row")]
    pub(crate) release: Option<Release>,
    /// Why its share is not used.
    pub(crate) bad: Option<String>,
    /// Of which epoch it spoke, where that is all in which it contradicts the first: the ledger will say who is
    /// right.
    pub(crate) epoch: Option<u32>,
}

/// An invitation and who answered it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Invited {
    /// Its id.
    pub(crate) id: String,
    /// Our DID of this recovery connection.
    pub(crate) local: Did,
    /// When it ends.
    pub(crate) expires: Timestamp,
    /// Who answered.
    pub(crate) answer: Option<Answered>,
}

/// The trustee behind a recovery connection.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Answered {
    /// Its DID of this recovery connection.
    pub(crate) did: Did,
    /// What it calls itself.
    pub(crate) label: String,
    /// Its approval key, by which the restored wallet knows it.
    pub(crate) approval: VerifyingKey<Approval>,
}

/// How far a recovery connection is.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum ClaimedStage {
    /// No link was made, or it is out.
    Waiting,
    /// It committed to a nonce.
    Revealing {
        /// What it committed to.
        commitment: Digest,
        /// Our nonce.
        nonce: Nonce32,
    },
    /// Both people compare words.
    Comparing(Comparison),
    /// Both have.
    Verified,
    /// It speaks of another ledger, policy, epoch or lane than the first one did.
    Conflict(String),
    /// Its person refused.
    Denied(String),
    /// One of the two heard other words.
    Mismatch,
    /// What it was asked about is over, or was never so: it needs a new link.
    Outdated,
}

impl Row for Claim {
    const SPACE: Space = Space::Claim;
    fn id(&self) -> Vec<u8> {
        Vec::new()
    }
}

impl Row for Claimed {
    const SPACE: Space = Space::Claimed;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

impl Claimed {
    /// Whether the words were compared on both sides.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.stage, ClaimedStage::Verified)
    }

    /// Its DID, once it has answered.
    pub(crate) fn did(&self) -> Option<&Did> {
        self.invitation
            .as_ref()?
            .answer
            .as_ref()
            .map(|answer| &answer.did)
    }

    /// A share that was verified, from somebody whose words were compared.
    pub(crate) fn good_release(&self) -> Option<&Release> {
        self.release
            .as_ref()
            .filter(|_| self.bad.is_none() && self.is_verified())
    }
}

impl Claim {
    /// Whether the recovery is complete.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.stage, ClaimStage::Done)
    }
}

/// The claim, if one is under way.
pub(crate) fn load(records: &dyn Records) -> Result<Option<Claim>, Damage> {
    record::load(records, &[])
}

/// The claim, or what to do to begin one.
pub(crate) fn require(work: &Work<'_>) -> Result<Claim, Stop> {
    let none = || {
        CommandError::error(
            "no recovery is under way here; begin one with `owner-agent recover start`",
        )
    };
    Ok(load(work)?.ok_or_else(none)?)
}

/// The remembered trustee of this name.
pub(crate) fn named(work: &Work<'_>, name: &str) -> Result<Claimed, Stop> {
    let none = || {
        CommandError::error(format!(
            "you did not name `{name}` as a trustee when you began"
        ))
    };
    Ok(work.load(name.as_bytes())?.ok_or_else(none)?)
}

/// The remembered trustee our DID `local` was made for, if `from` is the one who answered there.
pub(crate) fn behind(
    work: &Work<'_>,
    peers: &Peers,
    local: &Did,
    from: &Did,
) -> Result<Claimed, Halt> {
    let found = peers
        .claimed(work, local)?
        .filter(|claimed| claimed.did() == Some(from));
    Ok(found.ok_or_else(|| {
        Refusal::new(
            "e.m.req.wrong-connection",
            "this recovery connection is not yours",
        )
    })?)
}
