//! What must have been so for a record of a repair to be admitted (ledger.md, "Records").
use super::house::House;
use kith_protocol::ledger::{
    Endorsement, Record, RecordBody, RepairBody, RequestKind, Subject, Verdict,
};
use kith_protocol::policy::Replacement;
use kith_protocol::time::Timestamp;

impl House {
    pub(super) fn may_repair(&self, body: &RepairBody, now: Timestamp) {
        self.may_ask(&body.id(), &body.request, now);
        assert_eq!(body.request.kind, RequestKind::Lost, "after a theft");
        assert!(self.leaves.contains(&body.gone), "of nobody's leaf");
        assert_ne!(body.gone, body.request.sponsor, "sponsored by who goes");
        let salt = &body.replacement.path.salt;
        let old = Replacement::leaf(salt, &body.gone);
        assert_ne!(body.replacement.leaf, old, "nothing is replaced");
    }

    pub(super) fn may_on_repair(&self, record: &Record, now: Timestamp) {
        let Subject::Request(id) = record.subject else {
            panic!("about no repair")
        };
        let asked = &self.requests[&id];
        let repair = asked.repair.as_ref().expect("a repair");
        assert!(!asked.ended(now), "about a repair that has ended");
        match (&record.body, record.signatures.as_slice()) {
            (RecordBody::Approval(body), [Endorsement::Approval(_)]) => {
                assert_eq!(body.key, repair.gone, "ended by another");
                assert_eq!(body.verdict, Verdict::Withdrawn);
            }
            (RecordBody::Repaired(body), [Endorsement::Claimant(_), Endorsement::Approval(_)]) => {
                assert!(asked.released(now), "repaired before it was allowed");
                assert_eq!(self.active, Some(asked.body.epoch));
                let leaf = Replacement::leaf(&body.salt, &body.key);
                assert_eq!(leaf, repair.replacement.leaf, "another leaf");
            }
            _ => panic!("an effect of another record"),
        }
    }
}
