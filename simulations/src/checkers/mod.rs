//! What must never happen, one file per guarantee of `protocol/spec/threats.md`, outside the code they
//! check.
//!
//! A checker sees what agents decide ([`Sight`]) and the ledger as the world saw it
//! ([`crate::oracle::Oracle`]); the first promise that is broken ends the run. What can only be asked
//! at the end of a run (G5: the same bytes; G13: the old agent is dead) is asked by the scenario.
mod attribution;
mod consent;
mod delay;
mod epoch;
pub(crate) mod equality;
mod history;
mod rotation;

use crate::node::NodeId;
use crate::oracle::{Anchored, Oracle};
use kith_protocol::bytes::Digest;
use kith_protocol::message::ledger::Page;
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::time::Timestamp;

/// Something a checker may look at.
pub(crate) enum Sight<'a> {
    /// A person, after the guided check, is about to approve this request.
    Approves {
        /// Whose agent will be told.
        node: NodeId,
        /// The request.
        request: Digest,
    },
    /// An agent has decided to send this. It may crash before it does.
    Sends {
        /// Which agent.
        node: NodeId,
        /// What.
        message: &'a Outgoing,
    },
    /// A villain has taken over an agent: what is promised of honest ones is not promised of it.
    Cheats {
        /// Which one.
        node: NodeId,
        /// Whether the shares that it holds are there when they are needed.
        spares_shares: bool,
    },
    /// A villain has changed a message of its own.
    Tampers {
        /// The message's id.
        message: &'a str,
    },
    /// An agent answers a message.
    Replies {
        /// What it was asked.
        asked: &'a Received,
        /// What it says.
        reply: &'a Body,
    },
    /// An agent is shown a page of the ledger.
    Reads {
        /// Which agent.
        node: NodeId,
        /// The page.
        page: &'a Page,
    },
    /// What an agent keeps for others has changed.
    Holds {
        /// Which agent.
        node: NodeId,
        /// Epochs of the shares it holds now.
        epochs: Vec<u32>,
    },
    /// An agent is gone for good.
    Dies {
        /// Which one.
        node: NodeId,
    },
    /// A thief's copy of an agent begins to run.
    Stolen {
        /// Which one.
        node: NodeId,
    },
    /// After a recovery, in a healed world, every living trustee has what it needs.
    Settled,
    /// The ledger shows something for the first time.
    Anchored(&'a Anchored),
}

/// Watches over one guarantee.
pub(crate) trait Checker {
    /// Which one, as reports name it.
    fn guarantee(&self) -> &'static str;

    /// Looks at something.
    ///
    /// # Errors
    /// What happened, when the guarantee is broken.
    fn see(&mut self, now: Timestamp, sight: &Sight<'_>, ledger: &Oracle) -> Result<(), String>;
}

/// A broken guarantee, and how.
type Verdict = Result<(), (&'static str, String)>;

/// All checkers of a run, and what they know of the ledger.
pub(crate) struct Jury {
    checkers: Vec<Box<dyn Checker>>,
    pub(crate) ledger: Oracle,
}

impl Jury {
    /// Every checker there is, for a deal of this threshold and clocks so many milliseconds apart.
    pub(crate) fn new(threshold: u8, clocks: i64) -> Self {
        Self {
            checkers: vec![
                Box::new(consent::Consent::default()),
                Box::new(epoch::Usable::new(threshold)),
                Box::new(attribution::Attribution::default()),
                Box::new(delay::Delay::new(clocks)),
                Box::new(rotation::Rotation::default()),
            ],
            ledger: Oracle::default(),
        }
    }

    /// Shows something to everybody.
    ///
    /// # Errors
    /// The guarantee that is broken, and how.
    pub(crate) fn see(&mut self, now: Timestamp, sight: &Sight<'_>) -> Verdict {
        if let Sight::Reads { page, .. } = sight {
            for item in history::read(&mut self.ledger, page)? {
                self.ask_all(now, &Sight::Anchored(&item))?;
            }
        }
        self.ask_all(now, sight)
    }

    fn ask_all(&mut self, now: Timestamp, sight: &Sight<'_>) -> Verdict {
        for checker in &mut self.checkers {
            let seen = checker.see(now, sight, &self.ledger);
            seen.map_err(|what| (checker.guarantee(), what))?;
        }
        Ok(())
    }
}
