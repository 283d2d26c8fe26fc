//! A witness: remembers one head per log and cosigns only what follows from it (spec/ledger.md,
//! "Certificates"; C2SP tlog-witness; G14).
//!
//! Head and entries are in the batch of the step that answers, so they are durable before the
//! cosignature leaves. It does not judge records: those without an effect have none for any reader.
use super::book::{Book, Witnessed};
use super::certificate::{Certified, verify_offer};
use super::checkpoint::Checkpoint;
use super::cosignature::cosign;
use super::descriptor::{Descriptor, DescriptorError};
use super::extend::{ExtendError, Extension};
use super::operator::{no_head, unknown_log};
use super::rows::Conflict;
use crate::agent::Work;
use crate::bytes::{Blob, Digest};
use crate::error::{Damage, Halt, Refusal};
use crate::keys::SigningKey;
use crate::keys::role::LedgerWitness;
use crate::message::ledger::{Cosign, CosignOutcome, Cosigned, Entries, Page};
use crate::message::{Body, Received};
use crate::record::{self, Key, Records, Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// What a witness stores of a log beside its entries.
///
/// # Security
/// Holds the key that cosigns; the store seals it like every row.
#[derive(Serialize, Deserialize)]
struct WitnessRow {
    log: Digest,
    descriptor: Descriptor,
    name: String,
    key: SigningKey<LedgerWitness>,
    memory: Memory,
}

/// What changes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    /// The last head that was cosigned, as the operator signed it.
    head: Option<Blob>,
    /// The newest certified head, for readers.
    certified: Option<Blob>,
    /// Entries held.
    count: u64,
}

impl Row for WitnessRow {
    const SPACE: Space = Space::Witness;
    fn id(&self) -> Vec<u8> {
        self.log.0.to_vec()
    }
}

/// A witness of one log. In memory it is a cache of its rows.
pub struct Witness {
    row: WitnessRow,
    head: Option<Checkpoint>,
    certified: Option<Checkpoint>,
    book: Book<Witnessed>,
}

/// Why a log is not witnessed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WitnessError {
    /// The disk's fault.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// Not a lawful descriptor.
    #[error(transparent)]
    Descriptor(#[from] DescriptorError),
    /// The descriptor names other witnesses.
    #[error("the descriptor does not name this witness's key")]
    NotNamed,
}

/// Why a head is not cosigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
enum Refuse {
    #[error("the offer is no checkpoint of this log, signed by its operator")]
    Note,
    #[error("the head is ahead of this witness's clock by more than the descriptor allows")]
    Ahead,
    #[error("the head's time runs backwards")]
    Backwards,
    #[error("the head is smaller than one that was cosigned")]
    Rollback,
    #[error("the head contradicts one that was cosigned, or the entries that came with it")]
    Fork,
    #[error("the entries are malformed, too many, or their times run backwards")]
    Entries,
}

impl Refuse {
    const fn code(self) -> &'static str {
        match self {
            Self::Note => "e.p.ledger.witness.note",
            Self::Ahead => "e.p.ledger.witness.ahead",
            Self::Backwards => "e.p.ledger.witness.time-backwards",
            Self::Rollback => "e.p.ledger.witness.rollback",
            Self::Fork => "e.p.ledger.witness.fork",
            Self::Entries => "e.p.ledger.witness.entries",
        }
    }
}

impl Witness {
    /// Begins to witness a log whose descriptor names this key, or goes on.
    ///
    /// # Errors
    /// [`WitnessError`].
    pub fn adopt(
        work: &mut Work<'_>,
        descriptor: &Descriptor,
        key: SigningKey<LedgerWitness>,
    ) -> Result<Self, WitnessError> {
        descriptor.validate()?;
        let log = descriptor.id();
        let public = key.verifying_key();
        let named = descriptor
            .witnesses
            .iter()
            .find(|witness| witness.key == public);
        let name = named.ok_or(WitnessError::NotNamed)?.name.clone();
        if let Some(witness) = Self::open(work, &log)? {
            return Ok(witness);
        }
        let row = WitnessRow {
            log,
            descriptor: descriptor.clone(),
            name,
            key,
            memory: Memory::default(),
        };
        work.save(&row);
        Ok(Self {
            row,
            head: None,
            certified: None,
            book: Book::empty(log),
        })
    }

    /// The witness of this log; `None` for a log that was never adopted.
    ///
    /// # Errors
    /// [`Damage`] when a row is missing, cannot be read, or contradicts another.
    pub fn open(records: &dyn Records, log: &Digest) -> Result<Option<Self>, Damage> {
        record::load::<WitnessRow>(records, &log.0)?
            .map(|row| Self::read(records, row))
            .transpose()
    }

    fn read(records: &dyn Records, row: WitnessRow) -> Result<Self, Damage> {
        let damage = || Damage {
            key: Key::new(WitnessRow::SPACE, &row.id()),
        };
        let book = Book::open(records, row.log, |_| true)?;
        let head = |note: &Blob| verify_offer(&row.descriptor, &note.0).map_err(|_| damage());
        let head = row.memory.head.as_ref().map(head).transpose()?;
        let certified =
            |note: &Blob| Certified::verify(&row.descriptor, &note.0).map_err(|_| damage());
        let certified = row.memory.certified.as_ref().map(certified).transpose()?;
        let met = head
            .as_ref()
            .is_none_or(|head| book.root_at(head.size) == Some(head.root));
        if row.descriptor.id() != row.log || book.size() != row.memory.count || !met {
            return Err(damage());
        }
        Ok(Self {
            certified: certified.map(|certified| certified.checkpoint),
            row,
            head,
            book,
        })
    }

    fn refresh(&mut self, work: &Work<'_>) -> Result<(), Damage> {
        // Compared as bytes, because reading them would resolve every identifier in the descriptor.
        let stored = work.read(&Key::new(WitnessRow::SPACE, &self.row.id()));
        if stored.is_none_or(|stored| *stored != *self.row.to_bytes())
            && let Some(reread) = Self::open(work, &self.row.log)?
        {
            *self = reread;
        }
        Ok(())
    }

    /// The log's descriptor.
    #[must_use]
    pub fn descriptor(&self) -> &Descriptor {
        &self.row.descriptor
    }

    /// Entries held.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.book.size()
    }

    /// The time of the last head cosigned here.
    #[must_use]
    pub fn cosigned(&self) -> Option<Timestamp> {
        self.head.as_ref().map(|head| head.time)
    }

    /// Cosigns an offered head if it follows from the one remembered.
    ///
    /// # Errors
    /// [`Halt`] for another log, another sender than its operator, or on damage. A head that is not
    /// cosigned is an answer.
    pub fn on_cosign(
        &mut self,
        work: &mut Work<'_>,
        from: &Received,
        offer: &Cosign,
    ) -> Result<Body, Halt> {
        self.refresh(work)?;
        if offer.log != self.row.log {
            return Err(Halt::Refusal(unknown_log()));
        }
        if from.from != self.row.descriptor.operator.did {
            let comment = "only the operator of the log has its heads cosigned";
            return Err(Halt::Refusal(Refusal::new(
                "e.p.ledger.not-the-operator",
                comment,
            )));
        }
        let before = self.row.memory.clone();
        let outcome = self.judge(work, offer);
        // Entries that were taken stay, also when what came with them is refused.
        self.row.memory.count = self.book.size();
        if self.row.memory != before {
            work.save(&self.row);
        }
        let outcome = outcome.unwrap_or_else(|refuse| CosignOutcome::Refused {
            code: refuse.code().into(),
            comment: refuse.to_string(),
        });
        let (log, size) = (self.row.log, self.book.size());
        Ok(Body::LedgerCosigned(Cosigned { log, size, outcome }))
    }

    fn judge(&mut self, work: &mut Work<'_>, offer: &Cosign) -> Result<CosignOutcome, Refuse> {
        let head = verify_offer(&self.row.descriptor, &offer.note.0).map_err(|_| Refuse::Note)?;
        self.admit_time(&head, work.now)?;
        self.admit_size(work, &head, &offer.note)?;
        if head.size > self.book.size() && !self.take_entries(work, &head, offer)? {
            return Ok(CosignOutcome::Behind);
        }
        self.keep_certified(work, offer)?;
        if head.size > self.book.size() {
            return Ok(CosignOutcome::Behind);
        }
        if self.book.root_at(head.size) != Some(head.root) {
            return Err(self.fork(work, &offer.note, false));
        }
        self.row.memory.head = Some(offer.note.clone());
        let line = cosign(
            &self.row.name,
            &self.row.key,
            head.text().as_bytes(),
            work.now,
        );
        self.head = Some(head);
        Ok(CosignOutcome::Signed { line })
    }

    fn admit_time(&self, head: &Checkpoint, now: Timestamp) -> Result<(), Refuse> {
        if head.time > now.after(self.row.descriptor.max_skew) {
            return Err(Refuse::Ahead);
        }
        let backwards = self.head.as_ref().is_some_and(|own| head.time < own.time);
        if backwards {
            Err(Refuse::Backwards)
        } else {
            Ok(())
        }
    }

    fn admit_size(
        &self,
        work: &mut Work<'_>,
        head: &Checkpoint,
        note: &Blob,
    ) -> Result<(), Refuse> {
        let Some(own) = &self.head else { return Ok(()) };
        if head.size < own.size {
            return Err(Refuse::Rollback);
        }
        if head.size == own.size && head.root != own.root {
            return Err(self.fork(work, note, true));
        }
        Ok(())
    }

    /// Takes over the offer's entries; false where they do not join on, so that the operator sends
    /// those from this witness's size.
    fn take_entries(
        &mut self,
        work: &mut Work<'_>,
        head: &Checkpoint,
        offer: &Cosign,
    ) -> Result<bool, Refuse> {
        let extension = Extension {
            from: offer.from,
            entries: &offer.entries,
            proof: &offer.proof,
        };
        let floor = self
            .head
            .as_ref()
            .filter(|own| own.size <= self.book.size())
            .map_or(Timestamp(0), |own| own.time);
        match self.book.take(work, &extension, (head, floor)) {
            Ok(()) => Ok(true),
            Err(ExtendError::OutOfStep { .. }) => Ok(false),
            Err(ExtendError::DoesNotFollow) => Err(self.fork(work, &offer.note, false)),
            Err(
                ExtendError::TooMany | ExtendError::Malformed { .. } | ExtendError::Time { .. },
            ) => Err(Refuse::Entries),
        }
    }

    /// Remembers the newest certified head for readers who cannot reach the operator.
    fn keep_certified(&mut self, work: &mut Work<'_>, offer: &Cosign) -> Result<(), Refuse> {
        let Some(note) = &offer.certified else {
            return Ok(());
        };
        // It comes with every offer until there is a newer one.
        if self.row.memory.certified.as_ref() == Some(note) {
            return Ok(());
        }
        let certified =
            Certified::verify(&self.row.descriptor, &note.0).map_err(|_| Refuse::Note)?;
        let newer = |own: &Checkpoint| certified.checkpoint.time > own.time;
        if !self.certified.as_ref().is_none_or(newer) {
            return Ok(());
        }
        match self.book.root_at(certified.checkpoint.size) {
            // Not all of its entries are here yet; it will come again.
            None => Ok(()),
            Some(root) if root == certified.checkpoint.root => {
                self.certified = Some(certified.checkpoint);
                self.row.memory.certified = Some(certified.note);
                Ok(())
            }
            Some(_) => Err(self.fork(work, note, false)),
        }
    }

    fn fork(&self, work: &mut Work<'_>, theirs: &Blob, proven: bool) -> Refuse {
        let ours = self.row.memory.head.clone().unwrap_or_default();
        let noticed = work.now;
        work.save(&Conflict {
            log: self.row.log,
            ours,
            theirs: theirs.clone(),
            proven,
            noticed,
        });
        Refuse::Fork
    }

    /// Serves a page under the newest certified head, to readers whose operator is down.
    ///
    /// # Errors
    /// [`Halt`] for another log, before the first head, or on damage.
    pub fn on_entries(&mut self, work: &mut Work<'_>, entries: &Entries) -> Result<Body, Halt> {
        self.refresh(work)?;
        if entries.log != self.row.log {
            return Err(Halt::Refusal(unknown_log()));
        }
        let (Some(note), Some(certified)) = (&self.row.memory.certified, &self.certified) else {
            return Err(Halt::Refusal(no_head()));
        };
        let from = entries.have.min(certified.size);
        let (page, proof) = self.book.page(work, from, certified.size)?;
        Ok(Body::LedgerPage(Page {
            log: self.row.log,
            note: note.clone(),
            from,
            entries: page,
            proof,
        }))
    }
}

/// The witnesses an agent keeps between steps. Losing them loses nothing.
#[derive(Default)]
pub struct Witnesses(BTreeMap<Digest, Witness>);

impl Witnesses {
    /// The witness of this log; `None` for a log that was never adopted.
    ///
    /// # Errors
    /// [`Damage`], as [`Witness::open`].
    pub fn open(
        &mut self,
        records: &dyn Records,
        log: &Digest,
    ) -> Result<Option<&mut Witness>, Damage> {
        if !self.0.contains_key(log)
            && let Some(witness) = Witness::open(records, log)?
        {
            self.0.insert(*log, witness);
        }
        Ok(self.0.get_mut(log))
    }
}
