//! What goes wrong, and how often.
//!
//! Ranges after TigerBeetle's simulator (losses 0 to 30 %, replays 0 to 50 %, partitions 0 to 3 %, disk
//! faults 0 to 10 %); crashes, clocks and what the ledger takes are ours.
use crate::chance::{Chance, Span};
use crate::scenario::value::{Range, Unit};
use serde::Serialize;

/// How long a broken connection stays broken, in a world that is healed and has none.
const CUT_SPAN: Span = Span::new(1_000, 120_000);
/// The same of a crashed agent.
const DOWNTIME: Span = Span::new(100, 60_000);
/// A good network.
const CALM: Span = Span::new(5, 50);

/// What may go wrong, as a scenario has it; each seed draws its [`Faults`] from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Weather {
    /// How long faults last in each part of a story.
    pub(crate) storm: Range,
    loss: Range,
    reply_loss: Range,
    duplication: Range,
    crash_before_flush: Range,
    crash_after_flush: Range,
    disk_error: Range,
    disk_full: Range,
    power_cut: Range,
    downtime: Range,
    cut: Range,
    one_way: Range,
    cut_span: Range,
    slowest: Range,
    admission: Range,
    /// How far the clocks of machines are apart; they are no better in a healed world.
    pub(crate) clocks: Range,
    /// How much they gain or lose, in millionths; crystals of machines are good for a hundred.
    pub(crate) drift: Range,
    clog: Range,
    clog_delay: Range,
}

impl Default for Weather {
    fn default() -> Self {
        Self {
            // Beside the delay: at times they end before anybody has approved, at times they go on until
            // all is done.
            storm: Range::new(120_000, 3_600_000),
            loss: Range::new(0, 300),
            reply_loss: Range::new(0, 300),
            duplication: Range::new(0, 500),
            // Each crash costs the agent its memory and a downtime; more would leave no time for
            // anything else.
            crash_before_flush: Range::new(0, 30),
            crash_after_flush: Range::new(0, 30),
            disk_error: Range::new(0, 100),
            disk_full: Range::new(0, 3),
            power_cut: Range::new(0, 1000),
            downtime: Range::new(DOWNTIME.shortest.0, DOWNTIME.longest.0),
            cut: Range::new(0, 30),
            one_way: Range::new(0, 1000),
            cut_span: Range::new(CUT_SPAN.shortest.0, CUT_SPAN.longest.0),
            // The slowest a message gets: later ones overtake it.
            slowest: Range::new(CALM.longest.0, 4_000),
            // The longest that a record waits at the ledger's door; its sender asks again after ten
            // seconds.
            admission: Range::new(0, 60_000),
            // Machines that set their clocks by the network.
            clocks: Range::new(0, 3_000),
            drift: Range::new(0, 100),
            clog: Range::new(0, 10),
            clog_delay: Range::new(5_000, 60_000),
        }
    }
}

impl Weather {
    /// Each field by its name in a file, and what it counts.
    pub(crate) fn fields(&mut self) -> [(&'static str, &mut Range, Unit); 19] {
        [
            ("storm", &mut self.storm, Unit::Time),
            ("loss", &mut self.loss, Unit::PerMille),
            ("reply-loss", &mut self.reply_loss, Unit::PerMille),
            ("duplication", &mut self.duplication, Unit::PerMille),
            (
                "crash-before-flush",
                &mut self.crash_before_flush,
                Unit::PerMille,
            ),
            (
                "crash-after-flush",
                &mut self.crash_after_flush,
                Unit::PerMille,
            ),
            ("power-cut", &mut self.power_cut, Unit::PerMille),
            ("downtime", &mut self.downtime, Unit::Time),
            ("cut", &mut self.cut, Unit::PerMille),
            ("one-way", &mut self.one_way, Unit::PerMille),
            ("cut-span", &mut self.cut_span, Unit::Time),
            ("slowest", &mut self.slowest, Unit::Time),
            ("ledger-delay", &mut self.admission, Unit::Time),
            ("clocks", &mut self.clocks, Unit::Time),
            ("drift", &mut self.drift, Unit::PerMille),
            ("disk-error", &mut self.disk_error, Unit::PerMille),
            ("disk-full", &mut self.disk_full, Unit::PerMille),
            ("clog", &mut self.clog, Unit::PerMille),
            ("clog-delay", &mut self.clog_delay, Unit::Time),
        ]
    }
}

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
    /// A flush fails.
    pub disk_error: u16,
    /// A flush finds the disk full, and those after it too, for a while.
    pub disk_full: u16,
    /// A message finds its way clogged, and those after it too, for a while.
    pub clog: u16,
    /// How much longer a message takes then.
    pub clog_delay: Span,
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
    /// How long a message takes beside what its links take (`links.rs`); what is drawn longer arrives
    /// later, so that messages overtake each other.
    pub latency: Span,
    /// How long a record waits before the ledger's operator looks at it.
    pub admission: Span,
}

impl Faults {
    /// A healed world.
    pub const NONE: Self = Self {
        loss: 0,
        reply_loss: 0,
        duplication: 0,
        crash_before_flush: 0,
        crash_after_flush: 0,
        disk_error: 0,
        disk_full: 0,
        clog: 0,
        clog_delay: CUT_SPAN,
        power_cut: 0,
        cut: 0,
        one_way: 0,
        cut_span: CUT_SPAN,
        downtime: DOWNTIME,
        latency: CALM,
        admission: Span::new(0, 0),
    };

    /// What the seed has in store. In swarm mode: each kind of fault is absent from about a quarter of
    /// the seeds, so that none hides what another would find.
    pub(crate) fn draw(weather: &Weather, chance: &mut Chance) -> Self {
        let mut some = |range: Range| match chance.between(0, 3) {
            0 => 0,
            _ => range.draw(chance) as u16,
        };
        Self {
            loss: some(weather.loss),
            reply_loss: some(weather.reply_loss),
            duplication: some(weather.duplication),
            crash_before_flush: some(weather.crash_before_flush),
            crash_after_flush: some(weather.crash_after_flush),
            disk_error: some(weather.disk_error),
            disk_full: some(weather.disk_full),
            clog: some(weather.clog),
            clog_delay: span(weather.clog_delay),
            power_cut: some(weather.power_cut),
            cut: some(weather.cut),
            one_way: some(weather.one_way),
            cut_span: span(weather.cut_span),
            downtime: span(weather.downtime),
            latency: Span::new(
                CALM.shortest.0,
                weather.slowest.draw(chance).max(CALM.shortest.0),
            ),
            admission: Span::new(0, weather.admission.draw(chance)),
        }
    }
}

fn span(range: Range) -> Span {
    Span::new(range.low, range.high)
}
