//! Every command that a message, a help text or the prose suggests exists.
use clap::{Command, CommandFactory as _};
use kith_tests::workspace::{self, File};

/// What follows a program's name in a sentence.
const PROSE: [&str; 9] = ["and", "or", "help", "is", "x", "with", "takes", "of", "in"];

fn programs() -> [(&'static str, Command); 2] {
    [
        ("owner-agent ", owner_agent::cli::Cli::command()),
        ("trustee-agent ", trustee_agent::cli::Cli::command()),
    ]
}

fn speaks_to_people(file: &File) -> bool {
    let code = [
        "protocol/src/",
        "protocol/runtime/src/",
        "owner-agent/src/",
        "trustee-agent/src/",
    ];
    let in_code = file.is_rust() && code.iter().any(|start| file.path.starts_with(start));
    in_code || file.path == "README.md"
}

#[test]
fn every_command_that_is_suggested_exists() {
    let mut seen = 0;
    for file in workspace::files()
        .iter()
        .filter(|file| speaks_to_people(file))
    {
        let lines = file.text.lines();
        for line in lines.filter(|line| !line.trim_start().starts_with("//")) {
            for (name, command) in programs() {
                for rest in line.split(name).skip(1) {
                    seen += usize::from(exists(&command, rest, &format!("{}: {line}", file.path)));
                }
            }
        }
    }
    assert!(seen > 40, "{seen}: the programs are called otherwise now");
}

/// Whether these words begin with a command; one that is not there fails the test.
fn exists(program: &Command, rest: &str, place: &str) -> bool {
    let mut words = words(rest).into_iter().peekable();
    let mut known = program;
    let mut depth = 0;
    while let Some(word) = words.next_if(|_| known.has_subcommands()) {
        if depth == 0 && PROSE.contains(&word) {
            return false;
        }
        known = known
            .find_subcommand(word)
            .unwrap_or_else(|| panic!("`{word}` is no command of {}: {place}", known.get_name()));
        depth += 1;
    }
    depth > 0
}

/// The words that can be commands, up to the first that cannot: flags and their values left out.
fn words(rest: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut all = rest.split(' ');
    while let Some(word) = all.next() {
        if word.starts_with("--") {
            all.next();
            continue;
        }
        let plain = word.trim_end_matches(['`', '"', ',', ';', ':', '.', ')', '\\', '\'']);
        let is_command = !plain.is_empty()
            && plain
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        if !is_command {
            break;
        }
        found.push(plain);
        if plain != word {
            break;
        }
    }
    found
}

#[test]
fn a_command_ends_where_its_sentence_goes_on() {
    assert_eq!(
        words("--home NEW recover start --name X"),
        ["recover", "start"]
    );
    assert_eq!(words("protect`; then"), ["protect"]);
    assert_eq!(words("trustee invite {name}"), ["trustee", "invite"]);
}
