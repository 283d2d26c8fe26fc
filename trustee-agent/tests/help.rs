//! Every help text of the program, as it stands in `help.txt`: a change of words is seen in a review.
use clap::{Command, CommandFactory as _};
use std::path::Path;
use trustee_agent::cli::Cli;

/// What to set to have the file written anew.
const RENEW: &str = "KITH_RENEW_HELP";

#[test]
fn every_help_text_is_the_one_that_was_agreed_on() {
    let mut command = Cli::command();
    command.build();
    let mut now = String::new();
    tell(&mut command, "trustee-agent", &mut now);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/help.txt");
    if std::env::var_os(RENEW).is_some() {
        std::fs::write(&file, &now).expect("the file can be written");
    }
    let agreed = std::fs::read_to_string(&file).unwrap_or_default();
    let differs = now
        .lines()
        .zip(agreed.lines())
        .find(|(now, agreed)| now != agreed);
    assert!(
        now == agreed,
        "the help texts differ from tests/help.txt, first at {differs:?}; if that is meant: \
         {RENEW}=1 cargo test -p trustee-agent --test help"
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
