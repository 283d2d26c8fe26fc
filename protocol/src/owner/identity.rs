//! Who the owner is, and the first record of her policy.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::{Blob, Digest, Salt};
use crate::error::{CommandError, Damage, Stop};
use crate::keys::SigningKey;
use crate::keys::role::AgentPolicy;
use crate::ledger::{Descriptor, PolicyCreateBody, Record};
use crate::message::invitation::clean_label;
use crate::owner::command::Answer;
use crate::record::{self, Records, Row, Space};
use crate::secret::SecretBytes;
use serde::{Deserialize, Serialize};

/// The owner's identity on this agent.
///
/// # Security
/// Holds the agent policy key and the link secret; wiped on drop, stored in a sealed row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Identity {
    /// What trustees call her.
    pub(crate) name: String,
    /// The policy address.
    pub(crate) policy: Digest,
    /// The ledger it stands on.
    pub(crate) log: Digest,
    /// This agent's policy key (K7).
    pub(crate) agent: SigningKey<AgentPolicy>,
    /// One per identity (K8).
    pub(crate) link_secret: SecretBytes<32>,
    /// Number of the newest backup made.
    pub(crate) sequence: u64,
    /// Its header's digest.
    pub(crate) head: Digest,
}

impl Row for Identity {
    const SPACE: Space = Space::Identity;
    fn id(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// The identity, if this home has one.
pub(crate) fn load(records: &dyn Records) -> Result<Option<Identity>, Damage> {
    record::load(records, &[])
}

/// The identity, or what to do to get one.
pub(crate) fn require(work: &Work<'_>) -> Result<Identity, Stop> {
    let missing = "there is no identity in this home yet; make one with `owner-agent init`, or get a lost one \
                   back with `owner-agent recover start`";
    Ok(load(work)?.ok_or_else(|| CommandError::error(missing))?)
}

/// Creates the identity and offers its first record to the ledger.
pub(crate) fn create(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    name: &str,
    ledger: &str,
) -> Result<Answer, Stop> {
    if load(work)?.is_some() {
        let taken = "this home already holds an identity; see it with `owner-agent status`";
        return Err(CommandError::error(taken).into());
    }
    let name = clean_label(name);
    if name.is_empty() {
        return Err(
            CommandError::error("an identity needs a name that trustees know you by").into(),
        );
    }
    let descriptor = read_descriptor(ledger)?;
    let log = anchor.adopt(work, &descriptor)?;
    let agent = SigningKey::generate(work.rng);
    let body = PolicyCreateBody {
        salt: Salt::random(work.rng),
        agent: agent.verifying_key(),
        commitment: None,
        rule: 1,
    };
    let record = Record::create_policy(&log, body, &agent);
    anchor.append(work, log, &record)?;
    let identity = Identity {
        name: name.clone(),
        policy: record.digest(&log),
        log,
        agent,
        link_secret: SecretBytes::generate(work.rng),
        sequence: 0,
        head: Digest([0; 32]),
    };
    work.save(&identity);
    Ok(Answer::Identity {
        name,
        policy: identity.policy,
        ledger: log,
        strength: descriptor.assurance(),
    })
}

fn read_descriptor(text: &str) -> Result<Descriptor, CommandError> {
    let hint = "the ledger file is no descriptor; it is what `trustee-agent ledger show` prints";
    let bytes = crate::bytes::from_base64url(text.trim()).map_err(|_| CommandError::error(hint))?;
    Descriptor::from_bytes(&bytes).map_err(|error| CommandError::error(format!("{hint}: {error}")))
}

/// The descriptor's bytes, as trustees and backups get them.
pub(crate) fn descriptor_of(anchor: &Anchor, log: &Digest) -> Blob {
    anchor
        .view(log)
        .map(|view| Blob(view.descriptor().to_bytes()))
        .unwrap_or_default()
}
