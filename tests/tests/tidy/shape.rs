//! What a file may be and contain.
use crate::code::Layers;
use kith_tests::workspace::{self, File, root};
use std::fs;

/// More lines than one idea usually needs.
const LINES: usize = 500;
/// Where files may be longer, how long, and why.
const LONGER: [(&str, usize, &str); 1] = [(
    "protocol/tests/",
    900,
    "one test for each rule, broken alone: the rules of one record or message stand together",
)];
/// Names that say nothing.
const EMPTY_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "manager"];
/// What stands at the top; nothing else that holds code stands beside it.
const TOP: [&str; 20] = [
    "ARCHITECTURE.md",
    "BENCHMARKS.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "STYLE.md",
    "clippy.toml",
    "deny.toml",
    "owner-agent",
    "protocol",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "simulations",
    "tests",
    "trustee-agent",
];

fn rust() -> Vec<File> {
    let mut files = workspace::files();
    files.retain(File::is_rust);
    files
}

#[test]
fn no_file_is_longer_than_one_idea_without_a_reason() {
    for file in rust() {
        let excuse = LONGER
            .iter()
            .find(|(start, ..)| file.path.starts_with(start));
        let most = excuse.map_or(LINES, |(_, most, _)| *most);
        let lines = file.text.lines().count();
        assert!(
            lines <= most,
            "{} has {lines} lines: is it one idea?",
            file.path
        );
    }
}

#[test]
fn nothing_is_left_undone_and_no_test_is_ignored() {
    let marks = ["to do!", "unimple mented!", "# [ignore", "un reachable!()"];
    for file in rust() {
        let code = Layers::of(&file.text).code;
        for mark in marks.map(|mark| mark.replace(' ', "")) {
            assert!(!code.contains(&mark), "{} has {mark}", file.path);
        }
    }
}

#[test]
fn no_comment_puts_work_off() {
    let marks = ["TO DO", "FIX ME", "XX X", "HA CK"].map(|mark| mark.replace(' ', ""));
    for file in rust() {
        let comments = Layers::of(&file.text).comments;
        let mut words = comments.split(|next: char| !next.is_ascii_alphanumeric());
        let found = words.find(|word| marks.iter().any(|mark| mark == word));
        assert!(found.is_none(), "{}: {found:?}", file.path);
    }
}

#[test]
fn names_say_what_a_thing_is() {
    for file in workspace::files() {
        let mut parts = file.path.trim_end_matches(".rs").split('/');
        let empty = parts.find(|part| EMPTY_NAMES.contains(part));
        assert!(empty.is_none(), "{}", file.path);
    }
    for file in rust() {
        let code = Layers::of(&file.text).code;
        let getter = ["pub fn get_", "pub(crate) fn get_"]
            .iter()
            .any(|name| code.contains(name));
        assert!(!getter, "{} has a getter `get_`", file.path);
    }
}

#[test]
fn nothing_else_stands_at_the_top() {
    for entry in fs::read_dir(root()).expect("the workspace") {
        let name = entry.expect("an entry").file_name();
        let name = name.to_string_lossy();
        let known = TOP.contains(&&*name) || name.starts_with('.') || name == "target";
        assert!(known, "{name} stands at the top of the workspace");
    }
}

#[test]
fn every_crate_is_under_the_lints_of_the_workspace() {
    for file in workspace::files() {
        // Somebody else's name, and what stands outside the workspace.
        let apart = ["askar-crypto", "fuzz/engine"];
        let apart = apart.iter().any(|part| file.path.contains(part));
        if file.name() == "Cargo.toml" && !apart {
            let under =
                file.path == "Cargo.toml" || file.text.contains("[lints]\nworkspace = true");
            assert!(under, "{}", file.path);
        }
    }
}
