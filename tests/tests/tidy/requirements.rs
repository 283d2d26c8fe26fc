//! Requirement ids: each that is named stands in the specification, each that is said to be done
//! is named where a test shows it, and each test that the specification names exists.
use crate::code::Layers;
use crate::tables::{list, rows};
use kith_tests::workspace::{self, File};
use std::collections::{BTreeMap, BTreeSet};

const SPEC: &str = "protocol/spec/SPEC.md";
/// The headings with tables of requirements.
const PARTS: [&str; 6] = [
    "## Identity, keys, layers",
    "## Ledgers",
    "## Connections and messages",
    "## Recovery",
    "## Beyond the design",
    "## Guarantees",
];
const STATES: [&str; 3] = ["done", "partly", "later"];

struct Requirement {
    state: String,
    shown: String,
}

fn specified() -> BTreeMap<String, Requirement> {
    let spec = workspace::text(SPEC);
    let mut all = BTreeMap::new();
    for row in PARTS.iter().flat_map(|part| rows(&spec, part)) {
        let [id, _, state, shown] = &row[..] else {
            panic!("a row of {SPEC} has {} cells: {row:?}", row.len());
        };
        assert!(is_id(id), "{id} is no requirement id");
        assert!(STATES.contains(&state.as_str()), "{id}: {state}");
        let requirement = Requirement {
            state: state.clone(),
            shown: shown.clone(),
        };
        assert!(all.insert(id.clone(), requirement).is_none(), "{id} twice");
    }
    all
}

/// A letter and one or two digits: K1, G15.
fn is_id(text: &str) -> bool {
    let mut parts = text.chars();
    let letter = parts.next().is_some_and(|first| "KLCRBG".contains(first));
    let digits = parts.as_str();
    letter
        && (1..=2).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0')
}

/// The ids in a text, ranges such as `G1–G15` by their ends.
fn ids(text: &str) -> BTreeSet<String> {
    let words = text.split(|next: char| !next.is_ascii_alphanumeric() && next != '_');
    words
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect()
}

fn rust() -> Vec<File> {
    let mut files = workspace::files();
    files.retain(File::is_rust);
    files
}

/// Comments of a file, or of its tests alone.
fn comments(file: &File, tests_only: bool) -> String {
    let layers = Layers::of(&file.text);
    if !tests_only || is_test(&file.path) {
        return layers.comments;
    }
    let first = layers
        .code
        .lines()
        .position(|line| line.contains("#[cfg(test)]"));
    let first = first.unwrap_or(usize::MAX);
    let lines = layers.comments.lines().skip(first);
    lines.collect::<Vec<_>>().join("\n")
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests") || path.ends_with("_tests.rs")
}

#[test]
fn every_requirement_that_code_names_is_specified() {
    let specified = specified();
    for file in rust() {
        for id in ids(&comments(&file, false)) {
            assert!(
                specified.contains_key(&id),
                "{} names {id}, which {SPEC} does not have",
                file.path
            );
        }
    }
}

#[test]
fn every_requirement_that_is_done_is_named_in_a_test() {
    let named: BTreeSet<String> = rust()
        .iter()
        .flat_map(|file| ids(&comments(file, true)))
        .collect();
    let done = specified()
        .into_iter()
        .filter(|(_, requirement)| requirement.state == "done");
    let missing: Vec<String> = done
        .map(|(id, _)| id)
        .filter(|id| !named.contains(id))
        .collect();
    assert!(
        missing.is_empty(),
        "done, and named in no test: {missing:?}"
    );
}

#[test]
fn what_is_done_or_partly_done_says_where_it_is_shown_and_that_exists() {
    let all: String = rust()
        .iter()
        .map(|file| Layers::of(&file.text).code)
        .collect();
    for (id, requirement) in specified() {
        let shown = list(&requirement.shown);
        let tests: Vec<_> = shown.iter().filter(|word| word.contains('_')).collect();
        for test in &tests {
            let test = test.trim_end_matches(['.', ';', ')']);
            assert!(
                all.contains(&format!("fn {test}(")),
                "{id}: there is no test {test}"
            );
        }
        let silent = requirement.state == "later" || !tests.is_empty();
        assert!(silent, "{id} is {} and names no test", requirement.state);
    }
}

/// The guarantees have a section each where it is said how they are met.
#[test]
fn every_guarantee_has_its_section_among_the_threats() {
    let threats = workspace::text("protocol/spec/threats.md");
    for number in 1..=15 {
        let heading = format!("### G{number} ");
        assert!(threats.contains(&heading), "{heading}");
    }
}

#[test]
fn ids_are_told_from_other_words() {
    let found = ids("K1, G15: C2SP RFC_B4 B04 (R7); L1-L4 G123 hash x_K2");
    let expected = ["G15", "K1", "L1", "L4", "R7"];
    assert!(found.iter().eq(&expected), "{found:?}");
}
