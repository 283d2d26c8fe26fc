//! Mutants of the product: each still finds the rule that it takes out, each checker has one, and the
//! table names what the list has.
use crate::tables;
use kith_tests::workspace;
use std::collections::BTreeSet;

/// Guarantees with a checker; G2 and G12 no trace can show.
const CHECKED: [&str; 14] = [
    "G1", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "G10", "G11", "G13", "G14", "G15", "B1",
];
/// As many seeds as `simulations/bite` tries.
const SEEDS: u32 = 100;

struct Mutant {
    checker: String,
    story: String,
    about: String,
    rules: Vec<Rule>,
}

/// A place, and the expression that stands there.
struct Rule {
    file: String,
    text: String,
}

fn mutants() -> Vec<Mutant> {
    let mut mutants: Vec<Mutant> = Vec::new();
    for line in workspace::text("simulations/mutants").lines() {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        match fields.as_slice() {
            [and, file, text, _] if and == "and" => {
                let above = mutants.last_mut().expect("a mutant above");
                above.rules.push(rule(file, text));
            }
            [checker, story, about, file, text, _] => mutants.push(Mutant {
                checker: checker.clone(),
                story: story.clone(),
                about: about.clone(),
                rules: vec![rule(file, text)],
            }),
            _ => panic!("a mutant has six fields, a further rule of it four: {line}"),
        }
    }
    mutants
}

fn rule(file: &str, text: &str) -> Rule {
    Rule {
        file: file.to_owned(),
        text: text.to_owned(),
    }
}

fn without_space(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn every_mutant_finds_its_rule_once() {
    for mutant in mutants() {
        for rule in &mutant.rules {
            let source = without_space(&workspace::text(&rule.file));
            let times = source.matches(&without_space(&rule.text)).count();
            assert_eq!(times, 1, "{}: `{}`", mutant.about, rule.text);
        }
    }
}

#[test]
fn every_checker_has_a_mutant() {
    let named: BTreeSet<String> = mutants().into_iter().map(|mutant| mutant.checker).collect();
    for checker in CHECKED {
        assert!(named.contains(checker), "{checker} has no mutant");
    }
    let known = |name: &str| CHECKED.contains(&name) || name == "progress";
    assert!(named.iter().all(|name| known(name)), "{named:?}");
}

#[test]
fn the_table_names_every_mutant_and_how_many_seeds_it_takes() {
    let heading = "# Mutants: that the checkers can fail";
    let rows = tables::rows(&workspace::text("simulations/mutants.md"), heading);
    let listed: Vec<Vec<String>> = mutants()
        .into_iter()
        .map(|mutant| vec![mutant.about, mutant.checker, mutant.story])
        .collect();
    let named: Vec<Vec<String>> = rows.iter().map(|row| row[..3].to_vec()).collect();
    assert_eq!(listed, named);
    for row in &rows {
        let seeds: u32 = row[3].parse().expect("a number of seeds");
        assert!((1..=SEEDS).contains(&seeds), "{row:?}");
    }
}
