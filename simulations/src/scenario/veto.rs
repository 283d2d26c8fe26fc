//! An impostor convinces the trustees while the owner's device lives.
use super::play::{OWNER, Part, Play};
use crate::node::Kind;
use crate::people::{Claimant, Guard, PersonId, Role};

pub(super) fn play(play: &mut Play) -> Part {
    play.protect()?;
    play.world.engage(play.alice, Role::Guard(Guard::default()));
    let laptop = play.world.add_node("impostor", Kind::Owner);
    let mallory = play.world.add_person("Mallory", laptop);
    let claimant = Claimant::new(OWNER, play.trustees.clone());
    play.world.engage(mallory, Role::Claimant(claimant));
    play.storm(is_stopped)?;
    play.demand("the owner's veto stands", is_stopped)?;
    play.demand("the impostor sees that it was vetoed", |play| {
        sees_veto(play, mallory)
    })?;
    // Well past the delay: no share has left, or a checker would have said so.
    let delay = play.parameters.terms.delay;
    play.pass(delay.times(2))?;
    none_left(play)
}

fn is_stopped(play: &mut Play) -> bool {
    matches!(&play.world.person(play.alice).role, Role::Guard(guard) if guard.stopped && guard.alarmed)
}

fn sees_veto(play: &mut Play, impostor: PersonId) -> bool {
    matches!(&play.world.person(impostor).role, Role::Claimant(claimant) if claimant.state == "vetoed")
}

fn none_left(play: &mut Play) -> Part {
    if play.world.releases > 0 {
        let what = "a share left although the owner's device lived to stop it";
        play.world.fail("G7 delay and veto", what);
    }
    play.go_on()
}
