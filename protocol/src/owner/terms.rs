//! The terms of a deal: what the owner decides about a lane.
use crate::agent::Work;
use crate::error::Damage;
use crate::owner::deal::{self, Deal};
use crate::owner::trustee::{self, PeerRole};
use crate::time::Millis;

/// How long a release waits where she says nothing and nothing is in force.
const DELAY: Millis = Millis::seconds(86_400);
/// How long a request lives.
const LIFETIME: Millis = Millis::seconds(14 * 86_400);
/// How long a sponsor waits after one that failed.
const COOL_DOWN: Millis = Millis::seconds(86_400);

/// What the owner decides about a lane.
#[derive(Clone, Copy)]
pub(crate) struct Terms {
    pub(crate) threshold: u8,
    pub(crate) delay: Millis,
    pub(crate) lifetime: Millis,
    pub(crate) cool_down: Millis,
    pub(crate) override_threshold: u8,
}

impl Terms {
    /// The same terms among `trustees`: a veto that more would have to override than there are
    /// would stand for ever.
    pub(crate) fn among(self, trustees: usize) -> Self {
        let trustees = trustees.try_into().unwrap_or(u8::MAX);
        let override_threshold = self.override_threshold.min(trustees).max(self.threshold);
        Self {
            override_threshold,
            ..self
        }
    }
}

/// What she says of the terms beside the threshold.
pub(crate) struct Wish {
    pub(crate) delay: Option<Millis>,
    pub(crate) lifetime: Option<Millis>,
    pub(crate) cool_down: Option<Millis>,
    pub(crate) override_threshold: Option<u8>,
}

/// The terms of a deal, to be dealt under again.
pub(crate) fn of(deal: &Deal) -> Terms {
    Terms {
        threshold: deal.lane.threshold,
        delay: deal.lane.delay,
        lifetime: deal.lane.lifetime,
        cool_down: deal.lane.cool_down,
        override_threshold: deal.lane.override_threshold,
    }
}

/// What she does not name stays as it is in force: a command that is typed because of a warning must not
/// shorten the time in which she can stop a thief.
pub(crate) fn wished(work: &Work<'_>, threshold: u8, wish: Wish) -> Result<Terms, Damage> {
    let usual = Terms {
        threshold,
        delay: DELAY,
        lifetime: LIFETIME,
        cool_down: COOL_DOWN,
        override_threshold: default_override(work, threshold)?,
    };
    let before = deal::active(work)?.as_ref().map_or(usual, of);
    // Another threshold makes it another question.
    let override_threshold = match before.threshold == threshold {
        true => before.override_threshold,
        false => usual.override_threshold,
    };
    Ok(Terms {
        threshold,
        delay: wish.delay.unwrap_or(before.delay),
        lifetime: wish.lifetime.unwrap_or(before.lifetime),
        cool_down: wish.cool_down.unwrap_or(before.cool_down),
        override_threshold: wish.override_threshold.unwrap_or(override_threshold),
    })
}

/// All trustees but one, and never fewer than the threshold: then a thief's single agent cannot
/// hold a rightful recovery up for ever (G10).
fn default_override(work: &Work<'_>, threshold: u8) -> Result<u8, Damage> {
    let trustees = trustee::verified(work, PeerRole::Trustee)?.len();
    Ok((trustees.saturating_sub(1).min(255) as u8).max(threshold))
}
