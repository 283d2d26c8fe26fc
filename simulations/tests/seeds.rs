//! The stories hold, replay, and would break if the code did.
#![allow(clippy::unwrap_used)]
use kith_simulations::{Fidelity, Mutant, Options, Report, Scenario};

const SEED: u64 = 11;

fn run(name: &str, seed: u64, options: Options) -> Report {
    Scenario::named(name).unwrap().run(seed, options)
}

/// G1, G4, G5, G6, G7, G13, G14: the checkers of every story, under losses, copies and crashes, a test for
/// each.
macro_rules! every_scenario_holds_under_its_faults {
    ($($test:ident $name:literal,)+) => {
        mod holds_under_its_faults {
            $(#[test]
            fn $test() {
                let report = super::run($name, super::SEED, super::Options::default());
                assert!(report.passed(), "{report:?}");
            })+
        }

        #[test]
        fn every_scenario_has_its_test() {
            let all: Vec<String> = Scenario::all().into_iter().map(|one| one.name).collect();
            assert_eq!(all, [$($name),+]);
        }
    };
}

every_scenario_holds_under_its_faults! {
    lost_phone "lost-phone",
    two_dead "two-dead",
    bad_share "bad-share",
    impostor "impostor",
    refused_impostor "refused-impostor",
    misheard "misheard",
    fire "fire",
    replacement "replacement",
    refresh "refresh",
    changed_wallet "changed-wallet",
    hidden_changes "hidden-changes",
    meanwhile "meanwhile",
    cheating_refresh "cheating-refresh",
    resignation "resignation",
    half_recovery "half-recovery",
    custody "custody",
    lost_backup "lost-backup",
    six_years "six-years",
    too_few "too-few",
    years "years",
    mass_churn "mass-churn",
    dead_operator "dead-operator",
    partition "partition",
    cheating_dealer "cheating-dealer",
    stolen_laptop "stolen-laptop",
    unreliable "unreliable",
    forgetful_owner "forgetful-owner",
    censored_veto "censored-veto",
    collusion "collusion",
    stale_host "stale-host",
    forgetful_host "forgetful-host",
    ledger_fork "ledger-fork",
    stale_ledger "stale-ledger",
    bad_machines "bad-machines",
    swarm "swarm",
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let hashes = [(); 2].map(|()| run("lost-phone", 5, Options::default()).trace_hash);
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(
        hashes[0],
        run("lost-phone", 6, Options::default()).trace_hash
    );
}

/// Also when clocks jump: what is refused for its time is refused by the same rule.
#[test]
fn agents_decide_alike_whether_messages_travel_open_or_sealed() {
    let sealed = Options {
        fidelity: Fidelity::Full,
        ..Options::default()
    };
    for name in ["lost-phone", "bad-machines"] {
        let open = run(name, 7, Options::default());
        let sealed = run(name, 7, sealed);
        assert!(open.passed() && sealed.passed());
        assert_eq!(open.trace_hash, sealed.trace_hash);
    }
}

#[test]
fn seeds_that_broke_a_promise_once_keep_it() {
    let lines = include_str!("../regressions.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let mut words = line.split(' ');
        let (name, seed) = (words.next().unwrap(), words.next().unwrap());
        let report = run(name, seed.parse().unwrap(), Options::default());
        assert!(report.passed(), "{line}: {report:?}");
    }
}

/// Which promise a broken world is caught at.
fn broken_promise(name: &str, mutant: Mutant) -> String {
    let options = Options {
        mutant: Some(mutant),
        ..Options::default()
    };
    let report = run(name, 3, options);
    report
        .broken
        .map(|broken| broken.promise)
        .unwrap_or_default()
}

/// G11: a disk that forgets what it had acknowledged does not go unnoticed.
#[test]
fn a_disk_that_forgets_a_flushed_batch_is_caught() {
    let caught = |count| !broken_promise("lost-phone", Mutant::ForgetfulDisk(count)).is_empty();
    assert!([2, 4, 8].into_iter().any(caught));
}

#[test]
fn a_share_that_nobody_approved_is_caught() {
    let promise = broken_promise("lost-phone", Mutant::UncheckedApproval);
    assert_eq!(promise, "G1 consent");
}

#[test]
fn a_claimant_who_calls_a_right_share_wrong_is_caught() {
    let promise = broken_promise("bad-share", Mutant::HiddenLie);
    assert_eq!(promise, "G6 attribution");
}

#[test]
fn a_share_that_leaves_too_early_is_caught() {
    let promise = broken_promise("lost-phone", Mutant::LongerDelay);
    assert_eq!(promise, "G7 delay and veto");
}
