//! The table of hostile inputs: every row names tests, and they exist.
use crate::code::Layers;
use crate::tables::{list, rows};
use kith_tests::workspace::{self, File};

const HOSTILE: &str = "protocol/spec/hostile.md";
/// The classes of input; each has its section.
const CLASSES: [&str; 11] = [
    "## Frames",
    "## Streams",
    "## Handshakes",
    "## Envelopes",
    "## JSON",
    "## DID documents",
    "## Sharing",
    "## Recovery",
    "## Ledger",
    "## Local",
    "## Anything at all",
];

fn code() -> String {
    let mut files = workspace::files();
    files.retain(File::is_rust);
    let code = files.iter().map(|file| Layers::of(&file.text).code);
    code.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_hostile_input_names_what_happens_and_a_test_that_exists() {
    let (text, code) = (workspace::text(HOSTILE), code());
    for class in CLASSES {
        for row in rows(&text, class) {
            let [input, outcome, shown] = &row[..] else {
                panic!("{class}: a row has {} cells: {row:?}", row.len());
            };
            assert!(!outcome.is_empty(), "{class}: {input}: what happens?");
            let tests = list(shown);
            assert!(!tests.is_empty(), "{class}: {input}: no test");
            for test in tests {
                assert!(
                    code.contains(&format!("fn {test}(")),
                    "{class}: {input}: there is no test {test}"
                );
            }
        }
    }
}

#[test]
fn every_class_of_hostile_input_stands_in_the_table() {
    let text = workspace::text(HOSTILE);
    let classes = text.lines().filter(|line| line.starts_with("## "));
    assert!(classes.eq(CLASSES));
}
