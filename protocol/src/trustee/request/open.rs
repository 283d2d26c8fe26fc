//! Our person opens a claimant's link and says whose it is: the challenge goes out.
use super::{Challenged, Session, SessionId, Stage, make_room};
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::{Blob, Nonce32};
use crate::error::{CommandError, Damage, Stop};
use crate::ledger::View;
use crate::message::Body;
use crate::message::invitation::{GOAL_RECOVERY, Invitation};
use crate::message::recovery::Challenge;
use crate::outbox;
use crate::record::Key;
use crate::record::Row as _;
use crate::trustee::custody::{self, Custody};
use crate::trustee::prekey::{self, Prekey};
use crate::trustee::register::Register;
use crate::trustee::ward::Ward;
use crate::trustee::{connection, facts, history, invitation};
use crate::words;

/// Opens a link; opening it again shows the same session.
pub(in crate::trustee) fn open(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    register: &Register,
    (name, link, owner): (&str, &str, &str),
) -> Result<Session, Stop> {
    let invitation = invitation::read(work.now, link)?;
    if invitation.goal != GOAL_RECOVERY {
        let help =
            "this link is an invitation, no request; use: trustee-agent invitation open LINK";
        return Err(CommandError::error(help).into());
    }
    let ward = register.named(work, owner)?;
    let same = |session: &Session| {
        session.is_live() && session.ward == ward.id && session.theirs == invitation.from
    };
    if let Some(session) = work.all::<Session>()?.into_iter().find(same) {
        return Ok(session);
    }
    let (view, custody) = held(work, anchor, &ward)?;
    let descriptor = Blob(view.descriptor().to_bytes());
    make_room(work)?;
    let session = begin(work, &ward, &custody, &invitation)?;
    let session = challenge(
        work,
        session,
        (name, descriptor),
        (&ward, custody, invitation),
    )?;
    anchor.look(work, ward.ledger);
    Ok(session)
}

/// The share that a recovery of this owner needs, if we hold it.
fn held<'a>(work: &Work<'_>, anchor: &'a Anchor, ward: &Ward) -> Result<(&'a View, Custody), Stop> {
    let none = || CommandError::error(format!("no share of {} is kept here", ward.name));
    let view = anchor.view(&ward.ledger).ok_or_else(none)?;
    let Some(custody) = custody::active(work, &ward.id)? else {
        let is_promised = !custody::of(work, &ward.id)?.is_empty();
        return Err(if is_promised { not_yet(ward) } else { none() }.into());
    };
    let current = facts::active(view, &ward.policy);
    if current
        .is_some_and(|active| active.epoch == custody.epoch && active.deal_digest == custody.deal)
    {
        return Ok((view, custody));
    }
    let old = format!(
        "the share of {} kept here is of epoch {}, which is over",
        ward.name, custody.epoch
    );
    Err(CommandError::refused(old).into())
}

/// Our view of the ledger lags, or the owner never finished: to say that there is no share would send
/// the claimant away for good.
fn not_yet(ward: &Ward) -> CommandError {
    CommandError::pending(format!(
        "the share of {} kept here does not stand on the ledger yet, as far as it was read; try again",
        ward.name
    ))
}

fn begin(
    work: &mut Work<'_>,
    ward: &Ward,
    custody: &Custody,
    invitation: &Invitation,
) -> Result<Session, Damage> {
    let id = fresh_id(work)?;
    Ok(Session {
        id,
        ward: ward.id,
        ours: connection::open(work, connection::Party::Session(id)),
        theirs: invitation.from.clone(),
        opened: work.now,
        epoch: custody.epoch,
        deal: custody.deal,
        sighting: None,
        veto: None,
        words: None,
        stage: Stage::Challenged(Challenged {
            message: String::new(),
            nonce: Nonce32(work.random()),
        }),
    })
}

fn fresh_id(work: &mut Work<'_>) -> Result<SessionId, Damage> {
    loop {
        let [a, b, c, d, ..] = work.random();
        let id = SessionId(u32::from_be_bytes([a, b, c, d]));
        if super::load(work, &id)?.is_none() {
            return Ok(id);
        }
    }
}

fn challenge(
    work: &mut Work<'_>,
    session: Session,
    (name, descriptor): (&str, Blob),
    (ward, custody, invitation): (&Ward, Custody, Invitation),
) -> Result<Session, Damage> {
    let Prekey { approval, .. } = approval_key(work, &custody)?;
    let nonce = Nonce32(work.random());
    let challenge = Challenge {
        label: name.into(),
        descriptor,
        policy: ward.policy,
        epoch: custody.epoch,
        lane: custody.lane,
        approval: approval.verifying_key(),
        path: custody.path,
        commitment: words::commitment(&nonce),
    };
    let body = Body::RecoveryChallenge(challenge);
    let message = outbox::send_in(
        work,
        &session.ours,
        &session.theirs,
        Some(invitation.id),
        body,
    );
    let session = session.at(Stage::Challenged(Challenged { message, nonce }));
    work.save(&session);
    history::note(
        work,
        format!(
            "{}: opened a request in the name of {}",
            session.id, ward.name
        ),
    )?;
    Ok(session)
}

/// The approval key of a share's epoch.
///
/// # Errors
/// [`Damage`] when it is missing: it lives as long as the share.
pub(super) fn approval_key(work: &Work<'_>, custody: &Custody) -> Result<Prekey, Damage> {
    let key = || Key::new(Prekey::SPACE, &prekey::id(&custody.ward, custody.prekey));
    prekey::load(work, &custody.ward, custody.prekey)?.ok_or_else(|| Damage { key: key() })
}
