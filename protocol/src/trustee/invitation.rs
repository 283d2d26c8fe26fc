//! Invitations to become a trustee or a backup host, as a person opened them.
use crate::agent::Work;
use crate::error::{CommandError, Damage, Stop};
use crate::limits;
use crate::message::invitation::{GOAL_RECOVERY, Invitation};
use crate::record::{self, Records, Row, Space};
use crate::time::Timestamp;
use crate::trustee::command::InvitationView;
use serde::{Deserialize, Serialize};

/// An invitation and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Opened {
    /// The invitation.
    pub(super) invitation: Invitation,
    opened: Timestamp,
    decision: Decision,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Decision {
    Waiting,
    Accepted,
    Declined,
}

impl Row for Opened {
    const SPACE: Space = Space::Invitation;
    fn id(&self) -> Vec<u8> {
        self.invitation.id.as_bytes().to_vec()
    }
}

/// Whether its time is over.
pub(super) fn is_expired(invitation: &Invitation, now: Timestamp) -> bool {
    invitation.expires <= now.seconds()
}

impl Opened {
    /// Consumes a waiting invitation: nobody accepts one twice, or one that was declined.
    pub(super) fn accepted(self, now: Timestamp) -> Result<Self, CommandError> {
        self.decided(Decision::Accepted, now)
    }

    /// The same with a no.
    pub(super) fn declined(self, now: Timestamp) -> Result<Self, CommandError> {
        self.decided(Decision::Declined, now)
    }

    fn decided(self, decision: Decision, now: Timestamp) -> Result<Self, CommandError> {
        match self.state(now) {
            "waiting" => Ok(Self { decision, ..self }),
            "expired" => Err(CommandError::refused(
                "this invitation has expired; ask for a new one",
            )),
            state => Err(CommandError::refused(format!(
                "this invitation was {state} already"
            ))),
        }
    }

    fn state(&self, now: Timestamp) -> &'static str {
        match self.decision {
            Decision::Accepted => "accepted",
            Decision::Declined => "declined",
            Decision::Waiting if is_expired(&self.invitation, now) => "expired",
            Decision::Waiting => "waiting",
        }
    }

    /// Whether a person still has to say yes or no.
    pub(super) fn waits(&self, now: Timestamp) -> bool {
        self.state(now) == "waiting"
    }

    /// For the person.
    pub(super) fn view(&self, now: Timestamp) -> InvitationView {
        InvitationView {
            id: self.invitation.id.clone(),
            label: self.invitation.label.clone(),
            capabilities: self
                .invitation
                .offer
                .iter()
                .flat_map(|offer| offer.capabilities.clone())
                .collect(),
            expires: Timestamp(self.invitation.expires.saturating_mul(1000)),
            state: self.state(now).into(),
        }
    }
}

/// Reads a link and keeps what it says. Opening it again changes nothing.
pub(super) fn open(work: &mut Work<'_>, link: &str) -> Result<Opened, Stop> {
    let invitation = read(work.now, link)?;
    if invitation.goal == GOAL_RECOVERY {
        let help =
            "this link asks for a recovery; use: trustee-agent request open LINK --owner NAME";
        return Err(CommandError::error(help).into());
    }
    if let Some(known) = work.load::<Opened>(invitation.id.as_bytes())? {
        return Ok(known);
    }
    make_room(work)?;
    let opened = Opened {
        invitation,
        opened: work.now,
        decision: Decision::Waiting,
    };
    work.save(&opened);
    Ok(opened)
}

/// A link that is an invitation and has not expired.
pub(super) fn read(now: Timestamp, link: &str) -> Result<Invitation, CommandError> {
    let invitation =
        Invitation::from_link(link).map_err(|error| CommandError::error(error.to_string()))?;
    if is_expired(&invitation, now) {
        return Err(CommandError::refused(
            "this invitation has expired; ask for a new one",
        ));
    }
    Ok(invitation)
}

/// Drops the oldest that no longer wait; refuses when all of them do.
fn make_room(work: &mut Work<'_>) -> Result<(), Stop> {
    let all = work.all::<Opened>()?;
    if all.len() < limits::trustee::INVITATIONS {
        return Ok(());
    }
    let settled = all
        .iter()
        .filter(|opened| !opened.waits(work.now))
        .min_by_key(|opened| opened.opened);
    let Some(oldest) = settled else {
        let most = limits::trustee::INVITATIONS;
        let full = format!("{most} invitations wait already; accept or decline some first");
        return Err(CommandError::refused(full).into());
    };
    work.erase::<Opened>(&oldest.id());
    Ok(())
}

/// The invitation our person means.
pub(super) fn find(work: &Work<'_>, id: &str) -> Result<Opened, Stop> {
    let mut found = record::load_all::<Opened>(work, id.as_bytes())?;
    match found.len() {
        1 => Ok(found.remove(0)),
        0 => Err(CommandError::error(format!(
            "no invitation begins with `{id}`; see: trustee-agent invitation list"
        ))
        .into()),
        _ => Err(CommandError::error(format!(
            "several invitations begin with `{id}`; give more of it"
        ))
        .into()),
    }
}

/// All of them.
pub(super) fn list(records: &dyn Records) -> Result<Vec<Opened>, Damage> {
    record::load_all(records, &[])
}
