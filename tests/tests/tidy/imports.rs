//! Who may import whom: the tables of ARCHITECTURE.md, held against manifests and paths.
use crate::code::{Layers, paths};
use crate::tables::{list, rows};
use kith_tests::workspace::{self, File};
use std::collections::BTreeSet;
use toml::{Table, Value};

/// Crates that only some of ours may name: input, output, and the library whose checks are ours.
const RESERVED: [(&str, &[&str]); 6] = [
    ("libp2p", &["kith-runtime"]),
    ("sled", &["kith-runtime"]),
    ("axum", &["kith-runtime"]),
    ("didcomm", &["kith-envelope"]),
    ("askar-crypto", &["kith-envelope"]),
    (
        "tokio",
        &["kith-runtime", "owner-agent", "trustee-agent", "kith-tests"],
    ),
];

/// What a pure crate's manifest must not name outside its tests.
const IMPURE: [&str; 6] = ["rand", "getrandom", "futures", "tempfile", "chrono", "time"];

/// What a pure crate's code must not name, tests included: clocks, settings, threads, files,
/// output, and collections whose order differs from run to run.
const FORBIDDEN: [&str; 16] = [
    "Instant",
    "SystemTime",
    "std::time",
    "std::env",
    "std::thread",
    "std::fs",
    "std::net",
    "std::process",
    "HashMap",
    "HashSet",
    "OsRng",
    "thread_rng",
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
];

struct Manifest {
    name: String,
    folder: String,
    table: Table,
}

fn manifests() -> Vec<Manifest> {
    let root: Table = workspace::text("Cargo.toml").parse().expect("a manifest");
    let members = root["workspace"]["members"].as_array().expect("members");
    members
        .iter()
        .filter_map(Value::as_str)
        .map(manifest)
        .collect()
}

fn manifest(folder: &str) -> Manifest {
    let text = workspace::text(&format!("{folder}/Cargo.toml"));
    let table: Table = text.parse().expect("a manifest");
    let name = table["package"]["name"]
        .as_str()
        .expect("a name")
        .to_owned();
    Manifest {
        name,
        folder: folder.to_owned(),
        table,
    }
}

impl Manifest {
    fn names(&self, sections: &[&str]) -> BTreeSet<String> {
        let tables = sections
            .iter()
            .filter_map(|section| self.table.get(*section));
        let keys = tables.filter_map(Value::as_table).flat_map(Table::keys);
        keys.cloned().collect()
    }
}

fn architecture() -> String {
    workspace::text("ARCHITECTURE.md")
}

#[test]
fn crates_depend_on_each_other_as_the_table_says() {
    let table = rows(&architecture(), "### Crates");
    let manifests = manifests();
    let ours: BTreeSet<&str> = manifests.iter().map(|one| one.name.as_str()).collect();
    for manifest in &manifests {
        let row = table.iter().find(|row| row[0] == manifest.name);
        let row = row.unwrap_or_else(|| panic!("{} is not in the table", manifest.name));
        let all = ["dependencies", "dev-dependencies", "build-dependencies"];
        for name in manifest.names(&all) {
            let allowed = !ours.contains(name.as_str()) || list(&row[1]).contains(&name);
            assert!(allowed, "{} must not depend on {name}", manifest.name);
        }
    }
}

#[test]
fn input_and_output_stand_in_the_runtime_only() {
    for manifest in manifests() {
        let names = manifest.names(&["dependencies", "build-dependencies"]);
        for (reserved, by) in RESERVED {
            let allowed = !names.contains(reserved) || by.contains(&manifest.name.as_str());
            assert!(allowed, "{} must not depend on {reserved}", manifest.name);
        }
    }
}

#[test]
fn the_manifest_of_the_protocol_is_pure() {
    let manifest = manifest("protocol");
    let names = manifest.names(&["dependencies", "build-dependencies"]);
    for impure in IMPURE {
        assert!(!names.contains(impure), "protocol depends on {impure}");
    }
    assert!(!manifest.table.contains_key("features"), "no feature flags");
}

/// Simulations run the protocol's code as it is, so they may differ as little from run to run.
#[test]
fn the_code_of_the_protocol_and_of_the_owner_and_trustee_names_nothing_impure() {
    for file in sources("protocol/src/") {
        let code = Layers::of(&file.text).code;
        for word in FORBIDDEN.into_iter().chain(["tokio", "libp2p", "sled"]) {
            let found = mentions(&code, word);
            assert!(
                found.is_none(),
                "{}:{} names {word}",
                file.path,
                found.unwrap_or(0)
            );
        }
    }
}

/// Decision 0021: in an agent of people it would be memory that strangers fill, and that holds secrets.
#[test]
fn only_simulations_remember_what_they_have_verified() {
    let mut files = workspace::files();
    files.retain(|file| file.is_rust() && !file.path.starts_with("tests/tests/tidy/"));
    for file in files {
        let code = Layers::of(&file.text).code;
        let inside = file.path.starts_with("simulations/") || file.path == "protocol/src/known.rs";
        assert!(
            inside || !code.contains("Known::remember"),
            "{} remembers",
            file.path
        );
        let named = |path: &String| path == "known" || path.starts_with("known::");
        let names = paths(&code, "kith_protocol::").iter().any(named);
        assert!(inside || !names, "{} names the memory", file.path);
    }
}

/// The line where a word stands by itself.
fn mentions(code: &str, word: &str) -> Option<usize> {
    let in_name = |next: char| next.is_alphanumeric() || next == '_';
    let alone = |at: usize| {
        !code[..at].ends_with(in_name)
            && (word.ends_with('!') || !code[at + word.len()..].starts_with(in_name))
    };
    let at = code
        .match_indices(word)
        .map(|(at, _)| at)
        .find(|at| alone(*at))?;
    Some(code[..at].matches('\n').count() + 1)
}

#[test]
fn the_modules_of_the_protocol_import_each_other_as_the_table_says() {
    let table = rows(&architecture(), "### Modules of `protocol`");
    for file in sources("protocol/src/") {
        let module = module_of(&file.path);
        if module == "lib" {
            continue;
        }
        let row = table.iter().find(|row| list(&row[0]).contains(&module));
        let row = row.unwrap_or_else(|| panic!("the module {module} is not in the table"));
        let allowed = list(&row[1]);
        for path in paths(&Layers::of(&file.text).code, "crate::") {
            let fits = covered(&path, &allowed) || path.starts_with(&module);
            assert!(fits, "{}: {module} must not import {path}", file.path);
        }
    }
}

/// `protocol/src/vss/share.rs` is in `vss`, `protocol/src/time.rs` is `time`.
fn module_of(path: &str) -> String {
    let inside = path.trim_start_matches("protocol/src/");
    let first = inside.split('/').next().unwrap_or_default();
    first.trim_end_matches(".rs").to_owned()
}

/// An entry covers its own path and all below it.
fn covered(path: &str, allowed: &[String]) -> bool {
    allowed.iter().any(|entry| {
        path.strip_prefix(entry.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

#[test]
fn every_crate_of_the_table_exists() {
    let manifests = manifests();
    for row in rows(&architecture(), "### Crates") {
        let known = manifests.iter().any(|manifest| manifest.name == row[0]);
        assert!(known, "{} is in the table and not in the workspace", row[0]);
    }
}

/// Clippy reads one file only, the nearest: a crate below `protocol` without one of its own would
/// fall under the rules for purity.
#[test]
fn every_crate_below_the_protocol_has_settings_of_its_own() {
    for manifest in manifests() {
        let below = manifest.folder.starts_with("protocol");
        let settings = workspace::root().join(&manifest.folder).join("clippy.toml");
        assert!(!below || settings.is_file(), "{}", settings.display());
    }
}

fn sources(folder: &str) -> Vec<File> {
    let mut files = workspace::files();
    files.retain(|file| file.is_rust() && file.path.starts_with(folder));
    assert!(!files.is_empty(), "no sources in {folder}");
    files
}
