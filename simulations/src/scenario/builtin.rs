//! The scenarios that come with the program.

/// Names and files, in the order in which they are listed.
pub(super) const FILES: &[(&str, &str)] = &[
    (
        "lost-phone",
        include_str!("../../scenarios/lost-phone.toml"),
    ),
    ("two-dead", include_str!("../../scenarios/two-dead.toml")),
    ("bad-share", include_str!("../../scenarios/bad-share.toml")),
    ("impostor", include_str!("../../scenarios/impostor.toml")),
    (
        "refused-impostor",
        include_str!("../../scenarios/refused-impostor.toml"),
    ),
    ("misheard", include_str!("../../scenarios/misheard.toml")),
    ("fire", include_str!("../../scenarios/fire.toml")),
    (
        "replacement",
        include_str!("../../scenarios/replacement.toml"),
    ),
    ("refresh", include_str!("../../scenarios/refresh.toml")),
    (
        "changed-wallet",
        include_str!("../../scenarios/changed-wallet.toml"),
    ),
    (
        "hidden-changes",
        include_str!("../../scenarios/hidden-changes.toml"),
    ),
    ("meanwhile", include_str!("../../scenarios/meanwhile.toml")),
    (
        "cheating-refresh",
        include_str!("../../scenarios/cheating-refresh.toml"),
    ),
    (
        "resignation",
        include_str!("../../scenarios/resignation.toml"),
    ),
    (
        "half-recovery",
        include_str!("../../scenarios/half-recovery.toml"),
    ),
    ("custody", include_str!("../../scenarios/custody.toml")),
    (
        "lost-backup",
        include_str!("../../scenarios/lost-backup.toml"),
    ),
    ("six-years", include_str!("../../scenarios/six-years.toml")),
    ("too-few", include_str!("../../scenarios/too-few.toml")),
    ("years", include_str!("../../scenarios/years.toml")),
    (
        "mass-churn",
        include_str!("../../scenarios/mass-churn.toml"),
    ),
    (
        "dead-operator",
        include_str!("../../scenarios/dead-operator.toml"),
    ),
    ("partition", include_str!("../../scenarios/partition.toml")),
    (
        "cheating-dealer",
        include_str!("../../scenarios/cheating-dealer.toml"),
    ),
    (
        "stolen-laptop",
        include_str!("../../scenarios/stolen-laptop.toml"),
    ),
    (
        "unreliable",
        include_str!("../../scenarios/unreliable.toml"),
    ),
    (
        "forgetful-owner",
        include_str!("../../scenarios/forgetful-owner.toml"),
    ),
    (
        "censored-veto",
        include_str!("../../scenarios/censored-veto.toml"),
    ),
    ("collusion", include_str!("../../scenarios/collusion.toml")),
    (
        "stale-host",
        include_str!("../../scenarios/stale-host.toml"),
    ),
    (
        "forgetful-host",
        include_str!("../../scenarios/forgetful-host.toml"),
    ),
    (
        "ledger-fork",
        include_str!("../../scenarios/ledger-fork.toml"),
    ),
    (
        "stale-ledger",
        include_str!("../../scenarios/stale-ledger.toml"),
    ),
    (
        "bad-machines",
        include_str!("../../scenarios/bad-machines.toml"),
    ),
    ("swarm", include_str!("../../scenarios/swarm.toml")),
];
