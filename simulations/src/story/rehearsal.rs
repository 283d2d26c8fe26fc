//! A story of which is told what its people saw and how much was sent, to be held against real agents.
use super::Story;
use crate::live::Tally;
use crate::live::outcome::{Cast, Outcome};
use crate::node::NodeId;
use crate::people::Role;
use crate::world::Broken;
use kith_protocol::time::Millis;

/// Time a calm world may take: its people look at their screens ten times a second, and would do so for
/// hours.
const PATIENCE: Millis = Millis::seconds(60);

impl Story {
    /// Plays all acts, and tells what came of it.
    pub(crate) fn rehearse(mut self) -> Result<Outcome, Broken> {
        self.patience = PATIENCE;
        self.world.tally = Some(Tally::default());
        self.play();
        if let Some(broken) = self.world.broken {
            return Err(broken);
        }
        let sent = self.sent.take().or_else(|| self.world.tally.take());
        let trustees = self.trustees.iter().map(|who| self.world.person(*who));
        let cast = Cast {
            claimant: self.claimant(),
            owner: self.node_of(self.alice),
            old: self.phone,
            trustees: trustees.map(|who| (who.name.clone(), who.node)).collect(),
            items: self.items.iter().map(|(name, _)| name.clone()).collect(),
            false_ones: self
                .liars
                .iter()
                .map(|(liar, _)| self.world.person(*liar).name.clone())
                .collect(),
        };
        Ok(Outcome::of(
            &mut self.world,
            &cast,
            sent.unwrap_or_default(),
        ))
    }

    /// Whoever came last asks in her name.
    fn claimant(&self) -> NodeId {
        let last = self.world.people.iter().rev().flatten();
        let mut asking = last.filter(|person| matches!(person.role, Role::Claimant(_)));
        asking
            .next()
            .map_or(self.node_of(self.alice), |person| person.node)
    }
}
