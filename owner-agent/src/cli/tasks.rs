//! What follows the name of each command.
use crate::kinds::Kind;
use clap::{Args, Subcommand};
use kith_protocol::time::Millis;
use kith_runtime::console::spans;
use std::path::PathBuf;

/// A new identity.
#[derive(Debug, Args)]
pub struct Init {
    /// What your trustees see you called
    #[arg(long)]
    pub name: String,
    /// File with the descriptor of the ledger to rely on, `-` for standard input
    ///
    /// Whoever operates the ledger prints it with `trustee-agent ledger show`.
    #[arg(long, value_name = "FILE")]
    pub ledger: PathBuf,
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
        env = "OWNER_AGENT_LISTEN",
        hide_env = true
    )]
    pub listen: Option<String>,
    /// Address that others are told, where this machine does not see its own; may be repeated
    #[arg(
        long,
        value_name = "MULTIADDR",
        env = "OWNER_AGENT_ANNOUNCE",
        hide_env = true
    )]
    pub announce: Vec<String>,
    /// Write the log to standard error as JSON, one object a line
    #[arg(long, env = "OWNER_AGENT_LOG_JSON", hide_env = true)]
    pub log_json: bool,
    /// Stop when standard input ends; for programs that start agents and must not leave any behind
    #[arg(long, hide = true)]
    pub stop_with_input: bool,
}

/// Trustees.
#[derive(Debug, Subcommand)]
pub enum Trustee {
    /// Make an invitation link; it works once and holds no secret
    Invite {
        /// What you call this trustee
        name: String,
    },
    /// The four words that you read to this trustee, and what the trustee's may be
    Words {
        /// What you call this trustee
        name: String,
    },
    /// Compare four words with this trustee, by voice or face to face
    Verify {
        /// What you call this trustee
        name: String,
        /// The words you heard, or `none` when they were none of the choices; asked otherwise
        #[arg(long, value_name = "WORDS")]
        heard: Option<String>,
    },
    /// Trustees and backup hosts, and how far each is
    List,
    /// Is this trustee's agent reachable?
    Ping {
        /// What you call this trustee
        name: String,
    },
    /// Deal a new epoch to the others; when it is in force and proved held, the old shares are deleted
    Remove {
        /// What you call these trustees or hosts
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// The same, with somebody you have invited and verified in the other's place
    Replace {
        /// Who leaves
        old: String,
        /// Who takes the place
        new: String,
    },
}

/// Backup hosts.
#[derive(Debug, Subcommand)]
pub enum Host {
    /// Make an invitation link; it works once and holds no secret
    Invite {
        /// What you call this host
        name: String,
    },
    /// What it means that a host is the agent of one of your trustees, and to accept it
    ///
    /// Such a host gets no backup before.
    Accept {
        /// What you call this host
        name: String,
        /// Accept it; else it is only shown
        #[arg(long)]
        yes: bool,
    },
    /// The four words that you read to this host's person, and what hers may be
    Words {
        /// What you call this host
        name: String,
    },
    /// Compare four words with this host's person, by voice or face to face
    Verify {
        /// What you call this host
        name: String,
        /// The words you heard, or `none` when they were none of the choices; asked otherwise
        #[arg(long, value_name = "WORDS")]
        heard: Option<String>,
    },
}

/// Protected items.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Add files; a few seconds later your backup hosts have them
    ///
    /// Before the first `protect` there is no backup yet, and they are kept here alone.
    /// Keys of OpenSSH and age, the words of a wallet and exports of password managers are recognised, and refused when
    /// they are damaged, cut off or mistyped.
    Add(SecretAdd),
    /// Names and sizes
    List,
    /// Print an item, or write it to a file; asks for the passphrase again
    Show {
        /// Its name
        name: String,
        /// Write it to this new file, readable by you alone
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Not as it is, but as it was before the last changes of a device that was lost
        #[arg(long)]
        earlier: bool,
    },
    /// Remove an item, here and for whoever recovers later
    Remove {
        /// Its name
        name: String,
        /// Only its earlier version, which a recovery brought back
        #[arg(long)]
        earlier: bool,
    },
}

/// Items to protect.
#[derive(Debug, Args)]
pub struct SecretAdd {
    /// The files, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to call it, where it is one; the file's name where not given
    #[arg(long)]
    pub name: Option<String>,
    /// Take it for this and nothing else; `file` keeps it as it is, whatever it looks like
    #[arg(long = "as", value_name = "KIND")]
    pub kind: Option<Kind>,
}

/// A deal.
#[derive(Debug, Args)]
pub struct Protect {
    /// How many trustees are needed to recover: 2 to 255
    #[arg(long, value_parser = clap::value_parser!(u8).range(2..))]
    pub threshold: u8,
    /// How long a recovery waits once enough trustees approved, so that you can stop a false one; as it is in
    /// force where not given, or 24h
    #[arg(long, visible_alias = "wait", value_name = "SPAN", value_parser = spans::parse)]
    pub delay: Option<Millis>,
    /// How long a recovery may take before it must be started anew; as it is in force, or 14d
    #[arg(long, value_name = "SPAN", value_parser = spans::parse)]
    pub lifetime: Option<Millis>,
    /// How long a trustee waits after a failed recovery before sponsoring another; as it is in force, or 1d
    #[arg(long, value_name = "SPAN", value_parser = spans::parse)]
    pub cool_down: Option<Millis>,
    /// How many trustees who say "stolen" override a veto; as it is in force, or all but one
    #[arg(long, value_name = "NUMBER")]
    pub override_threshold: Option<u8>,
    /// Begin, and do not wait until everything is acknowledged
    #[arg(long)]
    pub no_wait: bool,
}

/// The backup in force.
#[derive(Debug, Subcommand)]
pub enum Backup {
    /// Which backup is in force, and which hosts have shown that they have it
    Show,
    /// Read the whole backup from every host, and look whether it is intact
    ///
    /// Exits with 8 unless one host at least shows all of it.
    Verify {
        /// How long to wait for hosts that do not answer
        #[arg(long, value_name = "SPAN", value_parser = spans::parse, default_value = "1min")]
        patience: Millis,
    },
}

/// Shares of the recovery secrets.
#[derive(Debug, Subcommand)]
pub enum Share {
    /// Give every trustee a new share of the same secrets; the old ones are deleted
    ///
    /// Old and new shares do not go together: whoever stole one in an earlier year begins at nothing. Trustees, threshold
    /// and backup stay as they are; the change waits, and can be vetoed, like every change.
    Refresh {
        /// Begin, and do not wait until it is in force
        #[arg(long)]
        no_wait: bool,
    },
}

/// Attempts in her name.
#[derive(Debug, Subcommand)]
pub enum Alert {
    /// What was asked for in your name: your keys, or a trustee's share
    List,
    /// Stop one that is not yours, signed with this device's key
    Veto {
        /// Its id, or the beginning of it
        // One id of 64 begins with a hyphen as `--json` writes it (base64url).
        #[arg(allow_hyphen_values = true)]
        id: String,
    },
}

/// A recovery.
#[derive(Debug, Subcommand)]
pub enum Recover {
    /// Begin: who you are, and which trustees you remember
    Start(RecoverStart),
    /// Make the link for one trustee; call that trustee first
    Invite {
        /// The trustee
        name: String,
    },
    /// The four words that you read to this trustee, and what the trustee's may be
    Words {
        /// The trustee
        name: String,
    },
    /// Compare four words with this trustee, by voice or face to face
    Verify {
        /// The trustee
        name: String,
        /// The words you heard, or `none` when they were none of the choices; asked otherwise
        #[arg(long, value_name = "WORDS")]
        heard: Option<String>,
    },
    /// How far it is; exits with 3 while people must act or time must pass
    Status {
        /// Go on showing it until it is over
        #[arg(long)]
        watch: bool,
    },
    /// Go on without changes that trustees know of and no backup host gives
    AcceptOlder,
    /// Give up
    Abort,
}

/// A claim.
#[derive(Debug, Args)]
pub struct RecoverStart {
    /// What your trustees know you as
    #[arg(long)]
    pub name: String,
    /// The trustees you remember, with commas between them
    #[arg(long, required = true, value_delimiter = ',', value_name = "NAMES")]
    pub trustees: Vec<String>,
    /// Someone may have your old device, not only you have lost it
    #[arg(long)]
    pub stolen: bool,
}

/// The ledger's records.
#[derive(Debug, Subcommand)]
pub enum Record {
    /// Records of your ledger that concern you
    List,
}
