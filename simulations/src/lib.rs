//! Simulations: the agents' own state machines in a deterministic world, from a seed.
//!
//! The world owns the clock, the network, the disks and the people; owner, trustees, ledger operator
//! and witnesses are the real agents of `kith-protocol`, with real shares, proofs and signatures. One
//! seed gives one run: same seed, same code, same trace hash.
//!
//! - `world`, `step`, `delivery`, `cuts`, `ledger_client`: what happens, in order of time, and the
//!   write-ahead rule;
//! - `network`, `links`: what travels, what becomes of it on the way, and how long that takes;
//! - `node`, `machine`, `disk`, `clock`: an agent, its machine, and what survives a crash;
//! - `people`, [`VILLAINS`]: who asks for what, and who cheats;
//! - `checkers`, `oracle`: what must never happen, one file per guarantee;
//! - [`scenario`], `story`: who takes part and what happens, from files; and how it is played;
//! - [`bare`]: a run's events without its agents, for the benchmark;
//! - [`live`]: the same on real agents, to be compared.
#![forbid(unsafe_code)]

pub mod bare;
mod chance;
mod checkers;
mod clock;
mod cuts;
mod delivery;
mod disk;
mod faults;
mod ledger_client;
mod links;
pub mod live;
mod machine;
mod network;
mod node;
mod oracle;
mod people;
mod queue;
pub mod scenario;
mod step;
mod story;
mod trace;
mod villains;
mod world;

pub use chance::Span;
pub use faults::Faults;
pub use links::Links;
pub use network::Fidelity;
pub use people::{Churn, Habits, Terms};
pub use scenario::{Mutant, Options, Parameters, Problem, Report, Scenario};
pub use trace::Show;
pub use villains::{Infects, VILLAINS, Villainy};
pub use world::Broken;
