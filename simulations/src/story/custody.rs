//! Her screen says who still holds a share (B1, R14), and whether the host still has her backup (G5).
use super::{Part, Story};
use crate::checkers::custody;
use crate::people::PersonId;
use crate::villains::old_proof;
use kith_protocol::time::Millis;

/// A question that was not answered is asked again after six hours at the latest.
const ASKED_AGAIN: Millis = Millis::seconds(7 * 3600);

impl Story {
    /// Demanded: whoever is gone does not count, whoever gave an old proof is named, and all others are held in
    /// honour.
    pub(super) fn watched(&mut self) -> Part {
        let node = self.node_of(self.alice);
        let everybody = self.trustees.iter().chain([&self.host]);
        let expected: Vec<(String, &str)> = everybody
            .map(|who| (self.world.person(*who).name.clone(), self.truth_of(*who)))
            .collect();
        let end = self.world.now().after(ASKED_AGAIN);
        self.until(end, |story| {
            custody::differs(&mut story.world, node, &expected).is_none()
        })?;
        if let Some(what) = custody::differs(&mut self.world, node, &expected) {
            self.world.fail(custody::NAME, what);
        }
        self.go_on()
    }

    fn truth_of(&self, who: PersonId) -> &'static str {
        if who == self.host && self.leaks {
            return "gone";
        }
        let lies = |(liar, how): &(PersonId, &str)| *liar == who && *how == old_proof::NAME;
        if self.world.node(self.node_of(who)).is_dead() {
            "silent"
        } else if self.liars.iter().any(lies) {
            "wrong"
        } else {
            "held"
        }
    }
}
