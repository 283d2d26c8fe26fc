//! The second phase of a replacement: who holds shares of earlier epochs, and when they may go (R6, G4).
//!
//! A row for each trustee that was ever dealt to, from the activation of the epoch after on. It is the
//! owner's journal: no question of hers is lost with a crash, and none is asked before the new epoch is
//! proved held.
use crate::agent::{Event, Work};
use crate::did::Did;
use crate::error::Damage;
use crate::keys::{Signature, labels};
use crate::message::Body;
use crate::message::share::{Delete, Deleted};
use crate::outbox;
use crate::owner::deal::{Deal, Dealt};
use crate::owner::dealing::Right;
use crate::owner::identity::{self, Identity};
use crate::owner::trustee::{Stage, Trustee};
use crate::record::{Row, Space};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One trustee that may hold shares of epochs before one.
#[derive(Serialize, Deserialize)]
pub(crate) struct Superseded {
    /// The owner's name for it.
    pub(crate) name: String,
    /// Our DID towards it.
    pub(crate) local: Did,
    /// Its DID.
    pub(crate) did: Did,
    /// The epoch that took their place.
    pub(crate) below: u32,
    /// Whether it holds a share of that one.
    pub(crate) remains: bool,
    /// Our `delete`, once the new epoch was proved.
    pub(crate) message: Option<String>,
    /// Its signed word that they are gone: evidence.
    pub(crate) deleted: Option<Signature>,
}

impl Row for Superseded {
    const SPACE: Space = Space::Superseded;
    fn id(&self) -> Vec<u8> {
        self.did.as_str().as_bytes().to_vec()
    }
}

/// An epoch came into force: whoever was dealt to before may hold what it replaces.
pub(crate) fn begin(work: &mut Work<'_>, active: &Deal, older: &[Deal]) -> Result<(), Damage> {
    // Rows are read in the order of their epochs: what stays is the newest that each was dealt.
    let dealt = older
        .iter()
        .flat_map(|deal| deal.trustees.iter().map(move |dealt| (deal.epoch, dealt)));
    let newest: BTreeMap<&str, (u32, &Dealt)> = dealt
        .map(|(epoch, dealt)| (dealt.did.as_str(), (epoch, dealt)))
        .collect();
    for (epoch, dealt) in newest.into_values() {
        if let Some(known) = work.load::<Superseded>(dealt.did.as_str().as_bytes())? {
            if known.deleted.is_some() && epoch < known.below {
                continue;
            }
            if let Some(message) = known.message {
                outbox::withdraw(work, &message);
            }
        }
        let is_dealt_to = active.trustees.iter().any(|now| now.did == dealt.did);
        let remains = is_dealt_to || can_be_dealt_to(work, dealt)?;
        work.save(&Superseded {
            name: dealt.name.clone(),
            local: dealt.local.clone(),
            did: dealt.did.clone(),
            below: active.epoch,
            remains,
            message: None,
            deleted: None,
        });
    }
    leave(work, active)
}

/// Whoever was only left out of this epoch may be part of the next.
fn can_be_dealt_to(work: &Work<'_>, dealt: &Dealt) -> Result<bool, Damage> {
    let peer = work.load::<Trustee>(dealt.name.as_bytes())?;
    let able = |peer: &Trustee| {
        let contact = peer.contact.as_ref();
        peer.is_verified()
            && contact.is_some_and(|known| known.did == dealt.did && !known.prekeys.is_empty())
    };
    Ok(peer.as_ref().is_some_and(able))
}

/// Who was to leave has no share of the epoch in force.
fn leave(work: &mut Work<'_>, active: &Deal) -> Result<(), Damage> {
    let dealt = active.trustees.iter().map(|dealt| &dealt.name);
    let names: BTreeSet<&String> = dealt
        .chain(active.hosts.iter().map(|host| &host.name))
        .collect();
    for mut peer in work.all::<Trustee>()? {
        if matches!(peer.stage, Stage::Leaving) && !names.contains(&peer.name) {
            peer.stage = Stage::Removed;
            work.save(&peer);
        }
    }
    Ok(())
}

/// The epoch that would have done without them was refused: everything is as it was.
pub(crate) fn stay(work: &mut Work<'_>) -> Result<(), Damage> {
    for mut peer in work.all::<Trustee>()? {
        if matches!(peer.stage, Stage::Leaving) && peer.resigned.is_none() {
            peer.stage = Stage::Verified;
            work.save(&peer);
        }
    }
    Ok(())
}

/// So many have proved that they hold the epoch in force. Once these are as many as had to acknowledge it
/// before it was anchored, nobody needs the shares before.
pub(crate) fn proved(
    work: &mut Work<'_>,
    identity: &Identity,
    deal: &Deal,
    holders: usize,
) -> Result<(), Damage> {
    if holders < usize::from(deal.needed) {
        return Ok(());
    }
    for row in work.all::<Superseded>()? {
        if row.below == deal.epoch && row.message.is_none() && !needs_the_one_before(deal, &row.did)
        {
            row.ask(work, identity);
        }
    }
    Ok(())
}

/// Whether it has yet to add to its share of the epoch before: without that one it could not.
fn needs_the_one_before(deal: &Deal, trustee: &Did) -> bool {
    let mut dealt = deal.trustees.iter();
    deal.refreshes && dealt.any(|dealt| dealt.did == *trustee && dealt.receipt.is_none())
}

/// One that was waited for has what it needs: it is asked as all others were, if they were.
pub(crate) fn caught_up(work: &mut Work<'_>, deal: &Deal, trustee: &Did) -> Result<(), Damage> {
    let Some(identity) = identity::load(work)? else {
        return Ok(());
    };
    let mut rows = work.all::<Superseded>()?;
    rows.retain(|row| row.below == deal.epoch);
    let were_asked = rows.iter().any(|row| row.message.is_some());
    let waited = rows
        .into_iter()
        .find(|row| row.did == *trustee && row.message.is_none());
    if let Some(row) = waited.filter(|_| were_asked) {
        row.ask(work, &identity);
    }
    Ok(())
}

/// An answer to one of the `delete`s. False where it is none.
pub(crate) fn on_reply(work: &mut Work<'_>, id: &str, reply: &Body) -> Result<bool, Damage> {
    let Some(identity) = identity::load(work)? else {
        return Ok(false);
    };
    let all = work.all::<Superseded>()?;
    let named = |row: &Superseded| row.message.as_deref() == Some(id);
    let Some(mut row) = all.into_iter().find(named) else {
        return Ok(false);
    };
    match reply {
        Body::ShareDeleted(deleted) if row.is_statement(&identity, deleted) => {
            row.deleted = Some(deleted.signature);
            work.save(&row);
        }
        _ => {
            let text = format!(
                "{} did not say that its old shares are deleted; they have no power over your identity",
                row.name
            );
            work.hint(Event::new("custody", &row.name, text));
        }
    }
    Ok(true)
}

impl Superseded {
    fn ask(mut self, work: &mut Work<'_>, identity: &Identity) {
        let delete = self.delete(identity);
        let message = outbox::send(work, &self.local, &self.did, Body::ShareDelete(delete));
        self.message = Some(message);
        work.save(&self);
    }

    fn delete(&self, identity: &Identity) -> Delete {
        let right = Right::Agent;
        let mut delete = Delete {
            policy: identity.policy,
            below: self.below,
            remains: self.remains,
            authority: right.authority(identity, labels::DELETE, &[]),
        };
        delete.authority = right.authority(identity, labels::DELETE, &delete.signed_bytes());
        delete
    }

    /// A statement counts only for this policy and epoch, signed by whom it was asked of.
    fn is_statement(&self, identity: &Identity, deleted: &Deleted) -> bool {
        let said = &deleted.deletion;
        let signed = self.did.evidence_key().verify(
            labels::DELETED,
            &said.signed_bytes(),
            &deleted.signature,
        );
        said.policy == identity.policy && said.below == self.below && signed.is_ok()
    }
}
