//! Somebody with the owner's device: a copy of the lost one after the recovery, or the living one,
//! unlocked, before and while she recovers.
use super::owner::{Terms, deal};
use super::{Next, Person, Town, phone};
use kith_protocol::owner::command::{AlertView, Answer, Command};

/// Deals that a thief begins.
const ATTEMPTS: u32 = 3;

/// A thief at work.
pub(crate) struct Thief {
    terms: Terms,
    attempts: u32,
    /// Whether he stops what the owner asks for.
    vetoes: bool,
    /// Requests that he has tried to stop.
    pub(crate) stopped: u32,
    /// The device said that its key is dead.
    pub(crate) refused: bool,
    /// All was tried.
    pub(crate) gave_up: bool,
}

impl Thief {
    /// With a copy of the device. Knows the owner's terms.
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            attempts: 0,
            vetoes: false,
            stopped: 0,
            refused: false,
            gave_up: false,
        }
    }

    /// With the living device: he deals anew as well, on terms that suit him, and vetoes whatever the
    /// owner asks for. What comes of it is bounded: a new deal waits and ends with the recovery (G7), and
    /// enough trustees who checked "stolen" set his veto aside (G10).
    pub(crate) fn with_the_living_device(terms: Terms) -> Self {
        let terms = Terms {
            threshold: 2,
            ..terms
        };
        Self {
            vetoes: true,
            ..Self::new(terms)
        }
    }

    /// Deals at once, before the device has read the ledger, and again after; then looks what the
    /// device says.
    pub(super) fn turn(&mut self, world: &mut dyn Town, me: &mut Person) -> Next {
        if self.vetoes && self.stop(world, me) {
            return Next::Soon;
        }
        if self.attempts < ATTEMPTS {
            self.attempts += 1;
            let _ = phone::owner(world, me.node, deal(self.terms));
            return Next::Later;
        }
        let Ok(Answer::Status { live, state, .. }) = phone::owner(world, me.node, Command::Status)
        else {
            return Next::Soon;
        };
        self.refused = !live && state == "revoked";
        self.gave_up = true;
        if self.refused {
            Next::Done
        } else {
            Next::Later
        }
    }

    /// Vetoes what the device warns of. One that was set aside is open again, and he tries again.
    fn stop(&mut self, world: &mut dyn Town, me: &Person) -> bool {
        let Ok(Answer::Alerts { list }) = phone::owner(world, me.node, Command::AlertList) else {
            return false;
        };
        let Some(open) = list.iter().find(|alert| alert.state == "open") else {
            return false;
        };
        veto(world, me, open);
        self.stopped += 1;
        // What his key cannot stop any more he leaves alone for a while.
        self.stopped <= ATTEMPTS
    }
}

fn veto(world: &mut dyn Town, me: &Person, alert: &AlertView) {
    let id = alert.request.to_string();
    let _ = phone::owner(world, me.node, Command::AlertVeto { id });
}
