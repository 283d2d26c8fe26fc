//! A stage of real processes over loopback, driven by their commands and local API. What they send is
//! counted from their logs.
use crate::swarms::{PAUSE, trouble};
use kith_protocol::owner::command as owner;
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::command as trustee;
use kith_runtime::clock;
use kith_simulations::live::{Kind, Outcome, Stage, Tally, Trouble};
use kith_tests::floor::Floor;
use owner_agent::demo::patience::{MESSAGES, Seen, until};
use owner_agent::demo::people::Owner;
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::trouble;
use std::fs;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;

/// How much they log: our own words, so that what goes out can be counted.
const TALKATIVE: &str = "-v";

/// Real processes.
pub(crate) struct Processes<'a> {
    runtime: Runtime,
    floor: &'a Floor,
    agents: Vec<Machine>,
}

struct Machine {
    place: Place,
    kind: Kind,
    /// Processes start side by side: unlocking takes its time.
    starting: Option<JoinHandle<Result<Process, trouble::Trouble>>>,
    process: Option<Process>,
}

impl Machine {
    fn arguments(&self) -> Vec<&'static str> {
        match &self.kind {
            Kind::Trustee(config) if config.host_backups => vec![TALKATIVE, "--host-backups"],
            _ => vec![TALKATIVE],
        }
    }
}

async fn appear(place: Place, arguments: Vec<&'static str>) -> Result<Process, trouble::Trouble> {
    place.command(["init", "--name", &place.name]).await?;
    place.run(arguments).await
}

/// The first command of an owner's or claimant's makes the home, and `run` carries it out.
async fn begin(place: Place, command: Vec<String>) -> Result<Process, trouble::Trouble> {
    place.command(command).await?;
    let process = place.run([TALKATIVE]).await?;
    let person = Owner::at(&process);
    until("the first command", MESSAGES, async || {
        let status = person.status().await?;
        Ok(match &*status.state {
            "empty" => Seen::NotYet(status.text),
            _ => Seen::Done(()),
        })
    })
    .await?;
    Ok(process)
}

/// Plays something on real processes. Whatever they leave is searched for the items; where it does not come
/// true, their logs are shown.
///
/// # Panics
/// When it does not.
pub(crate) fn on_processes(
    play: impl FnOnce(&mut Processes<'_>) -> Result<Outcome, String>,
) -> Outcome {
    let floor = Floor::new();
    let played = play(&mut Processes::new(&floor));
    let items = played.iter().flat_map(|outcome| outcome.items.values());
    let items: Vec<&[u8]> = items.map(Vec::as_slice).collect();
    let judged = played.as_ref().map(drop);
    floor.judge(
        judged.map_err(|what| trouble::Trouble::Broken(what.clone())),
        &items,
    );
    played.expect("judged")
}

impl<'a> Processes<'a> {
    fn new(floor: &'a Floor) -> Self {
        Self {
            runtime: Runtime::new().expect("threads"),
            floor,
            agents: Vec::new(),
        }
    }

    fn running(&mut self, agent: usize) -> Result<&Process, Trouble> {
        let machine = &mut self.agents[agent];
        if let Some(starting) = machine.starting.take() {
            let started = self.runtime.block_on(starting).expect("no panic");
            machine.process = Some(started.unwrap_or_else(|trouble| panic!("{trouble}")));
        }
        machine.process.as_ref().ok_or(Trouble::Away)
    }

    fn run(&mut self, agent: usize) {
        let machine = &mut self.agents[agent];
        let run = machine.place.run(machine.arguments());
        let process = self.runtime.block_on(run);
        machine.process = Some(process.unwrap_or_else(|trouble| panic!("{trouble}")));
    }

    /// The words on the command line that make a home, if this command does.
    fn first(&self, command: &owner::Command) -> Option<Vec<String>> {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match command {
            owner::Command::Init { name, ledger } => {
                let file = self.floor.path().join("ledger.txt");
                fs::write(&file, ledger).expect("our own directory");
                let file = file.to_string_lossy();
                Some(words(&["init", "--name", name, "--ledger", &file]))
            }
            owner::Command::RecoverStart {
                name,
                trustees,
                stolen,
            } => {
                let trustees = trustees.join(",");
                let line = ["recover", "start", "--name", name, "--trustees", &trustees];
                let mut line: Vec<String> = words(&line);
                line.extend(stolen.then(|| "--stolen".to_owned()));
                Some(line)
            }
            _ => None,
        }
    }
}

impl Stage for Processes<'_> {
    fn add(&mut self, name: &str, kind: &Kind) {
        let programs = &self.floor.programs;
        let program = match kind {
            Kind::Owner => &programs.owner,
            Kind::Trustee(_) => &programs.trustee,
        };
        let place = Place::new(self.floor.path(), name, program).expect("our own directory");
        let mut machine = Machine {
            place,
            kind: kind.clone(),
            starting: None,
            process: None,
        };
        if matches!(kind, Kind::Trustee(_)) {
            let starting = appear(machine.place.clone(), machine.arguments());
            machine.starting = Some(self.runtime.spawn(starting));
        }
        self.agents.push(machine);
    }

    fn owner(&mut self, agent: usize, command: &owner::Command) -> Result<owner::Answer, Trouble> {
        if self.agents[agent].process.is_none() {
            let no = || kith_protocol::error::CommandError::error("nothing was begun here");
            let words = self.first(command).ok_or_else(|| Trouble::Refused(no()))?;
            let begun = self
                .runtime
                .block_on(begin(self.agents[agent].place.clone(), words));
            self.agents[agent].process = Some(begun.unwrap_or_else(|trouble| panic!("{trouble}")));
            let text = String::new();
            return Ok(owner::Answer::Done { text });
        }
        let client = self.running(agent)?.client().clone();
        self.runtime
            .block_on(client.command(command))
            .map_err(trouble)
    }

    fn trustee(
        &mut self,
        agent: usize,
        command: &trustee::Command,
    ) -> Result<trustee::Answer, Trouble> {
        let client = self.running(agent)?.client().clone();
        self.runtime
            .block_on(client.command(command))
            .map_err(trouble)
    }

    fn stop(&mut self, agent: usize) {
        if let Some(process) = &mut self.agents[agent].process {
            let killed = self.runtime.block_on(process.kill());
            killed.unwrap_or_else(|trouble| panic!("{trouble}"));
        }
    }

    fn start(&mut self, agent: usize) {
        self.run(agent);
    }

    /// The same home in the hands of a program that plays false.
    fn bend(&mut self, agent: usize, _villain: &str) {
        self.stop(agent);
        self.agents[agent].place.program = self.floor.villain();
        self.run(agent);
    }

    fn rest(&mut self) {
        self.runtime
            .block_on(async { tokio::time::sleep(PAUSE).await });
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn tally(&mut self) -> Tally {
        let mut tally = Tally::default();
        for machine in &self.agents {
            let log = fs::read(&machine.place.log).unwrap_or_default();
            for line in String::from_utf8_lossy(&log).lines() {
                if let Some((typ, id)) = sent(line) {
                    tally.sends(&machine.place.name, typ, id);
                }
            }
        }
        tally
    }
}

/// The type and id in a line of a log that says what goes out.
fn sent(line: &str) -> Option<(&str, &str)> {
    let (_, said) = line.split_once("a message goes out")?;
    Some((field(said, "typ")?, field(said, "id")?))
}

fn field<'l>(said: &'l str, name: &str) -> Option<&'l str> {
    let (_, value) = said.split_once(&format!(" {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}
