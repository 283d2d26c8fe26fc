//! Why a record has no effect: one variant per rule, each with a code that never changes.
use crate::policy::LaneError;
use crate::time::{Millis, Timestamp};
use thiserror::Error;

/// Why [`crate::ledger::check`] refuses a record (spec/ledger.md, "Records").
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
    /// Not a record of this version.
    #[error("the entry is no record of this version")]
    Malformed,
    /// The kind does not belong to that subject, or names another log.
    #[error("the record names a subject, log or policy that it does not belong to")]
    WrongSubject,
    /// It does not follow the newest record of its chain.
    #[error("the record does not follow the newest record of its chain; build it anew on that")]
    StaleHead,
    /// Not the signatures that the rule asks for.
    #[error("the record does not carry exactly the signatures that its kind asks for")]
    WrongSignatures,
    /// One of them is wrong.
    #[error("a signature of the record does not verify")]
    BadSignature,
    /// No such policy.
    #[error("there is no policy of this address on this ledger")]
    UnknownPolicy,
    /// No such request.
    #[error("there is no request of this id on this ledger")]
    UnknownRequest,
    /// No such change, or it waits no longer.
    #[error("no change of this digest is waiting")]
    UnknownChange,
    /// The policy stands already.
    #[error("this policy stands already")]
    PolicyExists,
    /// Room that is not used yet.
    #[error(
        "a rule of more than one agent, a prover commitment, or a repair after a theft is not supported yet"
    )]
    Unsupported,
    /// The signer may not do this.
    #[error("the signing agent is not alive in the policy or lacks the authorization for this")]
    NotAuthorized,
    /// The key was in the policy before.
    #[error("this agent key was in the policy before; a new agent needs a new key")]
    KeySeen,
    /// Nobody alive to revoke.
    #[error("this agent key is not alive in the policy")]
    NotAlive,
    /// A bound.
    #[error("the policy has as many agents or waiting changes as it may have")]
    TooMany,
    /// Not the epoch after the active one.
    #[error("the next epoch is {expected}, not {named}")]
    WrongEpoch {
        /// The one after the active one.
        expected: u32,
        /// The one in the record.
        named: u32,
    },
    /// One change of recovery policy at a time.
    #[error("another change of recovery policy is waiting; veto it first")]
    ChangeWaiting,
    /// The request stands already.
    #[error("this request is anchored already")]
    RequestExists,
    /// A request against an epoch that is not the active one.
    #[error("the request's epoch is not the active one")]
    EpochNotActive,
    /// The lane is not one of the record's.
    #[error("the opened lane is not one that the recovery policy commits to")]
    LaneUnknown,
    /// The lane is not lawful.
    #[error("the opened lane is not lawful: {0}")]
    Lane(#[from] LaneError),
    /// It would be born dead.
    #[error("the request's expiry has passed")]
    Expired,
    /// It would live too long.
    #[error("the request's expiry is further away than the lane's request lifetime")]
    ExpiryTooFar,
    /// The key does not stand in the approval root.
    #[error("this approval key does not belong to the request's epoch")]
    NotATrustee,
    /// One open request per sponsor.
    #[error("this sponsor has another open request")]
    SponsorBusy,
    /// The cool-down.
    #[error("this sponsor's last request failed; the next one is admitted from {}", .until.0)]
    SponsorCooling {
        /// When the cool-down is over.
        until: Timestamp,
    },
    /// Nothing happens to a request after its end.
    #[error("the request has ended")]
    RequestEnded,
    /// The key has said that already.
    #[error("this key's verdict is already that")]
    VerdictUnchanged,
    /// A bound: the last verdict stands.
    #[error(
        "this key has changed its verdict on this request as often as it may; the last one stands"
    )]
    TooManyVerdicts,
    /// Nothing to take back.
    #[error("this key has no approval to withdraw")]
    NothingToWithdraw,
    /// The delay is over.
    #[error("the delay is over, so this approval cannot be withdrawn any more")]
    WithdrawalTooLate,
    /// The key is too young in the policy to veto this request.
    #[error(
        "this agent had not stood in the policy for {longest_delay} when the request was anchored"
    )]
    TooYoung {
        /// How long it must have stood.
        longest_delay: Millis,
    },
    /// Overridden once, for ever.
    #[error("trustees have overridden this agent or the one that granted it; it vetoes no more")]
    Barred,
    /// One veto each.
    #[error("this agent has vetoed this request already")]
    VetoedAlready,
    /// Nothing to override.
    #[error("no veto of this agent stands on the request")]
    NoSuchVeto,
    /// Not enough for an override.
    #[error("an override needs {needed} verdicts \"stolen\", there are {have}")]
    TooFewStolen {
        /// Those there are.
        have: usize,
        /// The lane's override threshold.
        needed: u8,
    },
    /// The lane is not full.
    #[error("the lane needs {needed} approvals, {have} stand")]
    LaneNotFull {
        /// Those that stand.
        have: usize,
        /// The lane's threshold.
        needed: u8,
    },
    /// The delay is not over.
    #[error("the delay runs until {}", .until.0)]
    DelayRunning {
        /// When it is over.
        until: Timestamp,
    },
    /// A veto stands.
    #[error("a veto stands on the request")]
    VetoStands,
    /// The key whose leaf is replaced has no say in that but against it.
    #[error("this approval key is the one that the repair replaces; it can only object")]
    KeyLeaves,
    /// Nothing would be replaced, or by another leaf than the one asked for.
    #[error("the leaf is not the one that comes by this repair")]
    WrongLeaf,
}

impl Invalid {
    /// The stable code, in the form of DIDComm's report-problem/2.0.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "e.p.ledger.malformed",
            Self::WrongSubject => "e.p.ledger.wrong-subject",
            Self::StaleHead => "e.p.ledger.stale-head",
            Self::WrongSignatures => "e.p.ledger.wrong-signatures",
            Self::BadSignature => "e.p.ledger.bad-signature",
            Self::UnknownPolicy => "e.p.ledger.unknown-policy",
            Self::UnknownRequest => "e.p.ledger.unknown-request",
            Self::UnknownChange => "e.p.ledger.unknown-change",
            Self::PolicyExists => "e.p.ledger.policy-exists",
            Self::Unsupported => "e.p.ledger.unsupported",
            Self::NotAuthorized => "e.p.ledger.not-authorized",
            Self::KeySeen => "e.p.ledger.key-seen",
            Self::NotAlive => "e.p.ledger.not-alive",
            Self::TooMany => "e.p.ledger.too-many",
            Self::WrongEpoch { .. } => "e.p.ledger.wrong-epoch",
            Self::ChangeWaiting => "e.p.ledger.change-waiting",
            Self::RequestExists => "e.p.ledger.request-exists",
            Self::EpochNotActive => "e.p.ledger.epoch-not-active",
            Self::LaneUnknown => "e.p.ledger.lane-unknown",
            Self::Lane(_) => "e.p.ledger.lane-unlawful",
            Self::Expired => "e.p.ledger.expired",
            Self::ExpiryTooFar => "e.p.ledger.expiry-too-far",
            Self::NotATrustee => "e.p.ledger.not-a-trustee",
            Self::SponsorBusy => "e.p.ledger.sponsor-busy",
            Self::SponsorCooling { .. } => "e.p.ledger.sponsor-cooling",
            Self::RequestEnded => "e.p.ledger.request-ended",
            Self::VerdictUnchanged => "e.p.ledger.verdict-unchanged",
            Self::TooManyVerdicts => "e.p.ledger.too-many-verdicts",
            Self::NothingToWithdraw => "e.p.ledger.nothing-to-withdraw",
            Self::WithdrawalTooLate => "e.p.ledger.withdrawal-too-late",
            Self::TooYoung { .. } => "e.p.ledger.too-young",
            Self::Barred => "e.p.ledger.barred",
            Self::VetoedAlready => "e.p.ledger.vetoed-already",
            Self::NoSuchVeto => "e.p.ledger.no-such-veto",
            Self::TooFewStolen { .. } => "e.p.ledger.too-few-stolen",
            Self::LaneNotFull { .. } => "e.p.ledger.lane-not-full",
            Self::DelayRunning { .. } => "e.p.ledger.delay-running",
            Self::VetoStands => "e.p.ledger.veto-stands",
            Self::KeyLeaves => "e.p.ledger.key-leaves",
            Self::WrongLeaf => "e.p.ledger.wrong-leaf",
        }
    }
}
