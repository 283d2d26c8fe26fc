//! Part 1: a ledger, an identity, and people who trust each other.
use super::{OWNER, Play};
use crate::demo::ledger;
use crate::demo::meeting::{Role, enrol};
use crate::demo::patience::{MESSAGES, Seen, until};
use crate::demo::people::{Owner, Trustee};
use crate::demo::process::{Place, Process};
use crate::demo::stage::{Cast, HOST, WITNESSES};
use crate::demo::trouble::Trouble;
use std::ffi::OsStr;
use std::fs;

impl Play<'_> {
    pub(super) async fn set_up(&mut self) -> Result<(Cast, Process), Trouble> {
        self.story.part(
            "set_up",
            "1  Set-up: a ledger, an identity, people who trust each other",
        );
        let cast = self.start_agents().await?;
        let descriptor = self.create_ledger(&cast).await?;
        let owner = self.create_identity(&descriptor).await?;
        self.enrol_everyone(&cast, &owner).await?;
        Ok((cast, owner))
    }

    async fn start_agents(&mut self) -> Result<Cast, Trouble> {
        let trustees = &self.plan.trustees;
        self.story.step(format!(
            "starting {} agents, each a process with a home of its own",
            trustees.len() + WITNESSES.len() + 1
        ));
        let cast = Cast::start(self.directory, self.programs, self.plan).await?;
        self.story
            .done(&format!("trustees:   {}", trustees.join(", ")));
        self.story
            .done(&format!("host:       {HOST}: ledger and backup, no share"));
        self.story.done(&format!(
            "witnesses:  {}: strangers to {OWNER}",
            WITNESSES.join(", ")
        ));
        Ok(cast)
    }

    async fn create_ledger(&mut self, cast: &Cast) -> Result<String, Trouble> {
        self.story.step(format!(
            "{HOST} creates a ledger; the witnesses certify each head of it"
        ));
        let created = ledger::create(cast).await?;
        self.story.done(&created.strength);
        Ok(created.descriptor)
    }

    async fn create_identity(&mut self, descriptor: &str) -> Result<Process, Trouble> {
        self.story.step(format!(
            "{OWNER} creates her identity and relies on that ledger"
        ));
        let file = self.directory.join("ledger.txt");
        let written = fs::write(&file, descriptor);
        written.map_err(|error| Trouble::file("writing", &file, error))?;
        let place = Place::new(self.directory, OWNER, &self.programs.owner)?;
        let name = ["init", "--name", OWNER, "--ledger"].map(OsStr::new);
        place
            .command(name.into_iter().chain([file.as_os_str()]))
            .await?;
        let process = place.run::<[&str; 0]>([]).await?;
        let owner = Owner::at(&process);
        let anchored = until("her identity on the ledger", MESSAGES, async || {
            let status = owner.status().await?;
            Ok(match status.live {
                true => Seen::Done(()),
                false => Seen::NotYet(status.text),
            })
        });
        anchored.await?;
        self.story.done("her agent's key stands on the ledger");
        Ok(process)
    }

    async fn enrol_everyone(&mut self, cast: &Cast, owner: &Process) -> Result<(), Trouble> {
        let trustees = cast.trustees.iter().map(|process| (process, Role::Trustee));
        for (process, role) in trustees.chain([(&cast.host, Role::Host)]) {
            let name = process.name();
            self.story.step(match role {
                Role::Trustee => format!("{OWNER} sends {name} an invitation; they compare words"),
                Role::Host => format!("{OWNER} asks {name} to keep her encrypted backup"),
            });
            let words = enrol(Owner::at(owner), OWNER, Trustee::at(process), role).await?;
            self.story.done(&format!(
                "{OWNER} read out `{words}`; {name} picked the same"
            ));
        }
        Ok(())
    }
}
