//! A trustee or host lives on another machine now, and the keys it handed out are gone (R17, decision 0039).
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::{Halt, Refusal};
use crate::message::setup::Renew;
use crate::message::{Body, Empty, Received};
use crate::owner::peers::Peers;
use crate::owner::trustee::{self, PeerRole};
use crate::owner::{custody, enrolment, identity};

/// Deals from here on with the fresh keys, and counts no share with who says that it holds none.
pub(crate) fn on_renew(
    work: &mut Work<'_>,
    (anchor, peers): (&Anchor, &Peers),
    message: &Received,
    renew: &Renew,
) -> Result<Body, Halt> {
    let known = trustee::behind(work, peers, &message.to, &message.from);
    if known.is_err() && peers.claimed(work, &message.to)?.is_some() {
        // Her recovery is not done here: who her trustees are is settled at its end.
        let comment = "the recovery is not complete here yet";
        return Err(Refusal::new("e.m.trust.ledger-behind", comment).into());
    }
    let mut peer = known?;
    enrolment::check_prekeys(&renew.prekeys)?;
    if identity::load(work)?.is_none_or(|identity| identity.policy != renew.policy) {
        let comment = "the keys are for another policy";
        return Err(Refusal::new("e.m.msg.malformed", comment).into());
    }
    let contact = peer.contact.as_mut();
    let contact = contact.expect("who is behind a connection has answered");
    let first = renew.prekeys.first().map_or(0, |prekey| prekey.number);
    // A number that was known may have been sealed to since.
    if contact.prekeys.iter().any(|known| known.number >= first) {
        let comment = "these keys are no newer than those handed out before";
        return Err(Refusal::new("e.m.req.prekeys", comment).into());
    }
    contact.prekeys.clone_from(&renew.prekeys);
    peer.seen = Some(work.now);
    work.save(&peer);
    let name = &peer.name;
    match peer.role {
        PeerRole::Trustee if !renew.holds => custody::gone(work, anchor, name)?,
        PeerRole::Trustee | PeerRole::Host => {}
    }
    let text = format!("{name} has moved to another machine and sent fresh keys for the next deal");
    work.hint(Event::new("renewed", name, text));
    Ok(Body::Empty(Empty {}))
}
