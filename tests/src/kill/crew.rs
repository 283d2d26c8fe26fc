//! The processes of one life, and the one who kills them.
use crate::floor::Floor;
use crate::scene::{OWNER, Scene};
use crate::volume::Volume;
use kith_runtime::local_client::LocalClient;
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::process::{Place, Process};
use owner_agent::demo::stage::{HOST, WITNESSES};
use owner_agent::demo::trouble::Trouble;
use std::fs;

/// The trustees.
pub(super) const TRUSTEES: [&str; 3] = ["Bob", "Carol", "Dan"];

/// Who dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Victim {
    /// The owner's agent, or the claimant's.
    Owner,
    /// A trustee's, by position.
    Trustee(usize),
    /// The operator of the ledger and keeper of the backup.
    Host,
    /// The ledger's witness.
    Witness,
}

/// Everyone.
pub(super) struct Crew<'a> {
    scene: Scene<'a>,
    owner: Option<Process>,
    /// Devices that she had so far.
    devices: usize,
    /// What the homes of all lie on; goes after the processes.
    household: Option<Volume>,
}

/// The ways to everyone's agent, whichever process that is.
#[derive(Clone)]
pub(super) struct People {
    owner: LocalClient,
    trustees: Vec<LocalClient>,
    host: LocalClient,
    witness: LocalClient,
}

impl<'a> Crew<'a> {
    /// Everyone but the owner.
    pub(super) async fn begin(
        floor: &'a Floor,
        household: Option<Volume>,
    ) -> Result<Self, Trouble> {
        let trustee = floor.programs.trustee.clone();
        let people = TRUSTEES.map(|name| (name, &*trustee));
        Ok(Self {
            scene: Scene::begin(floor, &people).await?,
            owner: None,
            devices: 0,
            household,
        })
    }

    /// A new device of hers, set up by this command.
    pub(super) async fn device(&mut self, arguments: &[&str]) -> Result<(), Trouble> {
        let floor = self.scene.floor;
        self.devices += 1;
        let name = format!("device {}", self.devices);
        let place = Place::new(floor.path(), &name, &floor.programs.owner)?;
        place.command(arguments).await?;
        self.owner = Some(place.run([floor.verbosity]).await?);
        Ok(())
    }

    /// The arguments that set up an owner on the ledger.
    pub(super) fn init(&self) -> Vec<String> {
        let ledger = self.scene.floor.path().join("ledger.txt");
        let ledger = ledger.to_string_lossy().into_owned();
        ["init", "--name", OWNER, "--ledger", &ledger]
            .map(str::to_owned)
            .into()
    }

    /// Her device is gone.
    pub(super) async fn lose(&mut self) -> Result<(), Trouble> {
        let Some(mut owner) = self.owner.take() else {
            return Ok(());
        };
        owner.kill().await?;
        let home = &owner.place().home;
        fs::remove_dir_all(home).map_err(|error| Trouble::file("deleting", home, error))
    }

    /// SIGKILL, and a new process on the same home; where all live on one volume, its power is cut
    /// and all come back.
    pub(super) async fn dies_and_returns(&mut self, victim: Victim) -> Result<(), Trouble> {
        if self.household.is_some() {
            return self.power_is_cut().await;
        }
        let cast = &mut self.scene.cast;
        let process = match victim {
            Victim::Owner => self.owner.as_mut(),
            Victim::Trustee(at) => cast.trustees.get_mut(at),
            Victim::Host => Some(&mut cast.host),
            Victim::Witness => cast.witnesses.first_mut(),
        };
        let Some(process) = process else {
            return Ok(());
        };
        process.kill().await?;
        *process = returns(process.place().clone(), self.scene.floor.verbosity).await?;
        Ok(())
    }

    /// Whether all live on one volume.
    pub(super) fn is_one_household(&self) -> bool {
        self.household.is_some()
    }

    async fn power_is_cut(&mut self) -> Result<(), Trouble> {
        let (cast, verbosity) = (&mut self.scene.cast, self.scene.floor.verbosity);
        let Some(household) = &mut self.household else {
            return Ok(());
        };
        household.cut().map_err(Trouble::Broken)?;
        let others = cast.witnesses.iter_mut().chain(&mut cast.trustees);
        let mut all: Vec<&mut Process> = others.chain([&mut cast.host]).collect();
        all.extend(self.owner.as_mut());
        for process in &mut all {
            process.kill().await?;
        }
        household.mount_again().map_err(Trouble::Broken)?;
        let places: Vec<Place> = all.iter().map(|one| one.place().clone()).collect();
        let starting = places.into_iter();
        let starting: Vec<_> = starting
            .map(|place| tokio::spawn(returns(place, verbosity)))
            .collect();
        for (process, started) in all.into_iter().zip(starting) {
            *process = started.await.expect("starting a process does not panic")?;
        }
        Ok(())
    }

    /// The ways to all.
    pub(super) fn people(&self) -> People {
        let cast = &self.scene.cast;
        let owner = self.owner.as_ref().unwrap_or(&cast.host);
        People {
            owner: owner.client().clone(),
            trustees: cast
                .trustees
                .iter()
                .map(|one| one.client().clone())
                .collect(),
            host: cast.host.client().clone(),
            witness: cast.witnesses[0].client().clone(),
        }
    }
}

/// A new process on the same home.
async fn returns(place: Place, verbosity: &'static str) -> Result<Process, Trouble> {
    let hosting: &[&str] = match &*place.name {
        HOST => &["--host-backups"],
        _ => &[],
    };
    place.run([&[verbosity], hosting].concat()).await
}

impl People {
    /// Her, at the newest device.
    pub(super) fn owner(&self) -> Owner<'_> {
        Owner::with(OWNER, &self.owner)
    }

    /// A trustee, by position.
    pub(super) fn trustee(&self, at: usize) -> Trustee<'_> {
        Trustee::with(TRUSTEES[at], &self.trustees[at])
    }

    /// The host.
    pub(super) fn host(&self) -> Trustee<'_> {
        Trustee::with(HOST, &self.host)
    }

    /// The witness.
    pub(super) fn witness(&self) -> Trustee<'_> {
        Trustee::with(WITNESSES[0], &self.witness)
    }
}
