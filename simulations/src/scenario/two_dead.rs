//! Two trustees go while they are being asked.
use super::play::{Part, Play};
use kith_protocol::time::Millis;

/// Trustees that go.
const GONE: usize = 2;

pub(super) fn play(play: &mut Play) -> Part {
    play.protect()?;
    play.lose_phone();
    play.begin_recovery();
    // Anywhere between the first link and the last release.
    let longest = play.parameters.terms.delay.0 + 5 * 60_000;
    let when = Millis(play.chance.between(0, longest));
    play.world.faults = play.parameters.faults;
    play.pass(when)?;
    play.lose_trustees(GONE);
    play.go_on()?;
    play.recover()
}
