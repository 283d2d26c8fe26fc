//! The wallet comes back, and the next epoch is dealt at once: recovered means rotated (G13).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::backup::{Peer, PeerRole, SlotKey, Wallet, container};
use crate::did::{Did, LocalDid};
use crate::error::{Damage, Stop};
use crate::keys::{RecoverySecret, SigningKey};
use crate::limits;
use crate::message::backup::Key;
use crate::message::setup::Prekey;
use crate::outbox;
use crate::owner::claim::row::{Claim, ClaimStage, Claimed, Fixed};
use crate::owner::claim::{collect, fetch};
use crate::owner::dealing::{self, Plan, Right};
use crate::owner::identity::Identity;
use crate::owner::recipient::recipients;
use crate::owner::terms::Terms;
use crate::owner::trustee::{Contact, Stage, Trustee};
use crate::owner::{push, secret};
use crate::secret::SecretBytes;
use crate::time::Timestamp;
use crate::vss::{Decrypt, Share};
use zeroize::Zeroizing;

/// Losses that are survivable right after a recovery: none, and the screen says so (f of G4).
const SPARE: u8 = 0;

/// Opens the backup, restores the wallet and deals the next epoch: all of it in one step, or nothing.
/// Where it fails, the question stays on the outbox, so that the host is asked again when another
/// share or key may have come.
pub(crate) fn restore(
    work: &mut Work<'_>,
    anchor: &Anchor,
    mut claim: Claim,
    key: (&Did, &Key),
) -> Result<(), Damage> {
    match try_restore(work, anchor, &claim, key) {
        Ok(()) => {
            if let ClaimStage::Fetching(fetch) = &claim.stage {
                fetch.withdraw(work);
            }
            claim.stage = ClaimStage::Dealing;
            claim.problem = None;
        }
        Err(Stop::Damage(damage)) => return Err(damage),
        Err(Stop::Command(error)) => {
            work.discard();
            work.hint(Event::new(
                "recovery",
                claim.name.clone(),
                error.message.clone(),
            ));
            claim.problem = Some(error.message);
        }
    }
    work.save(&claim);
    Ok(())
}

fn failed(text: impl ToString) -> Stop {
    crate::error::CommandError::unverified(text.to_string()).into()
}

fn try_restore(
    work: &mut Work<'_>,
    anchor: &Anchor,
    claim: &Claim,
    (host, key): (&Did, &Key),
) -> Result<(), Stop> {
    let (Some(fixed), Some(keys), ClaimStage::Fetching(fetch)) =
        (&claim.fixed, &claim.keys, &claim.stage)
    else {
        return Err(failed("no backup is being fetched"));
    };
    let (header, chunks) =
        fetch::whole(work, fetch)?.ok_or_else(|| failed("the backup is not complete"))?;
    let slot_key = SlotKey::open(
        &keys.sealing,
        &fetch::key_context(fetch, fixed),
        &key.sealed,
    )
    .map_err(failed)?;
    let secret = rebuild(work, claim, fixed)?;
    let wallet = container::unseal(&header, &chunks, &secret, &slot_key).map_err(failed)?;
    drop(secret);
    if wallet.policy != fixed.policy {
        return Err(failed("the backup is of another policy"));
    }
    let identity = Identity {
        name: wallet.name.clone(),
        policy: fixed.policy,
        log: fixed.log,
        agent: SigningKey::generate(work.rng),
        link_secret: SecretBytes::new(&Zeroizing::new(*wallet.link_secret.expose())),
        sequence: header.draft.sequence,
        head: fetch.head,
    };
    work.save(&identity);
    put_items(work, &wallet);
    push::forget_chunks(work, &fetch.head, chunks.len());
    let peers = reconnect(work, claim, &wallet.peers, (host, key))?;
    deal_next(work, anchor, claim, fixed, peers)
}

/// The decrypting secret, for the moment it is used (K2).
fn rebuild(
    work: &mut Work<'_>,
    claim: &Claim,
    fixed: &Fixed,
) -> Result<RecoverySecret<Decrypt>, Stop> {
    let shares: Vec<Share<Decrypt>> = collect::shares(work, claim)?
        .into_iter()
        .map(|pair| pair.decrypt)
        .collect();
    let releases = work.all::<Claimed>()?;
    let release = releases
        .iter()
        .find_map(Claimed::good_release)
        .ok_or_else(|| failed("no share is here"))?;
    let commitments =
        collect::open_commitments(&fixed.lane, &release.commitments).map_err(failed)?;
    let checked = commitments.decrypt.verify_all(&shares, work.rng);
    RecoverySecret::reconstruct(&checked.verified).map_err(failed)
}

fn put_items(work: &mut Work<'_>, wallet: &Wallet) {
    for item in &wallet.items {
        secret::put(work, &item.name, &item.data);
    }
}

/// Every peer of the wallet as a trustee or host of the fresh agent. Those that were met in this
/// recovery are reached over their recovery connection; the others at the DID the wallet knows,
/// from a fresh one of ours.
///
/// Who was met is told by the share it released, which nobody else has. A name or an approval key is
/// only claimed: by it, one trustee could take another's place and with it the other's next share.
fn reconnect(
    work: &mut Work<'_>,
    claim: &Claim,
    peers: &[Peer],
    (host, key): (&Did, &Key),
) -> Result<Vec<Trustee>, Stop> {
    let met = collect::held(work, claim)?;
    let mut trustees = Vec::new();
    let mut indices = 1..;
    for peer in peers {
        let index: Option<usize> = match peer.role {
            PeerRole::Trustee => indices.next(),
            PeerRole::Host => None,
        };
        let known = met
            .iter()
            .find(|(_, pair)| index == Some(pair.index().get().into()))
            .and_then(|(claimed, _)| met_again(peer, claimed));
        let mut trustee = known.unwrap_or_else(|| at_a_distance(work, peer));
        // What the wallet knows of a host's prekeys, whoever has the old device may have used up.
        if let (true, Some(contact), Some(next)) =
            (peer.did == *host, &mut trustee.contact, &key.next)
        {
            contact.prekeys.retain(|prekey| prekey.number > next.number);
            contact.prekeys.insert(0, next.clone());
        }
        work.save(&trustee);
        trustees.push(trustee);
    }
    Ok(trustees)
}

fn met_again(peer: &Peer, claimed: &Claimed) -> Option<Trustee> {
    let invited = claimed.invitation.as_ref()?;
    let answer = invited.answer.as_ref()?;
    let contact = Contact {
        did: answer.did.clone(),
        label: answer.label.clone(),
        approval: peer.approval,
        prekeys: newest(&claimed.good_release()?.prekeys),
    };
    Some(Trustee {
        name: peer.name.clone(),
        role: peer.role,
        local: invited.local.clone(),
        invitation: invited.id.clone(),
        expires: invited.expires,
        contact: Some(contact),
        stage: Stage::Verified,
        receipt: None,
        seen: None,
        resigned: None,
    })
}

/// As many prekeys as a peer may hand over at once.
fn newest(prekeys: &[Prekey]) -> Vec<Prekey> {
    prekeys
        .iter()
        .take(limits::owner::PREKEYS)
        .cloned()
        .collect()
}

fn at_a_distance(work: &mut Work<'_>, peer: &Peer) -> Trustee {
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    work.save(&local);
    let contact = Contact {
        did: peer.did.clone(),
        label: peer.name.clone(),
        approval: peer.approval,
        prekeys: peer.prekeys.clone(),
    };
    Trustee {
        name: peer.name.clone(),
        role: peer.role,
        local: local.did().clone(),
        invitation: outbox::fresh_id(work),
        expires: Timestamp(0),
        contact: Some(contact),
        stage: Stage::Verified,
        receipt: None,
        seen: None,
        resigned: None,
    }
}

fn deal_next(
    work: &mut Work<'_>,
    anchor: &Anchor,
    claim: &Claim,
    fixed: &Fixed,
    peers: Vec<Trustee>,
) -> Result<(), Stop> {
    let Some(keys) = &claim.keys else {
        return Err(failed("the claimant's keys are gone"));
    };
    let (hosts, trustees) = peers
        .into_iter()
        .partition(|peer: &Trustee| peer.role == PeerRole::Host);
    let (trustees, hosts) = (recipients(trustees), recipients(hosts));
    let lane = &fixed.lane;
    let terms = Terms {
        threshold: lane.threshold,
        delay: lane.delay,
        lifetime: lane.lifetime,
        cool_down: lane.cool_down,
        override_threshold: lane.override_threshold,
    };
    let plan = Plan {
        epoch: fixed.epoch.saturating_add(1),
        terms: terms.among(trustees.able.len()),
        right: Right::Claimant(fixed.request, &keys.signing),
        spare: SPARE,
    };
    dealing::deal(work, anchor, &plan, trustees, hosts)
}
