//! The main job as a play in five parts, told while it happens.
mod loss;
mod protect;
mod recovery;
mod set_up;
mod thief;

pub(super) use thief::{Refusal, Refusals};

use super::options::Plan;
use super::process::Process;
use super::programs::Programs;
use super::report::Report;
use super::story::Story;
use super::trouble::Trouble;
use std::path::Path;

/// What the owner is called.
const OWNER: &str = "Alice";

/// Everything the play needs.
pub(super) struct Play<'a> {
    /// What is shown.
    pub plan: &'a Plan,
    /// Where it happens.
    pub directory: &'a Path,
    /// The programs.
    pub programs: &'a Programs,
    /// Where it is told.
    pub story: &'a mut Story,
}

impl Play<'_> {
    /// Plays all parts.
    ///
    /// # Errors
    /// [`Trouble`] at the first thing that does not hold.
    pub(super) async fn perform(&mut self) -> Result<Report, Trouble> {
        self.prologue();
        let (mut cast, owner) = self.set_up().await?;
        self.protect(&owner).await?;
        let stolen = self.lose(owner, &mut cast).await?;
        let claimant = self.recover(&cast).await?;
        let thief = self.try_the_copy(&stolen, &claimant).await?;
        let report = Report::of(self.plan, &claimant, thief).await?;
        self.story.close();
        still_alive(cast, claimant)?;
        Ok(report)
    }

    fn prologue(&self) {
        let plan = self.plan;
        self.story.explain(&format!(
            "{OWNER} chooses {} people she trusts; any {} of them can give her back what she \
             loses.\nThe agents are real processes on this machine and talk over the network; the \
             people are\nplayed: this program reads the words from one agent and picks them at \
             the other.",
            plan.trustees.len(),
            plan.threshold
        ));
    }
}

/// An agent that died unseen would make the rest of the play worth less than it looks.
fn still_alive(cast: super::stage::Cast, claimant: Process) -> Result<(), Trouble> {
    cast.living()
        .chain([claimant])
        .try_for_each(|mut process| process.alive())
}
