//! The flags of every command, of both programs.
//!
//! Each can be set in the environment as well, under the program's name: `--home` of `owner-agent` as
//! `OWNER_AGENT_HOME`. Which program it is is not known before it runs, so the names are added then.
use super::{Choice, Screen};
use clap::{Args, Command, Parser};
use std::path::PathBuf;

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Keep everything in this directory
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "profile")]
    pub home: Option<PathBuf>,
    /// Which of your agents on this machine, where there are several
    #[arg(long, global = true, value_name = "NAME", default_value = "default")]
    pub profile: String,
    /// Socket of the running agent, if not the usual one
    #[arg(long, global = true, value_name = "PATH")]
    pub socket: Option<PathBuf>,
    /// Print data as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Never ask; fail and name the missing flag instead
    #[arg(long, global = true)]
    pub no_input: bool,
    /// Read the passphrase from this file, `-` for standard input
    #[arg(long, global = true, value_name = "PATH")]
    pub passphrase_file: Option<PathBuf>,
    /// Only data and errors, no talk
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More of the log; twice for all of it
    #[arg(short, long, global = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
    pub verbose: u8,
}

impl Globals {
    /// How to show things.
    #[must_use]
    pub fn screen(&self) -> Screen {
        Screen {
            json: self.json,
            quiet: self.quiet,
        }
    }

    /// Which agent is meant, and how its person wants to be talked to.
    #[must_use]
    pub fn choice(&self) -> Choice {
        Choice {
            home: self.home.clone(),
            profile: self.profile.clone(),
            socket: self.socket.clone(),
            screen: self.screen(),
            no_input: self.no_input,
            passphrase_file: self.passphrase_file.clone(),
        }
    }
}

/// Reads the command line, and the environment for what it does not say; ends the program where it
/// cannot be read.
#[must_use]
pub fn parse<P: Parser>() -> P {
    let mut command = with_environment(P::command());
    let matches = command.get_matches_mut();
    P::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

fn with_environment(command: Command) -> Command {
    let prefix = variable(command.get_name());
    command.mut_args(|flag| match flag.get_long() {
        Some(name) if flag.is_global_set() => {
            let name = format!("{prefix}_{}", variable(name));
            flag.env(name).hide_env(true)
        }
        _ => flag,
    })
}

/// A name as variables of the environment are written.
pub(super) fn variable(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[derive(Parser)]
    #[command(name = "owner-agent")]
    struct Cli {
        #[command(flatten)]
        global: Globals,
    }

    #[test]
    fn every_flag_can_be_set_under_the_name_of_the_program() {
        let command = with_environment(Cli::command());
        let named: Vec<_> = command
            .get_arguments()
            .filter_map(|flag| flag.get_env()?.to_str())
            .collect();
        assert_eq!(named.len(), command.get_arguments().count());
        assert!(named.contains(&"OWNER_AGENT_PASSPHRASE_FILE"));
    }

    #[test]
    fn a_home_and_a_profile_exclude_each_other() {
        let read = |flags: &[&str]| Cli::try_parse_from([&["owner-agent"], flags].concat());
        assert!(read(&["--home", "x", "--profile", "y"]).is_err());
        assert_eq!(
            read(&["--home", "x"]).unwrap().global.home,
            Some("x".into())
        );
    }
}
