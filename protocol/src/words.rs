//! The words two people compare (B8): both sides derive them from everything a stranger in the
//! middle would have to change.
//!
//! The trustee commits to a nonce first, the other side answers with its own, then the commitment
//! is opened. Whoever stands between the two must fix both nonces before seeing what the words will
//! be, and so has one chance in 2^32 per attempt and direction.
use crate::bytes::{Digest, Nonce32};
use crate::did::Did;
use crate::keys::labels;
use serde::{Deserialize, Serialize};

/// How many words a person reads out.
pub const WORDS: usize = 4;
/// How many choices a person is shown.
pub const CHOICES: usize = 4;

/// What the words are for; words of one occasion never pass in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Occasion {
    /// A trustee or backup host is enrolled.
    Enrolment,
    /// A claimant asks for a share.
    Recovery,
}

/// Everything the words are bound to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcript {
    /// What for.
    pub occasion: Occasion,
    /// The owner's or claimant's DID of this connection, with its keys in it.
    pub owner: Did,
    /// The trustee's.
    pub trustee: Did,
    /// The owner's or claimant's nonce.
    pub owner_nonce: Nonce32,
    /// The trustee's nonce, committed to before the other was known.
    pub trustee_nonce: Nonce32,
    /// The digest of the ledger's descriptor.
    pub ledger: Digest,
    /// The policy address.
    pub policy: Digest,
    /// The request's id, at a recovery.
    pub request: Option<Digest>,
}

/// Who reads the words aloud. The two directions have different words, so that neither person can
/// simply repeat what was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The owner or claimant.
    Owner,
    /// The trustee.
    Trustee,
}

/// The digest that is committed to before the other side's nonce is known.
#[must_use]
pub fn commitment(nonce: &Nonce32) -> Digest {
    Digest::of(labels::WORDS_COMMITMENT, &[&nonce.0])
}

impl Transcript {
    /// The words `speaker` reads out.
    #[must_use]
    pub fn spoken_by(&self, speaker: Speaker) -> String {
        let label = match speaker {
            Speaker::Owner => labels::WORDS_OWNER,
            Speaker::Trustee => labels::WORDS_TRUSTEE,
        };
        spell(&Digest::of(label, &[&crate::codec::encode(1, self)]))
    }

    /// What the listening person picks from: the words that `speaker` must have read out, among
    /// others, in an order that both a restart and a second look leave alone.
    #[must_use]
    pub fn choices(&self, speaker: Speaker) -> Vec<String> {
        let right = self.spoken_by(speaker);
        let seed = Digest::of(
            labels::WORDS_CHOICES,
            &[right.as_bytes(), &self.trustee_nonce.0, &self.owner_nonce.0],
        );
        let place = usize::from(seed.0[0]) % CHOICES;
        let mut choices = decoys(&seed, &right);
        choices.insert(place, right);
        choices
    }
}

fn decoys(seed: &Digest, right: &str) -> Vec<String> {
    let mut decoys: Vec<String> = Vec::new();
    for counter in 0..=u8::MAX {
        let words = spell(&Digest::of(labels::WORDS_CHOICES, &[&seed.0, &[counter]]));
        if words != right && !decoys.contains(&words) {
            decoys.push(words);
        }
        if decoys.len() == CHOICES - 1 {
            break;
        }
    }
    decoys
}

/// The first bytes of a digest as words of the PGP word list: even places from the two-syllable
/// list, odd places from the three-syllable one, so that a swap of two words is heard.
fn spell(digest: &Digest) -> String {
    pgp_words::to_words(&digest.0[..WORDS]).join(" ")
}

/// Whether what a person typed or picked is `words`, apart from case and spacing.
#[must_use]
pub fn same(words: &str, typed: &str) -> bool {
    let plain = |text: &str| {
        text.split_whitespace()
            .map(str::to_lowercase)
            .collect::<Vec<_>>()
    };
    plain(words) == plain(typed)
}
