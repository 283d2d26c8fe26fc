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
    ("fire", include_str!("../../scenarios/fire.toml")),
    ("six-years", include_str!("../../scenarios/six-years.toml")),
    (
        "dead-operator",
        include_str!("../../scenarios/dead-operator.toml"),
    ),
    ("partition", include_str!("../../scenarios/partition.toml")),
    ("swarm", include_str!("../../scenarios/swarm.toml")),
];
