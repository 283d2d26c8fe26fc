//! What the demo is asked to show, checked before anything starts.
use crate::commands::read_secret;
use clap::Args;
use kith_protocol::limits;
use kith_protocol::time::Millis;
use kith_runtime::console::{Exit, Failure};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Names of trustees, and so the most there can be: each is a process of its own.
const NAMES: [&str; 20] = [
    "Bob", "Carol", "Dan", "Erin", "Frank", "Grace", "Heidi", "Ivan", "Judy", "Kim", "Leo", "Mia",
    "Nina", "Olaf", "Peggy", "Quinn", "Rosa", "Sybil", "Tariq", "Uma",
];
/// A delay is really waited for.
const LONGEST_DELAY: u64 = 3600;
/// People's part of a request's life, so that a slow machine does not miss it.
const SHORTEST_LIFETIME: Millis = Millis::seconds(120);

/// What the demo shows.
#[derive(Clone, Debug, Args)]
pub struct Options {
    /// How many trustees are needed to recover
    #[arg(long, default_value_t = 3)]
    pub threshold: u8,
    /// How many trustees there are, each a process of its own
    #[arg(long, default_value_t = 5)]
    pub trustees: u8,
    /// How many trustees are killed, with the owner's own device
    #[arg(long, default_value_t = 2)]
    pub kill: u8,
    /// Seconds a release waits after enough approvals; the other times scale with it
    #[arg(long, default_value_t = 4, value_name = "SECONDS")]
    pub delay: u64,
    /// A file to protect, lose and recover; may be given several times, 16 MiB in all
    #[arg(long = "secret", value_name = "FILE")]
    pub secrets: Vec<PathBuf>,
    /// Put everything into this new directory and leave it there
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
    /// Use this trustee-agent and not the one beside this program
    #[arg(long, hide = true, value_name = "PATH")]
    pub trustee_agent: Option<PathBuf>,
    /// Keep there also what every agent answers, for tests that search it
    #[arg(long, hide = true, requires = "keep")]
    pub keep_answers: bool,
}

/// One thing to protect.
pub struct Item {
    /// Its name.
    pub name: String,
    /// Its bytes.
    pub data: Zeroizing<Vec<u8>>,
}

/// Options that make sense.
pub struct Plan {
    /// Trustees needed.
    pub threshold: u8,
    /// Their names, in the order they are set up.
    pub trustees: Vec<String>,
    /// How many of them are killed: the last ones.
    pub kill: usize,
    /// How long a release waits.
    pub delay: Millis,
    /// How long a request lives.
    pub lifetime: Millis,
    /// How long a sponsor waits after a failed request.
    pub cool_down: Millis,
    /// What is protected.
    pub items: Vec<Item>,
}

impl Plan {
    /// Checks the options and reads the files.
    ///
    /// # Errors
    /// [`Exit::Usage`] with the reason for nonsense.
    pub fn new(options: &Options) -> Result<Self, Failure> {
        numbers(options)?;
        let delay = Millis::seconds(options.delay);
        Ok(Self {
            threshold: options.threshold,
            trustees: names(options.trustees),
            kill: options.kill.into(),
            delay,
            lifetime: delay.times(30).max(SHORTEST_LIFETIME),
            cool_down: delay,
            items: items(&options.secrets)?,
        })
    }

    /// The trustees that live on.
    #[must_use]
    pub fn survivors(&self) -> &[String] {
        &self.trustees[..self.trustees.len() - self.kill]
    }

    /// The trustees that are killed.
    #[must_use]
    pub fn victims(&self) -> &[String] {
        &self.trustees[self.trustees.len() - self.kill..]
    }
}

fn names(count: u8) -> Vec<String> {
    let names = NAMES.iter().take(count.into());
    names.map(|name| (*name).to_owned()).collect()
}

fn numbers(options: &Options) -> Result<(), Failure> {
    let Options {
        threshold,
        trustees,
        kill,
        delay,
        ..
    } = *options;
    let most = NAMES.len();
    let reason = if threshold < 2 {
        format!(
            "a threshold of {threshold} would put the whole secret into one trustee's hands; the least is 2"
        )
    } else if usize::from(trustees) > most {
        format!("{trustees} trustees are more than this machine should run; the most is {most}")
    } else if threshold > trustees {
        format!("{trustees} trustees can never be the {threshold} that are needed")
    } else if kill > trustees - threshold {
        let left = trustees.saturating_sub(kill);
        format!(
            "killing {kill} of {trustees} trustees leaves {left}, and {threshold} are needed: nobody could recover"
        )
    } else if !(1..=LONGEST_DELAY).contains(&delay) {
        format!("a delay of {delay} seconds: it is really waited for, from 1 to {LONGEST_DELAY}")
    } else {
        return Ok(());
    };
    Err(Failure::new(Exit::Usage, reason))
}

fn items(files: &[PathBuf]) -> Result<Vec<Item>, Failure> {
    if files.is_empty() {
        return Ok(samples());
    }
    let items = files
        .iter()
        .map(|file| item(file))
        .collect::<Result<Vec<_>, _>>()?;
    let bytes: usize = items.iter().map(|item| item.data.len()).sum();
    if bytes > limits::backup::WALLET {
        let reason = format!("the files have {bytes} bytes together; the most is 16 MiB");
        return Err(Failure::new(Exit::Usage, reason));
    }
    let mut names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        let reason = format!(
            "two files are called {}; items need different names",
            twice[0]
        );
        return Err(Failure::new(Exit::Usage, reason));
    }
    Ok(items)
}

fn item(file: &Path) -> Result<Item, Failure> {
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| {
        let reason = format!("{} has no name that can be shown", file.display());
        Failure::new(Exit::Usage, reason)
    })?;
    let data = read_secret(file).map_err(|failure| Failure::new(Exit::Usage, failure.message))?;
    Ok(Item {
        name: name.to_owned(),
        data: Zeroizing::new(data),
    })
}

/// What Alice could not bear to lose, where no files are given: a private key and a note.
fn samples() -> Vec<Item> {
    let random: Zeroizing<[u8; 32]> = Zeroizing::new(rand::random());
    let key = Zeroizing::new(hex::encode(*random));
    let item = |name: &str, text: String| Item {
        name: name.to_owned(),
        data: Zeroizing::new(text.into_bytes()),
    };
    vec![
        item("signing-key.hex", format!("{}\n", *key)),
        item(
            "note.txt",
            "The spare key is under the third flower pot.\n".to_owned(),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn options() -> Options {
        Options {
            threshold: 3,
            trustees: 5,
            kill: 2,
            delay: 4,
            secrets: Vec::new(),
            keep: None,
            keep_answers: false,
            trustee_agent: None,
        }
    }

    fn refused(options: &Options) -> String {
        let Err(failure) = Plan::new(options) else {
            panic!("nonsense was taken: {options:?}")
        };
        assert_eq!(failure.exit, Exit::Usage);
        failure.message
    }

    #[test]
    fn the_default_is_three_of_five_with_two_killed() {
        let plan = Plan::new(&options()).unwrap();
        assert_eq!(plan.survivors(), ["Bob", "Carol", "Dan"]);
        assert_eq!(plan.victims(), ["Erin", "Frank"]);
        assert_eq!(plan.items.len(), 2);
    }

    #[test]
    fn a_threshold_of_one_is_no_sharing() {
        let message = refused(&Options {
            threshold: 1,
            ..options()
        });
        assert!(message.contains("one trustee's hands"));
    }

    #[test]
    fn a_threshold_above_the_trustees_is_refused() {
        refused(&Options {
            threshold: 6,
            ..options()
        });
        refused(&Options {
            trustees: 0,
            kill: 0,
            ..options()
        });
    }

    #[test]
    fn a_kill_that_leaves_too_few_is_refused_with_the_numbers() {
        let message = refused(&Options {
            kill: 3,
            ..options()
        });
        assert!(message.contains("leaves 2, and 3 are needed"), "{message}");
        refused(&Options {
            kill: 255,
            ..options()
        });
    }

    #[test]
    fn more_processes_than_names_are_refused() {
        refused(&Options {
            trustees: 21,
            ..options()
        });
        let most = Plan::new(&Options {
            trustees: 20,
            ..options()
        })
        .unwrap();
        assert_eq!(most.trustees.len(), 20);
    }

    #[test]
    fn lifetime_and_cool_down_scale_with_the_delay() {
        let times = |delay| {
            let plan = Plan::new(&Options { delay, ..options() }).unwrap();
            (plan.delay, plan.lifetime, plan.cool_down)
        };
        let seconds = Millis::seconds;
        assert_eq!(times(1), (seconds(1), SHORTEST_LIFETIME, seconds(1)));
        assert_eq!(times(60), (seconds(60), seconds(1800), seconds(60)));
        refused(&Options {
            delay: 0,
            ..options()
        });
        refused(&Options {
            delay: 3601,
            ..options()
        });
    }

    #[test]
    fn files_are_read_and_may_have_16_mib_together() {
        let dir = tempfile::tempdir().unwrap();
        let (half, rest) = (dir.path().join("half"), dir.path().join("rest"));
        fs::write(&half, vec![7; 8 << 20]).unwrap();
        fs::write(&rest, vec![8; 8 << 20]).unwrap();
        let secrets = vec![half, rest.clone()];
        let plan = Plan::new(&Options {
            secrets: secrets.clone(),
            ..options()
        })
        .unwrap();
        assert_eq!(plan.items[1].data.len(), 8 << 20);
        fs::write(&rest, vec![8; (8 << 20) + 1]).unwrap();
        assert!(
            refused(&Options {
                secrets,
                ..options()
            })
            .contains("16 MiB")
        );
    }

    #[test]
    fn a_missing_file_and_two_of_one_name_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("missing");
        assert!(
            refused(&Options {
                secrets: vec![missing],
                ..options()
            })
            .contains("missing")
        );
        let file = dir.path().join("key");
        fs::write(&file, "x").unwrap();
        let twice = vec![file.clone(), file];
        assert!(
            refused(&Options {
                secrets: twice,
                ..options()
            })
            .contains("called key")
        );
    }
}
