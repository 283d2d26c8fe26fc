//! Which commit the program is built from: with a seed and a scenario it fixes a run.
use std::process::Command;

fn main() {
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".into());
    let changed = git(&["status", "--porcelain", "--", "..", ":!../target"])
        .is_some_and(|changes| !changes.is_empty());
    let changed = if changed { "+changes" } else { "" };
    println!("cargo::rustc-env=KITH_COMMIT={commit}{changed}");
    // A commit writes to this log, whatever branch or folder it is made in.
    for path in [git(&["rev-parse", "--git-path", "logs/HEAD"])]
        .into_iter()
        .flatten()
    {
        println!("cargo::rerun-if-changed={path}");
    }
    for path in [
        "build.rs",
        "src",
        "scenarios",
        "../protocol/src",
        "../protocol/envelope/src",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
}

fn git(args: &[&str]) -> Option<String> {
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
