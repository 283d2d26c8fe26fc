//! A trustee or host that wants to be one no longer (decision 0031).
//!
//! Nobody is held to a promise made years ago; but a share that goes at once may be the one that is missing on
//! the worst day. So the share stays, unless its person says otherwise, until others hold the next epoch.
use crate::agent::Work;
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::keys::labels;
use crate::message::Body;
use crate::message::setup::{Resign, Resignation};
use crate::outbox;
use crate::trustee::request::Session;
use crate::trustee::ward::{Ended, Stage, Ward};
use crate::trustee::{connection, custody, evidence, history, host, lodged, prekey, seat};

/// Tells the owner, and deletes what is kept for her where it is to go at once. The sentence for the
/// screen.
pub(super) fn resign(work: &mut Work<'_>, mut ward: Ward, at_once: bool) -> Result<String, Stop> {
    let name = ward.name.clone();
    if ward.is_over() {
        let text = format!("nothing is kept for {name} here any more");
        return Err(CommandError::error(text).into());
    }
    // Who has compared no words yet keeps nothing.
    if at_once || !ward.is_verified() {
        check_nobody_waits(work, &ward)?;
        leave(work, ward)?;
        return Ok(format!(
            "Deleted what was kept for {name}, who is told that somebody else must take your place."
        ));
    }
    if ward.resigned.is_none() {
        ward.resigned = Some(work.now);
        work.save(&ward);
        history::note(work, format!("resigned: {name} is told"))?;
        tell(work, (&ward.ours, &ward.theirs), &ward, false)?;
    }
    Ok(format!(
        "{name} is told and asked to let somebody else take your place. Until that is done, what you keep may \
         still be needed, and stays here. To delete it now: trustee-agent resign {name:?} --at-once"
    ))
}

/// Says it to whoever speaks for the owner now: after a recovery that is a device that may not know.
pub(super) fn repeat(work: &mut Work<'_>, ward: &Ward) -> Result<(), Damage> {
    if ward.resigned.is_some() {
        tell(work, (&ward.ours, &ward.theirs), ward, false)?;
    }
    Ok(())
}

/// What was approved cannot be left half done: the approval stands on the ledger, and its key goes with
/// the share.
fn check_nobody_waits(work: &Work<'_>, ward: &Ward) -> Result<(), Stop> {
    let sessions = work.all::<Session>()?;
    let open = sessions
        .iter()
        .find(|session| session.ward == ward.id && session.follows());
    open.map_or(Ok(()), |session| {
        Err(CommandError::pending(format!(
            "a recovery in the name of {} goes on here; refuse it first, and let the ledger take note: \
             trustee-agent request deny {}",
            ward.name, session.id
        ))
        .into())
    })
}

fn leave(work: &mut Work<'_>, mut ward: Ward) -> Result<(), Damage> {
    for held in custody::of(work, &ward.id)? {
        custody::discard(work, &held)?;
    }
    host::discard_all(work, &ward.id)?;
    lodged::forget(work, &ward.id);
    seat::forget(work, &ward.id);
    prekey::wipe_all(work, &ward.id)?;
    tell(work, (&ward.ours, &ward.theirs), &ward, true)?;
    connection::close(work, &ward.ours);
    let text = format!("resigned, and deleted what was kept for {}", ward.name);
    history::note(work, text.clone())?;
    ward.stage = Stage::Ended(Ended {
        mismatch: false,
        reason: text,
    });
    work.save(&ward);
    Ok(())
}

fn tell(
    work: &mut Work<'_>,
    (ours, theirs): (&Did, &Did),
    ward: &Ward,
    at_once: bool,
) -> Result<(), Damage> {
    let resignation = Resignation {
        policy: ward.policy,
        at_once,
    };
    let signature = evidence::sign(work, ours, labels::RESIGNED, &resignation.signed_bytes())?;
    let resign = Resign {
        resignation,
        signature,
    };
    outbox::send(work, ours, theirs, Body::SetupResign(resign));
    Ok(())
}
