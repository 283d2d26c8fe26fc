//! The virtual clock and everything that is going to happen.
use kith_protocol::time::{Millis, Timestamp};
use std::collections::BTreeMap;

/// What will happen, in order of time; at the same time, in the order it was put in.
pub(crate) struct Queue<T> {
    now: Timestamp,
    sequence: u64,
    entries: BTreeMap<(Timestamp, u64), T>,
    taken: u64,
    /// What was put in, where somebody wants to know: after how many were taken out, and for when.
    put: Option<Vec<(u64, Timestamp)>>,
}

impl<T> Queue<T> {
    /// Nothing, at this time.
    pub(crate) fn new(now: Timestamp) -> Self {
        Self {
            now,
            sequence: 0,
            entries: BTreeMap::new(),
            taken: 0,
            put: None,
        }
    }

    /// Writes down from now on what is put in, beginning with what is in it.
    pub(crate) fn record(&mut self) {
        let entries = self.entries.keys();
        self.put = Some(entries.map(|(time, _)| (self.taken, *time)).collect());
    }

    /// What was written down, and how many were taken out.
    pub(crate) fn recorded(&mut self) -> (Vec<(u64, Timestamp)>, u64) {
        (self.put.take().unwrap_or_default(), self.taken)
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// Puts something at a time; what is past happens now.
    pub(crate) fn at(&mut self, time: Timestamp, what: T) {
        self.sequence += 1;
        let time = time.max(self.now);
        if let Some(put) = &mut self.put {
            put.push((self.taken, time));
        }
        self.entries.insert((time, self.sequence), what);
    }

    /// Puts something so much later.
    pub(crate) fn after(&mut self, span: Millis, what: T) {
        self.at(self.now.after(span), what);
    }

    /// The next thing; time moves there.
    pub(crate) fn next(&mut self) -> Option<T> {
        let ((time, _), what) = self.entries.pop_first()?;
        self.now = time;
        self.taken += 1;
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
