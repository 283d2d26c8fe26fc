//! `challenge`: proves to whoever dealt a share that it is still held (B1, R14).
//!
//! Nothing is written: whoever asks without end costs two multiplications a question, and the bounds on
//! messages hold. The proof says nothing of the share but that it is here.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::custody_proof::{Question, VERSION};
use crate::error::{Halt, Refusal};
use crate::message::setup::Capability;
use crate::message::share::{Challenge, Proof};
use crate::message::{Body, Received};
use crate::trustee::custody::{self, Custody, Standing};
use crate::trustee::ward::Ward;
use crate::trustee::{authority, facts};

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
    let question = Question {
        challenge: asked,
        owner: &held.theirs,
        trustee: &held.ours,
        index: held.shares.index(),
    };
    Ok(Body::ShareProof(Proof {
        epoch: held.epoch,
        proof: question.answer(&held.shares, work.rng),
    }))
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
    let comment = format!(
        "no share of this deal of epoch {} is held here",
        asked.epoch
    );
    Refusal::new("e.p.req.unknown-share", comment)
}
