//! Who a key speaks for, as types: a key of one role does not fit where another is asked for.

use core::fmt::Debug;
use core::hash::Hash;

use super::labels;

mod sealed {
    pub trait Sealed {}
}

/// What signing and agreement roles have in common: a name inside every signature and box.
pub trait Role: sealed::Sealed + Copy + Ord + Hash + Debug + Send + Sync + Unpin + 'static {
    /// The role's label.
    const LABEL: &'static str;
}

/// A role that signs with Ed25519.
pub trait SigningRole: Role {}

/// A signing role whose messages another specification fixes (C2SP notes and cosignatures), so
/// that it signs bytes without our frame. Its keys sign nothing else.
pub trait ForeignFormat: SigningRole {}

/// A role that agrees on keys with X25519.
pub trait AgreementRole: Role {}

macro_rules! roles {
    ($($(#[$meta:meta])* $name:ident: $kind:ident = $label:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {}

        impl sealed::Sealed for $name {}

        impl Role for $name {
            const LABEL: &'static str = labels::$label;
        }

        impl $kind for $name {}
    )*};
}

roles! {
    /// One per agent, used only with its policy on the ledger (K7).
    AgentPolicy: SigningRole = ROLE_AGENT_POLICY;
    /// One per relationship and agent: signs evidence (K6).
    Pairwise: SigningRole = ROLE_PAIRWISE;
    /// One per trustee and epoch: sponsors and approves on the ledger.
    Approval: SigningRole = ROLE_APPROVAL;
    /// Made by a claimant for one request.
    ClaimantSigning: SigningRole = ROLE_CLAIMANT_SIGNING;
    /// Signs the checkpoints of a ledger.
    LedgerOperator: SigningRole = ROLE_LEDGER_OPERATOR;
    /// Cosigns the checkpoints of a ledger.
    LedgerWitness: SigningRole = ROLE_LEDGER_WITNESS;
    /// One per relationship and agent: opens envelopes.
    PairwiseAgreement: AgreementRole = ROLE_PAIRWISE_AGREEMENT;
    /// A trustee's one-time key, to which one share is sealed.
    ShareSealing: AgreementRole = ROLE_SHARE_SEALING;
    /// Made by a claimant for one request: released shares and host keys are sealed to it.
    ClaimantSealing: AgreementRole = ROLE_CLAIMANT_SEALING;
    /// Made by a helper for one run of a repair: what the other helpers give it is sealed to it.
    RepairSealing: AgreementRole = ROLE_REPAIR_SEALING;
}

impl ForeignFormat for LedgerOperator {}
impl ForeignFormat for LedgerWitness {}
