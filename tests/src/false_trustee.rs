//! A trustee who plays false: the honest agent, save what it does with its share when it is to be released.
//! Everything around the share is right and freshly signed, so that nothing but the one check can find it.
use kith_protocol::agent::{Agent, Context, Event, Input, Step};
use kith_protocol::did::LocalDid;
use kith_protocol::error::Damage;
use kith_protocol::keys::{SealedBox, labels};
use kith_protocol::message::recovery::Release;
use kith_protocol::message::{Body, Outgoing};
use kith_protocol::record::{self, Records};
use kith_protocol::time::Timestamp;
use kith_protocol::trustee::TrusteeAgent;
use kith_protocol::trustee::command::{Answer, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What it does with its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trick {
    /// "Mallory" damages the sealed share.
    Damage,
    /// "Morgana" releases it under another request.
    OtherRequest,
    /// "Silas" approves and then never answers.
    Silence,
    /// "Janus" answers twice: the right share, and a damaged one.
    TwoFaces,
    /// Anyone else swaps the two commitments.
    Swap,
}

impl Trick {
    /// The trick that goes with a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "Mallory" => Self::Damage,
            "Morgana" => Self::OtherRequest,
            "Silas" => Self::Silence,
            "Janus" => Self::TwoFaces,
            _ => Self::Swap,
        }
    }

    fn play(self, release: &mut Release) {
        match self {
            Self::Damage | Self::TwoFaces => damage(release),
            Self::OtherRequest => release.request.0[0] ^= 1,
            Self::Swap => swap(release),
            Self::Silence => {}
        }
    }
}

/// A trustee who plays one trick, once told to.
pub struct FalseTrustee {
    trick: Trick,
    honest: TrusteeAgent,
    /// Whether it has begun.
    begun: Arc<AtomicBool>,
}

impl Agent for FalseTrustee {
    type Command = Command;
    type Answer = Answer;

    fn step(
        &mut self,
        now: Timestamp,
        input: Input<Command>,
        cx: Context<'_>,
    ) -> Result<Step<Answer>, Damage> {
        let records = cx.records;
        let mut step = self.honest.step(now, input, cx)?;
        if !self.begun.load(Ordering::Relaxed) {
            return Ok(step);
        }
        let (releases, mut sends): (Vec<_>, Vec<_>) = step
            .sends
            .into_iter()
            .partition(|message| matches!(message.body, Body::RecoveryRelease(_)));
        for release in releases {
            sends.extend(self.falsified(records, release)?);
        }
        step.sends = sends;
        Ok(step)
    }

    fn deadline(&self, records: &dyn Records) -> Result<Option<Timestamp>, Damage> {
        self.honest.deadline(records)
    }

    fn pending(&self, records: &dyn Records) -> Result<Vec<Event>, Damage> {
        self.honest.pending(records)
    }
}

impl FalseTrustee {
    /// Plays this trick from when `begun` is set.
    #[must_use]
    pub fn new(trick: Trick, honest: TrusteeAgent, begun: Arc<AtomicBool>) -> Self {
        Self {
            trick,
            honest,
            begun,
        }
    }

    /// What goes out in place of an honest release.
    fn falsified(&self, records: &dyn Records, honest: Outgoing) -> Result<Vec<Outgoing>, Damage> {
        let mut message = honest.clone();
        if let Body::RecoveryRelease(release) = &mut message.body {
            self.trick.play(release);
            let own = record::load::<LocalDid>(records, message.from.as_str().as_bytes())?;
            let own = own.expect("a connection is remembered with its keys");
            release.signature = own.sign_evidence(labels::RELEASE, &release.signed_bytes());
        }
        Ok(match self.trick {
            Trick::Silence => Vec::new(),
            Trick::TwoFaces => {
                // Another message, not a repetition of the first.
                message.id = honest.id.chars().rev().collect();
                vec![honest, message]
            }
            Trick::Damage | Trick::OtherRequest | Trick::Swap => vec![message],
        })
    }
}

fn damage(release: &mut Release) {
    let mut bytes = release.sealed.as_bytes().to_vec();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    release.sealed = SealedBox::from_bytes(bytes).expect("its length and its key are as they were");
}

fn swap(release: &mut Release) {
    let mut json = serde_json::to_value(&release.commitments).expect("commitments are JSON");
    let sign = json["sign"].take();
    let decrypt = std::mem::replace(&mut json["decrypt"], sign);
    json["sign"] = decrypt;
    release.commitments = serde_json::from_value(json).expect("points of the same curve");
}
