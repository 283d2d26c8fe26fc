//! Kind 38: the share was computed, and its new holder takes the leaf.
use super::{Admission, Case, Demand, complete};
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::Endorsement;
use crate::ledger::repair::RepairedBody;
use crate::policy::Replacement;

pub(super) fn judge<'a>(case: &Case<'a>, body: &RepairedBody) -> Result<Admission<'a>, Invalid> {
    case.unlinked()?;
    let asked = case.asked()?;
    let request = asked.request()?;
    let repair = request.repair.as_ref().ok_or(Invalid::WrongSubject)?;
    complete::due(request, case.time)?;
    // The epoch is active, and the leaf is the one of when it was anchored: a new epoch ends every repair, and whoever
    // is the first in a leaf ends all others of it.
    if Replacement::leaf(&body.salt, &body.key) != repair.replacement.leaf {
        return Err(Invalid::WrongLeaf);
    }
    // With both signatures: nobody takes a leaf for a key that somebody else holds.
    let [
        Endorsement::Claimant(claimant),
        Endorsement::Approval(approval),
    ] = case.record.signatures.as_slice()
    else {
        return Err(Invalid::WrongSignatures);
    };
    Ok(Admission {
        policy: asked.address,
        act: Act::Repaired { repair: asked.id },
        demands: vec![
            Demand::Claimant(request.body.signing, claimant),
            Demand::Approval(body.key, approval),
        ],
    })
}
