//! Agents that are killed with -9 at random, and what they had acknowledged (G11).
//!
//! A *round* is one thing that people do (an enrolment, an update, a step of a recovery) with at least
//! one SIGKILL in it. Victims and moments are drawn from the seed: spread over the time that such a
//! thing took before, and right after the acknowledgement where it was quicker. The victim is
//! started again at once, people ask again where they got no answer, and when all is done everything
//! that anybody saw acknowledged is compared with what is there. A *life* is a set of agents that
//! stays alive for a number of rounds and can be replayed alone.
mod book;
mod crew;
mod deed;
mod insist;
mod life;

pub use life::{Failure, Life, Tally};
