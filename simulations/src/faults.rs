//! What goes wrong, and how often.
//!
//! Ranges after TigerBeetle's simulator (losses 0 to 30 %, replays 0 to 50 %, partitions 0 to 3 %);
//! crashes and clocks are ours.
//! Drawn in swarm mode: each kind of fault is absent from about a quarter of the seeds, so that none
//! hides what another would find.
use crate::chance::{Chance, Span};
use kith_protocol::time::Millis;
use serde::Serialize;

/// Most messages lost, per mille.
const LOSS: u64 = 300;
/// Most messages that arrive twice.
const DUPLICATION: u64 = 500;
/// Most steps that end in a crash, on either side of the flush. Each costs the agent its memory and
/// up to [`DOWNTIME`]; more would leave no time for anything else.
const CRASH: u64 = 30;
/// Most messages at which a connection breaks, per mille.
const CUT: u64 = 30;
/// How long it stays broken.
const CUT_SPAN: Span = Span::new(1_000, 120_000);
/// How far the clocks of machines that set them by the network are apart, at most.
const CLOCKS: u64 = 3_000;
/// How long a crashed agent stays away.
const DOWNTIME: Span = Span::new(100, 60_000);
/// A good network.
const CALM: Span = Span::new(5, 50);
/// The slowest a message gets under faults: later ones overtake it.
const SLOWEST: u64 = 4_000;

/// Chances in a thousand, and spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Faults {
    /// A message is lost.
    pub loss: u16,
    /// A reply is lost, so that what was done is asked for again.
    pub reply_loss: u16,
    /// A message arrives twice.
    pub duplication: u16,
    /// A step ends in a crash before its batch is durable: it never happened.
    pub crash_before_flush: u16,
    /// A step ends in a crash after it: durable, and nothing was sent.
    pub crash_after_flush: u16,
    /// A crash is a power cut: the machine's monotonic clock begins anew.
    pub power_cut: u16,
    /// A message finds its connection broken, and those after it too, for a while.
    pub cut: u16,
    /// How often that holds in one direction only.
    pub one_way: u16,
    /// How long it lasts.
    pub cut_span: Span,
    /// How long a crashed agent stays away.
    pub downtime: Span,
    /// How long a message takes; what is drawn longer arrives later, so that messages overtake each
    /// other.
    pub latency: Span,
}

impl Faults {
    /// A healed world.
    pub const NONE: Self = Self {
        loss: 0,
        reply_loss: 0,
        duplication: 0,
        crash_before_flush: 0,
        crash_after_flush: 0,
        power_cut: 0,
        cut: 0,
        one_way: 0,
        cut_span: CUT_SPAN,
        downtime: DOWNTIME,
        latency: CALM,
    };

    /// How far the clocks of a seed are apart; they are no better in a healed world.
    pub(crate) fn draw_clocks(chance: &mut Chance) -> Millis {
        Millis(chance.between(0, CLOCKS))
    }

    /// What the seed has in store.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let mut up_to = |most: u64| match chance.between(0, 3) {
            0 => 0,
            _ => chance.between(0, most) as u16,
        };
        Self {
            loss: up_to(LOSS),
            reply_loss: up_to(LOSS),
            duplication: up_to(DUPLICATION),
            crash_before_flush: up_to(CRASH),
            crash_after_flush: up_to(CRASH),
            power_cut: up_to(1000),
            cut: up_to(CUT),
            one_way: up_to(1000),
            cut_span: CUT_SPAN,
            downtime: DOWNTIME,
            latency: Span::new(CALM.shortest.0, chance.between(CALM.longest.0, SLOWEST)),
        }
    }
}
