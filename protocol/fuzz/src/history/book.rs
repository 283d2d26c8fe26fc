//! What the specification (ledger.md, "Records") lets happen, kept a second time and in other words:
//! what was admitted must have been allowed, and what the state says must be what follows.
use super::asked::Asked;
use super::house::{House, What};
use kith_protocol::bytes::Digest;
use kith_protocol::ledger::{Act, Effect, Record, State};
use kith_protocol::time::Timestamp;
use std::collections::BTreeMap;

/// Everybody's.
#[derive(Default)]
pub(super) struct Book {
    houses: BTreeMap<Digest, House>,
}

impl Book {
    /// The policies there are.
    pub(super) fn owners(&self) -> Vec<Digest> {
        self.houses.keys().copied().collect()
    }

    /// What time alone does.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.houses.values_mut().for_each(|house| house.settle(now));
    }

    /// Panics where the record must not be admitted.
    pub(super) fn may(&self, record: &Record, effect: &Effect, now: Timestamp) {
        if let Act::Created { agent } = &effect.act {
            assert!(!self.houses.contains_key(&effect.policy), "founded twice");
            super::house::signed_by(record, agent);
            return;
        }
        let house = &self.houses[&effect.policy];
        house.may(record, effect, now);
    }

    /// Writes down what was admitted.
    pub(super) fn write(&mut self, record: &Record, effect: &Effect, now: Timestamp) {
        if let Act::Created { agent } = effect.act {
            self.houses
                .insert(effect.policy, House::founded(agent, effect.policy, now));
            return;
        }
        let house = self.houses.get_mut(&effect.policy).expect("a policy");
        house.write(record, effect, now);
    }

    /// Panics where the state says something else of anybody.
    pub(super) fn agrees(&self, state: &State, now: Timestamp) {
        for policy in self.houses.keys() {
            self.agrees_on(policy, state, now);
        }
    }

    /// The same of one owner.
    pub(super) fn agrees_on(&self, policy: &Digest, state: &State, now: Timestamp) {
        let house = &self.houses[policy];
        let link = state.next_link(policy).expect("a policy has a chain");
        assert_eq!((link.seq, link.prev), (house.seq + 1, house.prev));
        assert_eq!(state.active_epoch(policy, now), house.active);
        for key in super::house::every_agent() {
            let lives = house.agents.get(&key).is_some_and(|agent| agent.lives());
            assert_eq!(state.agent_is_live(policy, &key, now), lives);
        }
        let waiting = state.waiting_changes(policy, now);
        let waiting: Vec<_> = waiting.iter().map(|change| change.record).collect();
        let expected: Vec<_> = house.changes.iter().map(|change| change.record).collect();
        assert_eq!(waiting, expected, "changes that wait");
        for change in &house.changes {
            assert!(!matches!(&change.what, What::Epoch(body) if Some(body.epoch) == house.active));
        }
        let asked = [state.requests_on(policy), state.repairs_on(policy)].concat();
        assert_eq!(asked.len(), house.requests.len());
        assert_eq!(state.replaced(policy, now), house.replaced, "leaves");
        for (id, asked) in &house.requests {
            same(asked, state, id, now);
        }
    }
}

fn same(asked: &Asked, state: &State, id: &Digest, now: Timestamp) {
    let (status, other) = match asked.repair {
        None => (state.request_status(id, now), state.repair_status(id, now)),
        Some(_) => (state.repair_status(id, now), state.request_status(id, now)),
    };
    assert_eq!(other, None, "a repair that is a recovery");
    let status = status.expect("it was anchored");
    assert_eq!(status.approvals, asked.approvals());
    assert_eq!(status.stolen, asked.stolen());
    assert_eq!(status.vetoed, asked.vetoed());
    assert_eq!(status.releases_at, asked.releases_at());
    assert_eq!(status.ended, asked.ended(now), "ended or not");
    assert_eq!(status.completed, asked.completed);
    // G7: nothing is released but on a full lane, after its delay, under no veto, before its end.
    let (given, not) = match asked.repair {
        None => (
            state.release_allowed(id, now),
            state.contribution_allowed(id, now),
        ),
        Some(_) => (
            state.contribution_allowed(id, now),
            state.release_allowed(id, now),
        ),
    };
    assert!(not.is_err(), "a whole share for a repair");
    assert_eq!(given.is_ok(), asked.released(now) && !asked.ended(now));
    assert_eq!(status.opened, asked.was_opened(now), "opened or not");
}
