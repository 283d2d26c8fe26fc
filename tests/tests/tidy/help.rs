//! Every help text of both programs, as it stands in their `help.txt`: a change of words is seen in a
//! review.
use clap::{Command, CommandFactory as _};
use kith_tests::workspace;
use std::fs;

/// What to set to have the files written anew.
const RENEW: &str = "KITH_RENEW_HELP";

#[test]
fn every_help_text_of_the_owner_is_the_one_that_was_agreed_on() {
    hold("owner-agent", owner_agent::cli::Cli::command());
}

#[test]
fn every_help_text_of_the_trustee_is_the_one_that_was_agreed_on() {
    hold("trustee-agent", trustee_agent::cli::Cli::command());
}

fn hold(program: &str, mut command: Command) {
    command.build();
    let mut now = String::new();
    tell(&mut command, program, &mut now);
    let file = workspace::root().join(program).join("help.txt");
    if std::env::var_os(RENEW).is_some() {
        fs::write(&file, &now).expect("the file can be written");
    }
    let agreed = fs::read_to_string(&file).unwrap_or_default();
    let mut lines = now.lines().zip(agreed.lines());
    let differs = lines.find(|(now, agreed)| now != agreed);
    assert!(
        now == agreed,
        "the help texts differ from {program}/help.txt, first at {differs:?}; if that is meant: \
         {RENEW}=1 cargo test -p kith-tests --test tidy help"
    );
}

/// This command's text and those of all below it, without the options that all have in common but
/// for the first, and without what clap itself adds.
fn tell(command: &mut Command, path: &str, text: &mut String) {
    let help = command.render_long_help().to_string();
    let own = match text.is_empty() {
        true => help.as_str(),
        false => help
            .split("\nOptions of every command:")
            .next()
            .unwrap_or_default(),
    };
    let lines: Vec<&str> = own.trim_end().lines().map(str::trim_end).collect();
    text.push_str(&format!("=== {path}\n{}\n\n", lines.join("\n")));
    for below in command
        .get_subcommands_mut()
        .filter(|below| below.get_name() != "help")
    {
        let path = format!("{path} {}", below.get_name());
        tell(below, &path, text);
    }
}
