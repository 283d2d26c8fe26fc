//! A small world of real processes: a ledger with one witness, trustees, an owner, a claimant.
use crate::floor::Floor;
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::{Command as OwnerCommand, RecoverView};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::Command as TrusteeCommand;
use owner_agent::demo::ledger;
use owner_agent::demo::meeting::{Role, check_claimant, enrol};
use owner_agent::demo::patience::{MESSAGES, Seen, until};
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::stage::{Cast, HOST, WITNESSES};
use owner_agent::demo::trouble::Trouble;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What the owner is called.
pub const OWNER: &str = "Alice";
/// How the claimant's process is called.
const FRESH: &str = "New device";
/// How long a request lives: longer than any test.
const LIFETIME: Millis = Millis::seconds(600);
/// All of the log: what must not be in it must not be in any of it.
pub const VERBOSE: &str = "-vv";

/// How long a recovery or a deal may take.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Everyone but the owner.
pub struct Scene<'a> {
    /// Where it plays.
    pub floor: &'a Floor,
    /// The processes.
    pub cast: Cast,
}

impl<'a> Scene<'a> {
    /// Starts the host, a witness and these trustees, each with its program, and creates a ledger.
    ///
    /// # Errors
    /// [`Trouble`] when one of them does not start; so in all methods below when an agent refuses,
    /// ends or is late.
    pub async fn begin(floor: &'a Floor, trustees: &[(&str, &Path)]) -> Result<Self, Trouble> {
        let honest = &*floor.programs.trustee;
        let mut people = vec![(HOST, honest), (WITNESSES[0], honest)];
        people.extend(trustees);
        let mut starting = Vec::new();
        for (name, program) in people {
            let place = Place::new(floor.path(), name, program)?;
            starting.push(tokio::spawn(appear(place, floor.verbosity)));
        }
        let mut running = Vec::new();
        for process in starting {
            running.push(process.await.expect("starting a process does not panic")?);
        }
        let trustees = running.split_off(2);
        let witnesses = running.split_off(1);
        let host = running.remove(0);
        let cast = Cast {
            host,
            witnesses,
            trustees,
        };
        let created = ledger::create(&cast).await?;
        let file = floor.path().join("ledger.txt");
        fs::write(&file, created.descriptor)
            .map_err(|error| Trouble::file("writing", &file, error))?;
        Ok(Self { floor, cast })
    }

    /// The person of this trustee.
    #[must_use]
    pub fn trustee(&self, name: &str) -> Trustee<'_> {
        Trustee::at(self.cast.trustee(name))
    }

    /// A new owner on the ledger, connected with every trustee and the host.
    pub async fn owner(&self) -> Result<Process, Trouble> {
        self.owner_by(&self.floor.programs.owner).await
    }

    /// The same, with this program.
    pub async fn owner_by(&self, program: &Path) -> Result<Process, Trouble> {
        let place = Place::new(self.floor.path(), OWNER, program)?;
        let file = self.floor.path().join("ledger.txt");
        let file = file.to_string_lossy();
        place
            .command(["init", "--name", OWNER, "--ledger", &file])
            .await?;
        let process = place.run([VERBOSE]).await?;
        let owner = Owner::at(&process);
        until("the identity on the ledger", MESSAGES, async || {
            let status = owner.status().await?;
            Ok(match status.live {
                true => Seen::Done(()),
                false => Seen::NotYet(status.text),
            })
        })
        .await?;
        for trustee in &self.cast.trustees {
            enrol(owner, OWNER, Trustee::at(trustee), Role::Trustee).await?;
        }
        enrol(owner, OWNER, Trustee::at(&self.cast.host), Role::Host).await?;
        Ok(process)
    }

    /// A fresh agent that knows the trustees' names.
    pub async fn claimant(&self) -> Result<Process, Trouble> {
        let place = Place::new(self.floor.path(), FRESH, &self.floor.programs.owner)?;
        let names: Vec<&str> = self.cast.trustees.iter().map(Process::name).collect();
        let start = ["recover", "start", "--name", OWNER, "--trustees"];
        let names = names.join(",");
        place.command(start.into_iter().chain([&*names])).await?;
        let process = place.run([VERBOSE]).await?;
        let owner = Owner::at(&process);
        until("the claim", MESSAGES, async || {
            let status = owner.status().await?;
            Ok(match &*status.state {
                "claimant" => Seen::Done(()),
                _ => Seen::NotYet(status.text),
            })
        })
        .await?;
        Ok(process)
    }

    /// Compares words with this trustee; returns the trustee's name for the request.
    pub async fn meet(&self, claimant: &Process, trustee: &str) -> Result<String, Trouble> {
        let met = check_claimant(Owner::at(claimant), OWNER, self.trustee(trustee)).await;
        met.map(|(request, _)| request)
    }

    /// The trustee's person approves.
    pub async fn approve(&self, trustee: &str, request: &str) -> Result<(), Trouble> {
        let id = request.to_owned();
        let approve = TrusteeCommand::RequestApprove { id };
        self.trustee(trustee).ask(&approve).await.map(drop)
    }

    /// Kills a trustee as a power cut does, and starts it again.
    pub async fn trustee_dies_and_returns(&mut self, name: &str) -> Result<(), Trouble> {
        let mut trustees = self.cast.trustees.iter_mut();
        let named = trustees.find(|process| process.name() == name);
        dies_and_returns(named.expect("a trustee of the scene"), &[]).await
    }

    /// Kills the host, which operates the ledger and keeps the backup, and starts it again.
    pub async fn host_dies_and_returns(&mut self) -> Result<(), Trouble> {
        dies_and_returns(&mut self.cast.host, &["--host-backups"]).await
    }
}

async fn appear(place: Place, verbosity: &'static str) -> Result<Process, Trouble> {
    place.command(["init", "--name", &place.name]).await?;
    match &*place.name {
        HOST => place.run([verbosity, "--host-backups"]).await,
        _ => place.run([verbosity]).await,
    }
}

/// SIGKILL, and a new process on the same home.
pub async fn dies_and_returns(process: &mut Process, more: &[&str]) -> Result<(), Trouble> {
    process.kill().await?;
    let place = process.place().clone();
    *process = place.run([&[VERBOSE], more].concat()).await?;
    Ok(())
}

/// Asks for protection of one item, with this threshold and delay.
pub async fn ask_for_protection(
    owner: Owner<'_>,
    (name, data): (&str, &[u8]),
    threshold: u8,
    delay: Millis,
) -> Result<(), Trouble> {
    let add = OwnerCommand::SecretAdd {
        name: name.to_owned(),
        data: Blob(data.to_vec()),
    };
    owner.ask(&add).await?;
    let protect = OwnerCommand::Protect {
        threshold,
        delay: Some(delay),
        lifetime: Some(LIFETIME),
        cool_down: Some(Millis::seconds(1)),
        override_threshold: None,
    };
    owner.ask(&protect).await.map(drop)
}

/// Until every trustee has acknowledged and the epoch is active.
pub async fn protected(owner: Owner<'_>) -> Result<(), Trouble> {
    until("every acknowledgement", PATIENCE, async || {
        let deal = owner.deal().await?;
        let all = deal.state == "protected" && deal.missing.is_empty();
        Ok(match all {
            true => Seen::Done(()),
            false => Seen::NotYet(format!("{deal:?}")),
        })
    })
    .await
}

/// Until the claim is as `is_there` wants it.
pub async fn claim_is(
    claimant: Owner<'_>,
    what: &str,
    is_there: impl Fn(&RecoverView) -> bool,
) -> Result<RecoverView, Trouble> {
    until(what, PATIENCE, async || {
        let view = claimant.recovery().await?;
        Ok(match is_there(&view) {
            true => Seen::Done(view),
            false => Seen::NotYet(format!("{view:?}")),
        })
    })
    .await
}

/// What the claim says of this trustee: `share`, `bad-share` and the like.
#[must_use]
pub fn state_of<'v>(view: &'v RecoverView, trustee: &str) -> &'v str {
    let mut all = view.trustees.iter();
    all.find(|one| one.name == trustee)
        .map_or("unknown", |one| &one.state)
}

/// What must hold.
///
/// # Errors
/// [`Trouble::Broken`] with this sentence when it does not, so that the logs are shown.
pub fn hold(holds: bool, what: impl FnOnce() -> String) -> Result<(), Trouble> {
    if holds {
        return Ok(());
    }
    Err(Trouble::Broken(what()))
}

/// Asks everyone all that can be asked, so that the answers are searched for secrets.
///
/// # Errors
/// [`Trouble`] when a command does not start.
pub async fn question(scene: &Scene<'_>, owners: &[&Process]) -> Result<(), Trouble> {
    let Cast {
        host,
        witnesses,
        trustees,
    } = &scene.cast;
    let others = [host].into_iter().chain(witnesses).chain(trustees);
    for process in owners.iter().copied().chain(others) {
        scene.floor.question(process.place()).await?;
    }
    Ok(())
}
