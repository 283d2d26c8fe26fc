//! A stage of real libp2p swarms in this process: driver, store and envelopes as in the programs, and memory
//! in place of sockets.
use kith_protocol::agent::{Agent, Context, Event, Input, Step};
use kith_protocol::error::Damage;
use kith_protocol::health::Health;
use kith_protocol::owner::{OwnerAgent, command as owner};
use kith_protocol::record::Records;
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::{TrusteeAgent, command as trustee};
use kith_runtime::clock;
use kith_runtime::homes::Home;
use kith_runtime::keystore::{self, Cost};
use kith_runtime::local_client::{ClientError, LocalClient};
use kith_runtime::passphrase::Passphrase;
use kith_runtime::process::{self, RunError, Running};
use kith_simulations::live::{Kind, Stage, Tally, Trouble};
use kith_tests::false_trustee::{FalseTrustee, Trick};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

/// Cheap: nobody guesses these passphrases.
const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};
/// How long nobody looks at their screens.
pub(crate) const PAUSE: Duration = Duration::from_millis(30);

const START_PATIENCE: Millis = Millis::seconds(30);

type Sent = Arc<Mutex<Tally>>;

/// Real agents in this process.
pub(crate) struct Swarms {
    runtime: Runtime,
    directory: TempDir,
    agents: Vec<Machine>,
    sent: Sent,
}

struct Machine {
    name: String,
    kind: Kind,
    home: Home,
    client: LocalClient,
    bent: Arc<AtomicBool>,
    running: Option<Running>,
}

/// An agent whose messages are counted where the runtime takes them: as the simulator counts them.
struct Counted<G> {
    agent: G,
    name: String,
    sent: Sent,
}

impl<G: Agent> Agent for Counted<G> {
    type Command = G::Command;
    type Answer = G::Answer;

    fn step(
        &mut self,
        now: Timestamp,
        input: Input<G::Command>,
        cx: Context<'_>,
    ) -> Result<Step<G::Answer>, Damage> {
        let step = self.agent.step(now, input, cx)?;
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        for message in &step.sends {
            sent.sends(&self.name, message.body.typ(), &message.id);
        }
        Ok(step)
    }

    fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        self.agent.deadline(records)
    }

    fn pending(&self, records: &dyn Records) -> Result<Vec<Event>, Damage> {
        self.agent.pending(records)
    }

    fn health(&self, now: Timestamp, records: &dyn Records) -> Result<Health, Damage> {
        self.agent.health(now, records)
    }
}

fn passphrase() -> Passphrase {
    Passphrase::new(Zeroizing::new(b"orbit velvet candy".to_vec())).expect("words")
}

impl Swarms {
    pub(crate) fn new() -> Self {
        Self {
            runtime: Runtime::new().expect("threads"),
            directory: tempfile::Builder::new()
                .prefix("kith-")
                .tempdir()
                .expect("a directory"),
            agents: Vec::new(),
            sent: Sent::default(),
        }
    }
}

impl Machine {
    /// Starts it, once the place of its life before is free.
    fn start(&mut self, runtime: &Runtime, sent: &Sent) {
        let end = clock::now().after(START_PATIENCE);
        loop {
            match self.begin(runtime, sent) {
                Ok(running) => return self.running = Some(running),
                Err(error) => assert!(clock::now() < end, "{}: {error}", self.name),
            }
            runtime.block_on(async { tokio::time::sleep(PAUSE).await });
        }
    }

    fn begin(&self, runtime: &Runtime, sent: &Sent) -> Result<Running, RunError> {
        let (home, name, sent) = (self.home.clone(), self.name.clone(), sent.clone());
        match self.kind.clone() {
            Kind::Owner => {
                let open = |rows: &dyn Records| {
                    let agent = OwnerAgent::open(rows)?;
                    Ok(Counted { agent, name, sent })
                };
                runtime.block_on(process::start_in_memory(home, passphrase(), open))
            }
            Kind::Trustee(config) => {
                let begun = self.bent.clone();
                let open = |rows: &dyn Records| {
                    let honest = TrusteeAgent::open(rows, config)?;
                    let agent = FalseTrustee::new(Trick::Swap, honest, begun);
                    Ok(Counted { agent, name, sent })
                };
                runtime.block_on(process::start_in_memory(home, passphrase(), open))
            }
        }
    }
}

/// What a person takes for it: no answer, or a no.
pub(crate) fn trouble(error: ClientError) -> Trouble {
    match error {
        ClientError::Refused(refused) => Trouble::Refused(refused),
        _ => Trouble::Away,
    }
}

impl Stage for Swarms {
    fn add(&mut self, name: &str, kind: &Kind) {
        let place = self.directory.path().join(self.agents.len().to_string());
        let home = Home::at(&place).expect("a short path");
        home.prepare().expect("our own directory");
        let key = keystore::create(&home.keystore(), &passphrase(), CHEAP);
        drop(key.expect("a new keystore"));
        let mut machine = Machine {
            name: name.into(),
            kind: kind.clone(),
            client: LocalClient::at(home.socket()).of_whoever_has(&passphrase()),
            home,
            bent: Arc::default(),
            running: None,
        };
        machine.start(&self.runtime, &self.sent);
        self.agents.push(machine);
    }

    fn owner(&mut self, agent: usize, command: &owner::Command) -> Result<owner::Answer, Trouble> {
        let answer = self.agents[agent].client.command(command);
        self.runtime.block_on(answer).map_err(trouble)
    }

    fn trustee(
        &mut self,
        agent: usize,
        command: &trustee::Command,
    ) -> Result<trustee::Answer, Trouble> {
        let answer = self.agents[agent].client.command(command);
        self.runtime.block_on(answer).map_err(trouble)
    }

    fn stop(&mut self, agent: usize) {
        if let Some(running) = self.agents[agent].running.take() {
            let stopped = self.runtime.block_on(running.stop());
            stopped.expect("the agent had not ended by itself");
        }
    }

    fn start(&mut self, agent: usize) {
        self.agents[agent].start(&self.runtime, &self.sent);
    }

    fn bend(&mut self, agent: usize, _villain: &str) {
        self.agents[agent].bent.store(true, Ordering::Relaxed);
    }

    fn rest(&mut self) {
        self.runtime
            .block_on(async { tokio::time::sleep(PAUSE).await });
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn tally(&mut self) -> Tally {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.clone()
    }
}
