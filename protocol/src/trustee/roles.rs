//! The other roles any trustee agent can play: operating a ledger, witnessing one.
mod health;

use crate::agent::Work;
use crate::bytes::{Digest, from_base64url, to_base64url};
use crate::codec;
use crate::did::{Did, LocalDid};
use crate::error::{CommandError, Damage, Halt, Refusal, Stop};
use crate::keys::SigningKey;
use crate::keys::role::LedgerWitness;
use crate::ledger::{
    CreateError, Descriptor, Operator, OperatorEntry, Witness, WitnessEntry, WitnessError,
    Witnesses,
};
use crate::limits;
use crate::message::ledger::Cosigned;
use crate::message::{Body, Received};
use crate::record::{self, Records, Row, Space};
use crate::time::{Millis, Timestamp};
use crate::trustee::command::{Answer, Command};
use serde::{Deserialize, Serialize};

/// How far ahead of one's own clock a head may be, at most, in the logs made here: what two machines
/// with ordinary time service differ by, with room.
const SKEW: Millis = Millis::seconds(60);

/// Operator and witness, as far as this agent is either.
pub(super) struct Roles {
    operator: Option<Operator>,
    witnesses: Witnesses,
}

/// The key and address under which this agent witnesses.
///
/// # Security
/// Holds the cosigning key; wiped on drop, kept in a sealed row.
#[derive(Serialize, Deserialize)]
struct Seat {
    key: SigningKey<LedgerWitness>,
    did: Did,
    /// Logs witnessed.
    logs: Vec<Digest>,
}

impl Row for Seat {
    const SPACE: Space = Space::Identity;
    fn id(&self) -> Vec<u8> {
        SEAT.to_vec()
    }
}

const SEAT: &[u8] = b"witness";

impl Roles {
    /// Rebuilds them from the rows.
    pub(super) fn open(records: &dyn Records) -> Result<Self, Damage> {
        // Whatever waited since the last run is due at once.
        let operator = Operator::open(records, Timestamp(0))?;
        Ok(Self {
            operator,
            witnesses: Witnesses::default(),
        })
    }

    /// A message of the ledger protocol.
    pub(super) fn delivered(
        &mut self,
        work: &mut Work<'_>,
        message: &Received,
    ) -> Result<Body, Halt> {
        match &message.body {
            Body::LedgerAppend(append) => match &mut self.operator {
                Some(operator) => operator.on_append(work, message, append),
                None => Err(nothing_here()),
            },
            Body::LedgerEntries(entries) => match &mut self.operator {
                Some(operator) if operator.operates(&entries.log) => {
                    operator.on_entries(work, entries)
                }
                _ => match self.witnesses.open(work, &entries.log)? {
                    Some(witness) => witness.on_entries(work, entries),
                    None => Err(nothing_here()),
                },
            },
            Body::LedgerCosign(offer) => match self.witnesses.open(work, &offer.log)? {
                Some(witness) => witness.on_cosign(work, message, offer),
                None => Err(nothing_here()),
            },
            _ => Err(nothing_here()),
        }
    }

    /// A witness answered an offer of the operator here.
    pub(super) fn cosigned(
        &mut self,
        work: &mut Work<'_>,
        from: &Did,
        cosigned: &Cosigned,
    ) -> Result<(), Damage> {
        match &mut self.operator {
            Some(operator) => operator.on_cosigned(work, from, cosigned),
            None => Ok(()),
        }
    }

    /// A command of the ledger roles.
    pub(super) fn command(
        &mut self,
        work: &mut Work<'_>,
        name: &str,
        command: &Command,
    ) -> Result<Answer, Stop> {
        match command {
            Command::LedgerCreate {
                origin,
                witnesses,
                quorum,
                max_age,
                single_operator,
            } => {
                let witnesses = cards(witnesses)?;
                let terms = Terms {
                    origin,
                    quorum: *quorum,
                    max_age: *max_age,
                    single_operator: *single_operator,
                };
                self.create(work, &terms, witnesses)
            }
            Command::LedgerShow => Ok(describe(self.operated()?.descriptor())),
            Command::LedgerStatus => self.status(),
            Command::WitnessCard => card(work, name),
            Command::WitnessAdopt { descriptor } => adopt(work, descriptor),
            _ => Err(CommandError::error("this is no command of a ledger").into()),
        }
    }

    fn operated(&self) -> Result<&Operator, Stop> {
        let none = "no ledger is operated here; make one with: trustee-agent ledger create";
        Ok(self
            .operator
            .as_ref()
            .ok_or_else(|| CommandError::error(none))?)
    }

    fn create(
        &mut self,
        work: &mut Work<'_>,
        terms: &Terms<'_>,
        witnesses: Vec<WitnessEntry>,
    ) -> Result<Answer, Stop> {
        let key = SigningKey::generate(work.rng);
        let local = LocalDid::generate(Some(work.endpoint), work.rng);
        let operator = OperatorEntry {
            key: key.verifying_key(),
            did: local.did().clone(),
        };
        let descriptor = terms.descriptor(operator, witnesses);
        let created = Operator::create(work, &descriptor, key);
        work.save(&local);
        match created {
            Ok(operator) => self.operator = Some(operator),
            Err(CreateError::Damage(damage)) => return Err(damage.into()),
            Err(error) => return Err(CommandError::error(error.to_string()).into()),
        }
        Ok(describe(&descriptor))
    }

    fn status(&self) -> Result<Answer, Stop> {
        let operator = self.operated()?;
        let status = operator.status();
        Ok(Answer::Ledger {
            id: operator.descriptor().id(),
            size: status.certified,
            time: status.time,
            waiting: status.waiting,
            witnesses: status.witnesses,
        })
    }

    /// Ledgers operated here.
    pub(super) fn ledgers(&self) -> usize {
        usize::from(self.operator.is_some())
    }

    /// What time has made due.
    pub(super) fn tick(&mut self, work: &mut Work<'_>) -> Result<(), Damage> {
        match &mut self.operator {
            Some(operator) => operator.tick(work),
            None => Ok(()),
        }
    }

    /// When it wants to be woken.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.operator.as_ref().and_then(Operator::deadline)
    }
}

fn nothing_here() -> Halt {
    let comment = "this ledger is neither operated nor witnessed here";
    Refusal::new("e.p.ledger.unknown-log", comment).into()
}

/// What a person says about a new log.
struct Terms<'a> {
    origin: &'a str,
    quorum: u8,
    max_age: Millis,
    single_operator: bool,
}

impl Terms<'_> {
    fn descriptor(&self, operator: OperatorEntry, witnesses: Vec<WitnessEntry>) -> Descriptor {
        // As many liars as the quorum stands: 2k - n > f.
        let honest = 2 * usize::from(self.quorum);
        let max_faulty = honest.saturating_sub(witnesses.len() + 1);
        Descriptor {
            origin: self.origin.into(),
            operator,
            quorum: self.quorum,
            max_faulty: u8::try_from(max_faulty).unwrap_or(0),
            single_operator: self.single_operator,
            successors: Vec::new(),
            max_age: self.max_age,
            max_skew: Millis(SKEW.0.min(self.max_age.0)),
            witnesses,
        }
    }
}

fn cards(texts: &[String]) -> Result<Vec<WitnessEntry>, CommandError> {
    texts
        .iter()
        .map(|text| {
            let bytes = from_base64url(text.trim()).ok();
            let entry = bytes.and_then(|bytes| codec::decode(1, &bytes, limits::message::CARD).ok());
            entry.ok_or_else(|| {
                CommandError::error(
                    "this is no witness card; it is what `trustee-agent witness card` prints on the witness's machine",
                )
            })
        })
        .collect()
}

fn describe(descriptor: &Descriptor) -> Answer {
    Answer::Descriptor {
        descriptor: to_base64url(&descriptor.to_bytes()),
        id: descriptor.id(),
        strength: descriptor.assurance(),
    }
}

/// The card names the same key and address every time it is asked for.
fn card(work: &mut Work<'_>, name: &str) -> Result<Answer, Stop> {
    let seat = match record::load::<Seat>(work, SEAT)? {
        Some(seat) => seat,
        None => take_seat(work),
    };
    let entry = WitnessEntry {
        name: line_name(name),
        key: seat.key.verifying_key(),
        did: seat.did,
    };
    Ok(Answer::Card {
        card: to_base64url(&codec::encode(1, &entry)),
    })
}

fn take_seat(work: &mut Work<'_>) -> Seat {
    let local = LocalDid::generate(Some(work.endpoint), work.rng);
    let seat = Seat {
        key: SigningKey::generate(work.rng),
        did: local.did().clone(),
        logs: Vec::new(),
    };
    work.save(&local);
    work.save(&seat);
    seat
}

/// A name as it may stand on a signature line: visible characters, no `+`.
fn line_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    name.chars().map(plain).take(48).collect()
}

fn adopt(work: &mut Work<'_>, text: &str) -> Result<Answer, Stop> {
    let none = "this agent has no witness card yet; make one with: trustee-agent witness card";
    let mut seat = record::load::<Seat>(work, SEAT)?.ok_or_else(|| CommandError::error(none))?;
    let bytes = from_base64url(text.trim()).map_err(|_| {
        CommandError::error(
            "this is no ledger descriptor; it is what `trustee-agent ledger show` prints",
        )
    })?;
    let descriptor =
        Descriptor::from_bytes(&bytes).map_err(|error| CommandError::error(error.to_string()))?;
    let key = SigningKey::from_seed(&crate::secret::SecretBytes::new(&seat.key.expose_seed()));
    match Witness::adopt(work, &descriptor, key) {
        Ok(_) => {}
        Err(WitnessError::Damage(damage)) => return Err(damage.into()),
        Err(error) => return Err(CommandError::error(error.to_string()).into()),
    }
    seat.logs.push(descriptor.id());
    seat.logs.sort_unstable();
    seat.logs.dedup();
    work.save(&seat);
    Ok(Answer::Done {
        text: format!(
            "witnesses {}; {}",
            descriptor.origin,
            descriptor.assurance()
        ),
    })
}
