//! `challenge`: proves to whoever dealt a share that it is still held (B1, R14).
//!
//! Nothing is written but the newest supplement she lodges: whoever asks without end costs a few multiplications a
//! question, and the bounds on messages hold. The proof says nothing of the share but that it is here.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::custody_proof::{Question, VERSION, Watched};
use crate::error::{Halt, Refusal};
use crate::keys::labels;
use crate::message::setup::Capability;
use crate::message::share::{Challenge, Proof};
use crate::message::{Body, Received};
use crate::trustee::custody::{self, Custody, Standing};
use crate::trustee::ward::Ward;
use crate::trustee::{authority, evidence, facts, lodged, prekey};
use crate::vss::UnverifiedProof;

/// Answers with a proof, whether the share is the current one already or waits for the ledger.
pub(super) fn answer(
    work: &mut Work<'_>,
    anchor: &Anchor,
    message: &Received,
    asked: &Challenge,
) -> Result<Body, Halt> {
    let ward = authority::ward_for(work, message, &asked.policy, Capability::RecoveryShare)?;
    if asked.version != VERSION {
        let comment = format!("version {} of `challenge` is not known here", asked.version);
        return Err(Refusal::new("e.p.msg.malformed", comment).into());
    }
    let held = custody::find(work, &ward.id, asked.epoch, &asked.deal)?;
    let held = held.filter(|held| held.standing != Standing::Over);
    let held = held.ok_or_else(|| unknown(anchor, &ward, asked))?;
    check_asker(message, &held)?;
    let key = prekey::load(work, &ward.id, held.prekey)?;
    let key = key.ok_or_else(|| gone("the approval key of this share is lost"))?;
    let question = Question {
        challenge: asked,
        owner: &held.theirs,
        trustee: &held.ours,
        index: held.shares.index(),
    };
    let proof = prove(work, &held, question)?;
    let bytes = question.signed_bytes(&proof);
    if let Some(lodged) = &asked.lodged {
        lodged::keep(work, anchor, (&ward, &held), lodged)?;
    }
    Ok(Body::ShareProof(Proof {
        epoch: held.epoch,
        approval_signature: key.approval.sign(labels::CUSTODY_APPROVAL, &bytes),
        signature: evidence::sign(work, &held.ours, labels::CUSTODY_ANSWER, &bytes)?,
        proof,
    }))
}

/// Checked before it leaves: a bit that flipped in memory must not make an honest trustee a liar, so once more
/// is tried before the share is called damaged.
fn prove(
    work: &mut Work<'_>,
    held: &Custody,
    question: Question<'_>,
) -> Result<UnverifiedProof, Refusal> {
    let asked = question.challenge;
    let threshold = held.lane.threshold;
    let dealt = Watched::new(asked.policy, held.epoch, &held.commitments, threshold);
    let is_right = |proof: &UnverifiedProof, work: &mut Work<'_>| {
        let checked = dealt
            .as_ref()
            .map(|dealt| dealt.check_all(&[(question, proof)], work.rng));
        checked.is_ok_and(|checked| checked == [true])
    };
    for _ in 0..2 {
        let proof = question.answer(&held.shares, work.rng);
        if is_right(&proof, work) {
            return Ok(proof);
        }
    }
    Err(gone("the share that is kept here is damaged"))
}

fn gone(comment: impl Into<String>) -> Refusal {
    Refusal::new("e.p.req.unknown-share", comment.into())
}

/// Only on the connection over which this very share came: a device that the owner lost has no business
/// knowing who holds what (G13).
fn check_asker(message: &Received, held: &Custody) -> Result<(), Refusal> {
    if (&message.from, &message.to) == (&held.theirs, &held.ours) {
        return Ok(());
    }
    let comment = "this share did not come over this connection";
    Err(Refusal::new("e.m.req.wrong-connection", comment))
}

/// An epoch that is over is no loss: whoever asks for it has not read the ledger so far.
fn unknown(anchor: &Anchor, ward: &Ward, asked: &Challenge) -> Refusal {
    let active = anchor
        .view(&ward.ledger)
        .and_then(|view| facts::active(view, &ward.policy));
    if active.is_some_and(|active| active.epoch > asked.epoch) {
        let comment = format!("epoch {} is over", asked.epoch);
        return Refusal::new("e.m.req.stale-epoch", comment);
    }
    gone(format!(
        "no share of this deal of epoch {} is held here",
        asked.epoch
    ))
}
