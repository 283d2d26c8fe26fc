//! What a run of the tests left out, and why: printed in every `cargo test`.
//!
//! It has no harness, because a harness shows what a test prints only when it fails. With
//! `KITH_STRICT=1` it fails when something was skipped that such a run promises.
#[path = "../../protocol/tests/vectors/folder.rs"]
mod folder;

use kith_tests::volume::{Unable, able};
use std::process::ExitCode;

/// What no run of `cargo test` does, and who does it instead.
const ELSEWHERE: [(&str, &str); 7] = [
    (
        "thousands of kills and power cuts",
        "`cargo run -p kith-tests --bin kill` and `--bin cut`; a run of the tests takes some of each",
    ),
    (
        "running agents of other implementations",
        "none speaks these protocols yet; messages, signatures and vectors of others are tested",
    ),
    (
        "long simulations",
        "`recovery-sim sweep` runs as many seeds as wanted; .ci/run takes 2,000",
    ),
    (
        "fuzzing",
        "`protocol/fuzz/run short` or `long`; a run of the tests takes the inputs that were kept",
    ),
    (
        "the largest policy and wallet, from enrolment to recovery",
        "`cargo test --release -p kith-protocol --test owner_largest`; minutes without optimisation",
    ),
    ("benchmarks", "`cargo bench`"),
    (
        "the demonstration in a release build, licences, sources, formatting, lints, documentation",
        ".ci/run",
    ),
];

/// Something a run can do on a machine that has what it needs.
struct Skipped {
    what: String,
    why: String,
}

fn main() -> ExitCode {
    if let Some(listing) = listing() {
        print(&listing);
        return ExitCode::SUCCESS;
    }
    let skipped = skipped();
    print(&report(&skipped));
    if strict() && !skipped.is_empty() {
        print("left_out: FAILED, KITH_STRICT promises all of it\n");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// What a test runner that lists tests first is told.
fn listing() -> Option<String> {
    let arguments: Vec<String> = std::env::args().collect();
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if !asked("--list") {
        return None;
    }
    let listed = if asked("--ignored") {
        ""
    } else {
        "left_out: test\n"
    };
    Some(listed.to_owned())
}

fn strict() -> bool {
    std::env::var_os("KITH_STRICT").is_some_and(|value| value == "1")
}

fn skipped() -> Vec<Skipped> {
    let folder = folder::folder();
    let missing = folder::FILES
        .iter()
        .filter(|name| !folder.join(name).is_file());
    let vectors = missing.map(|name| Skipped {
        what: format!("outside vectors {name}"),
        why: format!("not at {}; set KITH_VECTORS", folder.display()),
    });
    vectors.chain(cuts()).collect()
}

/// Power cuts are promised where root may mount: there only a tool can be missing.
fn cuts() -> Option<Skipped> {
    match able() {
        Err(Unable::NoTool(tool)) => Some(Skipped {
            what: "power cuts".to_owned(),
            why: format!("{tool} is not installed (e2fsprogs, xfsprogs, mount)"),
        }),
        Ok(()) | Err(Unable::NoRight(_)) => None,
    }
}

fn report(skipped: &[Skipped]) -> String {
    let mut lines = vec![String::new(), "What this run left out".to_owned()];
    for Skipped { what, why } in skipped {
        lines.push(format!("  SKIPPED  {what}: {why}"));
    }
    if skipped.is_empty() {
        let found = folder::FILES.len();
        lines.push(format!(
            "  nothing that it could have done here; all {found} files of outside vectors were read"
        ));
    }
    if let Err(Unable::NoRight(why)) = able() {
        lines.push(format!(
            "  not in it  power cuts: no file system can be mounted here: {why}"
        ));
    }
    for (what, why) in ELSEWHERE {
        lines.push(format!("  not in it  {what}: {why}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[allow(clippy::print_stdout, reason = "printing is what it is for")]
fn print(text: &str) {
    print!("{text}");
}
