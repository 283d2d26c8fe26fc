//! The main job: set up, lost, recovered; and the thief's copy is powerless.
use super::play::{Part, Play};
use crate::checkers::Sight;
use crate::people::{Role, Thief};

/// Trustees that are gone.
const GONE: usize = 2;

pub(super) fn play(play: &mut Play) -> Part {
    play.protect()?;
    play.lose_phone();
    play.lose_trustees(GONE);
    play.begin_recovery();
    play.recover()?;
    thief(play)
}

/// A copy of the old device's disk is started by somebody else.
fn thief(play: &mut Play) -> Part {
    let phone = play.phone;
    let mallory = play.world.add_person("Mallory", phone);
    play.world.show(&Sight::Stolen { node: phone });
    play.world.node_mut(phone).resurrect();
    play.world.start(phone);
    let terms = play.parameters.terms;
    play.world.engage(mallory, Role::Thief(Thief::new(terms)));
    let refused = |play: &mut Play| matches!(&play.world.person(mallory).role, Role::Thief(thief) if thief.refused);
    play.storm(refused)?;
    play.demand("the stolen device sees that it is revoked", refused)?;
    // Whatever it has sent is answered meanwhile.
    let delay = play.parameters.terms.delay;
    play.pass(delay)
}
