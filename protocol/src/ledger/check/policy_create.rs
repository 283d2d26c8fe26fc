//! Kind 10. How often one may create is the operator's business, not the rule's: it depends on who
//! asks, and the log does not know that.
use super::{Admission, Case};
use crate::ledger::body::PolicyCreateBody;
use crate::ledger::effect::Act;
use crate::ledger::invalid::Invalid;
use crate::ledger::record::Subject;

pub(super) fn judge<'a>(
    case: &Case<'a>,
    body: &PolicyCreateBody,
) -> Result<Admission<'a>, Invalid> {
    if case.record.subject != Subject::Inception {
        return Err(Invalid::WrongSubject);
    }
    case.unlinked()?;
    if body.rule != 1 || body.commitment.is_some() {
        return Err(Invalid::Unsupported);
    }
    if case.state.policy_exists(&case.digest) {
        return Err(Invalid::PolicyExists);
    }
    let demands = vec![case.by_named_agent(&body.agent)?];
    Ok(Admission {
        policy: case.digest,
        act: Act::Created { agent: body.agent },
        demands,
    })
}
