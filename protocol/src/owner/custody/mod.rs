//! Do the trustees still hold their shares? Asked in rounds, about once a week (B1, R14; decision 0027).
//!
//! A question does not go through the outbox: it would be repeated every few minutes for a month to a
//! device that is dead, and wake this one as often.
mod row;
mod tell;

use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::Nonce32;
use crate::custody_proof::{self, Question};
use crate::did::Did;
use crate::error::Damage;
use crate::ledger::View;
use crate::limits;
use crate::message::share::Proof;
use crate::message::{Body, Outgoing};
use crate::outbox;
use crate::owner::deal::{Deal, Dealt};
use crate::owner::identity::{self, Identity};
use crate::owner::peers::Peers;
use crate::owner::protect;
use crate::owner::superseded;
use crate::owner::supplement;
use crate::record::{self, Records, Row as _};
use crate::time::{Millis, Timestamp};
use crate::vss::ShareIndex;
use row::{Answered, Asked, Round, Watched};

pub(crate) use row::{Found, Standing};
pub(crate) use tell::{lost, pending, views};

/// The shortest time between two rounds: no more than needed, because each wakes the devices of all.
pub(crate) const SHORTEST: Millis = Millis::seconds(5 * 86_400);
/// What lot adds: nobody knows on which day a share must be at hand, and owners who began together
/// spread.
pub(crate) const SPREAD: Millis = Millis::seconds(4 * 86_400);
/// How soon those who have not answered are asked again; then four times as late each time.
pub(crate) const FIRST_AGAIN: Millis = Millis::seconds(30);
/// At the latest: a device that is on for a quarter of the day is met.
pub(crate) const LAST_AGAIN: Millis = Millis::seconds(6 * 3_600);

/// How often a question is asked again at least before no answer says anything of the trustee. This
/// device may have been off itself, or its clock have jumped by a week.
pub(crate) const REPEATED: u32 = 6;

/// What a trustee says that holds no such share.
const GONE: &str = "e.p.req.unknown-share";

/// What a trustee says that is one no longer, as far as it goes: to ask again is of no use.
pub(crate) const ENDED: [&str; 3] = [
    "e.p.req.not-a-trustee",
    "e.p.trust.not-verified",
    "e.m.req.wrong-connection",
];

/// An epoch has come into force: its first round begins at once. Of older epochs nothing is asked any
/// more, and answers for them that were not judged yet would be wrong for this one.
pub(crate) fn begin(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    let epoch = deal.epoch;
    drop_questions(work)?;
    drop_others(work, deal)?;
    work.save(&Round {
        epoch,
        next: work.now,
        again: None,
        repeated: 0,
        waiting: 0,
    });
    Ok(())
}

/// When this must be looked at next.
pub(crate) fn due(records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
    let round = record::load::<Round>(records, &[])?;
    Ok(round.map(|round| {
        round
            .again
            .map_or(round.next, |again| again.min(round.next))
    }))
}

/// Asks those whose time has come.
pub(crate) fn tick(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(round) = work.load::<Round>(&[])? else {
        return Ok(());
    };
    if round.next.is_over(work.now, SHORTEST + SPREAD) {
        return next_round(work, anchor, round);
    }
    let again = round.again;
    if again.is_some_and(|again| again.is_over(work.now, LAST_AGAIN)) {
        return ask_again(work, anchor, round);
    }
    Ok(())
}

/// The deal whose shares are asked for, while it is in force as far as this agent sees.
pub(crate) fn in_force(
    records: &dyn Records,
    anchor: &Anchor,
    epoch: u32,
) -> Result<Option<(Identity, Deal)>, Damage> {
    let deal = record::load::<Deal>(records, &epoch.to_be_bytes())?;
    let both = identity::load(records)?.zip(deal);
    Ok(both.filter(|(identity, deal)| protect::is_active(anchor, identity, deal)))
}

fn next_round(work: &mut Work<'_>, anchor: &Anchor, mut round: Round) -> Result<(), Damage> {
    round.next = work.now.after(pause(work));
    (round.again, round.repeated, round.waiting) = (None, 0, 0);
    let Some((identity, deal)) = in_force(work, anchor, round.epoch)? else {
        // Another deal is in force, of another device: not this one's to judge.
        drop_questions(work)?;
        work.save(&round);
        return Ok(());
    };
    check_answers(work, (&identity, &deal))?;
    note_missed(work, &deal)?;
    let heard = heard(anchor, &identity);
    for dealt in deal.trustees.iter().filter(|dealt| dealt.receipt.is_some()) {
        ask(work, (&identity, &deal, heard), dealt)?;
        round.waiting += 1;
    }
    round.again = (round.waiting > 0).then(|| work.now.after(FIRST_AGAIN));
    work.save(&round);
    Ok(())
}

/// Whoever was asked often enough and did not answer has missed this round. A question that was not stays
/// open: this device may be on for an hour a week.
fn note_missed(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    let often = |watched: &Watched| {
        let asked = watched.asked.as_ref();
        asked.is_some_and(|asked| asked.repeated >= REPEATED)
    };
    for mut watched in open(work)?.into_iter().filter(often) {
        let hindered = watched
            .asked
            .as_mut()
            .and_then(|asked| asked.hindered.take());
        let found = match hindered {
            Some(_) => Found::Refused,
            None => Found::Missed,
        };
        watched.refusal = hindered.or(watched.refusal);
        watched.note(deal.epoch, found);
        tell::missed(work, &watched, deal);
        work.save(&watched);
    }
    Ok(())
}

pub(crate) fn pause(work: &mut Work<'_>) -> Millis {
    let [a, b, c, d, ..] = work.random();
    SHORTEST + Millis(u64::from(u32::from_be_bytes([a, b, c, d])) % SPREAD.0)
}

/// Those who have not answered.
fn open(work: &Work<'_>) -> Result<Vec<Watched>, Damage> {
    let mut all = work.all::<Watched>()?;
    all.retain(|watched| {
        let asked = watched.asked.as_ref();
        asked.is_some_and(|asked| asked.answer.is_none())
    });
    Ok(all)
}

fn drop_questions(work: &mut Work<'_>) -> Result<(), Damage> {
    for mut watched in work.all::<Watched>()? {
        if watched.asked.take().is_some() {
            work.save(&watched);
        }
    }
    Ok(())
}

/// The newest head that this agent knows of: a later one shows that it hears from others.
pub(crate) fn heard(anchor: &Anchor, identity: &Identity) -> Timestamp {
    let view = anchor.view(&identity.log);
    view.and_then(View::ledger_time).unwrap_or_default()
}

/// Of those who are no trustees any more nothing is kept, so that nobody inherits it with a name.
fn drop_others(work: &mut Work<'_>, deal: &Deal) -> Result<(), Damage> {
    for watched in work.all::<Watched>()? {
        if !deal.trustees.iter().any(|dealt| dealt.name == watched.name) {
            work.erase::<Watched>(&watched.id());
        }
    }
    Ok(())
}

/// Asks one trustee: anew, or once more what it has not answered yet.
fn ask(
    work: &mut Work<'_>,
    (identity, deal, heard): (&Identity, &Deal, Timestamp),
    dealt: &Dealt,
) -> Result<(), Damage> {
    let watched = work.load::<Watched>(dealt.name.as_bytes())?;
    let mut watched = watched.unwrap_or_else(|| Watched::new(dealt.name.clone()));
    let by = (identity, deal);
    if let Some(open) = &mut watched.asked
        && open.did == dealt.did
    {
        open.again(heard);
        send(work, by, open);
        work.save(&watched);
        return Ok(());
    }
    let Some(index) = ShareIndex::new(dealt.index) else {
        return Ok(());
    };
    let is_kept = deal.hosts.iter().any(|host| host.receipt.is_some());
    let lodged = supplement::lodged(work, deal)?;
    let head = lodged.as_ref().map(|lodged| lodged.head);
    let asked = Asked {
        message: outbox::fresh_id(work),
        local: dealt.local.clone(),
        did: dealt.did.clone(),
        index,
        nonce: Nonce32::random(work.rng),
        time: work.now,
        head: head.or_else(|| is_kept.then_some(deal.record.backup_head)),
        lodged,
        answer: None,
        hindered: None,
        repeated: 0,
        heard,
    };
    send(work, by, &asked);
    watched.asked = Some(asked);
    work.save(&watched);
    Ok(())
}

fn send(work: &mut Work<'_>, (identity, deal): (&Identity, &Deal), asked: &Asked) {
    let challenge = asked.challenge(identity.policy, deal.epoch, deal.record.deal_digest);
    work.transmit(Outgoing {
        id: asked.message.clone(),
        from: asked.local.clone(),
        to: asked.did.clone(),
        thid: None,
        pthid: None,
        expires: work.now.after(limits::message::LIFETIME),
        body: Body::ShareChallenge(challenge),
    });
}

/// Whoever has not answered is asked again; what has come is checked, all at once.
fn ask_again(work: &mut Work<'_>, anchor: &Anchor, mut round: Round) -> Result<(), Damage> {
    let Some((identity, deal)) = in_force(work, anchor, round.epoch)? else {
        drop_questions(work)?;
        round.again = None;
        work.save(&round);
        return Ok(());
    };
    check_answers(work, (&identity, &deal))?;
    let mut open = open(work)?;
    let heard = heard(anchor, &identity);
    for watched in &mut open {
        if let Some(asked) = &mut watched.asked {
            asked.again(heard);
            send(work, (&identity, &deal), asked);
            work.save(watched);
        }
    }
    round.repeated = round.repeated.saturating_add(1);
    let pause = FIRST_AGAIN.times(1 << (2 * round.repeated.min(8)));
    round.again = (!open.is_empty()).then(|| work.now.after(pause.min(LAST_AGAIN)));
    work.save(&round);
    Ok(())
}

/// An answer to a question of ours; false where it is none. The answers that come at once are checked
/// together with the last of them, later ones each as it comes.
pub(crate) fn on_reply(
    work: &mut Work<'_>,
    (anchor, peers): (&Anchor, &Peers),
    (from, id): (&Did, &str),
    reply: &Body,
) -> Result<bool, Damage> {
    let Some(name) = peers.name_of(from) else {
        return Ok(false);
    };
    let Some(mut watched) = work.load::<Watched>(name)? else {
        return Ok(false);
    };
    let Some(asked) = watched
        .asked
        .as_mut()
        .filter(|asked| asked.awaits(from, id))
    else {
        return Ok(false);
    };
    match reply {
        Body::ShareProof(proof) => asked.answer = Some(Answered::Proof(Box::new(proof.clone()))),
        Body::Problem(problem) if problem.code == GONE => asked.answer = Some(Answered::Gone),
        Body::Problem(problem) if ENDED.contains(&problem.code.as_str()) => {
            asked.answer = Some(Answered::Refused(protect::reason(problem)));
        }
        // Whatever else stands in the way may be over when it is asked again.
        Body::Problem(problem) => {
            asked.hindered = Some(protect::reason(problem));
            work.save(&watched);
            return Ok(true);
        }
        _ => return Ok(true),
    }
    work.save(&watched);
    answered(work, anchor)?;
    Ok(true)
}

/// A trustee says, without being asked, that it holds no share any more.
pub(crate) fn gone(work: &mut Work<'_>, anchor: &Anchor, name: &str) -> Result<(), Damage> {
    let Some(round) = work.load::<Round>(&[])? else {
        return Ok(());
    };
    let Some((_, deal)) = in_force(work, anchor, round.epoch)? else {
        return Ok(());
    };
    let held = |dealt: &Dealt| dealt.name == name && dealt.receipt.is_some();
    if !deal.trustees.iter().any(held) {
        return Ok(());
    }
    let watched = work.load::<Watched>(name.as_bytes())?;
    let mut watched = watched.unwrap_or_else(|| Watched::new(name.into()));
    watched.find(deal.epoch, work.now, Found::Gone);
    tell::judged(work, &watched, &deal);
    work.save(&watched);
    Ok(())
}

impl Asked {
    /// It is sent again. That counts against the trustee only where this agent has heard from the ledger since
    /// the time before: who is cut off, or has a clock that nobody accepts, accuses nobody.
    fn again(&mut self, heard: Timestamp) {
        if heard > self.heard {
            self.repeated = self.repeated.saturating_add(1);
            self.heard = heard;
        }
    }

    fn awaits(&self, from: &Did, id: &str) -> bool {
        self.answer.is_none() && self.message == id && self.did == *from
    }
}

impl Deal {
    /// Whether a trustee of this deal answered so, with its approval key of this epoch at hand.
    fn is_signed(&self, question: &Question<'_>, answer: &Proof) -> bool {
        let asked = |dealt: &&Dealt| dealt.did == *question.trustee;
        let dealt = self.trustees.iter().find(asked);
        dealt.is_some_and(|dealt| question.is_signed(&dealt.approval, answer))
    }
}

fn answered(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(mut round) = work.load::<Round>(&[])? else {
        return Ok(());
    };
    round.waiting = round.waiting.saturating_sub(1);
    if round.waiting == 0 {
        round.again = None;
    }
    let is_time = round.waiting == 0 || round.repeated > 0;
    if is_time && let Some((identity, deal)) = in_force(work, anchor, round.epoch)? {
        check_answers(work, (&identity, &deal))?;
    }
    work.save(&round);
    Ok(())
}

/// Judges all answers that were not judged yet: the proofs by one multiscalar multiplication.
fn check_answers(work: &mut Work<'_>, (identity, deal): (&Identity, &Deal)) -> Result<(), Damage> {
    let (policy, epoch) = (identity.policy, deal.epoch);
    let threshold = deal.lane.threshold;
    let ours = custody_proof::Watched::new(policy, epoch, &deal.commitments, threshold);
    let Ok(ours) = ours else {
        return Ok(());
    };
    let mut all = work.all::<Watched>()?;
    let proofs = all.iter().filter_map(|watched| match &watched.asked {
        Some(asked) => match &asked.answer {
            Some(Answered::Proof(proof)) => Some((asked, proof)),
            Some(Answered::Gone | Answered::Refused(_)) | None => None,
        },
        None => None,
    });
    let proofs: Vec<_> = proofs.collect();
    let challenges = proofs.iter();
    let challenges: Vec<_> = challenges
        .map(|(asked, _)| asked.challenge(policy, epoch, deal.record.deal_digest))
        .collect();
    let questions = proofs.iter().zip(&challenges);
    let questions: Vec<_> = questions
        .map(|((asked, answer), challenge)| (asked.question(challenge), &answer.proof))
        .collect();
    let right = ours.check_all(&questions, work.rng).into_iter();
    let signed = proofs.iter().zip(&questions);
    let signed = signed.map(|((_, answer), (question, _))| deal.is_signed(question, answer));
    let right: Vec<bool> = right
        .zip(signed)
        .map(|(right, signed)| right && signed)
        .collect();
    let mut right = right.into_iter();
    for watched in &mut all {
        let asked = watched.asked.as_ref();
        let found = match asked.and_then(|asked| asked.answer.as_ref()) {
            Some(Answered::Proof(_)) if right.next() == Some(true) => Found::Held,
            Some(Answered::Proof(_)) => Found::Wrong,
            Some(Answered::Gone) => Found::Gone,
            Some(Answered::Refused(why)) => {
                watched.refusal = Some(why.clone());
                Found::Refused
            }
            None => continue,
        };
        watched.note(epoch, found);
        tell::judged(work, watched, deal);
        work.save(watched);
    }
    let proves = |watched: &&Watched| watched.standing(epoch) == Standing::Held;
    let proved = all.iter().filter(proves);
    superseded::proved(work, identity, deal, proved.count())
}
