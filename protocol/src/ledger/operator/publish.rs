//! Heads: proposing, offering, certifying.
use super::Operator;
use super::queue::PendingRow;
use super::rows::Notes;
use crate::agent::{Event, Work};
use crate::did::Did;
use crate::error::Damage;
use crate::ledger::check::replay;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::cosignature::WitnessVerifier;
use crate::ledger::entry::Entry;
use crate::ledger::record::Record;
use crate::limits;
use crate::message::ledger::{Cosign, CosignOutcome, Cosigned};
use crate::message::{Body, Outgoing};
use crate::outbox;
use crate::record::Row;
use crate::time::{Millis, Timestamp};

/// How long a record waits for others to share its head.
const BATCH_WINDOW: Millis = Millis(50);
/// Heads without entries are at least this far apart, however often somebody asks.
const IDLE_PAUSE: Millis = Millis(500);

impl Operator {
    /// Does what is due: a new head for what waits, or because the last one grows old; offers that
    /// were not answered.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn tick(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        self.refresh(work)?;
        if self.proposal.is_none() && self.proposal_due().is_some_and(|due| due <= work.now) {
            self.propose(work);
        }
        self.offer_due(work)
    }

    /// When [`Operator::tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Timestamp> {
        match &self.head.proposal {
            Some(notes) => {
                let unsigned = self
                    .peers
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| !notes.has(*index));
                unsigned.map(|(_, peer)| peer.due).min()
            }
            None => self.proposal_due(),
        }
    }

    fn proposal_due(&self) -> Option<Timestamp> {
        let Some(certified) = &self.certified else {
            return Some(Timestamp(0));
        };
        let batch = self.queue.oldest().map(|oldest| oldest.after(BATCH_WINDOW));
        let renewal = certified
            .time
            .after(Millis(self.log.descriptor.max_age.0 / 2));
        let newer = self.wanted.filter(|wanted| certified.time < *wanted);
        let wanted = newer.map(|wanted| wanted.max(certified.time.after(IDLE_PAUSE)));
        [batch, Some(renewal), wanted].into_iter().flatten().min()
    }

    /// A clock that jumped ahead may have made a head that no witness will cosign for long. One
    /// without new entries is dropped when the clock is back: the same root under another time is
    /// no fork. Pauses that were measured on the wrong clock are cut short.
    pub(super) fn mind_the_clock(&mut self, work: &mut Work<'_>) {
        let entries = self
            .certified
            .as_ref()
            .map_or(0, |certified| certified.size);
        let idle = |proposal: &Checkpoint| proposal.size == entries && proposal.time > work.now;
        if self.proposal.as_ref().is_some_and(idle) {
            (self.proposal, self.head.proposal) = (None, None);
            self.save_head(work);
        }
        self.peers
            .iter_mut()
            .for_each(|peer| peer.mind_the_clock(work.now));
        self.queue.mind_the_clock(work.now);
        let soonest = work.now.after(self.log.descriptor.max_skew);
        self.wanted = self.wanted.filter(|wanted| *wanted <= soonest);
    }

    /// Entries carry their time for ever, and a head with entries is never replaced. So they are
    /// only made on a clock that a quorum has just agreed to: after a long silence, a start or a
    /// jump of the clock, a head without entries comes first.
    fn clock_is_agreed(&self, now: Timestamp) -> bool {
        let agreed =
            |certified: &Checkpoint| now.since(certified.time) <= self.log.descriptor.max_age;
        self.certified.as_ref().is_some_and(agreed)
    }

    fn propose(&mut self, work: &mut Work<'_>) {
        let time = self.next_time(work.now);
        if self.clock_is_agreed(time) {
            self.publish_pending(work, time);
        }
        let size = self.book.size();
        let root = self
            .book
            .root_at(size)
            .expect("a tree has a root at its own size");
        let origin = self.log.descriptor.origin.clone();
        let checkpoint = Checkpoint {
            origin,
            size,
            root,
            time,
        };
        self.head.proposal = Some(Notes::offered(checkpoint.sign(&self.log.key)));
        self.proposal = Some(checkpoint);
        self.peers.iter_mut().for_each(|peer| peer.begin(work.now));
        self.save_head(work);
        self.certify(work);
    }

    /// Makes entries of what waits, as much as fits into one offer. What has no effect any more at
    /// this time is dropped; who asks again is told why.
    fn publish_pending(&mut self, work: &mut Work<'_>, time: Timestamp) {
        for row in self.queue.drain(self.batch()) {
            work.erase::<PendingRow>(&row.id());
            let effect = Record::from_bytes(&row.record.0)
                .ok()
                .and_then(|record| replay(&self.state, &record, time).ok());
            let Some(effect) = effect else { continue };
            self.state.apply(&effect);
            self.found.insert(effect.record, self.book.size());
            self.book.push(
                work,
                &Entry {
                    time,
                    record: row.record,
                },
            );
        }
        self.queue.replay(&self.state, time);
    }

    /// How many pending records fit into one offer.
    fn batch(&self) -> usize {
        /// Version, time and length around a record in its entry.
        const FRAMING: usize = 16;
        let sizes = self.queue.rows().iter().scan(0, |sum, row| {
            *sum += row.record.len() + FRAMING;
            Some(*sum)
        });
        sizes.take_while(|sum| *sum <= limits::ledger::PAGE).count()
    }

    fn offer_due(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        for index in 0..self.peers.len() {
            let unsigned = self
                .head
                .proposal
                .as_ref()
                .is_some_and(|notes| !notes.has(index));
            if unsigned && self.peers[index].due <= work.now {
                self.offer(work, index)?;
            }
        }
        Ok(())
    }

    /// The head that is being certified, else the newest one: a witness that fell behind is fed to
    /// the end as long as it answers, though the quorum does not need it.
    fn on_offer(&self) -> Option<(&Notes, &Checkpoint)> {
        let proposal = self.head.proposal.as_ref().zip(self.proposal.as_ref());
        proposal.or_else(|| self.head.certified.as_ref().zip(self.certified.as_ref()))
    }

    fn offer(&mut self, work: &mut Work<'_>, index: usize) -> Result<(), Damage> {
        let Some((notes, head)) = self.on_offer() else {
            return Ok(());
        };
        let from = self.peers[index].have.min(head.size);
        let (entries, proof) = self.book.page(work, from, head.size)?;
        let cosign = Cosign {
            log: self.log.log,
            note: notes.note.clone(),
            certified: self.head.certified.as_ref().map(Notes::whole),
            from,
            entries,
            proof,
        };
        self.peers[index].offered(work.now);
        let message = Outgoing {
            id: outbox::fresh_id(work),
            from: self.log.descriptor.operator.did.clone(),
            to: self.log.descriptor.witnesses[index].did.clone(),
            thid: None,
            pthid: None,
            expires: work.now.after(limits::ledger::OFFER_LIFETIME),
            body: Body::LedgerCosign(cosign),
        };
        work.transmit(message);
        Ok(())
    }

    /// Takes a witness's answer to an offer; ignores answers of strangers and to other logs.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn on_cosigned(
        &mut self,
        work: &mut Work<'_>,
        from: &Did,
        cosigned: &Cosigned,
    ) -> Result<(), Damage> {
        self.refresh(work)?;
        let witness = self
            .log
            .descriptor
            .witnesses
            .iter()
            .position(|witness| witness.did == *from);
        let Some(witness) = witness.filter(|_| self.operates(&cosigned.log)) else {
            return Ok(());
        };
        match &cosigned.outcome {
            CosignOutcome::Signed { line } => {
                self.peers[witness].have = cosigned.size;
                self.on_line(work, witness, line);
                Ok(())
            }
            CosignOutcome::Behind => self.on_behind(work, witness, cosigned.size),
            CosignOutcome::Refused { code, comment } => {
                let name = self.log.descriptor.witnesses[witness].name.clone();
                work.hint(Event::new(
                    "witness-refuses",
                    name,
                    format!("{comment} ({code})"),
                ));
                Ok(())
            }
        }
    }

    fn on_behind(&mut self, work: &mut Work<'_>, witness: usize, size: u64) -> Result<(), Damage> {
        if size > self.book.size() {
            let name = self.log.descriptor.witnesses[witness].name.clone();
            let text = "a witness holds more entries than this operator: its store is an old copy";
            work.hint(Event::new("ledger-rolled-back", name, text));
            return Ok(());
        }
        if self.peers[witness].tells(size) {
            self.offer(work, witness)?;
        }
        Ok(())
    }

    /// A line may come before or after the quorum is reached; a late one still makes the
    /// certificate stronger.
    fn on_line(&mut self, work: &mut Work<'_>, witness: usize, line: &str) {
        let verifier = WitnessVerifier::of(&self.log.descriptor.witnesses[witness]);
        let signs = |checkpoint: &Option<Checkpoint>| {
            let signed =
                |checkpoint: &Checkpoint| verifier.accepts(line, checkpoint.text().as_bytes());
            checkpoint.as_ref().is_some_and(signed)
        };
        let notes = if signs(&self.proposal) {
            &mut self.head.proposal
        } else if signs(&self.certified) {
            &mut self.head.certified
        } else {
            return;
        };
        let Some(notes) = notes.as_mut().filter(|notes| !notes.has(witness)) else {
            return;
        };
        let place = u8::try_from(witness).expect("a descriptor has at most 16 witnesses");
        notes.lines.push((place, line.to_owned()));
        self.save_head(work);
        self.certify(work);
    }

    /// Publishes the head on offer once a quorum has cosigned it.
    fn certify(&mut self, work: &mut Work<'_>) {
        let quorum = usize::from(self.log.descriptor.quorum);
        if self
            .head
            .proposal
            .as_ref()
            .is_none_or(|notes| notes.lines.len() < quorum)
        {
            return;
        }
        self.head.certified = self.head.proposal.take();
        self.certified = self.proposal.take();
        self.save_head(work);
    }
}
