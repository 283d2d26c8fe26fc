//! What a trustee's person can ask of the agent, and what the agent answers. The local API carries
//! these as JSON.
use crate::anchor::ConflictView;
use crate::bytes::Digest;
use crate::message::setup::Capability;
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// A request of the trustee's person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum Command {
    /// Who am I: name, roles, counts.
    Status,
    /// Reads an invitation link and keeps it until it is accepted, declined or expired.
    InvitationOpen {
        /// The whole link.
        link: String,
    },
    /// Invitations waiting.
    InvitationList,
    /// Agrees.
    InvitationAccept {
        /// The invitation's id, or an unambiguous beginning of it.
        id: String,
    },
    /// Says no.
    InvitationDecline {
        /// The invitation's id, or an unambiguous beginning of it.
        id: String,
    },
    /// The people who trust me.
    OwnerList,
    /// What I read to this owner, and the choices for what I hear.
    OwnerWords {
        /// The owner's name.
        name: String,
    },
    /// The words I heard this owner say.
    OwnerVerify {
        /// The owner's name.
        name: String,
        /// The words, or `none` for none of the choices.
        words: String,
    },
    /// I want to keep nothing for this owner any longer.
    Resign {
        /// The owner's name.
        name: String,
        /// Delete now, and do not wait until others hold the next epoch.
        at_once: bool,
    },
    /// Shares held; never a share itself.
    ShareList,
    /// Opens a claimant's link; I say whose it is.
    RequestOpen {
        /// The whole link.
        link: String,
        /// Which of the people I know this is.
        owner: String,
    },
    /// Requests known.
    RequestList,
    /// One request: words to read, choices, state on the ledger.
    RequestShow {
        /// The request's session, as listed.
        id: String,
    },
    /// The words I heard the claimant say, in a live conversation.
    RequestVerify {
        /// The request's session, as listed.
        id: String,
        /// The words, or `none` for none of the choices.
        words: String,
    },
    /// Approves; nothing leaves before the lane is full and its delay is over.
    RequestApprove {
        /// The request's session, as listed.
        id: String,
    },
    /// Refuses.
    RequestDeny {
        /// The request's session, as listed.
        id: String,
    },
    /// What I did and why, newest last.
    History,
    /// Begins to operate a ledger with these witnesses.
    LedgerCreate {
        /// A name such as `kith.example/log1`.
        origin: String,
        /// Cards of witnesses, as `WitnessCard` prints them.
        witnesses: Vec<String>,
        /// How many of them must cosign.
        quorum: u8,
        /// Oldest head a reader accepts.
        max_age: Millis,
        /// Allow it without witnesses.
        single_operator: bool,
    },
    /// The descriptor of the ledger I operate, for owners and witnesses.
    LedgerShow,
    /// Size, head, witnesses, what waits.
    LedgerStatus,
    /// The card by which an operator names me as a witness: name, key and address.
    WitnessCard,
    /// Begins to witness this ledger.
    WitnessAdopt {
        /// The descriptor as `LedgerShow` prints it.
        descriptor: String,
    },
}

/// One invitation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationView {
    /// Its id.
    pub id: String,
    /// What the inviting person calls herself.
    pub label: String,
    /// What is asked for.
    pub capabilities: Vec<Capability>,
    /// When it ends.
    pub expires: Timestamp,
    /// Where it stands: `waiting`, `accepted`, `declined`, `expired`.
    pub state: String,
}

/// One owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnerView {
    /// Her name.
    pub name: String,
    /// `connecting`, `words` (compare them now), `verified`, `resigned` (and not replaced yet), `mismatch`, `ended`.
    pub state: String,
    /// What was agreed to.
    pub capabilities: Vec<Capability>,
    /// Epoch of the active share, if one is held.
    pub epoch: Option<u32>,
    /// Epoch of a share that is not active yet.
    pub pending_epoch: Option<u32>,
}

/// Words to compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordsView {
    /// What this side's person reads out.
    pub say: String,
    /// What the person picks from: what the other side reads out is one of them.
    pub choices: Vec<String>,
}

/// One share held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareView {
    /// Whose.
    pub owner: String,
    /// Of which epoch.
    pub epoch: u32,
    /// Whether that epoch is active on the ledger.
    pub active: bool,
    /// Whether it was active, and stays until the epoch after it is proved held.
    #[serde(default)]
    pub over: bool,
    /// Whether it is gone: it stayed on the machine on which this agent lived before.
    #[serde(default)]
    pub gone: bool,
    /// When it was stored, or became the current one where it is gone.
    pub stored: Timestamp,
}

/// One recovery request as this trustee sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestView {
    /// The session's id.
    pub id: String,
    /// Which owner I said it is.
    pub owner: String,
    /// `connecting`, `words`, `verified`, `approved`, `released`, `delivered`, `denied`,
    /// `mismatch`, `ended`.
    pub state: String,
    /// The request's id on the ledger.
    pub request: Option<Digest>,
    /// The words, once both nonces are known.
    pub words: Option<WordsView>,
    /// Approvals anchored.
    pub approvals: u8,
    /// Approvals needed.
    pub threshold: u8,
    /// When a release becomes lawful, once the lane is full.
    pub releases_at: Option<Timestamp>,
    /// Whether a veto stands.
    pub vetoed: bool,
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryView {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// An answer to the trustee's person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Answer {
    /// Done, with one sentence.
    Done {
        /// What was done.
        text: String,
    },
    /// The words were others than those expected: recorded, and the session is over. Exit code 8.
    Mismatch {
        /// What it means.
        text: String,
    },
    /// Who am I.
    Status {
        /// What I call myself.
        name: String,
        /// Owners I keep something for.
        owners: usize,
        /// Requests that wait for a person.
        waiting: usize,
        /// Invitations that wait for a person, of [`crate::limits::trustee::INVITATIONS`] at most.
        invitations: usize,
        /// Backups kept, and supplements of them.
        backups: usize,
        /// Whether backups are kept for others.
        hosts_backups: bool,
        /// Logs followed or operated.
        ledgers: usize,
        /// Heads of ledgers that contradict each other, kept as proof.
        conflicts: Vec<ConflictView>,
    },
    /// Invitations.
    Invitations {
        /// Each.
        list: Vec<InvitationView>,
    },
    /// One invitation.
    Invitation(InvitationView),
    /// Owners.
    Owners {
        /// Each.
        list: Vec<OwnerView>,
    },
    /// Words.
    Words(WordsView),
    /// Shares.
    Shares {
        /// Each.
        list: Vec<ShareView>,
    },
    /// Requests.
    Requests {
        /// Each.
        list: Vec<RequestView>,
    },
    /// One request.
    Request(RequestView),
    /// History.
    History {
        /// Each line.
        list: Vec<HistoryView>,
    },
    /// A descriptor, as text to hand on.
    Descriptor {
        /// base64url of its canonical bytes.
        descriptor: String,
        /// Its digest, which the words cover.
        id: Digest,
        /// In a sentence, what its quorum stands.
        strength: String,
    },
    /// A witness's card.
    Card {
        /// The text to hand on.
        card: String,
    },
    /// The ledger operated here.
    Ledger {
        /// Its digest.
        id: Digest,
        /// Entries certified.
        size: u64,
        /// Time of the certified head.
        time: Timestamp,
        /// Records accepted and not certified yet.
        waiting: usize,
        /// Each witness and the size it last cosigned.
        witnesses: Vec<(String, u64)>,
    },
}
