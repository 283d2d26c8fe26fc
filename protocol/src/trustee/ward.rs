//! The owners a trustee keeps something for, and how far the connection with each is.
use crate::agent::Work;
use crate::bytes::{Blob, Digest, Nonce32};
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::limits;
use crate::message::setup::Capability;
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::command::WordsView;
use crate::trustee::connection;
use crate::words::Transcript;
use serde::{Deserialize, Serialize};

/// Names a ward for as long as it exists; its DIDs may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct WardId(pub(crate) [u8; 16]);

/// One owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ward {
    /// Its name in our rows.
    pub(crate) id: WardId,
    /// What its owner is called here; no two live wards share a name.
    pub(crate) name: String,
    /// Our DID towards the owner.
    pub(crate) ours: Did,
    /// The owner's towards us.
    pub(crate) theirs: Did,
    /// Her policy address.
    pub(crate) policy: Digest,
    /// The digest of her ledger's descriptor.
    pub(crate) ledger: Digest,
    /// What was agreed to.
    pub(crate) capabilities: Vec<Capability>,
    /// The number of the next prekey.
    pub(crate) next_prekey: u32,
    /// How far the connection is.
    pub(crate) stage: Stage,
}

/// How far the connection with an owner is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// `accept` is on its way.
    Connecting(Connecting),
    /// `reveal` is on its way.
    Revealing(Comparing),
    /// The words can be compared.
    Words(Comparing),
    /// They were the same.
    Verified {
        /// When our person said so.
        at: Timestamp,
        /// Kept because our person may be sure before the owner has heard ours, and has to read
        /// them out still.
        words: WordsView,
    },
    /// It came to nothing.
    Ended(Ended),
}

/// Waiting for the owner's nonce.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Connecting {
    /// Our message.
    pub(crate) message: String,
    /// Our nonce, committed to.
    pub(crate) nonce: Nonce32,
}

/// Both nonces are known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Comparing {
    /// Our message that opens the commitment.
    pub(crate) message: String,
    /// What the words are made of.
    pub(crate) transcript: Transcript,
    /// The ledger's descriptor: provisional until the words, which cover it, were compared.
    pub(crate) descriptor: Blob,
}

/// Why a connection came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Whether the words differed.
    pub(crate) mismatch: bool,
    /// One sentence.
    pub(crate) reason: String,
}

impl Row for Ward {
    const SPACE: Space = Space::Ward;
    fn id(&self) -> Vec<u8> {
        self.id.0.to_vec()
    }
}

impl Ward {
    /// As [`crate::trustee::command::OwnerView`] names it.
    pub(crate) fn state(&self) -> &'static str {
        match &self.stage {
            Stage::Connecting(_) | Stage::Revealing(_) => "connecting",
            Stage::Words(_) => "words",
            Stage::Verified { .. } => "verified",
            Stage::Ended(Ended { mismatch: true, .. }) => "mismatch",
            Stage::Ended(Ended {
                mismatch: false, ..
            }) => "ended",
        }
    }

    /// Whether the words were compared and were the same.
    pub(crate) fn is_verified(&self) -> bool {
        matches!(self.stage, Stage::Verified { .. })
    }

    /// Whether this was agreed to, and the words were the same.
    pub(crate) fn may(&self, capability: Capability) -> bool {
        self.is_verified() && self.capabilities.contains(&capability)
    }

    /// Whether it came to nothing.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }

    /// Whether this message of ours is the one its stage waits for.
    pub(super) fn awaits(&self, message: &str) -> bool {
        match &self.stage {
            Stage::Connecting(connecting) => connecting.message == message,
            Stage::Revealing(comparing) => comparing.message == message,
            Stage::Words(_) | Stage::Verified { .. } | Stage::Ended(_) => false,
        }
    }
}

/// The ward of this id.
pub(crate) fn load(records: &dyn Records, id: &WardId) -> Result<Option<Ward>, Damage> {
    record::load(records, &id.0)
}

/// The ward our person means: the whole name, or an unambiguous beginning, living ones first.
pub(super) fn named(work: &Work<'_>, name: &str) -> Result<Ward, Stop> {
    let (over, living): (Vec<Ward>, Vec<Ward>) =
        work.all::<Ward>()?.into_iter().partition(Ward::is_over);
    for wards in [living, over] {
        if let Some(ward) = pick(wards, name)? {
            return Ok(ward);
        }
    }
    Err(CommandError::error(format!(
        "nobody here is called `{name}`; see: trustee-agent owner list"
    ))
    .into())
}

fn pick(wards: Vec<Ward>, name: &str) -> Result<Option<Ward>, CommandError> {
    let wanted = name.to_lowercase();
    let (same, mut begin): (Vec<Ward>, Vec<Ward>) = wards
        .into_iter()
        .filter(|ward| !wanted.is_empty() && ward.name.to_lowercase().starts_with(&wanted))
        .partition(|ward| ward.name.to_lowercase() == wanted);
    if let Some(ward) = same.into_iter().next() {
        return Ok(Some(ward));
    }
    if begin.len() > 1 {
        let names: Vec<_> = begin.into_iter().map(|ward| ward.name).collect();
        return Err(CommandError::error(format!(
            "`{name}` could be any of: {}",
            names.join(", ")
        )));
    }
    Ok(begin.pop())
}

/// A name for a new ward that no living one has: the label, with a number behind it if need be.
pub(super) fn fresh_name(work: &Work<'_>, label: &str) -> Result<String, Damage> {
    let label = if label.is_empty() { "unnamed" } else { label };
    let wards = work.all::<Ward>()?;
    let taken = |name: &str| {
        wards
            .iter()
            .any(|ward| !ward.is_over() && ward.name.eq_ignore_ascii_case(name))
    };
    let numbered = (2..).map(|number: usize| format!("{label} ({number})"));
    let mut names = core::iter::once(label.to_owned()).chain(numbered);
    Ok(names
        .find(|name| !taken(name))
        .expect("fewer wards than numbers"))
}

/// Makes room for one more ward: what came to nothing with this owner goes, and everything that came
/// to nothing when there are too many.
pub(super) fn make_room(work: &mut Work<'_>, policy: &Digest) -> Result<(), Stop> {
    let wards = work.all::<Ward>()?;
    let full = wards.len() >= limits::trustee::WARDS;
    for ward in wards
        .iter()
        .filter(|ward| ward.is_over() && (full || ward.policy == *policy))
    {
        work.erase::<Ward>(&ward.id.0);
        connection::forget(work, &ward.ours);
    }
    if work.all::<Ward>()?.len() >= limits::trustee::WARDS {
        return Err(CommandError::refused(format!(
            "{} owners are known already",
            limits::trustee::WARDS
        ))
        .into());
    }
    Ok(())
}
