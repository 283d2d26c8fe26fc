//! One trustee returns a wrong share.
use super::play::{Part, Play};
use crate::people::{PersonId, phone};
use crate::villains::Villainy;
use kith_protocol::owner::command::{Answer, ClaimTrusteeView, Command};

pub(super) fn play(play: &mut Play) -> Part {
    play.protect()?;
    play.lose_phone();
    let place = play.chance.between(0, play.trustees.len() as u64 - 1) as usize;
    let liar = play.trustees[place];
    let node = play.node_of(liar);
    let villainy = Villainy::named("wrong-share").expect("it stands in the registry");
    play.world.infect(node, villainy);
    play.begin_recovery();
    play.recover()?;
    blamed(play, liar)
}

/// The liar is named, if the share came before the recovery was done without it; nobody else is.
fn blamed(play: &mut Play, liar: PersonId) -> Part {
    let node = play.node_of(play.alice);
    let Ok(Answer::Recover(view)) = phone::owner(&mut play.world, node, Command::RecoverStatus)
    else {
        return play.astonished(&"no status of the recovery");
    };
    let name = play.world.person(liar).name.clone();
    let wrong = |trustee: &&ClaimTrusteeView| match trustee.name == name {
        true => trustee.state == "share",
        false => trustee.state == "bad-share",
    };
    if let Some(trustee) = view.trustees.iter().find(wrong) {
        let what = format!(
            "{} stands as `{}`, and {name} lied",
            trustee.name, trustee.state
        );
        play.world.fail("G6 attribution", what);
    }
    play.go_on()
}
