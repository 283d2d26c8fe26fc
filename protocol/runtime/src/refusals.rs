//! What was refused, by reason code: counted all of it, logged as much as a log can bear.
//!
//! Spec: G15. A flood of bad messages must neither fill the disk with lines nor hide the first of
//! them, so each code has its few lines a minute, and the count says how many more there were.
use kith_protocol::limits::log::{REFUSAL_CODES, REFUSAL_LINES, REFUSAL_WINDOW};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// Everything refused since the process started. A handle.
#[derive(Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<BTreeMap<String, Count>>>);

struct Count {
    total: u64,
    /// When the present minute began.
    since: Instant,
    lines: u32,
    /// Not logged, and not told of yet.
    silent: u64,
}

/// What the log gets of one refusal.
#[derive(Debug, PartialEq, Eq)]
enum Line {
    /// A line, which also tells how many before it had none.
    Told { silent: u64 },
    /// Nothing.
    Silent,
}

impl Refusals {
    /// Counts a refusal, and logs it unless its code has had its lines.
    pub(crate) fn note(&self, code: &str, of: &dyn Display, why: &dyn Display) {
        if let Line::Told { silent } = self.count(code, Instant::now()) {
            tracing::info!(code, %of, %why, silent, "refused");
        }
    }

    fn count(&self, code: &str, now: Instant) -> Line {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.contains_key(code) && counts.len() >= REFUSAL_CODES {
            return Line::Silent;
        }
        let count = counts.entry(code.to_owned()).or_insert(Count {
            total: 0,
            since: now,
            lines: 0,
            silent: 0,
        });
        count.one_more(now)
    }

    /// How often each code was given.
    pub(crate) fn totals(&self) -> BTreeMap<String, u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let totals = counts.iter();
        totals
            .map(|(code, count)| (code.clone(), count.total))
            .collect()
    }
}

impl Count {
    fn one_more(&mut self, now: Instant) -> Line {
        self.total = self.total.saturating_add(1);
        if now.duration_since(self.since) >= REFUSAL_WINDOW {
            (self.since, self.lines) = (now, 0);
        }
        if self.lines >= REFUSAL_LINES {
            self.silent += 1;
            return Line::Silent;
        }
        self.lines += 1;
        let silent = std::mem::take(&mut self.silent);
        Line::Told { silent }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_has_its_lines_and_the_rest_is_counted_and_told_later() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let told = (0..10_000)
            .filter(|_| refusals.count("a", start) != Line::Silent)
            .count();
        assert_eq!(told, REFUSAL_LINES as usize);
        assert_eq!(refusals.count("b", start), Line::Told { silent: 0 });
        let silent = 10_000 - u64::from(REFUSAL_LINES);
        let later = start + REFUSAL_WINDOW;
        assert_eq!(refusals.count("a", later), Line::Told { silent });
        assert_eq!(refusals.count("a", later), Line::Told { silent: 0 });
        assert_eq!(refusals.totals()["a"], 10_002);
    }

    #[test]
    fn codes_are_bounded() {
        let refusals = Refusals::default();
        for code in 0..REFUSAL_CODES * 2 {
            refusals.count(&code.to_string(), Instant::now());
        }
        assert_eq!(refusals.totals().len(), REFUSAL_CODES);
    }
}
