//! Fuzz targets (G15): what is done with bytes that nobody vouches for, and what must hold then.
//!
//! A target takes bytes and panics when something does not hold. That nothing panics is the least;
//! each says what more: what was read has one spelling, what was changed on its way is refused, what
//! was admitted comes to the same state again. `engine/` feeds them with a fuzzer, outside the
//! workspace; `tests/kept.rs` feeds them with all that was kept, in every test run (decision 0018).
mod backup;
mod did;
mod envelope;
mod frame;
mod history;
mod ledger;
mod link;
mod message;
mod pinned;
mod play;
mod share;
mod taps;

/// What is done with bytes.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub const TARGETS: [(&str, Target); 14] = [
    ("backup", backup::backup),
    ("descriptor", ledger::descriptor),
    ("did", did::did),
    ("entry", ledger::entry),
    ("envelope", envelope::envelope),
    ("frame", frame::frame),
    ("header", envelope::header),
    ("history", history::history),
    ("inside", envelope::inside),
    ("link", link::link),
    ("message", message::message),
    ("play", play::play),
    ("record", ledger::record),
    ("share", share::share),
];

/// Runs the target of this name.
///
/// # Panics
/// When there is none, and when something does not hold.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, target) = target.unwrap_or_else(|| panic!("there is no target {name}"));
    target(bytes);
}

/// The sealed message that the targets of envelopes measure others against.
#[must_use]
pub fn sealed() -> &'static str {
    envelope::SEALED
}
