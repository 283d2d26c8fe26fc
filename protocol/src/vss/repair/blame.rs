//! Who spoils a repair or a refresh of several, and how.

use core::fmt;

use super::super::share::ShareIndex;

/// What is held against a helper.
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
    pub(in crate::vss) fn none_of(mut all: Vec<Culprit>) -> Result<(), Self> {
        all.sort_unstable();
        all.dedup();
        if all.is_empty() {
            Ok(())
        } else {
            Err(Self(all))
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
pub(in crate::vss) fn roll_call(wanted: &[ShareIndex], given: &[ShareIndex]) -> Vec<Culprit> {
    let culprit = |helper: ShareIndex, fault| Culprit { helper, fault };
    let strangers = given.iter().filter(|one| !wanted.contains(one));
    let mut all: Vec<Culprit> = strangers
        .map(|one| culprit(*one, Fault::Stranger))
        .collect();
    for one in wanted {
        match given.iter().filter(|other| *other == one).count() {
            0 => all.push(culprit(*one, Fault::Missing)),
            1 => {}
            _ => all.push(culprit(*one, Fault::Repeated)),
        }
    }
    all
}
