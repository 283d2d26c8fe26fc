//! Admitting records and answering readers.
use super::queue::{Closed, PendingRow};
use super::{Operator, no_head};
use crate::agent::Work;
use crate::bytes::Blob;
use crate::did::Did;
use crate::error::Halt;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::descriptor::Descriptor;
use crate::ledger::kind::Kind;
use crate::ledger::query::AppendOutcome;
use crate::ledger::record::Record;
use crate::message::ledger::{Append, Appended, Entries, Page};
use crate::message::{Body, Received};
use crate::time::{Millis, Timestamp};

impl Operator {
    /// Admits a record, or says what became of it. The same bytes may come again and again.
    ///
    /// # Errors
    /// [`Halt`] for another log, or on damage. A record that is not admitted is an answer.
    pub fn on_append(
        &mut self,
        work: &mut Work<'_>,
        from: &Received,
        append: &Append,
    ) -> Result<Body, Halt> {
        self.refresh(work)?;
        self.own(&append.log)?;
        let outcome = self.append(work, &from.from, &append.record);
        Ok(Body::LedgerAppended(Appended { outcome }))
    }

    fn append(&mut self, work: &mut Work<'_>, from: &Did, bytes: &Blob) -> AppendOutcome {
        let record = match Record::from_bytes(&bytes.0) {
            Ok(record) => record,
            Err(error) => return refused("e.p.ledger.malformed", error.to_string()),
        };
        let digest = record.digest(&self.log.log);
        if let Some(index) = self.found.get(&digest) {
            return self.published(*index);
        }
        if self.queue.has(&digest) {
            return AppendOutcome::Pending;
        }
        match self.admit(work, from, &record) {
            Ok(()) => AppendOutcome::Pending,
            Err(outcome) => outcome,
        }
    }

    fn published(&self, index: u64) -> AppendOutcome {
        let certified = self
            .certified
            .as_ref()
            .is_some_and(|certified| index < certified.size);
        if certified {
            AppendOutcome::Committed { index }
        } else {
            AppendOutcome::Pending
        }
    }

    fn admit(
        &mut self,
        work: &mut Work<'_>,
        from: &Did,
        record: &Record,
    ) -> Result<(), AppendOutcome> {
        self.queue.is_open_to(from).map_err(closed)?;
        let effect = self
            .queue
            .check(record, self.next_time(work.now))
            .map_err(|invalid| AppendOutcome::from(&invalid))?;
        if record.kind() == Kind::PolicyCreate && !self.creations.admit(from, work.now) {
            return Err(refused(
                "e.p.ledger.creation-quota",
                "too many policies at once; try again in an hour",
            ));
        }
        let (arrival, at) = (self.head.arrivals, work.now);
        let record = Blob(record.to_bytes());
        let row = PendingRow {
            log: self.log.log,
            arrival,
            at,
            from: from.clone(),
            record,
        };
        work.save(&row);
        self.head.arrivals += 1;
        self.save_head(work);
        self.queue.push(row, &effect);
        Ok(())
    }

    /// Serves a page under the newest certified head. Asked for a newer head than there is, an idle
    /// operator makes one soon.
    ///
    /// # Errors
    /// [`Halt`] for another log, before the first head, or on damage.
    pub fn on_entries(&mut self, work: &mut Work<'_>, entries: &Entries) -> Result<Body, Halt> {
        self.refresh(work)?;
        self.own(&entries.log)?;
        let (Some(notes), Some(certified)) = (&self.head.certified, &self.certified) else {
            return Err(Halt::Refusal(no_head()));
        };
        self.wanted = self.wanted.max(wanted(
            certified,
            entries.since,
            work.now,
            &self.log.descriptor,
        ));
        let (note, from) = (notes.whole(), entries.have.min(certified.size));
        let (entries, proof) = self.book.page(work, from, certified.size)?;
        Ok(Body::LedgerPage(Page {
            log: self.log.log,
            note,
            from,
            entries,
            proof,
        }))
    }
}

/// The time that somebody who asks may want the next head to have: what was asked for within the
/// bound of clocks, or any later one where the head is no longer young.
fn wanted(
    certified: &Checkpoint,
    since: Timestamp,
    now: Timestamp,
    descriptor: &Descriptor,
) -> Option<Timestamp> {
    let asked = Some(since).filter(|since| *since <= now.after(descriptor.max_skew));
    let an_eighth = Millis(descriptor.max_age.0 / 8);
    let old = Some(now).filter(|now| now.since(certified.time) > an_eighth);
    asked.max(old).filter(|wanted| certified.time < *wanted)
}

fn closed(closed: Closed) -> AppendOutcome {
    match closed {
        Closed::Sender => refused(
            "e.p.ledger.sender-quota",
            "too many of your records wait; try again soon",
        ),
        Closed::All => refused("e.p.ledger.full", "too many records wait; try again soon"),
    }
}

fn refused(code: &str, comment: impl Into<String>) -> AppendOutcome {
    AppendOutcome::Refused {
        code: code.into(),
        comment: comment.into(),
    }
}
