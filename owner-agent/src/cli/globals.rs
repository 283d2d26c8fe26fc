//! The flags of every command.
use clap::Args;
use kith_runtime::console::{Choice, Screen};
use std::path::PathBuf;

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Globals {
    /// Keep everything in this directory
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "OWNER_AGENT_HOME",
        hide_env = true,
        conflicts_with = "profile"
    )]
    pub home: Option<PathBuf>,
    /// Which of your agents on this machine, where there are several
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "OWNER_AGENT_PROFILE",
        hide_env = true,
        default_value = "default"
    )]
    pub profile: String,
    /// Socket of the running agent, if not the usual one
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "OWNER_AGENT_SOCKET",
        hide_env = true
    )]
    pub socket: Option<PathBuf>,
    /// Print data as JSON on standard output
    #[arg(long, global = true, env = "OWNER_AGENT_JSON", hide_env = true)]
    pub json: bool,
    /// Never ask; fail and name the missing flag instead
    #[arg(long, global = true, env = "OWNER_AGENT_NO_INPUT", hide_env = true)]
    pub no_input: bool,
    /// Read the passphrase from this file, `-` for standard input
    #[arg(
        long,
        global = true,
        value_name = "PATH",
        env = "OWNER_AGENT_PASSPHRASE_FILE",
        hide_env = true
    )]
    pub passphrase_file: Option<PathBuf>,
    /// Only data and errors, no talk
    #[arg(short, long, global = true, env = "OWNER_AGENT_QUIET", hide_env = true)]
    pub quiet: bool,
    /// More of the log; twice for all of it
    #[arg(short, long, global = true, env = "OWNER_AGENT_VERBOSE", hide_env = true, action = clap::ArgAction::Count, conflicts_with = "quiet")]
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
