//! The wallet comes back, and the next epoch is dealt at once: recovered means rotated (G13).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::backup::supplement::{self, Supplement};
use crate::backup::{BackupHeader, Item, Peer, PeerRole, SlotKey, Wallet, container};
use crate::did::{Did, LocalDid};
use crate::error::{CommandError, Damage, Stop};
use crate::keys::{DataKey, RecoverySecret, SigningKey};
use crate::limits;
use crate::message::backup::Key;
use crate::message::invitation::clean_label;
use crate::message::setup::Prekey;
use crate::outbox;
use crate::owner::claim::fetch::Fetch;
use crate::owner::claim::row::{Claim, ClaimStage, ClaimantKeys, Claimed, Fixed};
use crate::owner::claim::{collect, fetch};
use crate::owner::command::RestoredView;
use crate::owner::dealing::{self, Plan, Right};
use crate::owner::identity::Identity;
use crate::owner::recipient::recipients;
use crate::owner::secret;
use crate::owner::terms::Terms;
use crate::owner::trustee::{Contact, Stage, Trustee};
use crate::secret::SecretBytes;
use crate::time::Timestamp;
use crate::vss::{Decrypt, Share};
use zeroize::Zeroizing;

/// Losses that are survivable right after a recovery: none, and the screen says so (f of G4).
const SPARE: u8 = 0;

/// Opens the backup and what comes after it, restores the wallet and deals the next epoch: all of it in one step,
/// or nothing. Where it fails, the question stays on the outbox, so that the host is asked again when another share
/// or key may have come.
pub(crate) fn restore(
    work: &mut Work<'_>,
    anchor: &Anchor,
    mut claim: Claim,
) -> Result<(), Damage> {
    match try_restore(work, anchor, &claim) {
        Ok(restored) => {
            if let ClaimStage::Fetching(fetch) = &claim.stage {
                fetch.withdraw(work);
            }
            claim.stage = ClaimStage::Dealing;
            claim.problem = None;
            claim.restored = Some(restored);
        }
        Err(Stop::Damage(damage)) => return Err(damage),
        Err(Stop::Command(error)) => failed_with(work, &mut claim, error),
    }
    work.save(&claim);
    Ok(())
}

/// Nothing of this step stays but the reason.
pub(super) fn failed_with(work: &mut Work<'_>, claim: &mut Claim, error: CommandError) {
    work.discard();
    work.hint(Event::new(
        "recovery",
        claim.name.clone(),
        error.message.clone(),
    ));
    if let ClaimStage::Fetching(fetch) = &mut claim.stage {
        fetch.ask_for_key_again(work, &error.message);
    }
    claim.problem = Some(error.message);
}

fn failed(text: impl ToString) -> Stop {
    CommandError::unverified(text.to_string()).into()
}

/// A backup that was opened.
struct Opened {
    header: BackupHeader,
    wallet: Wallet,
    data_key: DataKey,
}

/// What is fetched, and by which keys it opens.
type Place<'a> = (&'a Fixed, &'a ClaimantKeys, &'a Fetch);

fn place(claim: &Claim) -> Result<Place<'_>, Stop> {
    match (&claim.fixed, &claim.keys, &claim.stage) {
        (Some(fixed), Some(keys), ClaimStage::Fetching(fetch)) => Ok((fixed, keys, fetch)),
        _ => Err(failed("no backup is being fetched")),
    }
}

/// Whether the backup opens with a host's part of the key.
pub(super) fn check(work: &mut Work<'_>, claim: &Claim, key: &Key) -> Result<(), Stop> {
    open(work, claim, key).map(drop)
}

fn open(work: &mut Work<'_>, claim: &Claim, key: &Key) -> Result<Opened, Stop> {
    let (fixed, keys, fetch) = place(claim)?;
    let (header, chunks) =
        fetch::whole(work, fetch)?.ok_or_else(|| failed("the backup is not complete"))?;
    let context = fetch::key_context(fetch, fixed);
    let slot_key = SlotKey::open(&keys.sealing, &context, &key.sealed).map_err(failed)?;
    let secret = rebuild(work, claim, fixed)?;
    let data_key = container::data_key(&header, &secret, &slot_key).map_err(failed)?;
    let wallet = container::unseal(&header, &chunks, &secret, &slot_key).map_err(failed)?;
    if wallet.policy != fixed.policy {
        return Err(failed("the backup is of another policy"));
    }
    Ok(Opened {
        header,
        wallet,
        data_key,
    })
}

/// Whether what was fetched is a supplement that opens, and leaves a wallet that can be protected: whoever has the
/// device can push what he likes, and must not stop a recovery by it.
pub(super) fn check_later(
    work: &mut Work<'_>,
    claim: &Claim,
    later: &Fetch,
) -> Result<bool, Damage> {
    let opened = opened_later(work, claim, later);
    match opened {
        Ok((opened, _, supplement)) => Ok(fits(&opened.wallet, &supplement)),
        Err(Stop::Damage(damage)) => Err(damage),
        Err(Stop::Command(_)) => Ok(false),
    }
}

fn opened_later(
    work: &mut Work<'_>,
    claim: &Claim,
    later: &Fetch,
) -> Result<(Opened, BackupHeader, Supplement), Stop> {
    let (_, _, fetch) = place(claim)?;
    let none = || failed("no backup is being fetched");
    let key = fetch.later.as_ref().map(|later| later.key.clone());
    let opened = open(work, claim, &key.ok_or_else(none)?)?;
    let (header, chunks) = fetch::whole(work, later)?.ok_or_else(none)?;
    let sealed = (&header, &*chunks);
    let supplement = supplement::open(sealed, &fetch.head, &opened.data_key).map_err(failed)?;
    Ok((opened, header, supplement))
}

fn fits(wallet: &Wallet, supplement: &Supplement) -> bool {
    let kept = wallet
        .items
        .iter()
        .filter(|item| !replaces(supplement, &item.name));
    let all: Vec<&Item> = kept.chain(&supplement.items).collect();
    let bytes: usize = all.iter().map(|item| item.data.len()).sum();
    let mut names = supplement.items.iter().map(|item| &item.name);
    bytes <= limits::backup::WALLET
        && all.len() <= limits::owner::ITEMS
        && names.all(|name| !name.is_empty() && *name == clean_label(name))
}

fn replaces(supplement: &Supplement, name: &str) -> bool {
    supplement.items.iter().any(|item| item.name == name)
        || supplement.removed.iter().any(|removed| removed == name)
}

fn try_restore(work: &mut Work<'_>, anchor: &Anchor, claim: &Claim) -> Result<RestoredView, Stop> {
    let (fixed, _, fetch) = place(claim)?;
    let later = fetch
        .later
        .as_ref()
        .ok_or_else(|| failed("no backup is being fetched"))?;
    let (opened, newest, supplement) = match &later.found {
        Some(found) => {
            let (opened, header, supplement) = opened_later(work, claim, found)?;
            (opened, header, Some(supplement))
        }
        None => {
            let opened = open(work, claim, &later.key)?;
            let header = opened.header.clone();
            (opened, header, None)
        }
    };
    let wallet = opened.wallet;
    let identity = Identity {
        name: wallet.name.clone(),
        policy: fixed.policy,
        log: fixed.log,
        agent: SigningKey::generate(work.rng),
        link_secret: SecretBytes::new(&Zeroizing::new(*wallet.link_secret.expose())),
        sequence: newest.draft.sequence,
        head: newest.digest(),
    };
    work.save(&identity);
    let earlier = put_items(work, &wallet, supplement.as_ref());
    fetch.forget(work);
    let peers = reconnect(work, claim, &wallet.peers, (&later.host, &later.key))?;
    deal_next(work, anchor, claim, fixed, peers)?;
    Ok(RestoredView {
        sequence: newest.draft.sequence,
        made: supplement.map(|supplement| supplement.made),
        device: hexadecimal(&newest.author.to_array()[1..]),
        earlier,
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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

/// The wallet as the supplement leaves it. What that replaced or removed goes beside it: how many items did.
fn put_items(work: &mut Work<'_>, wallet: &Wallet, supplement: Option<&Supplement>) -> u32 {
    let mut earlier = 0;
    for item in &wallet.items {
        match supplement {
            Some(supplement) if replaces(supplement, &item.name) => {
                secret::put::<secret::Earlier>(work, &item.name, &item.data);
                earlier += 1;
            }
            Some(_) | None => secret::put::<secret::Wallet>(work, &item.name, &item.data),
        }
    }
    for item in supplement.iter().flat_map(|supplement| &supplement.items) {
        secret::put::<secret::Wallet>(work, &item.name, &item.data);
    }
    earlier
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
    for peer in peers {
        let known = met
            .iter()
            .find(|(_, pair)| peer.share == Some(pair.index()))
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
        accepted: peer.accepted,
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
        accepted: peer.accepted,
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
