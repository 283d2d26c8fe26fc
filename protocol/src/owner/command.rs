//! What an owner or claimant can ask of the agent, and what the agent answers. The local API
//! carries these as JSON.
use crate::anchor::ConflictView;
use crate::bytes::{Blob, Digest};
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// A request of the owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "command")]
pub enum Command {
    /// Creates the identity and anchors its policy.
    Init {
        /// What trustees call her.
        name: String,
        /// The descriptor of the ledger to adopt, as `trustee-agent ledger show` prints it.
        ledger: String,
    },
    /// Can I recover today?
    Status,
    /// Makes an invitation for a trustee.
    TrusteeInvite {
        /// Her name for the trustee.
        name: String,
    },
    /// Makes an invitation for a backup host.
    HostInvite {
        /// Her name for the host.
        name: String,
    },
    /// Shows what it means that a host is a trustee's agent, and accepts it.
    HostAccept {
        /// Her name for the host.
        name: String,
        /// Whether she accepts it; else it is only shown.
        yes: bool,
    },
    /// What she reads to this trustee or host, and the choices for what she hears.
    TrusteeWords {
        /// The trustee's name.
        name: String,
    },
    /// The words she heard.
    TrusteeVerify {
        /// The trustee's name.
        name: String,
        /// The words, or `none` for none of the choices.
        words: String,
    },
    /// Trustees and hosts.
    TrusteeList,
    /// Sends a trust ping.
    TrusteePing {
        /// The trustee's name.
        name: String,
    },
    /// Deals the next epoch without these trustees or hosts.
    TrusteeRemove {
        /// Their names.
        names: Vec<String>,
    },
    /// The same, if another is verified that takes the place.
    TrusteeReplace {
        /// Who leaves.
        old: String,
        /// Who comes.
        new: String,
    },
    /// Protects an item.
    SecretAdd {
        /// Its name.
        name: String,
        /// Its bytes.
        data: Blob,
    },
    /// Names and sizes of the protected items.
    SecretList,
    /// One item's bytes.
    SecretShow {
        /// Its name.
        name: String,
    },
    /// The same as the backup held it that a recovery began with, where that was another.
    SecretShowEarlier {
        /// Its name.
        name: String,
    },
    /// Removes an item, from the next push to the backup hosts on.
    SecretRemove {
        /// Its name.
        name: String,
    },
    /// Removes its earlier version.
    SecretRemoveEarlier {
        /// Its name.
        name: String,
    },
    /// Sets the policy and deals: backup out, shares out, receipts, anchor.
    Protect {
        /// Trustees needed.
        threshold: u8,
        /// How long a release waits after the lane is full. This and what follows: as in the deal in force, or
        /// as is usual, where not given.
        delay: Option<Millis>,
        /// How long a request lives.
        lifetime: Option<Millis>,
        /// How long a sponsor waits after a failed request.
        cool_down: Option<Millis>,
        /// "Stolen" verdicts that override a veto; usually all but one, at least the threshold.
        override_threshold: Option<u8>,
    },
    /// Asks every backup host for the whole backup in force, and looks whether it is that.
    BackupVerify,
    /// How far that is, and what was found before.
    BackupStatus,
    /// Deals the next epoch by new shares of the same secrets.
    ShareRefresh,
    /// How far the last `Protect` or `ShareRefresh` is.
    ProtectStatus,
    /// Recovery attempts made in her name.
    AlertList,
    /// Stops one.
    AlertVeto {
        /// The request's id, or an unambiguous beginning.
        id: String,
    },
    /// Becomes a claimant.
    RecoverStart {
        /// What the trustees know her as.
        name: String,
        /// The trustees she remembers.
        trustees: Vec<String>,
        /// Whether a thief may have the old device.
        stolen: bool,
    },
    /// The link for one trustee.
    RecoverInvite {
        /// The trustee.
        name: String,
    },
    /// What the claimant reads to this trustee, and the choices for what she hears.
    RecoverWords {
        /// The trustee.
        name: String,
    },
    /// The words the claimant heard from this trustee.
    RecoverVerify {
        /// The trustee.
        name: String,
        /// The words, or `none` for none of the choices.
        words: String,
    },
    /// How far the recovery is.
    RecoverStatus,
    /// Goes on with an older backup than trustees know of.
    RecoverAcceptOlder,
    /// Gives up.
    RecoverAbort,
    /// Records of her ledger that concern her.
    RecordList,
    /// What became of a record this agent offered: pending, refused, or where it stands.
    RecordOutcome {
        /// The record's digest.
        record: Digest,
    },
}

/// One trustee or host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrusteeView {
    /// Her name for it.
    pub name: String,
    /// What it calls itself.
    pub label: Option<String>,
    /// `trustee` or `host`.
    pub role: String,
    /// `invited`, `words` (compare them now), `heard` (you have, the other has not), `verified`,
    /// `mismatch`, `declined`, `expired`, `leaving` (not dealt to any more), `removed`.
    pub state: String,
    /// Epoch of the newest receipt.
    pub receipt: Option<u32>,
    /// Last sign of life.
    pub seen: Option<Timestamp>,
    /// Whether it still holds its share, or the backup; nothing for those never asked.
    #[serde(default)]
    pub custody: Option<CustodyView>,
}

/// What a trustee has proved of its share of the active epoch, or a host shown of the backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CustodyView {
    /// `unasked`, `held`, `missed` (one round), `silent` (more: it does not count), `gone` (it says so
    /// itself), `wrong` (its proof was), `refused` (it answers no such question).
    pub state: String,
    /// When it was last asked what it then proved.
    pub proven: Option<Timestamp>,
    /// The last rounds, oldest first.
    pub rounds: Vec<RoundView>,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoundView {
    /// Of which epoch's share.
    pub epoch: u32,
    /// When it was asked.
    pub time: Timestamp,
    /// `held`, `missed`, `gone`, `wrong`, `refused`.
    pub found: String,
}

/// The backup in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupView {
    /// Its header's digest, as the ledger anchors it.
    pub backup: Digest,
    /// The epoch in force.
    pub epoch: u32,
    /// Sealed bytes.
    pub bytes: u64,
    /// In so many chunks.
    pub chunks: u32,
    /// Who keeps it.
    pub hosts: Vec<HostView>,
    /// What changed since it was made.
    pub changes: Option<ChangesView>,
}

/// What changed in the wallet since the backup in force was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangesView {
    /// Items added, changed or removed.
    pub items: u32,
    /// How many of them stand in no supplement yet.
    pub unsent: u32,
    /// The newest supplement's number, if one was made.
    pub sequence: Option<u64>,
    /// When it was made.
    pub made: Option<Timestamp>,
    /// Its sealed bytes.
    pub bytes: u64,
    /// Hosts that acknowledged it.
    pub hosts: Vec<String>,
    /// Hosts that have not.
    pub missing: Vec<String>,
}

/// One host of a backup.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HostView {
    /// Her name for it.
    pub name: String,
    /// `missing` (it never acknowledged), `unasked`, `held`, `missed`, `silent`, `gone`, `wrong`, `refused`.
    pub state: String,
    /// Whether it has yet to answer.
    pub waiting: bool,
    /// Chunks that it has shown since it was asked last.
    pub shown: u32,
    /// When it was last asked what it then showed.
    pub proven: Option<Timestamp>,
}

/// Words to compare.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WordsView {
    /// What she reads out.
    pub say: String,
    /// What she picks from.
    pub choices: Vec<String>,
}

/// How far a deal is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProtectView {
    /// The epoch being dealt or active.
    pub epoch: u32,
    /// `backup`, `shares`, `anchoring`, `protected`, `refused`.
    pub state: String,
    /// Trustees needed to recover.
    pub threshold: u8,
    /// Trustees dealt to.
    pub trustees: u8,
    /// Receipts needed before the epoch may be anchored.
    pub needed: u8,
    /// Names with a receipt.
    pub receipts: Vec<String>,
    /// Names without.
    pub missing: Vec<String>,
    /// Names that are asked again because they said "not yet", with the reason.
    pub waiting: Vec<(String, String)>,
    /// Names that refused, with the reason.
    pub refused: Vec<(String, String)>,
    /// Backup hosts that acknowledged.
    pub hosts: Vec<String>,
    /// Backup hosts that have not.
    pub hosts_missing: Vec<String>,
    /// Trustees that acknowledged and, as far as is known, still hold a share.
    pub holders: u8,
    /// How many more trustees may be lost with recovery still possible; negative never: 0 means
    /// none.
    pub may_lose: u8,
}

/// One attempt in her name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertView {
    /// The request, or the repair.
    pub request: Digest,
    /// `recovery` of her keys, or `repair` of one trustee's share.
    pub what: String,
    /// When it was anchored.
    pub anchored: Timestamp,
    /// `open`, `vetoed`, `completed`, `ended`.
    pub state: String,
    /// Approvals anchored.
    pub approvals: u8,
    /// Approvals needed.
    pub threshold: u8,
    /// When it could release, once full.
    pub releases_at: Option<Timestamp>,
}

/// One trustee of a claim.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClaimTrusteeView {
    /// Her name for it.
    pub name: String,
    /// `not-invited`, `invited`, `words`, `heard`, `verified`, `conflict`, `denied`, `mismatch`,
    /// `share`, `bad-share`, `outdated` (it needs a new link).
    pub state: String,
    /// What a person should know about this state.
    pub note: String,
}

/// How far a recovery is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoverView {
    /// `gathering`, `anchored`, `waiting` (for the delay), `collecting`, `fetching`, `older` (trustees know of a
    /// newer backup than any host gives), `dealing`, `done`, `vetoed`, `ended`, `conflict`.
    pub state: String,
    /// The request on the ledger.
    pub request: Option<Digest>,
    /// Approvals anchored.
    pub approvals: u8,
    /// Trustees needed.
    pub threshold: Option<u8>,
    /// When shares may be released, once the lane is full.
    pub releases_at: Option<Timestamp>,
    /// Shares in and verified; once the secret is rebuilt and they are wiped, how many it took.
    pub shares: u8,
    /// Each trustee.
    pub trustees: Vec<ClaimTrusteeView>,
    /// The next epoch's deal, once it has begun.
    pub deal: Option<ProtectView>,
    /// Bytes of backup fetched and in all.
    pub fetched: (u64, u64),
    /// What stands in the way, in a sentence.
    pub problem: Option<String>,
    /// What was restored, once it was.
    #[serde(default)]
    pub restored: Option<RestoredView>,
}

/// Which backup came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestoredView {
    /// The number of the newest of it: of the supplement, where there was one.
    pub sequence: u64,
    /// When the supplement was made.
    pub made: Option<Timestamp>,
    /// The key of the device that signed it, in hexadecimal digits.
    pub device: String,
    /// Items that the supplement replaced or removed; their earlier versions are kept beside the wallet.
    pub earlier: u32,
}

/// One record of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordView {
    /// Its place in the log.
    pub index: u64,
    /// Its kind, in kebab case.
    pub kind: String,
    /// Its time.
    pub time: Timestamp,
    /// Its subject.
    pub subject: Digest,
}

/// An answer to the owner.
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
    /// The identity.
    Identity {
        /// Her name.
        name: String,
        /// The policy address.
        policy: Digest,
        /// The ledger's digest.
        ledger: Digest,
        /// In a sentence, what the ledger's quorum stands.
        strength: String,
    },
    /// A record was offered to the ledger; ask what became of it with [`Command::RecordOutcome`].
    Offered {
        /// In a sentence.
        text: String,
        /// The record's digest.
        record: Digest,
    },
    /// A link to send.
    Link {
        /// The whole link.
        link: String,
        /// When it ends.
        expires: Timestamp,
    },
    /// Words.
    Words(WordsView),
    /// Trustees and hosts.
    Trustees {
        /// Each.
        list: Vec<TrusteeView>,
    },
    /// Items, with their sizes in bytes.
    Secrets {
        /// Each.
        list: Vec<(String, u64)>,
        /// Earlier versions that a recovery brought back beside them.
        #[serde(default)]
        earlier: Vec<(String, u64)>,
    },
    /// One item.
    Secret {
        /// Its name.
        name: String,
        /// Its bytes.
        data: Blob,
    },
    /// A deal.
    Protect(ProtectView),
    /// The backup in force.
    Backup(BackupView),
    /// Everything at once.
    Status {
        /// Her name.
        name: Option<String>,
        /// `empty` (nothing here yet), `not-protected`, `protected`, `at-risk`, `claimant`,
        /// `revoked`.
        state: String,
        /// In a sentence.
        text: String,
        /// The policy address.
        policy: Option<Digest>,
        /// Whether this agent's key is live on the ledger.
        live: bool,
        /// The current deal.
        deal: Option<ProtectView>,
        /// Trustees and hosts.
        trustees: Vec<TrusteeView>,
        /// That trustees can open the backup by themselves, where one of them keeps it.
        open_to: Option<String>,
        /// What changed since the backup in force was made.
        changes: Option<ChangesView>,
        /// Attempts in her name that are open.
        alerts: usize,
        /// Heads of ledgers that contradict each other, kept as proof.
        conflicts: Vec<ConflictView>,
        /// Time of the newest ledger head seen.
        ledger_time: Option<Timestamp>,
    },
    /// Attempts.
    Alerts {
        /// Each.
        list: Vec<AlertView>,
    },
    /// A recovery.
    Recover(RecoverView),
    /// Records.
    Records {
        /// Each.
        list: Vec<RecordView>,
    },
}
