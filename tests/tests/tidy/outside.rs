//! What the repository says of things outside its code: links, machines, vectors, decisions.
use crate::code::Layers;
use kith_tests::workspace::{self, File, root};
use std::path::Path;

/// Labels separate one use of a hash or signature from another; they stand in one file.
const LABELS: &str = "protocol/src/keys/labels.rs";

fn written_here() -> Vec<File> {
    let mut files = workspace::files();
    files.retain(|file| file.name() != "Cargo.lock" && !file.name().starts_with("LICENSE"));
    files
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests") || path.ends_with("_tests.rs")
}

#[test]
fn every_link_of_the_prose_leads_somewhere() {
    for file in written_here().iter().filter(|file| file.is_markdown()) {
        let folder = Path::new(&file.path).parent().expect("a file has a folder");
        for target in links(&file.text) {
            let found = root().join(folder).join(target).exists();
            assert!(found, "{} links to {target}", file.path);
        }
    }
}

/// Targets inside the repository, without the part after `#`.
fn links(markdown: &str) -> Vec<&str> {
    let targets = markdown.split("](").skip(1);
    let targets = targets.filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    inside
        .filter_map(|target| target.split('#').next())
        .collect()
}

#[test]
fn every_part_of_the_specification_that_code_names_exists() {
    for file in written_here() {
        for rest in file.text.split("spec/").skip(1) {
            let name: String = rest
                .chars()
                .take_while(|next| next.is_alphanumeric() || "-./".contains(*next))
                .collect();
            let Some(name) = name.split_inclusive(".md").next() else {
                continue;
            };
            let part = !name.ends_with(".md") || root().join("protocol/spec").join(name).exists();
            assert!(part, "{} names spec/{name}", file.path);
        }
    }
}

#[test]
fn every_decision_that_is_named_is_recorded() {
    let records: Vec<String> = written_here()
        .iter()
        .filter_map(|file| file.path.strip_prefix("protocol/spec/decisions/"))
        .map(str::to_owned)
        .collect();
    for file in written_here() {
        for rest in file.text.split("decision 0").skip(1) {
            let number: String = rest.chars().take(3).collect();
            if !number.bytes().all(|digit| digit.is_ascii_digit()) {
                continue;
            }
            let known = records
                .iter()
                .any(|record| record.starts_with(&format!("0{number}-")));
            assert!(known, "{} names decision 0{number}", file.path);
        }
    }
}

#[test]
fn no_machine_and_no_registry_is_named() {
    let homes = ["/ho me/", "/ro ot/", "/Us ers/", "/wo rk/", "/tm p/bash"];
    let homes = homes.map(|home| home.replace(' ', ""));
    let registries = ["crates", "pypi", "npmjs", "debian"];
    for file in written_here() {
        for home in &homes {
            assert!(!file.text.contains(home.as_str()), "{}: {home}", file.path);
        }
        for rest in file.text.split("://").skip(1) {
            let in_host = |next: char| !(next.is_ascii_alphanumeric() || ".-".contains(next));
            let host = rest.split(in_host).next().unwrap_or_default();
            let registry = registries.iter().any(|registry| host.contains(registry));
            assert!(!registry, "{} names {host}", file.path);
        }
    }
}

#[test]
fn outside_vectors_are_looked_for_in_one_file() {
    let reader = concat!("var_os(\"KITH_", "VECTORS\")");
    let readers: Vec<String> = written_here()
        .into_iter()
        .filter(|file| file.is_rust() && file.text.contains(reader))
        .map(|file| file.path)
        .collect();
    assert_eq!(readers, ["protocol/tests/vectors/folder.rs"]);
}

#[test]
fn labels_stand_in_one_file() {
    let label = concat!("\"kith", "/1/");
    for file in written_here().iter().filter(|file| file.is_rust()) {
        let first_test = file.text.find("#[cfg(test)]").unwrap_or(file.text.len());
        let lawful =
            file.path == LABELS || is_test(&file.path) || !file.text[..first_test].contains(label);
        assert!(lawful, "{} has a label of its own", file.path);
    }
}

/// Whether a line declares a bound with a number of its own.
fn declares_a_bound(line: &str) -> bool {
    let line = line.trim_start();
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("pub(crate) ").unwrap_or(line);
    let line = line.strip_prefix("pub(super) ").unwrap_or(line);
    let Some((name, value)) = line
        .strip_prefix("const ")
        .and_then(|rest| rest.split_once(": "))
    else {
        return false;
    };
    // A ledger's `max_age` is a setting of that ledger.
    let bound = name.ends_with("_LIMIT")
        || name.starts_with("MAX_") && name != "MAX_AGE"
        || name.starts_with("MOST_")
        || name.ends_with("_LIFETIME") && !name.starts_with("SHORTEST_");
    bound && !value.contains("limits::")
}

#[test]
fn a_bound_is_told_from_what_only_refers_to_one() {
    assert!(declares_a_bound("pub(crate) const ROWS_LIMIT: usize = 7;"));
    assert!(declares_a_bound("    const MAX_KEYS: usize = 8;"));
    assert!(!declares_a_bound(
        "const MOST_BYTES: u64 = limits::backup::WALLET as u64;"
    ));
    assert!(!declares_a_bound("const VERSION: u8 = 1;"));
}

/// G15: only where they stand side by side can assertions hold them together.
#[test]
fn bounds_stand_in_one_file() {
    for file in written_here().iter().filter(|file| file.is_rust()) {
        let tests = file.text.find("#[cfg(test)]").unwrap_or(file.text.len());
        let product = file.path.contains("src/") && !file.path.starts_with("tests/");
        if !product || is_test(&file.path) || file.path == "protocol/src/limits.rs" {
            continue;
        }
        let own = file.text[..tests]
            .lines()
            .find(|line| declares_a_bound(line));
        assert!(
            own.is_none(),
            "{} has a bound of its own: {own:?}",
            file.path
        );
    }
}

/// Prints belong to programs; a library that prints cannot be used by one that shows JSON.
#[test]
fn libraries_print_nothing() {
    for file in written_here().iter().filter(|file| file.is_rust()) {
        let library = file.path.starts_with("protocol/") && !is_test(&file.path);
        let bench = file.path.contains("/benches/") || file.path.contains("/examples/");
        let console = file.path.contains("/console/");
        if !library || bench || console {
            continue;
        }
        let code = Layers::of(&file.text).code;
        for print in ["println!", "eprintln!", "dbg!"] {
            assert!(!code.contains(print), "{} has {print}", file.path);
        }
    }
}
