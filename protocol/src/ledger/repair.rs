//! Kinds 36 and 38: a trustee's agent is gone, and the others are to compute its share (decision 0040).
use crate::bytes::{Digest, Salt};
use crate::keys::role::Approval;
use crate::keys::{VerifyingKey, labels};
use crate::ledger::request::RequestBody;
use crate::policy::Replacement;
use serde::{Deserialize, Serialize};

/// Kind 36: asks that one leaf's share be computed by others, for the one who needs it.
///
/// It is asked for like a recovery and is none: the id has a label of its own, so nobody who takes part in the one can be
/// told that it is the other, and would release whole shares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairBody {
    /// Who asks, of whom, sponsored by whom. Signing and sealing keys are of the trustee in need.
    pub request: RequestBody,
    /// The approval key that stands in the leaf. Its holder may object, as long as it is not replaced.
    pub gone: VerifyingKey<Approval>,
    /// Where that stands, and what comes in its place.
    pub replacement: Replacement,
}

/// Kind 38: the share was computed; from here on the new key stands in the leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairedBody {
    /// The new approval key.
    pub key: VerifyingKey<Approval>,
    /// With the key it makes the leaf that was asked for.
    pub salt: Salt,
}

impl RepairBody {
    /// The repair's id: what people compare words about and trustees approve. As with a request, the sponsor is left out.
    #[must_use]
    pub fn id(&self) -> Digest {
        let path = &self.replacement.path;
        let gone = Replacement::leaf(&path.salt, &self.gone);
        let parts: [&[u8]; 4] = [
            &self.request.id().0,
            &[path.position],
            &gone.0,
            &self.replacement.leaf.0,
        ];
        Digest::of(labels::REPAIR_ID, &parts)
    }
}
