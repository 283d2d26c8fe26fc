//! `store`: everything is checked before anything is kept (R2, G3).
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::codec;
use crate::error::{Damage, Halt, Refusal};
use crate::keys::RecoveryKey;
use crate::keys::labels;
use crate::ledger::RecoveryPolicyBody;
use crate::limits;
use crate::message::setup::Capability;
use crate::message::share::{Receipt, Store, Stored};
use crate::message::{Body, Received};
use crate::policy::LaneOpening;
use crate::share_pair::{SharePair, store_context};
use crate::time::Timestamp;
use crate::trustee::authority::{self, Ground};
use crate::trustee::custody::{self, Author, Custody, Standing};
use crate::trustee::prekey::{self, Prekey};
use crate::trustee::ward::{Ward, WardId};
use crate::trustee::{aside::Aside, evidence, facts, history, promotion};

/// The version of the message understood here.
const VERSION: u8 = 1;

/// Checks a share, keeps it as pending, and gives the receipt.
pub(super) fn store(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    message: &Received,
    aside: &mut Aside,
) -> Result<Body, Halt> {
    let Body::ShareStore(store) = &message.body else {
        return Err(malformed("this is no share").into());
    };
    let ward = authority::ward_for(work, message, &store.policy, Capability::RecoveryShare)?;
    let author = authority::judge(
        (work, anchor),
        &ward,
        message,
        &ground(anchor, &ward, store),
        aside,
    )?;
    if let Some(known) = custody::find(work, &ward.id, store.epoch, &store.tag)?
        && known.prekey == store.prekey
    {
        return receipt(work, &known);
    }
    let checked = check(work, anchor, &ward, message, store);
    let (prekey, shares) = checked.inspect_err(|halt| accuse(&ward, message, halt, aside))?;
    // The next deal decides what this one may push out, on a view that shows what was anchored since.
    aside.look(ward.ledger);
    let kept = Kept {
        author,
        prekey,
        shares,
    };
    let custody = keep(work, ward, message, store, kept)?;
    make_room(work, anchor, &custody)?;
    promotion::promote(work, anchor, &custody.ward)?;
    receipt(work, &custody)
}

/// What the dealer signed and what is false in itself is evidence (G6); what only does not fit us may
/// be a mistake.
fn accuse(ward: &Ward, message: &Received, halt: &Halt, aside: &mut Aside) {
    if let Halt::Refusal(refusal) = halt
        && refusal.code.starts_with("e.m.trust.crypto.")
    {
        let text = format!("refused a share of {}: {}", ward.name, refusal.comment);
        aside.accuse(ward.id, text, message);
    }
}

fn ground<'a>(anchor: &Anchor, ward: &Ward, store: &'a Store) -> Ground<'a> {
    let active = anchor
        .view(&ward.ledger)
        .and_then(|view| facts::active(view, &ward.policy));
    Ground {
        authority: &store.authority,
        label: labels::STORE,
        signed: store.signed_bytes(),
        epoch: store.epoch,
        anchored: active
            .is_some_and(|active| active.epoch == store.epoch && active.deal_digest == store.tag),
    }
}

/// What goes into a custody row beside the message.
struct Kept {
    author: Author,
    prekey: Prekey,
    shares: SharePair,
}

/// Every rule of a lawful deal. The order is: form, agreement with itself, agreement with us, the
/// share.
fn check(
    work: &Work<'_>,
    anchor: &Anchor,
    ward: &Ward,
    message: &Received,
    store: &Store,
) -> Result<(Prekey, SharePair), Halt> {
    check_form(message, store)?;
    check_lane(&store.lane, &store.record)?;
    check_deal(store)?;
    check_epoch(anchor, ward, store)?;
    let prekey = check_prekey(work, &ward.id, store)?;
    let base = check_base(work, &ward.id, store)?;
    let shares = check_share(&prekey, message, (store, base))?;
    Ok((prekey, shares))
}

/// Where it is a refresh: the share that it is added to, held here and of the same secrets.
fn check_base(work: &Work<'_>, ward: &WardId, store: &Store) -> Result<Option<SharePair>, Halt> {
    let Some(refreshed) = &store.refreshes else {
        return Ok(None);
    };
    let missing = || {
        let comment = format!(
            "no share of epoch {} is held here to be refreshed",
            refreshed.epoch
        );
        Refusal::new("e.p.req.unknown-share", comment)
    };
    let base = custody::find(work, ward, refreshed.epoch, &refreshed.deal)?.ok_or_else(missing)?;
    let keys = |lane: &LaneOpening| (lane.decrypt_key, lane.sign_key, lane.threshold);
    if keys(&base.lane) != keys(&store.lane) {
        return Err(
            mismatch("it refreshes a share of other secrets or of another threshold").into(),
        );
    }
    Ok(Some(base.shares))
}

fn check_form(message: &Received, store: &Store) -> Result<(), Refusal> {
    if store.version != VERSION {
        return Err(malformed(format!(
            "version {} of `store` is not known here",
            store.version
        )));
    }
    if store.source_did != message.from {
        return Err(Refusal::new(
            "e.m.req.wrong-connection",
            "`source_did` is not the DID that sent this",
        ));
    }
    if store.hosts.len() > limits::trustee::HOSTS {
        return Err(malformed(format!(
            "more than {} backup hosts",
            limits::trustee::HOSTS
        )));
    }
    Ok(())
}

fn malformed(comment: impl Into<String>) -> Refusal {
    Refusal::new("e.p.msg.malformed", comment)
}

/// The opened lane is lawful and one of those that will stand on the ledger.
fn check_lane(lane: &LaneOpening, record: &RecoveryPolicyBody) -> Result<(), Refusal> {
    let unlawful =
        |error: crate::policy::LaneError| Refusal::new("e.p.req.lane-unlawful", error.to_string());
    lane.validate().map_err(unlawful)?;
    lane.fits(record.longest_delay, record.longest_lifetime)
        .map_err(unlawful)?;
    if record.lanes.get(usize::from(lane.lane)) == Some(&lane.commitment()) {
        Ok(())
    } else {
        Err(mismatch(
            "the opened lane is not one that the record commits to",
        ))
    }
}

fn mismatch(comment: impl Into<String>) -> Refusal {
    Refusal::new("e.m.trust.crypto.commitment-mismatch", comment)
}

/// Message, record and commitments speak of one deal, of the agreed degree, whose public keys are
/// those of the lane (G3).
fn check_deal(store: &Store) -> Result<(), Refusal> {
    if store.epoch != store.record.epoch {
        return Err(mismatch("message and record name different epochs"));
    }
    let deal = store.commitments.digest(&store.policy, store.epoch);
    if store.tag != deal || store.record.deal_digest != deal {
        return Err(mismatch(
            "the commitments are not those of the deal that is named",
        ));
    }
    let opened = store
        .commitments
        .open(store.lane.threshold)
        .map_err(|error| mismatch(error.to_string()))?;
    if RecoveryKey::from(&opened.decrypt) != store.lane.decrypt_key {
        return Err(mismatch("commitment 0 is not the lane's decrypting key"));
    }
    if RecoveryKey::from(&opened.sign) != store.lane.sign_key {
        return Err(mismatch("commitment 0 is not the lane's signing key"));
    }
    Ok(())
}

/// The epoch comes after the active one; or it is the active one, of this very deal, and we were
/// away when it was dealt.
fn check_epoch(anchor: &Anchor, ward: &Ward, store: &Store) -> Result<(), Refusal> {
    let active = anchor
        .view(&ward.ledger)
        .and_then(|view| facts::active(view, &ward.policy));
    let lawful = match active {
        Some(active) if active.epoch == store.epoch => active.deal_digest == store.tag,
        Some(active) => store.epoch > active.epoch,
        None => store.epoch > 0,
    };
    if lawful {
        Ok(())
    } else {
        Err(Refusal::new(
            "e.m.req.stale-epoch",
            format!("epoch {} is over", store.epoch),
        ))
    }
}

/// The named prekey is ours and unused, and its approval key stands in the record.
fn check_prekey(work: &Work<'_>, ward: &WardId, store: &Store) -> Result<Prekey, Halt> {
    let named = prekey::load(work, ward, store.prekey)?;
    let unknown = || {
        Refusal::new(
            "e.p.req.unknown-prekey",
            format!("prekey {} is unknown or used", store.prekey),
        )
    };
    let prekey = named
        .filter(|prekey| prekey.sealing().is_some())
        .ok_or_else(unknown)?;
    if store.path.verify(
        &store.record.approval_root,
        &prekey.approval.verifying_key(),
    ) {
        Ok(prekey)
    } else {
        Err(
            mismatch("the trustee's approval key does not stand in the record's approval root")
                .into(),
        )
    }
}

/// The share opens, and both its halves lie on the committed polynomials (R2).
fn check_share(
    prekey: &Prekey,
    message: &Received,
    (store, base): (&Store, Option<SharePair>),
) -> Result<SharePair, Refusal> {
    let bad = |error: crate::share_pair::PairError| {
        Refusal::new("e.m.trust.crypto.share-mismatch", error.to_string())
    };
    let context = store_context(&store.policy, store.epoch, &store.tag, &message.to);
    let sealing = prekey
        .sealing()
        .ok_or_else(|| malformed("the prekey is used"))?;
    let sealed = SharePair::open(sealing, &context, &store.sealed).map_err(bad)?;
    let shares = match base {
        Some(base) => base.plus(sealed).map_err(bad)?,
        None => sealed,
    };
    let opened = store
        .commitments
        .open(store.lane.threshold)
        .map_err(|error| mismatch(error.to_string()))?;
    shares.verify(&opened).map_err(bad)?;
    // Else whoever asks others to compute a share by its leaf would be given another's (decision 0040).
    if shares.index().get() != store.path.position {
        return Err(mismatch("the share's index is not the number of its leaf"));
    }
    Ok(shares)
}

/// One batch: the share, the spent prekey, a fresh one.
fn keep(
    work: &mut Work<'_>,
    mut ward: Ward,
    message: &Received,
    store: &Store,
    kept: Kept,
) -> Result<Custody, Damage> {
    work.save(&kept.prekey.spent());
    let next = prekey::make(work, &mut ward);
    let custody = Custody {
        ward: ward.id,
        epoch: store.epoch,
        deal: store.tag,
        standing: Standing::Waiting,
        shares: kept.shares,
        commitments: store.commitments.clone(),
        lane: store.lane.clone(),
        record: store.record.clone(),
        path: store.path.clone(),
        prekey: store.prekey,
        next: next.number,
        hosts: store.hosts.clone(),
        author: kept.author,
        stored: work.now,
        ours: message.to.clone(),
        theirs: message.from.clone(),
    };
    work.save(&custody);
    work.save(&ward);
    history::note(
        work,
        format!(
            "keeps a share of {} for epoch {}, verified against {}",
            ward.name, store.epoch, store.tag
        ),
    )?;
    Ok(custody)
}

/// Lets go of deals of the same author that this one replaces. What the ledger shows as waiting or
/// active stays: somebody holds our receipt for it.
fn make_room(work: &mut Work<'_>, anchor: &Anchor, newest: &Custody) -> Result<(), Halt> {
    let ward = crate::trustee::ward::load(work, &newest.ward)?.expect("saved in this step");
    let all = custody::of(work, &newest.ward)?;
    let on_ledger = |custody: &Custody| {
        let view = anchor.view(&ward.ledger);
        view.is_some_and(|view| facts::stands(view, &ward.policy, custody.epoch, &custody.deal))
    };
    let mut replaced: Vec<&Custody> = all
        .iter()
        .filter(|old| {
            old.standing == Standing::Waiting
                && old.deal != newest.deal
                && old.author == newest.author
                && !on_ledger(old)
        })
        .collect();
    replaced.sort_by_key(|old| core::cmp::Reverse(old.stored));
    let mut dropped =
        replaced.split_off(replaced.len().min(limits::trustee::PENDING_PER_AUTHOR - 1));
    // Until our view is newer than what took a deal's place, that one may stand on the ledger unseen: whoever has
    // her device could push out the share in force while the ledger does not answer (G11).
    let seen = anchor.view(&ward.ledger).map_or(Timestamp(0), facts::head);
    if replaced.last().is_some_and(|later| seen < later.stored) {
        dropped.clear();
    }
    if all.len() - dropped.len() > limits::trustee::DEALS {
        return Err(Refusal::new(
            "e.m.me.res.storage.too-many",
            "too many deals of this owner wait already",
        )
        .into());
    }
    for old in dropped {
        custody::discard(work, old)?;
    }
    Ok(())
}

/// The signed receipt, with the prekey that goes with it.
fn receipt(work: &Work<'_>, custody: &Custody) -> Result<Body, Halt> {
    let ward = crate::trustee::ward::load(work, &custody.ward)?;
    let policy: Digest = ward.map(|ward| ward.policy).unwrap_or(Digest([0; 32]));
    let receipt = Receipt {
        policy,
        epoch: custody.epoch,
        deal: custody.deal,
        index: custody.shares.index().get(),
    };
    let next = prekey::load(work, &custody.ward, custody.next)?.and_then(|prekey| prekey.public());
    // A prekey once handed out is used by the next deal only; whoever asks again after that holds
    // an answer already.
    let next = next.ok_or_else(|| {
        Refusal::new(
            "e.p.req.unknown-prekey",
            "this deal is receipted and another came after it",
        )
    })?;
    let signature = evidence::sign(
        work,
        &custody.ours,
        labels::RECEIPT,
        &codec::encode(1, &receipt),
    )?;
    Ok(Body::ShareStored(Stored {
        receipt,
        signature,
        next,
        spare: prekey::spare(work, &custody.ward, custody.next)?,
    }))
}
