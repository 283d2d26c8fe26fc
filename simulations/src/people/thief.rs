//! Somebody with a copy of the lost device, who tries to use its keys after the recovery.
use super::owner::{Terms, deal};
use super::{Next, Person, phone};
use crate::world::World;
use kith_protocol::owner::command::{Answer, Command};

/// Deals that a thief begins.
const ATTEMPTS: u32 = 3;

/// A thief at work.
pub(crate) struct Thief {
    terms: Terms,
    attempts: u32,
    /// The device said that its key is dead.
    pub(crate) refused: bool,
    /// All was tried.
    pub(crate) gave_up: bool,
}

impl Thief {
    /// Knows the owner's terms.
    pub(crate) fn new(terms: Terms) -> Self {
        Self {
            terms,
            attempts: 0,
            refused: false,
            gave_up: false,
        }
    }

    /// Deals at once, before the device has read the ledger, and again after; then looks what the
    /// device says.
    pub(super) fn turn(&mut self, world: &mut World, me: &mut Person) -> Next {
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
}
