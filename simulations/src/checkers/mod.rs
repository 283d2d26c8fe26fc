//! What must never happen, one file per guarantee of `protocol/spec/threats.md`, outside the code they
//! check.
//!
//! A checker sees what agents decide ([`Sight`]) and the ledger as the world saw it
//! ([`crate::oracle::Oracle`]); the first promise that is broken ends the run. What can only be asked
//! at the end of a run (G5: the same bytes; G9: everybody has read the ledger; G10: a rightful recovery
//! gets through; G13: the old agent is dead) is asked by the story.
//!
//! Two guarantees no trace can show, because they are about what somebody could compute or see who takes
//! no step here:
//! - G2, secrecy: `protocol/tests/sharing_properties.rs` shows that shares below the threshold fit every
//!   secret, `protocol/tests/backup.rs` that neither half opens a backup;
//! - G12, unlinkability: `unlinkability.rs`, beside this file, is a test that looks at the bytes that the
//!   ledger shows.
pub(crate) mod alarm;
mod attribution;
mod binding;
mod bounds;
mod consent;
mod consistency;
pub(crate) mod custody;
mod delay;
mod durability;
mod epoch;
pub(crate) mod equality;
mod history;
mod nuisance;
mod rotation;
#[cfg(test)]
mod samples;
mod shown;
#[cfg(test)]
mod unlinkability;

use crate::disk::Disk;
use crate::node::NodeId;
use crate::oracle::{Anchored, Oracle};
use kith_protocol::bytes::Digest;
use kith_protocol::message::ledger::Page;
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::time::{Millis, Timestamp};

/// Something a checker may look at.
pub(crate) enum Sight<'a> {
    /// A person, after the guided check, is about to approve this request.
    Approves {
        /// Whose agent will be told.
        node: NodeId,
        /// The request.
        request: Digest,
    },
    /// A person has picked words that the claimant of this request read, or others.
    Compares {
        /// Whose agent will be told.
        node: NodeId,
        /// The request.
        request: Digest,
        /// Whether they are those that were read.
        right: bool,
    },
    /// An agent has decided to send this. It may crash before it does.
    Sends {
        /// Which agent.
        node: NodeId,
        /// Which agent it will reach.
        to: Option<NodeId>,
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
    /// A villain deals a share that lies on no committed polynomial.
    Misdeals {
        /// The message's id.
        message: &'a str,
    },
    /// An agent answers a message.
    Replies {
        /// Which agent.
        node: NodeId,
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
    /// An agent crashed before a page that it was shown was durable.
    Unreads {
        /// Which agent.
        node: NodeId,
    },
    /// What an agent keeps for others has changed.
    Holds {
        /// Which agent.
        node: NodeId,
        /// The shares it holds now.
        shares: &'a [Held],
    },
    /// An agent begins to run over what is durable.
    Starts {
        /// Which agent.
        node: NodeId,
        /// The shares it holds.
        shares: &'a [Held],
    },
    /// A batch of an agent is durable.
    Stores {
        /// Which agent.
        node: NodeId,
        /// Its disk.
        disk: &'a Disk,
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

/// A share as it lies on a trustee's disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) epoch: u32,
    pub(crate) deal: Digest,
    /// Whether it is the current one.
    pub(crate) active: bool,
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
    /// How far clocks may be ahead.
    ahead: Millis,
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
                Box::new(consistency::Consistency::default()),
                Box::new(binding::Binding::default()),
                Box::new(nuisance::Nuisance::default()),
                Box::new(durability::Durability::default()),
                Box::new(bounds::Bounds::default()),
            ],
            ahead: Millis(clocks.unsigned_abs()),
            ledger: Oracle::default(),
        }
    }

    /// Shows something to everybody.
    ///
    /// # Errors
    /// The guarantee that is broken, and how.
    pub(crate) fn see(&mut self, now: Timestamp, sight: &Sight<'_>) -> Verdict {
        // The ledger's clock may be ahead of the world's.
        self.ledger.wait_no_longer(now.after(self.ahead));
        if let Sight::Reads { page, .. } = sight {
            history::read(&mut self.ledger, page)?;
            while let Some(item) = history::next(&mut self.ledger)? {
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
