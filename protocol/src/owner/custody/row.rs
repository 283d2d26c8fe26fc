//! What is kept of custody proofs: the round under way, and each trustee's past ones.
use crate::bytes::{Digest, Nonce32};
use crate::custody_proof::{Question, VERSION};
use crate::did::Did;
use crate::limits;
use crate::message::share::{Challenge, Lodged, Proof};
use crate::owner::command::{CustodyView, RoundView};
use crate::record::{Row, Space};
use crate::time::Timestamp;
use crate::vss::ShareIndex;
use serde::{Deserialize, Serialize};

/// The round under way, and when the next one begins. There is one.
#[derive(Serialize, Deserialize)]
pub(crate) struct Round {
    /// Whose shares are asked for.
    pub(crate) epoch: u32,
    /// When the next round begins.
    pub(crate) next: Timestamp,
    /// When those who have not answered are asked again; nothing once all have.
    pub(crate) again: Option<Timestamp>,
    /// How often they were.
    pub(crate) repeated: u32,
    /// How many have not answered.
    pub(crate) waiting: u16,
}

impl Row for Round {
    const SPACE: Space = Space::Round;
    fn id(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// One trustee, by the owner's name for it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Watched {
    /// The name.
    pub(crate) name: String,
    /// What it has not answered, or what was not checked yet.
    pub(crate) asked: Option<Asked>,
    /// What the last rounds found, oldest first.
    pub(crate) rounds: Vec<Finding>,
    /// The last question that it answered with a wrong proof, and that answer: evidence.
    pub(crate) wrong: Option<Asked>,
    /// Why it refused to prove anything, when it last did.
    pub(crate) refusal: Option<String>,
}

impl Row for Watched {
    const SPACE: Space = Space::Watched;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

/// A question on its way, and the answer until it is checked with the others'.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked {
    /// The message's id; a repetition carries the same.
    pub(crate) message: String,
    pub(crate) local: Did,
    pub(crate) did: Did,
    pub(crate) index: ShareIndex,
    pub(crate) nonce: Nonce32,
    pub(crate) time: Timestamp,
    pub(crate) head: Option<Digest>,
    pub(crate) lodged: Option<Lodged>,
    pub(crate) answer: Option<Answered>,
    /// What stood in the way when it was asked last, as the trustee says: it may be over the next time.
    pub(crate) hindered: Option<String>,
    /// How often it was asked again while this agent heard from others.
    pub(crate) repeated: u32,
    /// The newest head of the ledger when it was asked last.
    pub(crate) heard: Timestamp,
}

/// What came back.
#[derive(Serialize, Deserialize)]
pub(crate) enum Answered {
    /// A proof, unchecked.
    Proof(Box<Proof>),
    /// It says itself that it holds no such share.
    Gone,
    /// It says that it answers nothing on this connection, and why.
    Refused(String),
}

/// What one round found.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// Of which epoch's share.
    pub(crate) epoch: u32,
    /// When it was asked.
    pub(crate) time: Timestamp,
    /// What it said.
    pub(crate) found: Found,
}

/// What a trustee's answer was worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Found {
    /// A right proof.
    Held,
    /// No answer until the next round.
    Missed,
    /// It says that it holds no such share.
    Gone,
    /// A proof that is wrong.
    Wrong,
    /// It does not answer such questions, and says so.
    Refused,
}

impl Found {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Gone => "gone",
            Self::Wrong => "wrong",
            Self::Refused => "refused",
        }
    }
}

/// Rounds without an answer after which a trustee counts as lost.
const SILENT: usize = 2;

/// How a trustee stands, as far as one epoch goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It was not asked yet.
    Unasked,
    /// Its last proof was right.
    Held,
    /// It missed one round: advice.
    Missed,
    /// It missed several: a warning.
    Silent,
    /// It says that it holds nothing: a warning.
    Gone,
    /// It gave a wrong proof: a warning.
    Wrong,
    /// It refuses to prove anything: a warning.
    Refused,
}

impl Standing {
    /// Whether it counts no more as one that can help.
    pub(crate) const fn is_lost(self) -> bool {
        matches!(
            self,
            Self::Silent | Self::Gone | Self::Wrong | Self::Refused
        )
    }

    /// What rounds come to, oldest first: only what was shown takes back what was found before.
    pub(crate) fn after(rounds: impl DoubleEndedIterator<Item = Found> + Clone) -> Self {
        let since = || {
            let newest_first = rounds.clone().rev();
            newest_first.take_while(|found| *found != Found::Held)
        };
        match (rounds.clone().count(), since().count()) {
            (0, _) => Self::Unasked,
            (_, 0) => Self::Held,
            _ if since().any(|found| found == Found::Wrong) => Self::Wrong,
            _ if since().any(|found| found == Found::Gone) => Self::Gone,
            _ if since().any(|found| found == Found::Refused) => Self::Refused,
            (_, SILENT..) => Self::Silent,
            _ => Self::Missed,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unasked => "unasked",
            Self::Held => "held",
            Self::Missed => "missed",
            Self::Silent => "silent",
            Self::Gone => "gone",
            Self::Wrong => "wrong",
            Self::Refused => "refused",
        }
    }
}

impl Watched {
    pub(crate) const fn new(name: String) -> Self {
        Self {
            name,
            asked: None,
            rounds: Vec::new(),
            wrong: None,
            refusal: None,
        }
    }

    /// Notes what came of the question and is done with it.
    pub(crate) fn note(&mut self, epoch: u32, found: Found) {
        let Some(asked) = self.asked.take() else {
            return;
        };
        self.find(epoch, asked.time, found);
        if found == Found::Wrong {
            self.wrong = Some(asked);
        }
    }

    /// Notes what was found at this time, whether it was asked or not.
    pub(crate) fn find(&mut self, epoch: u32, time: Timestamp, found: Found) {
        self.rounds.push(Finding { epoch, time, found });
        let many = self.rounds.len().saturating_sub(limits::custody::ROUNDS);
        self.rounds.drain(..many);
    }

    /// How it stands. What was found of another epoch's share says nothing of this one's; and only a right
    /// proof takes back what was found since the last one, silence does not.
    pub(crate) fn standing(&self, epoch: u32) -> Standing {
        let of_it = self.rounds.iter().filter(|past| past.epoch == epoch);
        Standing::after(of_it.map(|past| past.found))
    }

    pub(crate) fn view(&self, epoch: u32) -> CustodyView {
        let held = |past: &&Finding| past.epoch == epoch && past.found == Found::Held;
        CustodyView {
            state: self.standing(epoch).name().into(),
            proven: self.rounds.iter().rfind(held).map(|past| past.time),
            rounds: self.rounds.iter().map(Finding::view).collect(),
        }
    }
}

impl Finding {
    fn view(&self) -> RoundView {
        RoundView {
            epoch: self.epoch,
            time: self.time,
            found: self.found.name().into(),
        }
    }
}

impl Asked {
    /// What was asked.
    pub(crate) fn challenge(&self, policy: Digest, epoch: u32, deal: Digest) -> Challenge {
        Challenge {
            version: VERSION,
            policy,
            epoch,
            deal,
            nonce: self.nonce,
            time: self.time,
            backup_head: self.head,
            lodged: self.lodged.clone(),
        }
    }

    /// Of whom.
    pub(crate) fn question<'a>(&'a self, challenge: &'a Challenge) -> Question<'a> {
        Question {
            challenge,
            owner: &self.local,
            trustee: &self.did,
            index: self.index,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::did::LocalDid;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    fn asked() -> Option<Asked> {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let did = LocalDid::generate_did_key(&mut rng).did().clone();
        Some(Asked {
            message: "m".into(),
            local: did.clone(),
            did,
            index: ShareIndex::new(1).unwrap(),
            nonce: Nonce32([0; 32]),
            time: Timestamp(0),
            head: None,
            lodged: None,
            answer: None,
            hindered: None,
            repeated: 0,
            heard: Timestamp(0),
        })
    }

    fn after(found: &[(u32, Found)]) -> Watched {
        let mut watched = Watched::new("Bob".into());
        for (epoch, found) in found {
            watched.asked = asked();
            watched.note(*epoch, *found);
        }
        watched
    }

    /// R14: the last round counts, silence only when it lasts, and another epoch's rounds not at all.
    #[test]
    fn the_last_rounds_of_an_epoch_say_how_a_trustee_stands() {
        use Found::{Gone, Held, Missed, Refused, Wrong};
        for (found, standing) in [
            (&[][..], Standing::Unasked),
            (&[(1, Held)], Standing::Unasked),
            (&[(2, Held)], Standing::Held),
            (&[(2, Held), (2, Missed)], Standing::Missed),
            (&[(1, Missed), (2, Missed)], Standing::Missed),
            (&[(2, Missed), (2, Missed)], Standing::Silent),
            (&[(2, Missed), (2, Missed), (2, Held)], Standing::Held),
            (&[(2, Missed), (2, Held), (2, Missed)], Standing::Missed),
            (&[(2, Held), (2, Gone)], Standing::Gone),
            (&[(2, Gone), (2, Held), (2, Wrong)], Standing::Wrong),
            (&[(2, Wrong), (2, Missed)], Standing::Wrong),
            (&[(2, Missed), (2, Gone), (2, Missed)], Standing::Gone),
            (&[(2, Held), (2, Refused), (2, Missed)], Standing::Refused),
            (&[(2, Refused), (2, Gone)], Standing::Gone),
        ] {
            assert_eq!(after(found).standing(2), standing, "{found:?}");
        }
    }

    /// G15: however long it goes on.
    #[test]
    fn so_many_rounds_are_kept_and_no_more() {
        let many = vec![(2, Found::Held); 2 * limits::custody::ROUNDS];
        assert_eq!(after(&many).rounds.len(), limits::custody::ROUNDS);
        let mut watched = after(&[]);
        watched.note(2, Found::Held);
        assert!(
            watched.rounds.is_empty(),
            "nothing is found that was not asked"
        );
    }
}
