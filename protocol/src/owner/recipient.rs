//! Whom a deal can go to: verified peers, each with a key that nothing was sealed to yet.
use crate::agent::Work;
use crate::backup::Peer;
use crate::message::setup::Prekey;
use crate::owner::trustee::{Contact, PeerRole, Trustee};
use crate::vss::ShareIndex;

/// A trustee or host that a deal can go to: verified, with a prekey left.
pub(crate) struct Recipient {
    pub(crate) trustee: Trustee,
    pub(crate) contact: Contact,
    pub(crate) prekey: Prekey,
}

/// Peers that can be dealt to, and the names of the others with the reason.
pub(crate) struct Peers {
    pub(crate) able: Vec<Recipient>,
    pub(crate) left_out: Vec<(String, String)>,
}

/// Peers of one role with their next prekey taken. Who has none, or one that another stands on
/// already, is left out: a single peer, away or hostile, must not hold up all the others.
pub(crate) fn recipients(trustees: Vec<Trustee>) -> Peers {
    let mut peers = Peers {
        able: Vec::new(),
        left_out: Vec::new(),
    };
    for trustee in trustees {
        let name = trustee.name.clone();
        match take_prekey(trustee, &peers.able) {
            Ok(recipient) => peers.able.push(recipient),
            Err(why) => peers.left_out.push((name, why.into())),
        }
    }
    peers
}

/// Why a peer without a key is left out.
const NO_KEY: &str =
    "it has handed over no further key to seal a share to; it sends one with each receipt";

fn take_prekey(trustee: Trustee, taken: &[Recipient]) -> Result<Recipient, &'static str> {
    let mut contact = trustee.contact.clone().ok_or(NO_KEY)?;
    if contact.prekeys.is_empty() {
        return Err(NO_KEY);
    }
    let prekey = contact.prekeys.remove(0);
    if taken.len() >= usize::from(u8::MAX) {
        return Err("there are 255 shares and no more");
    }
    of((trustee, contact, prekey), taken.iter())
}

/// A trustee with its newest key taken, where an older one stays: the backup knows those, and whoever comes back
/// by it deals with the oldest.
pub(crate) fn take_newest<'a>(
    trustee: Trustee,
    taken: impl Iterator<Item = &'a Recipient>,
) -> Result<Recipient, &'static str> {
    let mut contact = trustee.contact.clone().ok_or(NO_KEY)?;
    let newest = contact.prekeys.pop().ok_or(NO_KEY)?;
    if contact.prekeys.is_empty() {
        return Err(NO_KEY);
    }
    of((trustee, contact, newest), taken)
}

fn of<'a>(
    (trustee, contact, prekey): (Trustee, Contact, Prekey),
    mut taken: impl Iterator<Item = &'a Recipient>,
) -> Result<Recipient, &'static str> {
    let same = |other: &Recipient| {
        other.prekey.approval == prekey.approval || other.prekey.sealing == prekey.sealing
    };
    if taken.any(same) {
        return Err("it handed over a key that another one handed over too");
    }
    Ok(Recipient {
        trustee,
        contact,
        prekey,
    })
}

impl Recipient {
    /// The owner's name for it.
    pub(crate) fn name(&self) -> &str {
        &self.trustee.name
    }

    /// The key that this deal uses.
    pub(crate) fn prekey(&self) -> &Prekey {
        &self.prekey
    }

    /// As the next agent needs to know it: the prekey of this deal is used up.
    pub(crate) fn peer(&self, share: Option<ShareIndex>) -> Peer {
        Peer {
            name: self.trustee.name.clone(),
            role: self.trustee.role,
            share,
            accepted: self.trustee.accepted,
            did: self.contact.did.clone(),
            approval: (self.trustee.role == PeerRole::Trustee).then_some(self.prekey.approval),
            prekeys: self.contact.prekeys.clone(),
        }
    }

    /// Marks the prekey as used.
    pub(crate) fn save(&self, work: &mut Work<'_>) {
        let mut trustee = self.trustee.clone();
        let mut contact = self.contact.clone();
        contact.approval = Some(self.prekey.approval);
        trustee.contact = Some(contact);
        work.save(&trustee);
    }
}
