//! How a person becomes a trustee or backup host: accept, then compare words (R3, R8, B8).
//!
//! Until the words were compared nothing that came over the connection is believed: the ledger's
//! descriptor stays provisional bytes and nothing is stored for the owner.
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::bytes::Nonce32;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::ledger::Descriptor;
use crate::limits;
use crate::message::setup::{Accept, Ack, Capability, Decline, Offer};
use crate::message::words::{Confirm, Mismatch, Reveal};
use crate::message::{Body, Empty, Received, invitation::Invitation};
use crate::outbox;
use crate::trustee::command::WordsView;
use crate::trustee::register::Register;
use crate::trustee::ward::{Comparing, Connecting, Ended, Stage, Ward, WardId};
use crate::trustee::{Config, connection, history, invitation, prekey};
use crate::words::{self, Occasion, Speaker, Transcript};

/// Says yes to an invitation: a fresh DID, two prekeys, and a nonce that is only committed to.
pub(super) fn accept(
    work: &mut Work<'_>,
    (config, register): (&Config, &Register),
    id: &str,
) -> Result<Ward, Stop> {
    let opened = invitation::find(work, id)?.accepted(work.now)?;
    work.save(&opened);
    let invitation = opened.invitation;
    let offer = offer_of(config, &invitation)?;
    register.make_room(work, &offer.policy)?;
    let name = register.fresh_name(&invitation.label);
    let mut ward = begin(work, name, &invitation, &offer);
    let nonce = Nonce32(work.random());
    let prekeys = (0..limits::trustee::PREKEYS_AHEAD)
        .map(|_| prekey::make(work, &mut ward))
        .collect();
    let accept = Accept {
        label: config.name.clone(),
        capabilities: offer.capabilities,
        commitment: words::commitment(&nonce),
        prekeys,
    };
    let (ours, theirs) = (ward.ours.clone(), ward.theirs.clone());
    let message = outbox::send_in(
        work,
        &ours,
        &theirs,
        Some(invitation.id),
        Body::SetupAccept(accept),
    );
    ward.stage = Stage::Connecting(Connecting { message, nonce });
    work.save(&ward);
    history::note(
        work,
        format!("agreed to be {}: {}", roles_of(&ward), ward.name),
    )?;
    Ok(ward)
}

fn offer_of(config: &Config, invitation: &Invitation) -> Result<Offer, CommandError> {
    let offer = invitation
        .offer
        .clone()
        .filter(|offer| !offer.capabilities.is_empty());
    let offer =
        offer.ok_or_else(|| CommandError::error("the invitation offers nothing to agree to"))?;
    if offer.capabilities.contains(&Capability::BackupHost) && !config.host_backups {
        return Err(CommandError::error(
            "this agent keeps no backups; start it with: trustee-agent run --host-backups",
        ));
    }
    Ok(offer)
}

fn begin(work: &mut Work<'_>, name: String, invitation: &Invitation, offer: &Offer) -> Ward {
    let mut id = [0; 16];
    id.copy_from_slice(&work.random()[..16]);
    let id = WardId(id);
    let mut capabilities = offer.capabilities.clone();
    capabilities.sort_unstable();
    capabilities.dedup();
    Ward {
        id,
        name,
        ours: connection::open(work, connection::Party::Ward(id)),
        theirs: invitation.from.clone(),
        policy: offer.policy,
        ledger: offer.ledger,
        capabilities,
        next_prekey: 0,
        resigned: None,
        stage: Stage::Ended(Ended {
            mismatch: false,
            reason: String::new(),
        }),
    }
}

fn roles_of(ward: &Ward) -> &'static str {
    match ward.capabilities.as_slice() {
        [Capability::RecoveryShare] => "a trustee",
        [Capability::BackupHost] => "a backup host",
        _ => "a trustee and backup host",
    }
}

/// Says no; the inviting side is told.
pub(super) fn decline(work: &mut Work<'_>, id: &str) -> Result<(), Stop> {
    let opened = invitation::find(work, id)?.declined(work.now)?;
    work.save(&opened);
    let invitation = opened.invitation;
    let throw_away = connection::lone(work);
    outbox::send_in(
        work,
        &throw_away,
        &invitation.from,
        Some(invitation.id),
        Body::SetupDecline(Decline {}),
    );
    history::note(
        work,
        format!("declined the invitation of {}", invitation.label),
    )?;
    Ok(())
}

/// The owner answered one of our set-up messages.
pub(super) fn replied(work: &mut Work<'_>, ward: Ward, reply: Body) -> Result<(), Damage> {
    let (ward, stage) = split(ward);
    let next = match (stage, reply) {
        (Stage::Connecting(connecting), Body::SetupAck(ack)) => {
            acknowledged(work, &ward, connecting, ack)
        }
        (Stage::Revealing(comparing), Body::Empty(Empty {})) => {
            work.hint(Event::new("words", &ward.name, compare(&ward.name)));
            Ok(Stage::Words(comparing))
        }
        (_, Body::Problem(problem)) => Err(Ended {
            mismatch: false,
            reason: format!("{} ({})", problem.comment, problem.code),
        }),
        (_, reply) => Err(unexpected(&reply)),
    };
    match next {
        Ok(stage) => work.save(&Ward { stage, ..ward }),
        Err(ended) => end(work, ward, ended)?,
    }
    Ok(())
}

/// Takes the stage out, so that a transition consumes it.
fn split(mut ward: Ward) -> (Ward, Stage) {
    let blank = Stage::Ended(Ended {
        mismatch: false,
        reason: String::new(),
    });
    let stage = core::mem::replace(&mut ward.stage, blank);
    (ward, stage)
}

fn unexpected(reply: &Body) -> Ended {
    Ended {
        mismatch: false,
        reason: format!("an answer that does not belong here: {}", reply.typ()),
    }
}

/// What the person is asked to do.
pub(super) fn compare(name: &str) -> String {
    format!("Call {name} and compare words: trustee-agent owner words {name:?}")
}

fn acknowledged(
    work: &mut Work<'_>,
    ward: &Ward,
    connecting: Connecting,
    ack: Ack,
) -> Result<Stage, Ended> {
    // The link named the ledger; a different descriptor would put our release rule into other hands.
    let named = Descriptor::from_bytes(&ack.descriptor.0)
        .is_ok_and(|descriptor| descriptor.id() == ward.ledger);
    if !named {
        let reason = "the ledger's descriptor is not the one that the invitation names".into();
        return Err(Ended {
            mismatch: false,
            reason,
        });
    }
    let nonce = connecting.nonce;
    let transcript = Transcript {
        occasion: Occasion::Enrolment,
        owner: ward.theirs.clone(),
        trustee: ward.ours.clone(),
        owner_nonce: ack.nonce,
        trustee_nonce: nonce,
        ledger: ward.ledger,
        policy: ward.policy,
        request: None,
    };
    let message = outbox::send(
        work,
        &ward.ours,
        &ward.theirs,
        Body::WordsReveal(Reveal { nonce }),
    );
    Ok(Stage::Revealing(Comparing {
        message,
        transcript,
        descriptor: ack.descriptor,
    }))
}

/// What to read out and what to pick from.
pub(super) fn words(ward: &Ward) -> Result<WordsView, CommandError> {
    match &ward.stage {
        Stage::Words(comparing) => Ok(view(&comparing.transcript)),
        Stage::Verified { words, .. } => Ok(words.clone()),
        Stage::Connecting(_) | Stage::Revealing(_) => Err(CommandError::pending(format!(
            "{}'s agent has not answered yet; try again",
            ward.name
        ))),
        Stage::Ended(ended) => Err(over(ward, ended)),
    }
}

/// The words of a transcript as a trustee's person sees them.
pub(super) fn view(transcript: &Transcript) -> WordsView {
    WordsView {
        say: transcript.spoken_by(Speaker::Trustee),
        choices: transcript.choices(Speaker::Owner),
    }
}

fn over(ward: &Ward, ended: &Ended) -> CommandError {
    let message = format!(
        "the connection with {} came to nothing: {}; ask for a new invitation",
        ward.name, ended.reason
    );
    if ended.mismatch {
        CommandError::unverified(message)
    } else {
        CommandError::refused(message)
    }
}

/// What our person heard; whether it was right.
pub(super) fn verify(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    ward: Ward,
    heard: &str,
) -> Result<bool, Stop> {
    words(&ward)?;
    if ward.is_verified() {
        let text = format!("the words of {} were compared already", ward.name);
        return Err(CommandError::error(text).into());
    }
    let (ward, stage) = split(ward);
    let Stage::Words(comparing) = stage else {
        unreachable!("there are words in no other stage")
    };
    let right = words::same(&comparing.transcript.spoken_by(Speaker::Owner), heard);
    if right {
        verified(work, anchor, ward, comparing)?;
    } else {
        mismatched(work, ward)?;
    }
    Ok(right)
}

fn verified(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    ward: Ward,
    comparing: Comparing,
) -> Result<(), Damage> {
    // Only now is the descriptor believed: the words cover its digest.
    let descriptor = Descriptor::from_bytes(&comparing.descriptor.0).expect("read when it came");
    anchor.adopt(work, &descriptor)?;
    outbox::send(
        work,
        &ward.ours,
        &ward.theirs,
        Body::WordsConfirm(Confirm {}),
    );
    history::note(work, format!("heard the right words from {}", ward.name))?;
    work.save(&Ward {
        stage: Stage::Verified {
            at: work.now,
            words: view(&comparing.transcript),
        },
        ..ward
    });
    Ok(())
}

fn mismatched(work: &mut Work<'_>, ward: Ward) -> Result<(), Damage> {
    outbox::send(
        work,
        &ward.ours,
        &ward.theirs,
        Body::WordsMismatch(Mismatch {}),
    );
    end(
        work,
        ward,
        Ended {
            mismatch: true,
            reason: "the words were not the same".into(),
        },
    )
}

/// Ends a connection: every key of it is dead.
fn end(work: &mut Work<'_>, ward: Ward, ended: Ended) -> Result<(), Damage> {
    prekey::wipe_all(work, &ward.id)?;
    connection::close(work, &ward.ours);
    history::note(
        work,
        format!(
            "the connection with {} came to nothing: {}",
            ward.name, ended.reason
        ),
    )?;
    work.hint(Event::new("ended", &ward.name, &ended.reason));
    work.save(&Ward {
        stage: Stage::Ended(ended),
        ..ward
    });
    Ok(())
}

/// The owner's person says what she heard.
///
/// Only until the first share or backup: after that, whoever holds the owner's device could end every
/// trustee's session with a word (G10), even after a recovery that this trustee has not been dealt
/// to yet. Each of them uses a prekey, so the count says whether there was one.
pub(super) fn told(work: &mut Work<'_>, ward: Ward, message: &Received) -> Result<Body, Halt> {
    let comparing = matches!(ward.stage, Stage::Words(_) | Stage::Verified { .. });
    let fresh = ward.next_prekey == limits::trustee::PREKEYS_AHEAD;
    match &message.body {
        Body::WordsConfirm(Confirm {}) if comparing => {}
        Body::WordsMismatch(Mismatch {}) if comparing && fresh => {
            let reason = "the owner heard other words".into();
            end(
                work,
                ward,
                Ended {
                    mismatch: true,
                    reason,
                },
            )?;
        }
        _ => {
            return Err(
                Refusal::new("e.p.req.out-of-order", "no words are being compared here").into(),
            );
        }
    }
    Ok(Body::Empty(Empty {}))
}
