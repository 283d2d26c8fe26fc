//! Whether what came of a scenario on real agents is what the simulator says.
//!
//! Everything must be equal but what depends on time alone; each exception stands here with its reason.
use kith_simulations::live::{Claim, Outcome, Tally};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// Protocols whose messages are sent as often as time asks for: looks at ledgers, heads that are renewed
/// and cosigned while nothing happens, custody proofs, pings.
const TIMED: [&str; 4] = [
    "ledger/",
    "recovery-share/challenge",
    "recovery-share/proof",
    "trust-ping/",
];
/// Her veto goes to every trustee each time she says it: once, or again before her screen shows that it
/// stands.
const VETO: &str = "recovery-alert/veto";
/// What a trustee sends once when it is asked, and not if it is gone by then.
const APPROVAL: &str = "approval";

/// All that differs.
pub(crate) fn differences(simulated: &Outcome, real: &Outcome) -> Vec<String> {
    let both = Both { simulated, real };
    let mut found = Vec::new();
    both.hold(&mut found, "the items", |outcome| outcome.items.clone());
    both.hold(&mut found, "the old device", |outcome| outcome.old.clone());
    both.hold(&mut found, "the alerts", |outcome| outcome.alerts.clone());
    both.hold(&mut found, "who plays false", |outcome| {
        outcome.false_ones.clone()
    });
    both.hold(&mut found, "who runs", |outcome| {
        outcome.shares.keys().cloned().collect::<Vec<_>>()
    });
    both.hold(&mut found, "the shares", |outcome| both.shares(outcome));
    both.hold(&mut found, "the records", |outcome| both.records(outcome));
    both.hold(&mut found, "the claim", |outcome| {
        outcome.claim.as_ref().map(|claim| both.claim(claim))
    });
    found.extend(named(real));
    found.extend(both.counts());
    found
}

/// Whoever played false is named, unless others were enough before its share came; nobody else is.
fn named(outcome: &Outcome) -> Option<String> {
    let claim = outcome.claim.as_ref()?;
    let wrong = claim.trustees.iter().find(|(name, state)| {
        let is_false = outcome.false_ones.contains(*name);
        (state.as_str() == "bad-share" && !is_false) || (state.as_str() == "share" && is_false)
    });
    wrong.map(|(name, state)| format!("{name} stands as `{state}`"))
}

/// What comes of it twice.
struct Both<'a> {
    simulated: &'a Outcome,
    real: &'a Outcome,
}

impl Both<'_> {
    fn hold<T: PartialEq + Debug>(
        &self,
        found: &mut Vec<String>,
        what: &str,
        part: impl Fn(&Outcome) -> T,
    ) {
        let (simulated, real) = (part(self.simulated), part(self.real));
        if simulated != real {
            found.push(format!("{what}: simulated {simulated:?}, real {real:?}"));
        }
    }

    /// Trustees who went while they were asked: how far they came is a matter of time. Whoever went before
    /// has not met the claimant.
    fn went_midway(&self) -> BTreeSet<&str> {
        let met = |name: &&str| {
            let challenged = [self.simulated, self.real]
                .map(|outcome| outcome.tally.count(name, "social-recovery/challenge"));
            challenged.iter().any(|count| *count > 0)
        };
        let names = self
            .simulated
            .claim
            .iter()
            .flat_map(|claim| claim.trustees.keys());
        names
            .map(String::as_str)
            .filter(|name| !self.simulated.shares.contains_key(*name))
            .filter(met)
            .collect()
    }

    /// Nobody waits until one that plays false has learnt of the new epoch.
    fn shares(&self, outcome: &Outcome) -> BTreeMap<String, Vec<(u32, bool)>> {
        let mut shares = outcome.shares.clone();
        shares.retain(|name, _| !outcome.false_ones.contains(name));
        shares
    }

    fn records(&self, outcome: &Outcome) -> BTreeMap<String, u64> {
        let mut records = outcome.records.clone();
        if !self.went_midway().is_empty() {
            records.retain(|kind, _| !kind.contains(APPROVAL));
        }
        records
    }

    fn claim(&self, claim: &Claim) -> Claim {
        let mut claim = claim.clone();
        let midway = self.went_midway();
        claim
            .trustees
            .retain(|name, _| !midway.contains(name.as_str()));
        if !midway.is_empty() {
            claim.approvals = 0;
        }
        // See `named`.
        let false_ones = &self.simulated.false_ones;
        claim.trustees.retain(|name, _| !false_ones.contains(name));
        claim
    }

    fn counts(&self) -> Vec<String> {
        let (simulated, real) = (&self.simulated.tally, &self.real.tally);
        let all: BTreeSet<(&str, &str)> = simulated
            .counts()
            .chain(real.counts())
            .map(|(key, _)| key)
            .collect();
        let counted = all.into_iter().filter(|(_, typ)| !is_timed(typ));
        counted
            .filter(|(who, typ)| !self.fits((who, typ), (simulated, real)))
            .map(|(who, typ)| {
                let (simulated, real) = (simulated.count(who, typ), real.count(who, typ));
                format!("{who} sends {typ}: simulated {simulated}, real {real}")
            })
            .collect()
    }

    fn fits(&self, (who, typ): (&str, &str), (simulated, real): (&Tally, &Tally)) -> bool {
        let (expected, sent) = (simulated.count(who, typ), real.count(who, typ));
        if typ == VETO {
            let trustees = self.simulated.shares.len() as u64;
            return sent >= trustees && sent % trustees == 0 && expected % trustees == 0;
        }
        if self.went_midway().contains(who) {
            // At most what is sent by one that stays.
            let stays = self.simulated.shares.keys();
            let most = stays.map(|other| simulated.count(other, typ)).max();
            return sent <= most.unwrap_or_default();
        }
        expected == sent
    }
}

fn is_timed(typ: &str) -> bool {
    TIMED.iter().any(|begin| typ.starts_with(begin))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody asks three, and two of them release.
    fn outcome() -> Outcome {
        let mut tally = Tally::default();
        for (who, typ) in [
            ("Bob", "x/social-recovery/1.0/release"),
            ("Carol", "x/social-recovery/1.0/release"),
            ("phone", "x/recovery-alert/1.0/veto"),
        ] {
            tally.sends(who, typ, "1");
        }
        let trustees = ["Bob", "Carol"].map(|name| (name.to_owned(), "verified".to_owned()));
        Outcome {
            claim: Some(Claim {
                state: "done".into(),
                threshold: Some(2),
                approvals: 2,
                shares: 2,
                problem: None,
                trustees: trustees.into(),
            }),
            items: BTreeMap::from([("key".into(), vec![1])]),
            old: None,
            alerts: Vec::new(),
            false_ones: BTreeSet::new(),
            shares: BTreeMap::from([("Bob".into(), vec![(2, true)])]),
            records: BTreeMap::from([("approval".into(), 2)]),
            tally,
        }
    }

    fn found(bend: impl FnOnce(&mut Outcome)) -> usize {
        let (simulated, mut real) = (outcome(), outcome());
        bend(&mut real);
        differences(&simulated, &real).len()
    }

    #[test]
    fn what_is_the_same_is_alike() {
        assert_eq!(found(|_| ()), 0);
    }

    #[test]
    fn each_part_that_differs_is_found() {
        let release = "x/social-recovery/1.0/release";
        assert_eq!(found(|real| real.tally.sends("Bob", release, "2")), 1);
        assert_eq!(found(|real| real.tally.sends("Dave", release, "1")), 1);
        assert_eq!(found(|real| real.items.clear()), 1);
        assert_eq!(found(|real| real.records.clear()), 1);
        assert_eq!(found(|real| real.shares.clear()), 2);
        assert_eq!(found(|real| real.old = Some("protected".into())), 1);
        assert_eq!(found(|real| real.claim = None), 1);
        let blamed = |real: &mut Outcome| {
            let claim = real.claim.as_mut().expect("a claim");
            claim.trustees.insert("Bob".into(), "bad-share".into());
        };
        assert_eq!(found(blamed), 2);
    }

    #[test]
    fn repetitions_and_looks_at_the_ledger_are_no_difference() {
        let repeated = |real: &mut Outcome| {
            real.tally
                .sends("Bob", "x/social-recovery/1.0/release", "1");
            real.tally.sends("Bob", "x/ledger/1.0/entries", "7");
        };
        assert_eq!(found(repeated), 0);
    }
}
