//! What people do with agents and with each other: ask their own agent, hear somebody read words.
use super::{PersonId, Town};
use crate::node::{NodeId, Order, Told};
use crate::world::Trouble;
use kith_protocol::owner::command as owner_command;
use kith_protocol::trustee::command as trustee_command;

/// Asks an owner agent.
pub(crate) fn owner(
    world: &mut dyn Town,
    node: NodeId,
    command: owner_command::Command,
) -> Result<owner_command::Answer, Trouble> {
    match world.order(node, Order::Owner(command))? {
        Told::Owner(answer) => Ok(*answer),
        Told::Trustee(_) => Err(Trouble::Away),
    }
}

/// Asks a trustee agent.
pub(crate) fn trustee(
    world: &mut dyn Town,
    node: NodeId,
    command: trustee_command::Command,
) -> Result<trustee_command::Answer, Trouble> {
    match world.order(node, Order::Trustee(command))? {
        Told::Trustee(answer) => Ok(answer),
        Told::Owner(_) => Err(Trouble::Away),
    }
}

/// What somebody with an owner agent reads aloud.
pub(super) fn hear_owner(
    world: &mut dyn Town,
    who: PersonId,
    command: owner_command::Command,
) -> Option<String> {
    let node = world.person(who).node;
    match owner(world, node, command) {
        Ok(owner_command::Answer::Words(words)) => Some(words.say),
        _ => None,
    }
}

/// What a trustee reads to the owner of this name.
pub(super) fn hear_trustee(world: &mut dyn Town, who: PersonId, owner: &str) -> Option<String> {
    let (node, name) = (world.person(who).node, owner.to_owned());
    match trustee(world, node, trustee_command::Command::OwnerWords { name }) {
        Ok(trustee_command::Answer::Words(words)) => Some(words.say),
        _ => None,
    }
}

/// Picks from the choices what was read by somebody who recovers, or, now and then, something else.
/// Whether it was the right one.
pub(super) fn listen(world: &mut dyn Town, read: String, choices: &[String]) -> (String, bool) {
    let other = choices.iter().find(|choice| **choice != read);
    match other {
        Some(other) if world.mishears() => (other.clone(), false),
        _ => (pick(read, choices), true),
    }
}

/// Picks what was heard from the choices; `none` where it is not among them.
pub(super) fn pick(heard: String, choices: &[String]) -> String {
    if choices.contains(&heard) {
        heard
    } else {
        "none".into()
    }
}
