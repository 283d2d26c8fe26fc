//! The owner's trustees and backup hosts: rows, and how one is found.
use crate::agent::Work;
use crate::bytes::{Digest, Nonce32};
use crate::did::Did;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::keys::role::Approval;
use crate::keys::{Signature, VerifyingKey};
use crate::message::setup::{Capability, Prekey};
use crate::owner::command::TrusteeView;
use crate::owner::comparison::Comparison;
use crate::owner::peers::Peers;
use crate::record::{Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use crate::backup::PeerRole;

/// One trustee or backup host.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Trustee {
    /// The owner's name for it; unique.
    pub(crate) name: String,
    /// What it is asked to do.
    pub(crate) role: PeerRole,
    /// Our DID towards it.
    pub(crate) local: Did,
    /// The invitation's id.
    pub(crate) invitation: String,
    /// When the invitation ends.
    pub(crate) expires: Timestamp,
    /// Who answered.
    pub(crate) contact: Option<Contact>,
    /// How far the acquaintance is.
    pub(crate) stage: Stage,
    /// Epoch of the newest receipt.
    pub(crate) receipt: Option<u32>,
    /// Last sign of life.
    pub(crate) seen: Option<Timestamp>,
    /// It wants to be one no longer.
    pub(crate) resigned: Option<Resigned>,
    /// Whether a host may keep the backup although it is a trustee's agent (decision 0041).
    pub(crate) accepted: bool,
}

/// That a trustee or host wants to be one no longer.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Resigned {
    /// When it said so.
    pub(crate) at: Timestamp,
    /// Whether it has deleted what it kept.
    pub(crate) at_once: bool,
    /// Its signature: evidence.
    pub(crate) signature: Signature,
}

/// The other side, once it has answered.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Contact {
    /// Its DID towards us.
    pub(crate) did: Did,
    /// What it calls itself.
    pub(crate) label: String,
    /// Its approval key in the epoch it was last dealt to.
    pub(crate) approval: Option<VerifyingKey<Approval>>,
    /// Prekeys no deal has used yet, oldest first.
    pub(crate) prekeys: Vec<Prekey>,
}

/// How far an acquaintance is.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// The link is out.
    Invited,
    /// It answered with a commitment; ours is the other nonce.
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
    /// One heard others: somebody may stand between.
    Mismatch,
    /// They said no.
    Declined,
    /// Verified, and not dealt to any more; a trustee still of the epoch in force.
    Leaving,
    /// Of no epoch any more.
    Removed,
}

impl Row for Trustee {
    const SPACE: Space = Space::Trustee;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

impl Trustee {
    /// Whether words were compared on both sides.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.stage, Stage::Verified)
    }

    /// What it must agree to.
    pub(crate) fn capability(&self) -> Capability {
        match self.role {
            PeerRole::Trustee => Capability::RecoveryShare,
            PeerRole::Host => Capability::BackupHost,
        }
    }

    /// Where it stands, for the screen.
    pub(crate) fn view(&self, now: Timestamp) -> TrusteeView {
        let state = match &self.stage {
            Stage::Invited if self.expires <= now => "expired",
            Stage::Invited | Stage::Revealing { .. } => "invited",
            Stage::Comparing(comparison) if comparison.is_heard() => "heard",
            Stage::Comparing(_) => "words",
            Stage::Verified => "verified",
            Stage::Mismatch => "mismatch",
            Stage::Declined => "declined",
            Stage::Leaving if self.resigned.is_some() => "resigned",
            Stage::Leaving => "leaving",
            Stage::Removed => "removed",
        };
        let role = match self.role {
            PeerRole::Trustee => "trustee",
            PeerRole::Host => "host",
        };
        TrusteeView {
            name: self.name.clone(),
            label: self.contact.as_ref().map(|contact| contact.label.clone()),
            role: role.into(),
            state: state.into(),
            receipt: self.receipt,
            seen: self.seen,
            custody: None,
        }
    }
}

/// The trustee our DID `local` is kept for, if `from` is the other side of it. A stranger who
/// learnt the DID of an invitation that was answered gets no further.
pub(crate) fn behind(
    work: &Work<'_>,
    peers: &Peers,
    local: &Did,
    from: &Did,
) -> Result<Trustee, Halt> {
    behind_of(of_local(work, peers, local)?, from)
}

/// This trustee, if `from` is the other side of it.
pub(crate) fn behind_of(trustee: Trustee, from: &Did) -> Result<Trustee, Halt> {
    match &trustee.contact {
        Some(contact) if contact.did == *from => Ok(trustee),
        Some(_) | None => {
            Err(Refusal::new("e.m.req.wrong-connection", "this connection is not yours").into())
        }
    }
}

/// The trustee our DID `local` is kept for.
pub(crate) fn of_local(work: &Work<'_>, peers: &Peers, local: &Did) -> Result<Trustee, Halt> {
    Ok(peers.trustee(work, local)?.ok_or_else(|| {
        Refusal::new(
            "e.m.req.wrong-connection",
            "nobody is expected on this connection",
        )
    })?)
}

/// The trustee of this name, or what to do.
pub(crate) fn named(work: &Work<'_>, name: &str) -> Result<Trustee, Stop> {
    let found: Option<Trustee> = work.load(name.as_bytes())?;
    Ok(found.ok_or_else(|| {
        CommandError::error(format!(
            "you have no trustee or host called `{name}`; see `owner-agent trustee list`"
        ))
    })?)
}

/// All trustees in one role whose words were compared.
pub(crate) fn verified(work: &Work<'_>, role: PeerRole) -> Result<Vec<Trustee>, Damage> {
    let all = work.all::<Trustee>()?.into_iter();
    Ok(all
        .filter(|trustee| trustee.role == role && trustee.is_verified())
        .collect())
}

/// Notes that a peer answered something.
pub(crate) fn note_sign_of_life(
    work: &mut Work<'_>,
    peers: &Peers,
    from: &Did,
) -> Result<(), Damage> {
    if let Some(mut trustee) = peers.trustee_of(work, from)? {
        trustee.seen = Some(work.now);
        work.save(&trustee);
    }
    Ok(())
}
