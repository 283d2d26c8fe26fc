//! The command line, as its person reads it in `--help`.
mod tasks;

pub use tasks::{
    Alert, Backup, Host, Init, Protect, Record, Recover, RecoverStart, Run, Secret, SecretAdd,
    Share, Trustee,
};

use crate::demo::Options as Demo;
use clap::{Parser, Subcommand};
use kith_runtime::console::Globals;
use kith_runtime::console::exit::EXIT_CODES;
use std::path::PathBuf;

const AFTER_HELP: &str = "\
See it work first:          owner-agent demo
Something does not work?    owner-agent doctor

The options of every command can also be set in the environment: --home as OWNER_AGENT_HOME, and so on.
`owner-agent help COMMAND` explains a command, `help exit-codes` the exit codes.";

/// Protect an identity and its secrets so that people you trust can give them back to you.
///
/// You choose trustees, and how many of them are needed. Each keeps one small sealed piece; fewer
/// than that number can compute nothing. When a device is lost, a fresh agent asks them; they make
/// sure that it is you, approve on a ledger that everyone can check, and after a delay in which an
/// old device of yours can still say no, what you protected comes back.
#[derive(Debug, Parser)]
#[command(name = "owner-agent", version, after_help = AFTER_HELP)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub global: Globals,
    /// What to do.
    #[command(subcommand)]
    pub task: Task,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Show the main job with real processes: set up, lose everything, recover
    Demo(Demo),
    /// Set up a new identity: its name, its ledger, and the passphrase that locks this device
    Init(Init),
    /// Run the agent in the foreground; every other command talks to it
    Run(Run),
    /// Can I recover today? One line per trustee
    Status {
        /// Exit with 5 unless everything is protected
        #[arg(long)]
        check: bool,
        /// Go on showing it whenever it changes
        #[arg(long)]
        watch: bool,
    },
    /// What is wrong with wallet, network, ledger, witnesses and clock, and the command that helps
    Doctor,
    /// The people who keep a share of your recovery secret
    #[command(subcommand)]
    Trustee(Trustee),
    /// Agents that keep your encrypted backup, best other ones than your trustees
    #[command(subcommand)]
    Host(Host),
    /// What is protected: files, keys, notes
    #[command(subcommand)]
    Secret(Secret),
    /// Give every trustee a new share, and your backup hosts a new backup
    Protect(Protect),
    /// The encrypted backup that your hosts keep
    #[command(subcommand)]
    Backup(Backup),
    /// The shares that your trustees keep
    #[command(subcommand)]
    Share(Share),
    /// What others ask your trustees for in your name
    #[command(subcommand)]
    Alert(Alert),
    /// Get everything back on a new device
    #[command(subcommand)]
    Recover(Recover),
    /// What the ledger says about you
    #[command(subcommand)]
    Record(Record),
    /// Move this agent: put all of it into one locked file, and shut this home
    ///
    /// Stop the agent first. The file is locked with the passphrase of this home: whoever has both is you.
    /// From then on no command works here, because two of one agent would contradict each other before
    /// everyone; `import` sets it up elsewhere, `take-back` opens this home again.
    Export {
        /// File to write; none that is there is replaced
        file: PathBuf,
    },
    /// Set this agent up from a file that `export` wrote, and remove the file
    ///
    /// The home must be empty; its passphrase is that of the file. People you are connected with look for the
    /// agent where it listened or was announced: let it have the same address, or a forwarded port, by
    /// `run --listen` and `--announce`; `doctor` says whether they find it. Where that cannot be, it still
    /// reaches them, and what they have to say by themselves may not arrive.
    Import {
        /// File that `export` wrote
        file: PathBuf,
    },
    /// Open this home again after an export that was never imported
    TakeBack {
        /// Say that the file was imported nowhere and that no copy of it is left
        #[arg(long)]
        unused: bool,
    },
    /// What the exit codes mean
    #[command(hide = true, long_about = EXIT_CODES)]
    ExitCodes,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;
    use kith_protocol::time::Millis;

    fn parse(line: &str) -> Result<Task, clap::Error> {
        let words = std::iter::once("owner-agent").chain(line.split(' '));
        Cli::try_parse_from(words).map(|cli| cli.task)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_delay_may_be_called_wait() {
        for flag in ["--delay", "--wait"] {
            let Ok(Task::Protect(protect)) = parse(&format!("protect --threshold 3 {flag} 2h"))
            else {
                panic!("{flag} not read")
            };
            assert_eq!(protect.delay, Some(Millis::seconds(7200)));
        }
    }

    #[test]
    fn a_threshold_below_two_is_refused_before_anything_is_asked() {
        for nonsense in ["0", "1", "256", "two"] {
            assert!(parse(&format!("protect --threshold {nonsense}")).is_err());
        }
    }

    #[test]
    fn trustees_are_remembered_with_commas_or_one_by_one() {
        let line = "recover start --name Alice --trustees Bob,Carol --trustees Dan";
        let Ok(Task::Recover(Recover::Start(start))) = parse(line) else {
            panic!("not read")
        };
        assert_eq!(start.trustees, ["Bob", "Carol", "Dan"]);
    }

    #[test]
    fn a_claim_names_whether_the_device_was_lost_or_stolen() {
        let line = "recover start --name Alice --trustees Bob --stolen";
        let Ok(Task::Recover(Recover::Start(start))) = parse(line) else {
            panic!("not read")
        };
        assert!(start.stolen);
    }
}
