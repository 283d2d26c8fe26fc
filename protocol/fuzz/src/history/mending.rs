//! Records of repairs as bytes say, and the paths of those whose leaves others' repairs have moved.
use super::cast::{CLAIMANTS, Epoch, NEWCOMERS};
use super::pen::{Pen, address, log, verdict};
use crate::taps::Taps;
use kith_protocol::bytes::{Digest, Salt};
use kith_protocol::keys::VerifyingKey;
use kith_protocol::keys::role::Approval;
use kith_protocol::ledger::{Record, RepairBody, RequestBody, RequestKind, Verdict};
use kith_protocol::policy::{ApprovalPath, Replacement};

/// The salt of every newcomer's leaf: what hides it is no matter here.
const SALT: Salt = Salt([1; 32]);

impl Pen<'_> {
    /// What a request or a repair asks.
    pub(super) fn body(&self, id: &Digest) -> Option<&RequestBody> {
        let repair = self.state.repair(id).map(|repair| &repair.request);
        self.state.request(id).or(repair)
    }

    /// A trustee's path now, or when something was anchored; where there is none, as it was dealt.
    pub(super) fn path(
        &self,
        owner: usize,
        epoch: &Epoch,
        (key, at): (&VerifyingKey<Approval>, Option<Digest>),
    ) -> ApprovalPath {
        let dealt = epoch.tree.path(key).expect("a trustee of the epoch");
        let policy = address(owner);
        let now = || self.state.replaced(&policy, self.now);
        let until = at.and_then(|id| self.state.replaced_before(&id));
        let until = (until.unwrap_or_else(now), self.now);
        let path = self.state.path_after(&policy, (&dealt, 0), until);
        path.unwrap_or(dealt)
    }

    pub(super) fn repair(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let epoch = self.epoch(taps, owner);
        let claimant = &CLAIMANTS[taps.below(CLAIMANTS.len())];
        let (sponsor, gone) = (
            taps.below(epoch.trustees.len()),
            taps.below(epoch.trustees.len()),
        );
        let (new, odd) = (taps.below(NEWCOMERS.len()), taps.byte());
        let gone = epoch.trustees[gone].verifying_key();
        let mut body = RepairBody {
            request: self.asking(owner, epoch, (claimant, sponsor)),
            gone,
            replacement: Replacement {
                path: self.path(owner, epoch, (&gone, None)),
                leaf: Replacement::leaf(&SALT, &NEWCOMERS[new].verifying_key()),
            },
        };
        match odd {
            250.. => body.request.kind = RequestKind::Stolen,
            240..250 => body.gone = NEWCOMERS[new].verifying_key(),
            230..240 => body.replacement.path.position ^= 1,
            220..230 => {
                body.replacement.leaf = Replacement::leaf(&body.replacement.path.salt, &gone);
            }
            _ => {}
        }
        let by = &epoch.trustees[sponsor];
        Some(Record::repair(body, &claimant.signing).sponsored(&log(), by))
    }

    /// The newcomer whose leaf it is, or another, closes a repair.
    pub(super) fn repaired(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let id = *taps.one(&self.state.repairs_on(&address(owner)))?;
        let leaf = self.state.repair(&id)?.replacement.leaf;
        let claimant = self.claimant(taps, &id)?;
        let other = taps.byte() >= 240;
        let key = NEWCOMERS
            .iter()
            .find(|key| (Replacement::leaf(&SALT, &key.verifying_key()) == leaf) != other)?;
        Some(Record::repaired((&log(), id), SALT, &claimant.signing, key))
    }

    /// Who is to go objects, or says something else.
    pub(super) fn object(&self, taps: &mut Taps<'_>, owner: usize) -> Option<Record> {
        let id = *taps.one(&self.state.repairs_on(&address(owner)))?;
        let repair = self.state.repair(&id)?;
        let epoch = self.epoch(taps, owner);
        let mut trustees = epoch.trustees.iter();
        let gone = trustees.find(|trustee| trustee.verifying_key() == repair.gone)?;
        let said = match taps.byte() {
            240.. => Verdict::Approve,
            _ => Verdict::Withdrawn,
        };
        Some(verdict(
            (id, 0),
            gone,
            repair.replacement.path.clone(),
            said,
        ))
    }
}
