//! Dealing an epoch: two fresh secrets, a backup, a share for every trustee, all in one step.
//!
//! The secrets exist inside this step only. What it writes are sealed boxes, public commitments and
//! messages; after it, nobody holds a recovery key in one piece.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{Draft, Peer, Recipients, Sealed, Wallet, container, slot};
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::{CommandError, Stop};
use crate::keys::role::ClaimantSigning;
use crate::keys::{DataKey, RecoveryKey, RecoverySecret, SigningKey, labels};
use crate::message::Body;
use crate::message::backup::Put;
use crate::message::share::{Authority, Commitments};
use crate::outbox;
use crate::owner::claim::row::Claim;
use crate::owner::deal::By;
use crate::owner::handout::{self, Handout, Shares};
use crate::owner::identity::{self, Identity};
use crate::owner::push::{self, Offer, Passage};
use crate::owner::recipient::{Peers, Recipient};
use crate::owner::secret;
use crate::owner::supplement;
use crate::owner::terms::Terms;
use crate::policy;
use crate::secret::SecretBytes;
use crate::share_pair::SharePair;
use crate::vss::{self, Decrypt, Quorum, ShareIndex, Sign};
use zeroize::Zeroizing;

/// By what right the deal is put.
pub(crate) enum Right<'a> {
    /// The identity's own agent key.
    Agent,
    /// The claimant's key of this request.
    Claimant(Digest, &'a SigningKey<ClaimantSigning>),
}

/// What is dealt.
pub(crate) struct Plan<'a> {
    pub(crate) epoch: u32,
    pub(crate) terms: Terms,
    pub(crate) right: Right<'a>,
    /// Receipts wanted beyond the threshold (f of G4).
    pub(crate) spare: u8,
}

/// Deals an epoch to everybody at once.
pub(crate) fn deal(
    work: &mut Work<'_>,
    anchor: &Anchor,
    plan: &Plan<'_>,
    trustees: Peers,
    hosts: Peers,
) -> Result<(), Stop> {
    let left_out = [trustees.left_out, hosts.left_out].concat();
    let (trustees, hosts) = (trustees.able, hosts.able);
    let mut identity = identity::require(work)?;
    let quorum = Quorum::new(
        plan.terms.threshold,
        trustees.len().try_into().unwrap_or(u8::MAX),
    )
    .map_err(|error| CommandError::error(error.to_string()))?;
    let seats = policy::seats(quorum.trustees(), work.rng);
    let shares = split((quorum, &seats), work)?;
    let lane = handout::open_lane(plan.terms, &shares, work);
    let dealt_to = trustees
        .iter()
        .zip(seats)
        .map(|(to, seat)| to.peer(Some(seat)));
    let kept_by = hosts.iter().map(|host| host.peer(None));
    let wallet = wallet(work, anchor, &identity, dealt_to.chain(kept_by).collect())?;
    let to = Recipients {
        recovery_key: &lane.decrypt_key,
        hosts: hosts.len(),
    };
    let (sealed, data_key) = back_up(work, &identity, plan.epoch, &wallet, &to)?;
    let head = sealed.header.digest();
    supplement::keep_base(work, head, &wallet, data_key)?;
    drop(wallet);
    let parts = (lane, &shares);
    let handout = Handout::new(work, (&identity, plan), parts, &trustees, head)?;
    let placed = push::begin(work, &identity, plan, sealed, hosts)?;
    handout.send(work, shares, (trustees, placed), left_out)?;
    identity.sequence = sequence_after(&identity);
    identity.head = head;
    work.save(&identity);
    Ok(())
}

/// The number may come out of a backup that a thief had made, and must not be able to stop a recovery, or the
/// supplements after it: numbers that nobody counts to begin anew.
fn sequence_after(identity: &Identity) -> u64 {
    match identity.sequence {
        counted if counted < 1 << 48 => counted + 1,
        _ => 1,
    }
}

impl<'a> Right<'a> {
    /// The right by which a deal was put: once its claim is complete, that of the agent whom it brought to
    /// power.
    pub(crate) fn again(by: By, claim: Option<&'a Claim>) -> Self {
        let keys = claim.and_then(|claim| claim.keys.as_ref());
        match (by, keys) {
            (By::Claimant { request }, Some(keys)) => Self::Claimant(request, &keys.signing),
            (By::Claimant { .. } | By::Agent, _) => Self::Agent,
        }
    }

    pub(crate) fn by(&self) -> By {
        match self {
            Self::Agent => By::Agent,
            Self::Claimant(request, _) => By::Claimant { request: *request },
        }
    }

    /// Signs as whoever has the right.
    pub(crate) fn authority(&self, identity: &Identity, label: &str, bytes: &[u8]) -> Authority {
        match self {
            Self::Agent => Authority::Agent {
                key: identity.agent.verifying_key(),
                signature: identity.agent.sign(label, bytes),
            },
            Self::Claimant(request, key) => Authority::Claimant {
                request: *request,
                signature: key.sign(label, bytes),
            },
        }
    }
}

fn split(
    (quorum, seats): (Quorum, &[ShareIndex]),
    work: &mut Work<'_>,
) -> Result<Shares, CommandError> {
    // Fresh secrets for every epoch: one that was rebuilt once is spent (G13).
    let failed = |error: vss::DealError| {
        CommandError::error(format!("dealing failed, nothing was sent: {error}"))
    };
    let decrypt = RecoverySecret::<Decrypt>::generate(work.rng)
        .deal_at(quorum, seats, work.rng)
        .map_err(failed)?;
    let sign = RecoverySecret::<Sign>::generate(work.rng)
        .deal_at(quorum, seats, work.rng)
        .map_err(failed)?;
    let pairs = decrypt.shares.into_iter().zip(sign.shares);
    Ok(Shares {
        commitments: Commitments {
            decrypt: decrypt.commitment.to_wire(),
            sign: sign.commitment.to_wire(),
        },
        keys: (
            RecoveryKey::from(&decrypt.commitment),
            RecoveryKey::from(&sign.commitment),
        ),
        pairs: pairs
            .map(|(decrypt, sign)| SharePair { decrypt, sign })
            .collect(),
        refreshes: None,
    })
}

fn wallet(
    work: &Work<'_>,
    anchor: &Anchor,
    identity: &Identity,
    peers: Vec<Peer>,
) -> Result<Wallet, Stop> {
    Ok(Wallet {
        name: identity.name.clone(),
        policy: identity.policy,
        descriptor: identity::descriptor_of(anchor, &identity.log),
        link_secret: SecretBytes::new(&Zeroizing::new(*identity.link_secret.expose())),
        peers,
        items: secret::items(work)?,
    })
}

fn back_up(
    work: &mut Work<'_>,
    identity: &Identity,
    epoch: u32,
    wallet: &Wallet,
    to: &Recipients<'_>,
) -> Result<(Sealed, DataKey), Stop> {
    let draft = Draft {
        policy: identity.policy,
        epoch,
        sequence: sequence_after(identity),
        previous: identity.head,
    };
    let sealed = container::seal(wallet, draft, to, &identity.agent, work.rng);
    Ok(sealed.map_err(|error| CommandError::error(error.to_string()))?)
}

/// A `put` for one host, its slot key sealed to that host's next prekey.
pub(crate) fn put_for(
    work: &mut Work<'_>,
    identity: &Identity,
    (right, epoch): (&Right<'_>, u32),
    offer: &Offer,
    host: Recipient,
) -> Result<Passage, Stop> {
    let context = slot::put_context(&offer.backup);
    let sealed = offer
        .slot_key
        .seal(&host.prekey.sealing, &context, work.rng);
    let sealed = sealed
        .map_err(|_| CommandError::error(format!("{}'s key cannot be used", host.trustee.name)))?;
    let mut put = Put {
        policy: identity.policy,
        header: offer.header.clone(),
        prekey: host.prekey.number,
        slot_key: sealed,
        authority: right.authority(identity, labels::BACKUP_PUT, &[]),
    };
    put.authority = right.authority(identity, labels::BACKUP_PUT, &put.signed_bytes());
    host.save(work);
    let did: Did = host.contact.did;
    let message = outbox::send(work, &host.trustee.local, &did, Body::BackupPut(put));
    Ok(Passage {
        backup: offer.backup,
        epoch,
        host: host.trustee.name,
        local: host.trustee.local,
        did,
        message,
        sent: 0,
    })
}
