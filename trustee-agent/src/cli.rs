//! The command line, as its person reads it in `--help`.
use clap::{Args, Parser, Subcommand, ValueEnum};
use kith_protocol::time::Millis;
use kith_runtime::console::exit::EXIT_CODES;
use kith_runtime::console::{Globals, spans};
use std::path::PathBuf;

const AFTER_HELP: &str = "\
Something does not work?  trustee-agent doctor

The options of every command can also be set in the environment: --home as TRUSTEE_AGENT_HOME, and so on.
`trustee-agent help COMMAND` explains a command, `help exit-codes` the exit codes.";

/// Keep recovery shares for people who trust you, and help them when they lost everything.
///
/// A trustee keeps one small sealed piece of an owner's recovery secret. Alone it opens nothing.
/// One day the owner may call: then you make sure that it is her, compare four words, and approve.
/// The same program can operate a ledger, witness one, and keep encrypted backups.
#[derive(Debug, Parser)]
#[command(name = "trustee-agent", version, after_help = AFTER_HELP)]
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
    /// Set this agent up: its name and the passphrase that locks its store
    Init {
        /// What people who trust you see you called
        #[arg(long)]
        name: String,
    },
    /// Run the agent in the foreground; every other command talks to it
    Run(Run),
    /// Who relies on you and what waits for you
    Status {
        /// Exit with 5 when something waits for you
        #[arg(long)]
        check: bool,
    },
    /// What is wrong with wallet, network, ledger, witnesses and clock, and the command that helps
    Doctor,
    /// Invitations to become a trustee or to keep backups
    #[command(subcommand)]
    Invitation(Invitation),
    /// The people who trust you
    #[command(subcommand)]
    Owner(Owner),
    /// Stop being a trustee or backup host; the owner is told and asked to replace you
    Resign {
        /// Whose
        owner: String,
        /// Delete what you keep for her now, and do not wait until others hold the next epoch
        #[arg(long)]
        at_once: bool,
    },
    /// The shares you keep; never a share itself
    #[command(subcommand)]
    Share(Share),
    /// Requests of people who lost everything and ask for your help
    #[command(subcommand)]
    Request(Request),
    /// What you did and why, newest last
    History,
    /// Operate a ledger
    #[command(subcommand)]
    Ledger(Ledger),
    /// Be a witness of someone's ledger
    #[command(subcommand)]
    Witness(Witness),
    /// Move this agent: put all of it into one locked file, and shut this home
    ///
    /// Stop the agent first. The file is locked with the passphrase of this home: whoever has both is you.
    /// From then on no command works here, because two of one agent would contradict each other before
    /// everyone; `import` sets it up elsewhere, `take-back` opens this home again.
    ///
    /// Shares kept for others do not go along. Their owners are told when the agent runs in its new place, and
    /// must deal anew; until then a share less is there to recover with.
    Export {
        /// File to write; none that is there is replaced
        file: PathBuf,
        /// Leave the shares kept for others behind; asked for where there are any
        #[arg(long)]
        leave_shares: bool,
    },
    /// Set this agent up from a file that `export` wrote, and remove the file
    ///
    /// The home must be empty; its passphrase is that of the file. People you are connected with look for the
    /// agent where it listened or was announced: let it have the same address, or a forwarded port, by
    /// `run --listen` and `--announce`; `doctor` says whether they find it. Where that cannot be, owners do
    /// not reach it and must invite it anew, and a ledger that it operates or witnesses misses it.
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

/// How the agent runs.
#[derive(Debug, Args)]
pub struct Run {
    /// Address to listen on, such as `/ip4/0.0.0.0/tcp/4001`
    ///
    /// Without it a free port of this machine alone, for trying out. The address is kept for the
    /// next start, because people you are connected with know it.
    #[arg(
        long,
        value_name = "MULTIADDR",
        env = "TRUSTEE_AGENT_LISTEN",
        hide_env = true
    )]
    pub listen: Option<String>,
    /// Address that others are told, where this machine does not see its own; may be repeated
    #[arg(
        long,
        value_name = "MULTIADDR",
        env = "TRUSTEE_AGENT_ANNOUNCE",
        hide_env = true
    )]
    pub announce: Vec<String>,
    /// Keep encrypted backups for owners who ask
    #[arg(long, env = "TRUSTEE_AGENT_HOST_BACKUPS")]
    pub host_backups: bool,
    /// Write the log to standard error as JSON, one object a line
    #[arg(long, env = "TRUSTEE_AGENT_LOG_JSON", hide_env = true)]
    pub log_json: bool,
    /// Stop when standard input ends; for programs that start agents and must not leave any behind
    #[arg(long, hide = true)]
    pub stop_with_input: bool,
}

/// Invitations.
#[derive(Debug, Subcommand)]
pub enum Invitation {
    /// Read the link that someone sent you and show what it asks for
    Open {
        /// The whole link, or `-` to read it from standard input
        link: String,
    },
    /// Invitations that you opened
    List,
    /// Agree; then compare words with `owner verify`
    Accept {
        /// Its id, or the beginning of it; the only one that waits, where not given
        id: Option<String>,
    },
    /// Say no
    Decline {
        /// Its id, or the beginning of it; the only one that waits, where not given
        id: Option<String>,
    },
}

/// Owners.
#[derive(Debug, Subcommand)]
pub enum Owner {
    /// Everyone who trusts you, and how far the connection is
    List,
    /// The four words that you read to this owner, and what hers may be
    Words {
        /// Her name, as listed
        name: String,
    },
    /// Compare four words with this owner, by voice or face to face
    Verify {
        /// Her name, as listed
        name: String,
        /// The words you heard, or `none` when they were none of the choices; asked otherwise
        #[arg(long, value_name = "WORDS")]
        heard: Option<String>,
    },
}

/// Shares.
#[derive(Debug, Subcommand)]
pub enum Share {
    /// Whose shares you keep, of which epoch
    List,
}

/// Recovery requests.
#[derive(Debug, Subcommand)]
pub enum Request {
    /// Read the link of someone who asks for help, and say which owner it is
    Open {
        /// The whole link, or `-` to read it from standard input
        link: String,
        /// Which of the people you know this is; asked otherwise
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
    },
    /// Requests you know of
    List,
    /// One request: what to read out, what is approved, when it would release
    Show {
        /// Its id, or the beginning of it; the only open one, where not given
        id: Option<String>,
    },
    /// The guided check: did you talk to her, and which words did she read to you?
    Verify {
        /// Its id, or the beginning of it; the only open one, where not given
        id: Option<String>,
        /// The words you heard, or `none` when they were none of the choices; asked otherwise
        #[arg(long, value_name = "WORDS")]
        heard: Option<String>,
        /// How you talked to her; asked otherwise
        #[arg(long, value_name = "HOW")]
        talked: Option<Talked>,
    },
    /// Approve; nothing leaves before enough others approved and the delay is over
    Approve {
        /// Its id, or the beginning of it; the only open one, where not given
        id: Option<String>,
    },
    /// Refuse, or take an approval back before the delay is over
    Deny {
        /// Its id, or the beginning of it; the only open one, where not given
        id: Option<String>,
    },
}

/// How the trustee talked to the claimant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Talked {
    /// On the phone, on a number you had before
    Call,
    /// Face to face
    InPerson,
    /// Only by message or e-mail
    Message,
}

/// The ledger.
#[derive(Debug, Subcommand)]
pub enum Ledger {
    /// Begin to operate a ledger, certified by witnesses
    Create(LedgerCreate),
    /// Print the ledger's descriptor, for owners and witnesses
    Show,
    /// Its size, its newest head and its witnesses
    Status,
}

/// How the ledger is certified.
#[derive(Debug, Args)]
pub struct LedgerCreate {
    /// Its name, such as `example.org/log1`
    #[arg(long, value_name = "NAME")]
    pub origin: String,
    /// The card of a witness (`witness card`), or a file with it; repeat for each
    #[arg(long = "witness", value_name = "CARD")]
    pub witnesses: Vec<String>,
    /// How many of the witnesses must sign; a majority where not given
    #[arg(long)]
    pub quorum: Option<u8>,
    /// Oldest head that readers accept
    #[arg(long, value_name = "SPAN", default_value = "10min", value_parser = spans::parse)]
    pub max_age: Millis,
    /// `single-operator`: allow a ledger without witnesses, whose operator can rewrite it unseen
    #[arg(long, value_name = "NAME")]
    pub accept_risk: Option<Risk>,
}

/// Risks that are taken only by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Risk {
    /// A ledger without witnesses
    SingleOperator,
}

/// Witnessing.
#[derive(Debug, Subcommand)]
pub enum Witness {
    /// Print the card by which an operator names you as a witness
    Card,
    /// Begin to witness the ledger with this descriptor
    Adopt {
        /// File with the descriptor (`ledger show`), `-` for standard input
        descriptor: PathBuf,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_words_heard_may_follow_as_a_flag() {
        let cli = Cli::try_parse_from([
            "trustee-agent",
            "owner",
            "verify",
            "Alice",
            "--heard",
            "a b c d",
        ]);
        let Ok(Cli {
            task: Task::Owner(Owner::Verify { name, heard }),
            ..
        }) = cli
        else {
            panic!("not read")
        };
        assert_eq!(
            (name.as_str(), heard.as_deref()),
            ("Alice", Some("a b c d"))
        );
    }
}
