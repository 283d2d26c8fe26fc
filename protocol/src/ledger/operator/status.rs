//! How a log stands, for the person who operates it.
use super::Operator;
use crate::time::Timestamp;

/// What an operator's person sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorStatus {
    /// Entries under a certified head.
    pub certified: u64,
    /// The certified head's time; zero before there is one.
    pub time: Timestamp,
    /// Records accepted and not certified yet.
    pub waiting: usize,
    /// Each witness, and how many entries it is known to hold.
    pub witnesses: Vec<(String, u64)>,
}

impl Operator {
    /// How the log stands.
    #[must_use]
    pub fn status(&self) -> OperatorStatus {
        let certified = self.certified.as_ref().map_or(0, |head| head.size);
        let uncertified = self.book.size().saturating_sub(certified);
        let names = self.log.descriptor.witnesses.iter();
        OperatorStatus {
            certified,
            time: self
                .certified
                .as_ref()
                .map(|head| head.time)
                .unwrap_or_default(),
            waiting: self.queue.rows().len() + usize::try_from(uncertified).unwrap_or(usize::MAX),
            witnesses: names
                .zip(&self.peers)
                .map(|(witness, peer)| (witness.name.clone(), peer.have))
                .collect(),
        }
    }
}
