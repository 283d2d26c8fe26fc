//! The scenarios, each once over memory and once as processes.
use crate::alike::differences;
use crate::processes::on_processes;
use crate::swarms::Swarms;
use kith_protocol::time::Millis;
use kith_simulations::Scenario;
use kith_simulations::live::{self, Outcome, Short, Stage};

const SEED: u64 = 1;
/// No more trustees are left than are needed, so nobody can come too late.
const BARE: Short = Short {
    delay: Millis::seconds(2),
    max_age: Millis::seconds(60),
};
/// More are left: all of them approve before the delay is over, also where the machine is busy.
const AMPLE: Short = Short {
    delay: Millis::seconds(6),
    ..BARE
};
/// Her device looks often enough to stop it before the delay is over.
const GUARDED: Short = Short {
    delay: Millis::seconds(6),
    max_age: Millis::seconds(16),
};

/// Plays the same file in the simulator and on these agents.
///
/// # Errors
/// What did not come true, or differs.
fn alike((name, short): (&str, Short), stage: &mut dyn Stage) -> Result<Outcome, String> {
    let scenario = Scenario::named(name).expect("a scenario");
    let simulated = scenario.rehearse(SEED, short);
    let simulated = simulated.map_err(|broken| format!("simulated: {broken:?}"))?;
    let real = live::play(&scenario, SEED, short, stage);
    let real = real.map_err(|broken| format!("real: {broken:?}"))?;
    let found = differences(&simulated, &real);
    // Else nothing was counted, and nothing compared.
    let dealt = real.tally.of_type("recovery-share/store");
    match found.is_empty() && dealt >= 5 {
        true => Ok(real),
        false => Err(format!("{name}: {dealt} shares dealt, {found:#?}")),
    }
}

fn over_memory(name: &str, short: Short) -> Outcome {
    let played = alike((name, short), &mut Swarms::new());
    played.unwrap_or_else(|what| panic!("{what}"))
}

fn as_processes(name: &str, short: Short) -> Outcome {
    on_processes(|stage| alike((name, short), stage))
}

/// Two of five are gone, and all is back.
fn is_recovered(outcome: &Outcome) {
    let claim = outcome.claim.as_ref().expect("a claim");
    assert_eq!(claim.state, "done");
    assert!(!outcome.items.is_empty());
    assert_eq!(outcome.shares.len(), 3);
}

fn knows_it_is_revoked(outcome: &Outcome) {
    assert_eq!(outcome.old.as_deref(), Some("revoked"));
}

/// She sees that two have approved and three are needed.
fn is_told(outcome: &Outcome) {
    let claim = outcome.claim.as_ref().expect("a claim");
    assert_eq!((claim.approvals, claim.threshold), (2, Some(3)));
    assert!(outcome.items.is_empty());
}

fn names_only_liars(outcome: &Outcome) {
    let claim = outcome.claim.as_ref().expect("a claim");
    assert_eq!(claim.state, "done");
    assert!(!outcome.false_ones.is_empty());
}

fn is_vetoed(outcome: &Outcome) {
    let claim = outcome.claim.as_ref().expect("a claim");
    assert_eq!((claim.state.as_str(), claim.shares), ("vetoed", 0));
    assert_eq!(outcome.tally.of_type("social-recovery/release"), 0);
    assert_eq!(outcome.alerts, ["vetoed"]);
}

/// G5, G13, G14.
#[test]
fn a_lost_phone_over_memory_is_as_simulated() {
    let outcome = over_memory("lost-phone", BARE);
    is_recovered(&outcome);
    knows_it_is_revoked(&outcome);
}

/// G5, G13, G14.
#[test]
fn a_lost_phone_among_processes_is_as_simulated() {
    let outcome = as_processes("lost-phone", BARE);
    is_recovered(&outcome);
    knows_it_is_revoked(&outcome);
}

/// G5.
#[test]
fn two_who_go_midway_over_memory_are_as_simulated() {
    is_recovered(&over_memory("two-dead", BARE));
}

/// G5.
#[test]
fn two_who_go_midway_among_processes_are_as_simulated() {
    is_recovered(&as_processes("two-dead", BARE));
}

/// G5.
#[test]
fn too_few_trustees_over_memory_are_as_simulated() {
    is_told(&over_memory("too-few", BARE));
}

/// G5.
#[test]
fn too_few_trustees_among_processes_are_as_simulated() {
    is_told(&as_processes("too-few", BARE));
}

/// G6.
#[test]
fn a_bad_share_over_memory_is_as_simulated() {
    names_only_liars(&over_memory("bad-share", AMPLE));
}

/// G6.
#[test]
fn a_bad_share_among_processes_is_as_simulated() {
    names_only_liars(&as_processes("bad-share", AMPLE));
}

/// G7, G9.
#[test]
fn an_impostor_over_memory_is_as_simulated() {
    is_vetoed(&over_memory("impostor", GUARDED));
}

/// G7, G9.
#[test]
fn an_impostor_among_processes_is_as_simulated() {
    is_vetoed(&as_processes("impostor", GUARDED));
}
