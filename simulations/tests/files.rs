//! Scenario files: whatever is wrong with one is said at once, each with its line.
#![allow(clippy::unwrap_used)]
use kith_simulations::Scenario;

const RIGHT: &str = r#"
about = "a story"

[[story]]
act = "protect"
"#;

fn problems(text: &str) -> Vec<String> {
    let problems = Scenario::read("story", text).unwrap_err();
    problems.iter().map(ToString::to_string).collect()
}

#[test]
fn every_scenario_that_comes_with_the_program_is_right_and_has_its_own_name() {
    let all = Scenario::all();
    let mut names: Vec<_> = all.iter().map(|scenario| scenario.name.clone()).collect();
    names.dedup();
    assert_eq!(names.len(), all.len());
    assert!(Scenario::read("story", RIGHT).is_ok());
}

#[test]
fn all_problems_are_named_at_once_with_their_lines() {
    let found = problems(
        r#"about = "a story"
[cast]
trustees = 2
witness = 3
[deal]
threshold = 3
delay = "5"
lifetime = "9h..3h"
[weather]
loss = 2000
[[story]]
act = "protect"
[[story]]
act = "cheat"
villain = "nobody"
[[story]]
act = "explode"
"#,
    );
    let expected = [
        "line 4: [cast]: unknown key `witness`; there are trustees, witnesses, quorum",
        "line 6: [deal] `threshold`: 3 of 2 trustees cannot be",
        "line 7: [deal] `delay`: `5` is not a time such as \"90s\" or \"5m..1h\" (ms, s, m, h, d, y)",
        "line 8: [deal] `lifetime`: `9h..3h` ends before it begins",
        "line 10: [weather] `loss`: `2000` is outside 0 to 1000",
    ];
    assert_eq!(found[..expected.len()], expected);
    assert!(found[5].starts_with("line 15: story 2 `villain`: there is no `nobody`; there are "));
    assert!(
        found[6].starts_with("line 17: story 3 `act`: there is no `explode`; there are protect, ")
    );
    assert_eq!(found.len(), 7);
}

#[test]
fn what_is_no_toml_is_said_with_its_line() {
    let found = problems("about = \"a story\"\n[cast\n[[story]]\nact = \"protect\"\n");
    assert!(found[0].starts_with("line 2: "), "{found:?}");
}

/// Each of these breaks one rule of how acts follow each other.
#[test]
fn acts_that_cannot_follow_each_other_are_refused() {
    let story = |acts: &[&str]| {
        let acts: String = acts
            .iter()
            .map(|act| format!("[[story]]\n{act}\n"))
            .collect();
        problems(&format!("about = \"a story\"\n{acts}")).join("; ")
    };
    let [protect, lose, claim] =
        ["protect", "lose-device", "claim"].map(|act| format!("act = \"{act}\""));
    for (acts, what) in [
        (vec!["act = \"lose-device\""], "nothing is protected yet"),
        (vec![&protect, &protect], "she is protected already"),
        (vec![&protect, &claim], "her device works"),
        (vec![&protect, "act = \"recovered\""], "nobody recovers"),
        (
            vec![&protect, &lose, "act = \"impostor\""],
            "nobody could stop him",
        ),
        (
            vec![&protect, &lose, &claim, "act = \"copy-awakes\""],
            "the old device has power",
        ),
        (
            vec![&protect, &lose, &claim, "act = \"stuck\""],
            "she could recover",
        ),
        (
            vec!["act = \"protect\"\nchance = 500"],
            "it has no `chance`",
        ),
        (
            vec!["act = \"vanish\"\ncount = 6"],
            "there are 5 trustees, not 6",
        ),
        (vec!["act = \"vanish\""], "this story demands nothing"),
        (
            vec!["act = \"pass\"\nvillain = \"x\""],
            "unknown key `villain`",
        ),
    ] {
        let found = story(&acts);
        assert!(found.contains(what), "{acts:?}: {found}");
    }
}

#[test]
fn contradictory_casts_are_refused() {
    let found = problems(
        "about = \"a story\"\n[cast]\nwitnesses = 4\nquorum = 2\n[[story]]\nact = \"protect\"\n",
    );
    assert!(found[0].contains("2 of 4 witnesses cannot be"), "{found:?}");
    assert!(problems("about = \"\"\n[[story]]\nact = \"protect\"\n")[0].contains("is missing"));
    assert!(problems("about = \"a story\"\n")[0].contains("1 to 100 acts"));
}

#[test]
fn a_file_beyond_the_bound_is_not_read() {
    let text = format!("{RIGHT}# {}\n", "x".repeat(64 * 1024));
    assert_eq!(
        problems(&text),
        ["line 1: a scenario has 65536 bytes at most"]
    );
}

#[test]
fn the_same_text_has_the_same_hash_and_another_text_another() {
    let hash = |text: &str| Scenario::read("story", text).unwrap().hash;
    assert_eq!(hash(RIGHT), hash(RIGHT));
    assert_ne!(hash(RIGHT), hash(&format!("{RIGHT}# more\n")));
}
