//! out-of-band/2.0: a link that carries a whole invitation and no secret.
use crate::did::Did;
use crate::limits;
use crate::message::setup::Offer;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Goal code of an invitation to become a trustee.
pub const GOAL_TRUSTEE: &str = "example.kith.recovery.trustee-invite";
/// Goal code of an invitation to keep backups.
pub const GOAL_HOST: &str = "example.kith.recovery.host-invite";
/// Goal code of a claimant's request.
pub const GOAL_RECOVERY: &str = "example.kith.recovery.request";

const TYPE: &str = "https://didcomm.org/out-of-band/2.0/invitation";
const QUERY: &str = "_oob=";
/// Where a link points when nothing else is set; the page there explains itself to a person who
/// has no agent yet, and never sees more than the browser sends.
pub const LINK_BASE: &str = "https://kith.example/i";

/// An invitation, opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Its id; the answer names it as parent thread.
    pub id: String,
    /// The inviting side's fresh DID.
    pub from: Did,
    /// What it is for.
    pub goal: String,
    /// What the inviting person calls herself. Self-asserted.
    pub label: String,
    /// When it ends, in seconds since the epoch.
    pub expires: u64,
    /// The offer, where the goal is set-up.
    pub offer: Option<Offer>,
}

/// Why a text is no invitation of ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum InvitationError {
    /// Longer than any lawful one.
    #[error(
        "the link is longer than {} characters, so it is no invitation",
        limits::message::LINK
    )]
    TooLong,
    /// No `_oob=` part.
    #[error("this is not an invitation link: it has no `_oob=` part; paste the whole link")]
    NoInvitation,
    /// Not readable.
    #[error("the invitation in this link is damaged or cut off: {0}")]
    Malformed(String),
    /// For something this program does not do.
    #[error("the invitation is for `{0}`, which this program does not know")]
    UnknownGoal(String),
}

#[derive(Serialize, Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    typ: String,
    id: String,
    from: Did,
    expires_time: u64,
    body: WireBody,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment>,
}

#[derive(Serialize, Deserialize)]
struct WireBody {
    goal_code: String,
    label: String,
    accept: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Attachment {
    id: String,
    media_type: String,
    data: AttachmentData,
}

#[derive(Serialize, Deserialize)]
struct AttachmentData {
    json: Offer,
}

impl Invitation {
    /// The link to send: `base?_oob=...`.
    #[must_use]
    pub fn to_link(&self, base: &str) -> String {
        let attachments = self.offer.iter().map(|offer| Attachment {
            id: "offer".into(),
            media_type: "application/json".into(),
            data: AttachmentData {
                json: offer.clone(),
            },
        });
        let wire = Wire {
            typ: TYPE.into(),
            id: self.id.clone(),
            from: self.from.clone(),
            expires_time: self.expires,
            body: WireBody {
                goal_code: self.goal.clone(),
                label: self.label.clone(),
                accept: vec!["didcomm/v2".into()],
            },
            attachments: attachments.collect(),
        };
        let json = serde_json::to_vec(&wire).expect("an invitation has string keys only");
        format!("{base}?{QUERY}{}", URL_SAFE_NO_PAD.encode(json))
    }

    /// Reads a link that a person pasted.
    ///
    /// # Errors
    /// [`InvitationError`] saying what is wrong with it.
    pub fn from_link(link: &str) -> Result<Self, InvitationError> {
        let link = link.trim();
        if link.len() > limits::message::LINK {
            return Err(InvitationError::TooLong);
        }
        let (_, encoded) = link
            .split_once(QUERY)
            .ok_or(InvitationError::NoInvitation)?;
        let encoded = encoded.split(['&', '#']).next().unwrap_or_default();
        let json = URL_SAFE_NO_PAD.decode(encoded).map_err(malformed)?;
        let wire: Wire = serde_json::from_slice(&json).map_err(malformed)?;
        wire.validated()
    }
}

fn malformed(error: impl ToString) -> InvitationError {
    InvitationError::Malformed(error.to_string())
}

impl Wire {
    fn validated(mut self) -> Result<Invitation, InvitationError> {
        if self.typ != TYPE {
            return Err(malformed(format!("its type is `{}`", self.typ)));
        }
        if self.id.is_empty() || self.id.len() > 36 || self.attachments.len() > 1 {
            return Err(malformed("its id or its attachments are out of bounds"));
        }
        if ![GOAL_TRUSTEE, GOAL_HOST, GOAL_RECOVERY].contains(&self.body.goal_code.as_str()) {
            return Err(InvitationError::UnknownGoal(self.body.goal_code));
        }
        let offer = self
            .attachments
            .pop()
            .map(|attachment| attachment.data.json);
        if offer.is_none() && self.body.goal_code != GOAL_RECOVERY {
            return Err(malformed("the offer is missing"));
        }
        Ok(Invitation {
            id: self.id,
            from: self.from,
            goal: self.body.goal_code,
            label: clean_label(&self.body.label),
            expires: self.expires_time,
            offer,
        })
    }
}

/// A name as it may be shown: no control characters or direction marks with which a stranger could
/// disguise it, and short.
#[must_use]
pub fn clean_label(label: &str) -> String {
    let shown = |c: &char| {
        !c.is_control()
            && !matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    label
        .chars()
        .filter(shown)
        .take(limits::message::LABEL)
        .collect::<String>()
        .trim()
        .to_owned()
}
