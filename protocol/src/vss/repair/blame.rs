//! Who spoils a repair or a refresh of several, and how.

use core::fmt;

use super::super::share::ShareIndex;

/// What is held against somebody who helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// What it gave is not what it, or the deal, is committed to.
    Wrong,
    /// What it gave cannot be read: not the agreed number of canonical points.
    Unreadable,
    /// It gave two. Neither is used, because others may have been given the other one.
    Repeated,
    /// It gave nothing.
    Missing,
    /// It is none of the helpers.
    Stranger,
}

impl Fault {
    /// Held against this one.
    pub(super) const fn of(self, helper: ShareIndex) -> Culprit {
        let fault = self;
        Culprit { helper, fault }
    }
}

/// A helper, by the index under which the caller knows it, with what is held against it.
///
/// The index is never taken from what a helper sent: it could put another's there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Culprit {
    /// Who.
    pub helper: ShareIndex,
    /// What.
    pub fault: Fault,
}

/// All that stand in the way, in rising order, never none. The repair goes on without them, in a new run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Culprits(Vec<Culprit>);

impl Culprits {
    /// `Ok` where there is none.
    pub(super) fn none_of(mut all: Vec<Culprit>) -> Result<(), Self> {
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            Ok(())
        } else {
            Err(Self(all))
        }
    }

    /// Both results, or all that stand in the way of either.
    pub(crate) fn both<A, B>(one: Result<A, Self>, other: Result<B, Self>) -> Result<(A, B), Self> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (one, other) => {
                let one = one.err().map_or_else(Vec::new, |all| all.0);
                let other = other.err().map_or_else(Vec::new, |all| all.0);
                let mut all = [one, other].concat();
                all.sort_unstable();
                all.dedup();
                Err(Self(all))
            }
        }
    }

    /// Who and what.
    #[must_use]
    pub fn all(&self) -> &[Culprit] {
        &self.0
    }
}

impl fmt::Display for Culprits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot go on because of")?;
        self.0.iter().try_for_each(|Culprit { helper, fault }| {
            let fault = match fault {
                Fault::Wrong => "wrong",
                Fault::Unreadable => "unreadable",
                Fault::Repeated => "given twice",
                Fault::Missing => "missing",
                Fault::Stranger => "no helper",
            };
            write!(f, " {helper} ({fault})")
        })
    }
}

/// Whether each of `wanted` gave exactly one of `given`, and nobody else anything.
pub(super) fn roll_call<T>(wanted: &[ShareIndex], given: &[(ShareIndex, T)]) -> Vec<Culprit> {
    let senders = || given.iter().map(|(from, _)| *from);
    let strangers = senders().filter(|from| !wanted.contains(from));
    let mut all: Vec<Culprit> = strangers.map(|from| Fault::Stranger.of(from)).collect();
    for one in wanted {
        match senders().filter(|from| from == one).count() {
            0 => all.push(Fault::Missing.of(*one)),
            1 => {}
            _ => all.push(Fault::Repeated.of(*one)),
        }
    }
    all
}
