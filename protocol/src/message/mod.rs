//! The messages agents exchange: one file per DIDComm protocol, one enum over all of them.
//!
//! Bodies are plain data. Decoding checks form and size only; whether a message is lawful is for
//! the state machine that receives it.
pub mod alert;
pub mod backup;
pub(crate) mod in_row;
pub mod invitation;
pub mod ledger;
pub mod plaintext;
pub mod recovery;
pub mod setup;
pub mod share;
pub mod standard;
pub mod words;

pub use plaintext::Plaintext;
pub use standard::{Empty, Ping, PingResponse, ProblemReport};

use crate::did::Did;
use crate::time::Timestamp;
use serde_json::Value;
use thiserror::Error;

/// Where our own DIDComm protocols live. `.example` is reserved, so nothing is squatted; the
/// constant is pinned by golden bytes and never changes.
pub const BASE: &str = "https://kith.example/protocols";

/// A message that arrived, opened, its sender proven, its headers checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    /// Who sent it, proven by the envelope.
    pub from: Did,
    /// Which of our DIDs it came to.
    pub to: Did,
    /// Its id, unique for this sender.
    pub id: String,
    /// The thread it replies to.
    pub thid: Option<String>,
    /// The thread it grew from, such as an invitation.
    pub pthid: Option<String>,
    /// What it says.
    pub body: Body,
}

/// A message of ours on its way out.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Its id; a repetition carries the same.
    pub id: String,
    /// Which of our DIDs speaks.
    pub from: Did,
    /// To whom.
    pub to: Did,
    /// The thread it replies to.
    pub thid: Option<String>,
    /// The thread it grew from.
    pub pthid: Option<String>,
    /// When it is no longer wanted.
    pub expires: Timestamp,
    /// What it says.
    pub body: Body,
}

/// Why bytes are no message of ours.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// A message type this agent does not know.
    #[error("the message type {0} is not known here")]
    UnknownType(String),
    /// A known type with a body that is not of its form.
    #[error("the body of {typ} is malformed: {detail}")]
    Malformed {
        /// The message type.
        typ: &'static str,
        /// What does not fit.
        detail: String,
    },
}

macro_rules! bodies {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $base:expr, $name:literal;)*) => {
        /// Every message, by protocol. Few exist at a time and each is matched at once, so their
        /// sizes need not be alike.
        #[allow(clippy::large_enum_variant)]
        #[derive(Clone, Debug, PartialEq)]
        pub enum Body { $($(#[$doc])* $variant($body),)* }

        impl Body {
            /// The message type URI.
            #[must_use]
            pub fn typ(&self) -> &'static str {
                match self { $(Self::$variant(_) => concat!($base, $name),)* }
            }

            /// The body as JSON.
            #[must_use]
            pub fn to_value(&self) -> Value {
                let value = match self { $(Self::$variant(body) => serde_json::to_value(body),)* };
                value.expect("bodies have string keys and no fallible serialisers")
            }

            /// Reads a body of this type.
            ///
            /// # Errors
            /// [`BodyError`] for an unknown type or a body that is not of its form.
            pub fn from_value(typ: &str, value: Value) -> Result<Self, BodyError> {
                $(if typ == concat!($base, $name) {
                    return serde_json::from_value::<$body>(value).map(Self::$variant).map_err(|error| {
                        BodyError::Malformed { typ: concat!($base, $name), detail: error.to_string() }
                    });
                })*
                Err(BodyError::UnknownType(typ.chars().take(200).collect()))
            }
        }
    };
}

macro_rules! ours {
    () => {
        "https://kith.example/protocols/"
    };
}
macro_rules! theirs {
    () => {
        "https://didcomm.org/"
    };
}

bodies! {
    /// Are you there?
    Ping(Ping) = theirs!(), "trust-ping/2.0/ping";
    /// Yes.
    PingResponse(PingResponse) = theirs!(), "trust-ping/2.0/ping-response";
    /// Something is wrong; the reply that says why.
    Problem(ProblemReport) = theirs!(), "report-problem/2.0/problem-report";
    /// Received, nothing to say.
    Empty(Empty) = theirs!(), "empty/1.0/empty";
    /// A trustee or backup host agrees.
    SetupAccept(setup::Accept) = ours!(), "trustee-setup/1.0/accept";
    /// The owner takes note and opens the comparison of words.
    SetupAck(setup::Ack) = ours!(), "trustee-setup/1.0/ack";
    /// The invited person says no.
    SetupDecline(setup::Decline) = ours!(), "trustee-setup/1.0/decline";
    /// A trustee or host wants to be one no longer.
    SetupResign(setup::Resign) = ours!(), "trustee-setup/1.0/resign";
    /// A trustee or host has other keys than those it handed out.
    SetupRenew(setup::Renew) = ours!(), "trustee-setup/1.0/renew";
    /// Opens the commitment behind the words.
    WordsReveal(words::Reveal) = ours!(), "short-authentication/1.0/reveal";
    /// The words were the same.
    WordsConfirm(words::Confirm) = ours!(), "short-authentication/1.0/confirm";
    /// They were not.
    WordsMismatch(words::Mismatch) = ours!(), "short-authentication/1.0/mismatch";
    /// Keep this share.
    ShareStore(share::Store) = ours!(), "recovery-share/1.0/store";
    /// It is kept: the receipt.
    ShareStored(share::Stored) = ours!(), "recovery-share/1.0/stored";
    /// The epoch is anchored: a hint to look.
    ShareCommit(share::Commit) = ours!(), "recovery-share/1.0/commit";
    /// What the trustee saw.
    ShareCommitted(share::Committed) = ours!(), "recovery-share/1.0/committed";
    /// Older shares are not needed any more.
    ShareDelete(share::Delete) = ours!(), "recovery-share/1.0/delete";
    /// They are gone.
    ShareDeleted(share::Deleted) = ours!(), "recovery-share/1.0/deleted";
    /// Prove that you hold your share.
    ShareChallenge(share::Challenge) = ours!(), "recovery-share/1.0/challenge";
    /// The proof.
    ShareProof(share::Proof) = ours!(), "recovery-share/1.0/proof";
    /// A trustee opens a recovery connection to a claimant.
    RecoveryChallenge(recovery::Challenge) = ours!(), "social-recovery/1.0/challenge";
    /// The claimant's signed request.
    RecoveryRequest(recovery::Request) = ours!(), "social-recovery/1.0/request";
    /// The trustee has approved; nothing leaves before the delay is over.
    RecoveryPending(recovery::Pending) = ours!(), "social-recovery/1.0/pending";
    /// The share, sealed to the claimant's key.
    RecoveryRelease(recovery::Release) = ours!(), "social-recovery/1.0/release";
    /// The claimant has it, and whether it was right.
    RecoveryReleased(recovery::Released) = ours!(), "social-recovery/1.0/released";
    /// The trustee's person says no.
    RecoveryDeny(recovery::Deny) = ours!(), "social-recovery/1.0/deny";
    /// A veto handed to a trustee directly.
    AlertVeto(alert::Veto) = ours!(), "recovery-alert/1.0/veto";
    /// It goes to the ledger.
    AlertVetoAck(alert::VetoAck) = ours!(), "recovery-alert/1.0/veto-ack";
    /// Admit this record.
    LedgerAppend(ledger::Append) = ours!(), "ledger/1.0/append";
    /// What became of it.
    LedgerAppended(ledger::Appended) = ours!(), "ledger/1.0/appended";
    /// What is new?
    LedgerEntries(ledger::Entries) = ours!(), "ledger/1.0/entries";
    /// A certified head and entries up to it.
    LedgerPage(ledger::Page) = ours!(), "ledger/1.0/page";
    /// Cosign this head.
    LedgerCosign(ledger::Cosign) = ours!(), "ledger/1.0/cosign";
    /// The cosignature, or why not.
    LedgerCosigned(ledger::Cosigned) = ours!(), "ledger/1.0/cosigned";
    /// A backup is coming.
    BackupPut(backup::Put) = ours!(), "backup/1.0/put";
    /// A supplement of one is coming.
    BackupExtend(backup::Extend) = ours!(), "backup/1.0/extend";
    /// One chunk of it.
    BackupChunkPut(backup::ChunkPut) = ours!(), "backup/1.0/chunk-put";
    /// Which chunk is wanted next.
    BackupWanted(backup::Wanted) = ours!(), "backup/1.0/wanted";
    /// All of it is durable: the receipt.
    BackupStored(backup::Stored) = ours!(), "backup/1.0/stored";
    /// A claimant asks for the newest backup.
    BackupGet(backup::Get) = ours!(), "backup/1.0/get";
    /// Its header.
    BackupHead(backup::Head) = ours!(), "backup/1.0/head";
    /// One chunk, please.
    BackupChunkGet(backup::ChunkGet) = ours!(), "backup/1.0/chunk-get";
    /// The owner asks whether a chunk is still there.
    BackupAudit(backup::Audit) = ours!(), "backup/1.0/audit";
    /// The chunk.
    BackupChunk(backup::Chunk) = ours!(), "backup/1.0/chunk";
    /// The host's part of the key, please.
    BackupKeyGet(backup::KeyGet) = ours!(), "backup/1.0/key-get";
    /// The host's part of the key, sealed to the claimant.
    BackupKey(backup::Key) = ours!(), "backup/1.0/key";
}

impl Body {
    /// Whether answering this changes nothing, so that no answer needs to be remembered.
    #[must_use]
    pub fn only_reads(&self) -> bool {
        matches!(
            self,
            Self::Ping(_)
                | Self::LedgerAppend(_)
                | Self::LedgerEntries(_)
                | Self::LedgerCosign(_)
                | Self::BackupChunkPut(_)
                | Self::BackupGet(_)
                | Self::BackupChunkGet(_)
                | Self::BackupKeyGet(_)
                | Self::BackupAudit(_)
                | Self::ShareCommit(_)
                | Self::ShareChallenge(_)
                | Self::AlertVeto(_)
        )
    }

    /// Type and body in one piece of JSON, as it is stored.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::json!({ "type": self.typ(), "body": self.to_value() })
            .to_string()
            .into_bytes()
    }

    /// Reads [`Body::to_json`] back.
    #[must_use]
    pub fn from_json(bytes: &[u8]) -> Option<Self> {
        let mut value: Value = serde_json::from_slice(bytes).ok()?;
        let body = value.get_mut("body")?.take();
        Self::from_value(value.get("type")?.as_str()?, body).ok()
    }
}

impl Outgoing {
    /// The message as the envelope seals it.
    #[must_use]
    pub fn plaintext(&self, now: Timestamp) -> Plaintext {
        Plaintext {
            id: self.id.clone(),
            typ: self.body.typ().into(),
            from: self.from.clone(),
            to: self.to.clone(),
            thid: self.thid.clone(),
            pthid: self.pthid.clone(),
            created_time: Some(now.seconds()),
            expires_time: Some(self.expires.seconds()),
            return_route_all: true,
            please_ack: false,
            ack: Vec::new(),
            body: self.body.to_value(),
        }
    }
}

impl Received {
    /// An opened message with its body read.
    ///
    /// # Errors
    /// [`BodyError`] when the type is unknown or the body is not of its form.
    pub fn read(message: Plaintext) -> Result<Self, BodyError> {
        Ok(Self {
            body: Body::from_value(&message.typ, message.body)?,
            from: message.from,
            to: message.to,
            id: message.id,
            thid: message.thid,
            pthid: message.pthid,
        })
    }

    /// The reply to this message, under an id of its own.
    #[must_use]
    pub fn reply(&self, id: String, body: Body, expires: Timestamp) -> Outgoing {
        Outgoing {
            id,
            from: self.to.clone(),
            to: self.from.clone(),
            thid: Some(self.id.clone()),
            pthid: None,
            expires,
            body,
        }
    }
}
