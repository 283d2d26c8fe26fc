//! Kind 30: somebody asks for a recovery, and the id that everybody else refers to.
use crate::bytes::Digest;
use crate::keys::role::{Approval, ClaimantSealing, ClaimantSigning};
use crate::keys::{AgreementKey, VerifyingKey, labels};
use crate::policy::{ApprovalPath, LaneOpening};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Why the owner recovers. Part of the request's id, so that nobody approves one and finds the
/// other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestKind {
    /// Her devices are gone.
    Lost,
    /// Somebody else has one.
    Stolen,
}

/// A recovery request. Its id covers everything but the sponsor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestBody {
    /// The log it stands on ([`crate::ledger::Descriptor::id`]).
    pub log: Digest,
    /// The owner's policy address.
    pub policy: Digest,
    /// The epoch, which must be the active one.
    pub epoch: u32,
    /// The lane it uses, opened.
    pub lane: LaneOpening,
    /// Lost or stolen.
    pub kind: RequestKind,
    /// Signs for the claimant.
    pub signing: VerifyingKey<ClaimantSigning>,
    /// Releases and host keys are sealed to it (G8).
    pub sealing: AgreementKey<ClaimantSealing>,
    /// When it ends if the lane is short of its approvals then.
    pub expiry: Timestamp,
    /// The approval key of the trustee who sponsors it. Sponsoring is no approval.
    pub sponsor: VerifyingKey<Approval>,
    /// Where the sponsor stands in the epoch's approval root.
    pub path: ApprovalPath,
}

impl RequestBody {
    /// The request's id: what people compare words about and trustees approve. The sponsor is left
    /// out, so that a second trustee can anchor the same request when the first is gone.
    #[must_use]
    pub fn id(&self) -> Digest {
        let kind = match self.kind {
            RequestKind::Lost => [0],
            RequestKind::Stolen => [1],
        };
        let parts: [&[u8]; 8] = [
            &self.log.0,
            &self.policy.0,
            &self.epoch.to_be_bytes(),
            &self.lane.commitment().0,
            &kind,
            &self.signing.to_array(),
            &self.sealing.to_array(),
            &self.expiry.0.to_be_bytes(),
        ];
        Digest::of(labels::REQUEST_ID, &parts)
    }
}
