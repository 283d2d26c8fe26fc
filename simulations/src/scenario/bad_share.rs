//! One trustee returns a wrong share.
use super::play::{Part, Play};
use crate::people::{PersonId, Role};
use crate::villain::Villain;

pub(super) fn play(play: &mut Play) -> Part {
    play.protect()?;
    play.lose_phone();
    let place = play.chance.between(0, play.trustees.len() as u64 - 1) as usize;
    let liar = play.trustees[place];
    let node = play.node_of(liar);
    play.world.node_mut(node).villain = Some(Villain::WrongShare);
    play.begin_recovery();
    play.recover()?;
    play.demand("the wrong share is named", |play| is_accused(play, liar))?;
    only(play, liar)
}

fn is_accused(play: &mut Play, liar: PersonId) -> bool {
    matches!(&play.world.person(play.alice).role, Role::Claimant(claimant) if claimant.accused.contains(&liar))
}

fn only(play: &mut Play, liar: PersonId) -> Part {
    let others = match &play.world.person(play.alice).role {
        Role::Claimant(claimant) => claimant.accused.iter().any(|who| *who != liar),
        _ => false,
    };
    if others {
        play.world.fail(
            "G6 attribution",
            "an honest trustee's share was called wrong",
        );
    }
    play.go_on()
}
