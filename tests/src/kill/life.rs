//! One set of agents and what it lives through.
use super::book::{Book, ClaimBook};
use super::crew::{Crew, TRUSTEES};
use super::deed::Deed;
use super::insist::seen;
use crate::floor::Floor;
use crate::scene::OWNER;
use crate::volume::Volume;
use kith_protocol::time::Millis;
use owner_agent::demo::patience::Seen;
use owner_agent::demo::people::Owner;
use owner_agent::demo::trouble::Trouble;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::HashMap;
use std::ops::AddAssign;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::watch;

/// How long a request lives where nothing hurries, and where epochs follow each other: the next one
/// waits at least as long (G7), and a recovery with deaths in it has to end within it.
const LONG: Millis = Millis::seconds(600);
const HURRIED: Millis = Millis::seconds(60);
/// How long a thing is thought to take before it was done once.
const FIRST_GUESS: Duration = Duration::from_millis(100);
/// Names of items: few, so that they are replaced.
const ITEMS: u8 = 6;
/// Bytes of most items, and of one in eight: several rows of the store.
const SMALL: usize = 2_000;
const LARGE: usize = 700_000;

/// Rounds and kills so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Things done, each with at least one kill.
    pub rounds: u64,
    /// Agents killed.
    pub kills: u64,
    /// Recoveries among them that came to their end.
    pub recoveries: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.rounds += other.rounds;
        self.kills += other.kills;
        self.recoveries += other.recoveries;
    }
}

/// What must not happen.
#[derive(Debug, Error)]
pub enum Failure {
    /// Something that was acknowledged is not there.
    #[error("lost: {0:?}")]
    Lost(Vec<String>),
    /// An agent does not start again, does not answer, or does not go on.
    #[error("unreadable: {0}")]
    Unreadable(#[from] Trouble),
}

/// A life, from a seed of its own.
pub struct Life<'a> {
    crew: Crew<'a>,
    book: Book,
    rng: StdRng,
    took: HashMap<&'static str, Duration>,
    /// What is done next; empty when the choice is free.
    plan: Vec<Deed>,
    is_short: bool,
    /// What was done and killed so far.
    pub tally: Tally,
}

impl<'a> Life<'a> {
    /// Starts everyone; nothing is killed yet. A short life has its owner enrolled quietly. Where the
    /// homes of all lie on a volume, its power is cut instead of killing one of them.
    ///
    /// # Errors
    /// [`Trouble`] when somebody does not start.
    pub async fn begin(
        floor: &'a Floor,
        seed: u64,
        is_short: bool,
        household: Option<Volume>,
    ) -> Result<Self, Trouble> {
        let mut crew = Crew::begin(floor, household).await?;
        let arguments = crew.init();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        crew.device(&arguments).await?;
        let mut life = Self {
            crew,
            book: Book::default(),
            rng: StdRng::seed_from_u64(seed),
            took: HashMap::new(),
            plan: Vec::new(),
            is_short,
            tally: Tally::default(),
        };
        life.plan = life.beginning();
        if is_short {
            life.quietly(4).await?;
        }
        Ok(life)
    }

    /// The first deeds, the last of them first.
    fn beginning(&mut self) -> Vec<Deed> {
        let mut plan = vec![Deed::Appear, Deed::Enrol(None)];
        plan.extend((0..TRUSTEES.len()).map(|at| Deed::Enrol(Some(at))));
        let lifetime = if self.is_short { LONG } else { HURRIED };
        plan.extend([self.an_item(), Deed::Protect(lifetime), Deed::Await]);
        plan.reverse();
        plan
    }

    async fn quietly(&mut self, deeds: usize) -> Result<(), Trouble> {
        for _ in 0..deeds {
            let deed = self.plan.pop().expect("a life begins with more");
            deed.done(&self.crew.people(), &mut self.book).await?;
        }
        Ok(())
    }

    /// One round; says what it was.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn round(&mut self) -> Result<String, Failure> {
        let deed = match self.plan.pop() {
            Some(deed) => deed,
            None => self.choice(),
        };
        if matches!(deed, Deed::Meet(_)) && self.book.claim.is_none() {
            self.lose_and_claim().await?;
        }
        let kills = self.attempt(&deed).await?;
        self.tally.rounds += 1;
        self.tally.recoveries += u64::from(matches!(deed, Deed::Finish));
        let lost = self.book.lost(&self.crew.people()).await?;
        if lost.is_empty() {
            return Ok(format!("{}, killed: {}", deed.kind(), kills.join(", ")));
        }
        Err(Failure::Lost(lost))
    }

    /// Her device is gone; a new one knows the trustees' names.
    async fn lose_and_claim(&mut self) -> Result<(), Trouble> {
        self.crew.lose().await?;
        let names = TRUSTEES.join(",");
        let start = ["recover", "start", "--name", OWNER, "--trustees", &names];
        self.crew.device(&start).await?;
        let people = self.crew.people();
        claiming(people.owner()).await?;
        self.book.claim = Some(ClaimBook::default());
        Ok(())
    }

    /// Does it while agents die, and says who died when.
    async fn attempt(&mut self, deed: &Deed) -> Result<Vec<String>, Trouble> {
        let usual = *self.took.get(deed.kind()).unwrap_or(&FIRST_GUESS);
        let moments = self.moments(usual);
        let concerned = deed.concerned();
        let victims: Vec<_> = moments
            .iter()
            .map(|_| concerned[self.rng.random_range(0..concerned.len())])
            .collect();
        let (people, began) = (self.crew.people(), Instant::now());
        let (done, over) = watch::channel(None);
        let crew = &mut self.crew;
        let killing = async {
            let mut told = Vec::new();
            for (moment, victim) in moments.into_iter().zip(victims) {
                let is_over = or_earlier(moment, over.clone()).await;
                crew.dies_and_returns(victim).await?;
                let when = if is_over { "afterwards" } else { "meanwhile" };
                told.push(format!("{victim:?} {when}"));
            }
            Ok::<_, Trouble>(told)
        };
        let doing = async {
            deed.done(&people, &mut self.book).await?;
            done.send_replace(Some(began.elapsed()));
            Ok(())
        };
        let (told, ()) = tokio::try_join!(killing, doing)?;
        self.tally.kills += told.len() as u64;
        self.learn(
            deed,
            usual,
            began.elapsed().min(done.borrow().unwrap_or_default()),
        );
        Ok(told)
    }

    /// A moving mean, so that moments stay spread over the whole of it. A death makes a thing
    /// longer by a restart, so that it counts for at most twice the mean.
    fn learn(&mut self, deed: &Deed, usual: Duration, took: Duration) {
        let mean = (usual + took.min(usual * 2)) / 2;
        self.took.insert(deed.kind(), mean);
    }

    /// Pauses before each kill: one, sometimes two or three.
    fn moments(&mut self, usual: Duration) -> Vec<Duration> {
        let count = match self.rng.random_range(0..10) {
            // All die at once, and come back together.
            _ if self.crew.is_one_household() => 1,
            0 => 3,
            1 | 2 => 2,
            _ => 1,
        };
        let moments = (0..count).map(|_| usual.mul_f64(self.rng.random_range(0.0..1.25)));
        moments.collect()
    }

    fn choice(&mut self) -> Deed {
        if self.is_short {
            return self.recovery();
        }
        let is_dealt = self.book.dealt.is_some();
        match self.rng.random_range(0..20) {
            0..10 => self.an_item(),
            10..15 => self.a_removal(),
            15..17 if !is_dealt => Deed::Protect(HURRIED),
            15..20 if is_dealt => Deed::Await,
            _ => self.recovery(),
        }
    }

    /// Begins the steps of a recovery: everyone who holds a share is met, two approve.
    fn recovery(&mut self) -> Deed {
        let holders = self.book.holders();
        let mut approve = [holders.last(), holders.first()].into_iter().flatten();
        let approve = approve.by_ref().map(|at| Deed::Approve(*at));
        let meet = holders.iter().map(|at| Deed::Meet(*at));
        self.plan = meet.chain(approve).chain([Deed::Finish]).collect();
        self.plan.reverse();
        self.plan.pop().expect("a recovery has steps")
    }

    fn an_item(&mut self) -> Deed {
        let name = format!("item {}", self.rng.random_range(0..ITEMS));
        let most = match self.rng.random_range(0..8) {
            0 => LARGE,
            _ => SMALL,
        };
        let mut data = vec![0; self.rng.random_range(0..most)];
        self.rng.fill(&mut data[..]);
        Deed::Add(name, data)
    }

    fn a_removal(&mut self) -> Deed {
        let names: Vec<String> = self.book.items.keys().cloned().collect();
        match names.len() {
            0 => self.an_item(),
            count => Deed::Remove(names[self.rng.random_range(0..count)].clone()),
        }
    }
}

async fn claiming(claimant: Owner<'_>) -> Result<(), Trouble> {
    seen("the claim", async || {
        let status = claimant.status().await?;
        Ok(match &*status.state {
            "claimant" => Seen::Done(()),
            _ => Seen::NotYet(status.text),
        })
    })
    .await
}

/// Waits this long, or until it is over; whether it was.
async fn or_earlier(moment: Duration, mut over: watch::Receiver<Option<Duration>>) -> bool {
    let ended = async {
        // The sender lives as long as anybody waits here.
        drop(over.wait_for(Option::is_some).await);
    };
    tokio::time::timeout(moment, ended).await.is_ok()
}
