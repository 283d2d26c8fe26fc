//! What a refusal leaves behind.
//!
//! A refused message changes nothing, and so whatever its handler wrote or asked is dropped with
//! it. Two things must survive: a look at the ledger, where our view may only be behind, and the
//! evidence against whoever signed something false.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::error::Damage;
use crate::message::Received;
use crate::trustee::history;
use crate::trustee::ward::WardId;

/// Collected while a message is handled, carried out after it was answered.
#[derive(Default)]
pub(crate) struct Aside {
    look: Option<Digest>,
    accusation: Option<(WardId, String, Vec<u8>)>,
}

impl Aside {
    /// Fetch this chain.
    pub(crate) fn look(&mut self, log: Digest) {
        self.look = Some(log);
    }

    /// Keep this message as evidence.
    pub(crate) fn accuse(&mut self, ward: WardId, text: String, message: &Received) {
        self.accusation = Some((ward, text, message.body.to_json()));
    }

    /// Does what was collected.
    pub(super) fn carry_out(self, work: &mut Work<'_>, anchor: &mut Anchor) -> Result<(), Damage> {
        if let Some(log) = self.look {
            anchor.look(work, log);
        }
        match self.accusation {
            Some((ward, text, message)) => history::accuse(work, ward, text, message),
            None => Ok(()),
        }
    }
}
