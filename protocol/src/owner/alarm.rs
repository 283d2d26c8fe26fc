//! What the ledger newly shows in this owner's name, in words for her (G9).
//!
//! Only an agent of hers can stop anything. A claimant has none yet: what is over before her recovery
//! began is no news to her, and a command that needs a key she lacks would be no help.
use crate::agent::Event;
use crate::anchor::Anchor;
use crate::bytes::Digest;
use crate::error::Damage;
use crate::ledger::{Effect, Kind, RequestStatus, View};
use crate::owner::claim::row;
use crate::owner::identity;
use crate::record::Records;

/// In whose eyes the ledger is read.
pub(super) struct Reader {
    log: Digest,
    pub(super) policy: Digest,
    /// The request of a recovery of her own.
    own: Option<Digest>,
    is_agent: bool,
}

impl Reader {
    /// An agent of hers, or a claimant who knows by now which policy is hers.
    pub(super) fn load(records: &dyn Records) -> Result<Option<Self>, Damage> {
        let fixed = row::load(records)?.and_then(|claim| claim.fixed);
        let own = fixed.as_ref().map(|fixed| fixed.request);
        if let Some(identity) = identity::load(records)? {
            return Ok(Some(Self {
                log: identity.log,
                policy: identity.policy,
                own,
                is_agent: true,
            }));
        }
        Ok(fixed.map(|fixed| Self {
            log: fixed.log,
            policy: fixed.policy,
            own,
            is_agent: false,
        }))
    }

    /// What a new record of another agent, about `subject`, says to her.
    pub(super) fn alarm(
        &self,
        anchor: &Anchor,
        (kind, subject): (Kind, Digest),
        effect: &Effect,
    ) -> Option<Event> {
        let view = anchor.view(&self.log)?;
        let (about, text) = match kind {
            Kind::Request if self.own != Some(subject) => (subject, self.request(view, &subject)?),
            Kind::Repair if self.is_agent => (subject, self.repair(view, &subject)?),
            Kind::PolicyUpdate | Kind::RecoveryPolicy => {
                (effect.record, self.change(view, &effect.record)?)
            }
            Kind::Complete if self.is_agent => (effect.record, COMPLETED.into()),
            _ => return None,
        };
        Some(Event::new("alarm", about.to_string(), text))
    }

    fn request(&self, view: &View, id: &Digest) -> Option<String> {
        let now = view.ledger_time().unwrap_or_default();
        let over = match view.state().request_status(id, now) {
            Some(RequestStatus {
                completed: true, ..
            }) => return None,
            status => status.is_some_and(|status| status.ended),
        };
        match (self.is_agent, over) {
            (true, false) => Some(asked(id)),
            (true, true) => Some(format!(
                "somebody asked your trustees for your keys, and it came to nothing: request {}",
                short(id)
            )),
            (false, false) => Some(format!(
                "somebody else asks your trustees for your keys too: request {}; if it is not you on another device, warn them",
                short(id)
            )),
            (false, true) => None,
        }
    }

    fn repair(&self, view: &View, id: &Digest) -> Option<String> {
        let status = view
            .state()
            .repair_status(id, view.ledger_time().unwrap_or_default())?;
        Some(match (status.completed, status.ended) {
            (true, _) => format!(
                "your trustees have given a trustee's lost share to a new device: repair {}; call that trustee \
                 and enrol it anew",
                short(id)
            ),
            (false, true) => format!(
                "your trustees were asked to give a trustee's lost share to a new device, and it came to nothing: repair {}",
                short(id)
            ),
            (false, false) => repairing(id),
        })
    }

    fn change(&self, view: &View, record: &Digest) -> Option<String> {
        let now = view.ledger_time().unwrap_or_default();
        let waiting = view.state().waiting_changes(&self.policy, now);
        let waits = waiting.iter().any(|change| change.record == *record);
        match (self.is_agent, waits) {
            (true, true) => Some(changing(record)),
            (true, false) => Some(
                "another device has changed who has a say over your identity; if it was not you, see: owner-agent record list"
                    .into(),
            ),
            (false, true) => Some(
                "another device changes who has a say over your identity; your recovery ends that when it is done".into(),
            ),
            (false, false) => None,
        }
    }
}

const COMPLETED: &str =
    "your identity was recovered elsewhere: this device has no power over it any more";

/// Somebody's request is open.
pub(super) fn asked(request: &Digest) -> String {
    format!(
        "somebody asks your trustees for your keys; if it is not you, stop it: owner-agent alert veto {}",
        short(request)
    )
}

/// Somebody's repair is open.
pub(super) fn repairing(repair: &Digest) -> String {
    format!(
        "your trustees are asked to give a trustee's lost share to a new device; call that trustee, and if it is not so, \
         stop it: owner-agent alert veto {}",
        short(repair)
    )
}

/// Somebody's change waits.
pub(super) fn changing(record: &Digest) -> String {
    format!(
        "another device changes who has a say over your identity; if it is not you, stop it while it waits: \
         owner-agent alert veto {}",
        short(record)
    )
}

/// As many letters of a digest as people need.
pub(super) fn short(digest: &Digest) -> String {
    digest.to_string().chars().take(12).collect()
}
