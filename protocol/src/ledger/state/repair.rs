//! Questions about repairs. A repair is never answered for where a request is asked for: whoever took one for a recovery
//! would release a whole share.
use super::State;
use super::request::Request;
use super::status::{Hold, RequestStatus};
use crate::bytes::Digest;
use crate::ledger::repair::RepairBody;
use crate::policy::{ApprovalPath, Replacement};
use crate::time::Timestamp;

impl State {
    /// The anchored body of a repair.
    #[must_use]
    pub fn repair(&self, id: &Digest) -> Option<&RepairBody> {
        self.asked(id)?.repair.as_deref()
    }

    /// How a repair stands at `now`; `None` when it is not anchored. Completed means that the new key stands in the leaf.
    #[must_use]
    pub fn repair_status(&self, id: &Digest, now: Timestamp) -> Option<RequestStatus> {
        self.repair(id)?;
        self.status_of(id, now)
    }

    /// The ids of all repairs on a policy, ended ones included.
    #[must_use]
    pub fn repairs_on(&self, policy: &Digest) -> Vec<Digest> {
        self.ids(policy, |request| request.repair.is_some())
    }

    /// Whether the chain allows that trustees contribute to this repair, and that it is closed, at `now` (G7): the same
    /// as for a release.
    ///
    /// # Errors
    /// The [`Hold`] that forbids it.
    pub fn contribution_allowed(&self, id: &Digest, now: Timestamp) -> Result<(), Hold> {
        let status = self.repair_status(id, now).ok_or(Hold::NotAnchored)?;
        status.allows(now)
    }

    /// The root of the active epoch's approval tree, with all leaves that repairs have replaced.
    #[must_use]
    pub fn approval_root(&self, policy: &Digest, now: Timestamp) -> Option<Digest> {
        self.policy_at(policy, now)?.approval_root()
    }

    /// How many leaves of the active epoch repairs have replaced.
    #[must_use]
    pub fn replaced(&self, policy: &Digest, now: Timestamp) -> usize {
        self.policy_at(policy, now)
            .map_or(0, |policy| policy.replacements.len())
    }

    /// How many had been replaced when this request, or this repair, was anchored: the root of then says who may speak
    /// on it.
    #[must_use]
    pub fn replaced_before(&self, id: &Digest) -> Option<usize> {
        Some(self.asked(id)?.replaced)
    }

    /// A holder's path in the active epoch's tree after `until` replacements, from its path after `from` of them. `None`
    /// where its own leaf is among those replaced between, or there were not so many.
    #[must_use]
    pub fn path_after(
        &self,
        policy: &Digest,
        (path, from): (&ApprovalPath, usize),
        (until, now): (usize, Timestamp),
    ) -> Option<ApprovalPath> {
        let policy = self.policy_at(policy, now)?;
        followed(path.clone(), policy.replacements.get(from..until)?)
    }

    pub(super) fn asked(&self, id: &Digest) -> Option<&Request> {
        let policy = self.policies.get(self.policy_of_request(id)?)?;
        policy.requests.get(id)
    }

    pub(super) fn status_of(&self, id: &Digest, now: Timestamp) -> Option<RequestStatus> {
        let address = self.policy_of_request(id)?;
        let policy = self.policy_at(address, now)?;
        Some(policy.requests.get(id)?.status(*address, now))
    }

    pub(super) fn ids(&self, policy: &Digest, which: impl Fn(&Request) -> bool) -> Vec<Digest> {
        let Some(policy) = self.policies.get(policy) else {
            return Vec::new();
        };
        let all = policy.requests.iter();
        all.filter(|(_, request)| which(request))
            .map(|(id, _)| *id)
            .collect()
    }
}

/// A path after these replacements, one by one.
pub(super) fn followed(path: ApprovalPath, replacements: &[Replacement]) -> Option<ApprovalPath> {
    let follow = |path: ApprovalPath, next: &Replacement| next.followed_by(&path);
    replacements.iter().try_fold(path, follow)
}
