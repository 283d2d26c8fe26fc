//! Making somebody a trustee or a backup host: invitation, answer, words.
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::bytes::Nonce32;
use crate::did::LocalDid;
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::limits;
use crate::message::invitation::{GOAL_HOST, GOAL_TRUSTEE, Invitation, LINK_BASE, clean_label};
use crate::message::setup::{Accept, Ack, Offer, Prekey};
use crate::message::words::{Mismatch, Reveal};
use crate::message::{Body, Empty, Received};
use crate::outbox;
use crate::owner::command::Answer;
use crate::owner::comparison::Comparison;
use crate::owner::identity::{self, Identity};
use crate::owner::peers::Peers;
use crate::owner::trustee::{self, Contact, PeerRole, Stage, Trustee};
use crate::record::{self, Key, Records, Row};
use crate::time::Timestamp;
use crate::words::{self, Occasion, Transcript};

/// Makes an invitation and keeps its secret half; asked again before it is answered, it is the same
/// one: the link may have died with the screen it was shown on.
pub(crate) fn invite(work: &mut Work<'_>, name: &str, role: PeerRole) -> Result<Answer, Stop> {
    let identity = identity::require(work)?;
    let name = clean_label(name);
    if let Some(open) = open_invitation(work, &name, role)? {
        let link = invitation(&identity, &open).to_link(LINK_BASE);
        let expires = open.expires;
        return Ok(Answer::Link { link, expires });
    }
    check_name_is_free(work, &name)?;
    make_room(work, &name)?;
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    let expires = work.now.after(limits::owner::INVITATION_LIFETIME);
    let trustee = Trustee {
        name,
        role,
        local: local.did().clone(),
        invitation: outbox::fresh_id(work),
        expires,
        contact: None,
        stage: Stage::Invited,
        receipt: None,
        seen: None,
        resigned: None,
        accepted: false,
    };
    let link = invitation(&identity, &trustee).to_link(LINK_BASE);
    work.save(&local);
    work.save(&trustee);
    Ok(Answer::Link { link, expires })
}

fn open_invitation(work: &Work<'_>, name: &str, role: PeerRole) -> Result<Option<Trustee>, Damage> {
    let waits = |trustee: &Trustee| {
        trustee.role == role
            && matches!(trustee.stage, Stage::Invited)
            && trustee.expires > work.now
    };
    Ok(work.load::<Trustee>(name.as_bytes())?.filter(waits))
}

/// A name is taken while its trustee is or may become one; an invitation that ended may be made
/// again.
fn check_name_is_free(work: &Work<'_>, name: &str) -> Result<(), Stop> {
    if name.is_empty() {
        return Err(
            CommandError::error("a trustee needs a name that means something to you").into(),
        );
    }
    let named = work.load::<Trustee>(name.as_bytes())?;
    if named.is_some_and(|trustee| !has_ended(&trustee, work.now)) {
        let taken =
            format!("you already have a trustee, a host or an open invitation called `{name}`");
        return Err(CommandError::error(taken).into());
    }
    if is_full(work)
        && work
            .all::<Trustee>()?
            .iter()
            .all(|trustee| !has_ended(trustee, work.now))
    {
        return Err(CommandError::error(
            "there is room for 255 trustees and 8 hosts, and all of it is taken",
        )
        .into());
    }
    Ok(())
}

/// Whether there is a row for each that there may be; read only then, because each costs several
/// decompressions of keys.
fn is_full(work: &Work<'_>) -> bool {
    let rows = work.scan(Key::new(Trustee::SPACE, &[]).as_bytes());
    rows.len() >= limits::owner::PEERS
}

/// Whether it came to nothing.
fn has_ended(trustee: &Trustee, now: Timestamp) -> bool {
    let unanswered = matches!(trustee.stage, Stage::Invited) && trustee.expires <= now;
    unanswered
        || matches!(
            trustee.stage,
            Stage::Declined | Stage::Mismatch | Stage::Removed
        )
}

/// What came to nothing under this name goes, and all that came to nothing where it takes the room.
fn make_room(work: &mut Work<'_>, name: &str) -> Result<(), Damage> {
    let candidates: Vec<Trustee> = match is_full(work) {
        true => work.all()?,
        false => work.load(name.as_bytes())?.into_iter().collect(),
    };
    let now = work.now;
    for ended in candidates.iter().filter(|peer| has_ended(peer, now)) {
        outbox::retire(work, &ended.local);
        work.erase::<Trustee>(&ended.id());
    }
    Ok(())
}

fn invitation(identity: &Identity, trustee: &Trustee) -> Invitation {
    let goal = match trustee.role {
        PeerRole::Trustee => GOAL_TRUSTEE,
        PeerRole::Host => GOAL_HOST,
    };
    let offer = Offer {
        label: identity.name.clone(),
        capabilities: vec![trustee.capability()],
        policy: identity.policy,
        ledger: identity.log,
    };
    Invitation {
        id: trustee.invitation.clone(),
        from: trustee.local.clone(),
        goal: goal.into(),
        label: identity.name.clone(),
        expires: trustee.expires.seconds(),
        offer: Some(offer),
    }
}

/// The invited person agreed.
pub(crate) fn on_accept(
    work: &mut Work<'_>,
    (anchor, peers): (&Anchor, &Peers),
    message: &Received,
    accept: &Accept,
) -> Result<Body, Halt> {
    let mut trustee = trustee::of_local(work, peers, &message.to)?;
    check_answer(work.now, &trustee, message, accept)?;
    let Some(identity) = identity::load(work)? else {
        return Err(Refusal::new("e.p.req.declined", "nobody is invited here").into());
    };
    let nonce = Nonce32::random(work.rng);
    trustee.contact = Some(Contact {
        did: message.from.clone(),
        label: clean_label(&accept.label),
        approval: None,
        prekeys: accept.prekeys.clone(),
    });
    trustee.stage = Stage::Revealing {
        commitment: accept.commitment,
        nonce,
    };
    trustee.seen = Some(work.now);
    work.save(&trustee);
    Ok(Body::SetupAck(Ack {
        nonce,
        descriptor: identity::descriptor_of(anchor, &identity.log),
    }))
}

fn check_answer(
    now: Timestamp,
    trustee: &Trustee,
    message: &Received,
    accept: &Accept,
) -> Result<(), Refusal> {
    // Single use: whoever answers second, be it a thief of the link, is told so.
    if !matches!(trustee.stage, Stage::Invited) {
        return Err(Refusal::new(
            "e.p.req.invitation-used",
            "this invitation was answered before",
        ));
    }
    if trustee.expires <= now {
        return Err(Refusal::new(
            "e.p.req.time.expired",
            "this invitation has expired",
        ));
    }
    if message.pthid.as_deref() != Some(trustee.invitation.as_str()) {
        return Err(Refusal::new(
            "e.m.req.wrong-connection",
            "the answer names another invitation",
        ));
    }
    if !accept.capabilities.contains(&trustee.capability()) {
        return Err(Refusal::new(
            "e.m.req.capability",
            "what was offered is not what was accepted",
        ));
    }
    check_prekeys(&accept.prekeys)
}

/// Two at least, so that the next epoch can be dealt to a trustee who is away; all different, so
/// that no two trustees of a root stand on one key.
pub(crate) fn check_prekeys(keys: &[Prekey]) -> Result<(), Refusal> {
    let ordered = keys.windows(2).all(|pair| pair[0].number < pair[1].number);
    let distinct = keys.iter().enumerate().all(|(place, key)| {
        let mut earlier = keys[..place].iter();
        earlier.all(|other| other.approval != key.approval && other.sealing != key.sealing)
    });
    if (2..=limits::owner::PREKEYS).contains(&keys.len()) && ordered && distinct {
        return Ok(());
    }
    Err(Refusal::new(
        "e.m.req.prekeys",
        "two to eight different prekeys are needed, in order",
    ))
}

/// The commitment is opened: from here on there are words.
pub(crate) fn on_reveal(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
    reveal: &Reveal,
) -> Result<Body, Halt> {
    let mut trustee = trustee::behind(work, peers, &message.to, &message.from)?;
    let Stage::Revealing { commitment, nonce } = trustee.stage else {
        return Err(Refusal::new("e.p.trust.not-verified", "no nonce is expected here").into());
    };
    let identity = identity::load(work)?.filter(|_| words::commitment(&reveal.nonce) == commitment);
    let Some(identity) = identity else {
        return Err(Refusal::new(
            "e.p.trust.not-verified",
            "the nonce is not the one committed to",
        )
        .into());
    };
    trustee.stage = Stage::Comparing(Comparison::new(Transcript {
        occasion: Occasion::Enrolment,
        owner: message.to.clone(),
        trustee: message.from.clone(),
        owner_nonce: nonce,
        trustee_nonce: reveal.nonce,
        ledger: identity.log,
        policy: identity.policy,
        request: None,
    }));
    trustee.seen = Some(work.now);
    let text = format!(
        "{} has answered; compare words: owner-agent trustee verify {}",
        trustee.name, trustee.name
    );
    work.hint(Event::new("words", trustee.name.clone(), text));
    work.save(&trustee);
    Ok(Body::Empty(Empty {}))
}

/// Their person heard the right words.
pub(crate) fn on_confirm(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
) -> Result<Body, Halt> {
    let mut trustee = trustee::behind(work, peers, &message.to, &message.from)?;
    let Stage::Comparing(comparison) = trustee.stage else {
        return Err(
            Refusal::new("e.p.trust.not-verified", "no words are being compared here").into(),
        );
    };
    trustee.stage = after(comparison.confirm());
    trustee.seen = Some(work.now);
    work.save(&trustee);
    Ok(Body::Empty(Empty {}))
}

fn after(comparison: Comparison) -> Stage {
    match comparison.is_done() {
        true => Stage::Verified,
        false => Stage::Comparing(comparison),
    }
}

/// Their person heard other words, or says no.
pub(crate) fn on_end(
    work: &mut Work<'_>,
    peers: &Peers,
    message: &Received,
    stage: Stage,
) -> Result<Body, Halt> {
    let mut trustee = match &stage {
        // Who declines has not answered before, so there is no contact yet. Once there is, nobody
        // else who saw the link ends what the two have begun.
        Stage::Declined => trustee::of_local(work, peers, &message.to)
            .and_then(|trustee| check_decline(trustee, message))?,
        _ => trustee::behind(work, peers, &message.to, &message.from)?,
    };
    if trustee.is_verified() {
        return Err(Refusal::new("e.p.req.declined", "this connection is verified already").into());
    }
    // Said again it changes nothing, or the keys of a dead connection would live as long as it is said.
    if matches!(trustee.stage, Stage::Declined | Stage::Mismatch) {
        return Ok(Body::Empty(Empty {}));
    }
    trustee.stage = stage;
    outbox::retire(work, &trustee.local);
    let text = format!("{} ended the comparison of words", trustee.name);
    work.hint(Event::new("mismatch", trustee.name.clone(), text));
    work.save(&trustee);
    Ok(Body::Empty(Empty {}))
}

fn check_decline(trustee: Trustee, message: &Received) -> Result<Trustee, Halt> {
    let invited = matches!(trustee.stage, Stage::Invited)
        && message.pthid.as_deref() == Some(trustee.invitation.as_str());
    if invited {
        return Ok(trustee);
    }
    trustee::behind_of(trustee, &message.from)
}

/// The words for the screen.
pub(crate) fn show_words(work: &Work<'_>, name: &str) -> Result<Answer, Stop> {
    let trustee = trustee::named(work, name)?;
    match &trustee.stage {
        Stage::Comparing(comparison) => Ok(Answer::Words(comparison.view())),
        _ => Err(no_words(&trustee).into()),
    }
}

fn no_words(trustee: &Trustee) -> CommandError {
    let name = &trustee.name;
    match trustee.stage {
        Stage::Verified => CommandError::error(format!("{name} is verified already")),
        Stage::Mismatch => CommandError::refused(format!(
            "the words with {name} did not match, so that connection is closed; invite again: owner-agent trustee invite {name}"
        )),
        Stage::Declined => CommandError::refused(format!("{name} declined")),
        Stage::Leaving | Stage::Removed => CommandError::error(format!(
            "you have removed {name}; see `owner-agent trustee list`"
        )),
        Stage::Invited | Stage::Revealing { .. } | Stage::Comparing(_) => {
            CommandError::pending(format!("{name} has not accepted the invitation yet"))
        }
    }
}

/// Our person says what she heard.
pub(crate) fn verify(work: &mut Work<'_>, name: &str, heard: &str) -> Result<Answer, Stop> {
    let mut trustee = trustee::named(work, name)?;
    let Stage::Comparing(comparison) = trustee.stage.clone() else {
        return Err(no_words(&trustee).into());
    };
    let Ok(comparison) = comparison.hear(heard) else {
        return Ok(mismatch(work, trustee));
    };
    trustee.stage = after(comparison);
    work.save(&trustee);
    let text = match trustee.is_verified() {
        true => format!("{name} is verified"),
        false => format!("you heard the right words; {name} has yet to pick yours"),
    };
    Ok(Answer::Done { text })
}

fn mismatch(work: &mut Work<'_>, mut trustee: Trustee) -> Answer {
    trustee.stage = Stage::Mismatch;
    outbox::retire(work, &trustee.local);
    work.save(&trustee);
    // The other side must not go on believing that it holds something for her.
    if let Some(contact) = &trustee.contact {
        let mismatch = Body::WordsMismatch(Mismatch {});
        outbox::send(work, &trustee.local, &contact.did, mismatch);
    }
    let name = trustee.name;
    let text = format!(
        "these are not {name}'s words: somebody may stand between you, so the connection is closed; invite again: \
         owner-agent trustee invite {name}"
    );
    Answer::Mismatch { text }
}

/// Who waits for words to be compared.
pub(crate) fn pending(records: &dyn Records) -> Result<Vec<Event>, Damage> {
    let all = record::load_all::<Trustee>(records, &[])?;
    let waiting = all.iter().filter(
        |trustee| matches!(&trustee.stage, Stage::Comparing(comparison) if !comparison.is_heard()),
    );
    let event = |trustee: &Trustee| {
        let text = format!(
            "compare words with {}: owner-agent trustee verify {}",
            trustee.name, trustee.name
        );
        Event::new("words", trustee.name.clone(), text)
    };
    Ok(waiting.map(event).collect())
}
