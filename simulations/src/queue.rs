//! The virtual clock and everything that is going to happen.
use kith_protocol::time::{Millis, Timestamp};
use std::collections::BTreeMap;

/// What will happen, in order of time; at the same time, in the order it was put in.
pub(crate) struct Queue<T> {
    now: Timestamp,
    sequence: u64,
    entries: BTreeMap<(Timestamp, u64), T>,
}

impl<T> Queue<T> {
    /// Nothing, at this time.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now,
            sequence: 0,
            entries: BTreeMap::new(),
        }
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Puts something at a time; what is past happens now.
    pub(crate) fn at(&mut self, time: Timestamp, what: T) {
        self.sequence += 1;
        self.entries
            .insert((time.max(self.now), self.sequence), what);
    }

    /// Puts something so much later.
    pub(crate) fn after(&mut self, span: Millis, what: T) {
        self.at(self.now.after(span), what);
    }

    /// The next thing; time moves there.
    pub(crate) fn next(&mut self) -> Option<T> {
        let ((time, _), what) = self.entries.pop_first()?;
        self.now = time;
        Some(what)
    }

    /// When the next thing happens.
    pub(crate) fn peek(&self) -> Option<Timestamp> {
        self.entries.first_key_value().map(|((time, _), _)| *time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_happen_in_order_of_time_and_then_of_arrival() {
        let mut queue = Queue::new(Timestamp(10));
        queue.at(Timestamp(30), "third");
        queue.at(Timestamp(5), "first");
        queue.at(Timestamp(5), "second");
        let seen: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(seen, ["first", "second", "third"]);
        assert_eq!(queue.now(), Timestamp(30));
    }
}
