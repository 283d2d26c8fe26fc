//! Following ledgers, and getting records admitted.
//!
//! The views are memory only: each is rebuilt from verified rows. What waits to be admitted is a
//! row, offered again with the same bytes until the ledger says committed or refused; a repeat is
//! harmless there.
mod conflict;
mod health;

pub use conflict::{ConflictView, conflicts, pending};

use crate::agent::{Event, Work};
use crate::bytes::{Blob, Digest};
use crate::error::Damage;
use crate::ledger::{
    self, AdoptError, Answer, AppendOutcome, Ask, Descriptor, News, Query, Record, View, ViewError,
};
use crate::limits;
use crate::message::ledger::Page;
use crate::record::{self, Key, Records, Row, Space};
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// First pause between two offers of the same record; each further one is twice as long.
const OFFER_PAUSE: Millis = Millis(400);
/// The longest: a ledger that is back after hours gets the record within half a minute.
const LONGEST_OFFER_PAUSE: Millis = Millis::seconds(30);
/// First pause before we look for a record that the operator says is pending; each further one is
/// twice as long. Enough for its batch and a cosignature from nearby; from afar the look itself takes
/// as long as the cosignature does.
const FIRST_EXPECTED: Millis = Millis(100);
/// The longest pause between two looks at a chain.
const LONGEST_PACE: Millis = Millis::seconds(300);
/// A head is young for this part of the pace of its reader: made for one, it serves all who look at
/// about the same time, and ledger time is late by no more than a fraction of what a look is late by.
const YOUNG: u64 = 4;
/// The shortest.
const SHORTEST_PACE: Millis = Millis(200);

/// What became of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Not known yet.
    Waiting,
    /// It stands in the log.
    Admitted {
        /// At this index.
        index: u64,
    },
    /// The ledger's rule does not admit it.
    Refused {
        /// Reason code.
        code: String,
        /// One sentence.
        comment: String,
    },
}

/// A record on its way to the ledger.
#[derive(Serialize, Deserialize)]
struct Offer {
    digest: Digest,
    log: Digest,
    record: Blob,
    due: Timestamp,
    attempts: u32,
    outcome: Outcome,
}

impl Row for Offer {
    const SPACE: Space = Space::Append;
    fn id(&self) -> Vec<u8> {
        self.digest.0.to_vec()
    }
}

impl Offer {
    /// Counts an offer made now.
    fn made(&mut self, now: Timestamp) {
        let pause = OFFER_PAUSE.times(1 << self.attempts.min(16)).0;
        self.due = now.after(Millis(pause.min(LONGEST_OFFER_PAUSE.0)));
        self.attempts = self.attempts.saturating_add(1);
    }
}

/// One followed log.
struct Followed {
    view: View,
    pace: Millis,
    /// When the chain was looked at last.
    looked: Option<Timestamp>,
    /// The operator said that a record of ours is pending: how long after the last look, or after its
    /// word, the next look comes. Memory only: whoever starts looks at once.
    expected: Option<Expected>,
}

#[derive(Clone, Copy)]
struct Expected {
    at: Timestamp,
    pause: Millis,
}

/// All logs an agent follows.
pub struct Anchor {
    logs: BTreeMap<Digest, Followed>,
}

impl Anchor {
    /// Rebuilds the views from the rows.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn open(records: &dyn Records) -> Result<Self, Damage> {
        let mut logs = BTreeMap::new();
        for (key, _) in records.scan(Key::new(Space::Log, &[]).as_bytes()) {
            let Ok(log) = key.as_bytes()[1..].try_into().map(Digest) else {
                continue;
            };
            if let Some(view) = View::open(records, &log)? {
                logs.insert(log, Followed::new(view));
            }
        }
        Ok(Self { logs })
    }

    /// Begins to follow a log; harmless when it is followed already.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    ///
    /// # Panics
    /// For a descriptor that breaks its own rules; [`Descriptor::from_bytes`] gives none.
    pub fn adopt(
        &mut self,
        work: &mut Work<'_>,
        descriptor: &Descriptor,
    ) -> Result<Digest, Damage> {
        let log = descriptor.id();
        self.forget_discarded(work);
        if self.logs.contains_key(&log) {
            return Ok(log);
        }
        let view = match View::adopt(work, descriptor) {
            Ok(view) => view,
            Err(AdoptError::Damage(damage)) => return Err(damage),
            Err(AdoptError::Descriptor(error)) => {
                panic!("an unchecked descriptor was adopted: {error}")
            }
        };
        self.logs.insert(log, Followed::new(view));
        self.look(work, log);
        Ok(log)
    }

    /// A log adopted in a step that was discarded afterwards has no row; its view goes too.
    fn forget_discarded(&mut self, records: &dyn Records) {
        self.logs
            .retain(|log, _| records.read(&Key::new(Space::Log, &log.0)).is_some());
    }

    /// The verified view of a log.
    #[must_use]
    pub fn view(&self, log: &Digest) -> Option<&View> {
        self.logs.get(log).map(|followed| &followed.view)
    }

    /// Offers a record until it is admitted or refused.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn append(
        &mut self,
        work: &mut Work<'_>,
        log: Digest,
        record: &Record,
    ) -> Result<(), Damage> {
        let digest = record.digest(&log);
        if work
            .load::<Offer>(&digest.0)?
            .is_some_and(|offer| !matches!(offer.outcome, Outcome::Refused { .. }))
        {
            return Ok(());
        }
        let mut offer = Offer {
            digest,
            log,
            record: Blob(record.to_bytes()),
            due: work.now,
            attempts: 0,
            outcome: Outcome::Waiting,
        };
        offer.made(work.now);
        self.offer(work, &offer);
        work.save(&offer);
        make_room(work)
    }

    fn offer(&self, work: &mut Work<'_>, offer: &Offer) {
        if let Some(followed) = self.logs.get(&offer.log) {
            let hosts = followed.view.descriptor().hosts();
            let ask = Ask::Append(offer.record.clone());
            work.ask(Query {
                log: offer.log,
                hosts,
                ask,
            });
        }
    }

    /// What became of a record; `None` for one that was never offered.
    ///
    /// # Errors
    /// [`Damage`] when the row cannot be read.
    pub fn outcome(
        &self,
        records: &dyn Records,
        digest: &Digest,
    ) -> Result<Option<Outcome>, Damage> {
        Ok(record::load::<Offer>(records, &digest.0)?.map(|offer| offer.outcome))
    }

    /// Fetches the chain now.
    pub fn look(&mut self, work: &mut Work<'_>, log: Digest) {
        if let Some(followed) = self.logs.get_mut(&log) {
            followed.look(work.now);
            // A young head: an idle log makes one when asked, so that ledger time goes on.
            let young = Timestamp(work.now.0.saturating_sub(followed.pace.0 / YOUNG));
            work.ask(followed.view.follow(young));
        }
    }

    /// Sets how often the chain is looked at without another reason.
    pub fn set_pace(&mut self, log: &Digest, pace: Millis) {
        if let Some(followed) = self.logs.get_mut(log) {
            // Never slower than an idle log is looked at, or its head would be stale.
            followed.pace = Millis(pace.0.clamp(SHORTEST_PACE.0, idle_pace(&followed.view).0));
        }
    }

    /// How often each log is looked at where nobody is in a hurry.
    pub fn idle_paces(&self) -> impl Iterator<Item = (Digest, Millis)> {
        let logs = self.logs.iter();
        logs.map(|(log, followed)| (*log, idle_pace(&followed.view)))
    }

    /// Takes a ledger's answer: verifies it whole, and returns what is new.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn answered(
        &mut self,
        work: &mut Work<'_>,
        query: &Query,
        answer: &Answer,
    ) -> Result<Vec<News>, Damage> {
        match (&query.ask, answer) {
            (Ask::Append(bytes), Answer::Appended(outcome)) => {
                self.appended(work, query.log, bytes, outcome)?;
                Ok(Vec::new())
            }
            (Ask::Follow { .. }, Answer::Page(page)) => self.advanced(work, query.log, page),
            // Unavailable, or an answer to another question: the next look asks again.
            (Ask::Append(_) | Ask::Follow { .. }, _) => Ok(Vec::new()),
        }
    }

    /// The answer to an append is hearsay of one host, and our own view decides. "Committed" only
    /// makes us look. "Refused" ends the offer where the rule, asked on our view, refuses the record
    /// too; else the host lies, is full, or has seen more than we have: we look and offer it again.
    fn appended(
        &mut self,
        work: &mut Work<'_>,
        log: Digest,
        bytes: &Blob,
        outcome: &AppendOutcome,
    ) -> Result<(), Damage> {
        let Ok(record) = Record::from_bytes(&bytes.0) else {
            return Ok(());
        };
        let Some(mut offer) = work.load::<Offer>(&record.digest(&log).0)? else {
            return Ok(());
        };
        if offer.outcome != Outcome::Waiting {
            return Ok(());
        }
        match outcome {
            AppendOutcome::Refused { .. } if self.may_pass(&log, &record) => self.look(work, log),
            AppendOutcome::Refused { code, comment } => {
                offer.outcome = Outcome::Refused {
                    code: code.clone(),
                    comment: comment.clone(),
                };
                work.save(&offer);
            }
            AppendOutcome::Committed { .. } => self.look(work, log),
            AppendOutcome::Pending => self.expect(log, work.now),
        }
        Ok(())
    }

    /// The operator holds the record: offering it again brings nothing, looking for it soon does. Where
    /// that is under way already it goes on ever less: witnesses may be away for days.
    fn expect(&mut self, log: Digest, now: Timestamp) {
        if let Some(followed) = self.logs.get_mut(&log) {
            let pause = FIRST_EXPECTED;
            let at = now.after(pause);
            followed.expected.get_or_insert(Expected { at, pause });
        }
    }

    /// Whether the record is lawful as far as our own view goes, or the view is too short to say.
    fn may_pass(&self, log: &Digest, record: &Record) -> bool {
        self.view(log).is_some_and(|view| {
            let time = view.ledger_time();
            time.is_none_or(|time| ledger::check(view.state(), record, time).is_ok())
        })
    }

    fn advanced(
        &mut self,
        work: &mut Work<'_>,
        log: Digest,
        page: &Page,
    ) -> Result<Vec<News>, Damage> {
        let Some(followed) = self.logs.get_mut(&log) else {
            return Ok(Vec::new());
        };
        match followed.view.advance(work, page) {
            Ok(advance) => {
                let more = advance.more;
                self.settle(work, log)?;
                if more {
                    self.look(work, log);
                }
                Ok(advance.news)
            }
            Err(ViewError::Damage(damage)) => Err(damage),
            Err(error) => {
                work.hint(Event::new("ledger", log.to_string(), error.to_string()));
                Ok(Vec::new())
            }
        }
    }

    /// Marks what our own view now shows as admitted.
    fn settle(&mut self, work: &mut Work<'_>, log: Digest) -> Result<(), Damage> {
        let Some(followed) = self.logs.get_mut(&log) else {
            return Ok(());
        };
        let mut waits = false;
        for mut offer in work.all::<Offer>()? {
            if offer.log != log || matches!(offer.outcome, Outcome::Admitted { .. }) {
                continue;
            }
            if let Some(index) = followed.view.find(&offer.digest) {
                offer.outcome = Outcome::Admitted { index };
                work.save(&offer);
            }
            waits |= offer.outcome == Outcome::Waiting;
        }
        followed.expected = followed.expected.filter(|_| waits);
        Ok(())
    }

    /// Offers again and looks again where it is time.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn tick(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        self.forget_discarded(work);
        for mut offer in work.all::<Offer>()? {
            if offer.outcome == Outcome::Waiting && offer.due.is_over(work.now, LONGEST_OFFER_PAUSE)
            {
                offer.made(work.now);
                self.offer(work, &offer);
                work.save(&offer);
            }
        }
        let due: Vec<Digest> = self
            .logs
            .iter()
            .filter(|(_, log)| log.due().is_over(work.now, LONGEST_PACE))
            .map(|(id, _)| *id)
            .collect();
        for log in due {
            self.look(work, log);
        }
        Ok(())
    }

    /// When the next offer or look is due.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        let offers = record::load_all::<Offer>(records, &[])?;
        let offers = offers
            .iter()
            .filter(|offer| offer.outcome == Outcome::Waiting)
            .map(|offer| offer.due);
        Ok(offers.chain(self.logs.values().map(Followed::due)).min())
    }
}

/// Forgets what became of the oldest records that wait for nothing any more.
fn make_room(work: &mut Work<'_>) -> Result<(), Damage> {
    let mut settled = work.all::<Offer>()?;
    settled.retain(|offer| offer.outcome != Outcome::Waiting);
    settled.sort_by_key(|offer| offer.due);
    let many = settled.len().saturating_sub(limits::ledger::OFFERS_KEPT);
    for offer in &settled[..many] {
        work.erase::<Offer>(&offer.id());
    }
    Ok(())
}

/// An eighth of what a head may age, so that several looks can fail before it is stale.
fn idle_pace(view: &View) -> Millis {
    Millis((view.descriptor().max_age.0 / 8).clamp(SHORTEST_PACE.0, LONGEST_PACE.0))
}

impl Followed {
    /// Looked at as soon as the agent runs.
    fn new(view: View) -> Self {
        let pace = idle_pace(&view);
        Self {
            view,
            pace,
            looked: None,
            expected: None,
        }
    }

    /// Notes a look. What is expected is looked for again, until the usual pace does as well.
    fn look(&mut self, now: Timestamp) {
        self.looked = Some(now);
        let pause = self.expected.map(|expected| expected.pause.times(2));
        self.expected = pause
            .filter(|pause| *pause < self.pace)
            .map(|pause| Expected {
                at: now.after(pause),
                pause,
            });
    }

    /// When it is looked at next: a pace that is set shorter counts from the last look, not from the
    /// next one.
    fn due(&self) -> Timestamp {
        let Some(looked) = self.looked else {
            return Timestamp(0);
        };
        let usual = looked.after(self.pace);
        self.expected
            .map_or(usual, |expected| expected.at.min(usual))
    }
}
