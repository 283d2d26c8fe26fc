//! Two people comparing words, as the owner's or claimant's side remembers it: at an enrolment and at
//! a recovery, the same.
use crate::owner::command::WordsView;
use crate::words::{self, Speaker, Transcript};
use serde::{Deserialize, Serialize};

/// Words that are being compared.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Comparison {
    transcript: Transcript,
    heard: bool,
    confirmed: bool,
}

/// Our person heard other words than the trustee's.
pub(crate) struct OtherWords;

impl Comparison {
    /// Both nonces are known; nobody has said anything yet.
    pub(crate) fn new(transcript: Transcript) -> Self {
        Self {
            transcript,
            heard: false,
            confirmed: false,
        }
    }

    /// What our person reads out, and what she picks from.
    pub(crate) fn view(&self) -> WordsView {
        WordsView {
            say: self.transcript.spoken_by(Speaker::Owner),
            choices: self.transcript.choices(Speaker::Trustee),
        }
    }

    /// Our person picked these.
    ///
    /// # Errors
    /// [`OtherWords`] when they are not the trustee's.
    pub(crate) fn hear(mut self, typed: &str) -> Result<Self, OtherWords> {
        self.heard = words::same(&self.transcript.spoken_by(Speaker::Trustee), typed);
        if self.heard {
            Ok(self)
        } else {
            Err(OtherWords)
        }
    }

    /// Their person picked the right ones.
    pub(crate) fn confirm(mut self) -> Self {
        self.confirmed = true;
        self
    }

    /// Whether our person has heard the right words.
    pub(crate) fn is_heard(&self) -> bool {
        self.heard
    }

    /// Whether both people have.
    pub(crate) fn is_done(&self) -> bool {
        self.heard && self.confirmed
    }
}
