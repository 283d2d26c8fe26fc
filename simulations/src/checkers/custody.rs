//! B1, R14: her screen says of each trustee what is so.
use crate::node::NodeId;
use crate::people::phone;
use crate::world::World;
use kith_protocol::owner::command::{Answer, Command, TrusteeView};

/// As reports name it.
pub(crate) const NAME: &str = "B1 custody";

/// Whether her screen says this of each of them, by name; what it says else.
pub(crate) fn differs(
    world: &mut World,
    node: NodeId,
    expected: &[(String, &str)],
) -> Option<String> {
    let list = match phone::owner(world, node, Command::TrusteeList) {
        Ok(Answer::Trustees { list }) => list,
        other => return Some(format!("no list of trustees: {other:?}")),
    };
    let mut wrong = expected.iter().filter_map(|(name, state)| {
        let said = said_of(&list, name);
        (said != *state).then(|| format!("{name} is shown as `{said}` and is `{state}`"))
    });
    wrong.next()
}

fn said_of<'a>(list: &'a [TrusteeView], name: &str) -> &'a str {
    let view = list.iter().find(|view| view.name == name);
    let custody = view.and_then(|view| view.custody.as_ref());
    custody.map_or("", |custody| custody.state.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkers::samples::{self, OWNER};

    #[test]
    fn what_is_so_is_right_and_anything_else_is_seen() {
        let mut world = samples::protected(3);
        let is = |state| [("Bob".to_owned(), "held"), ("Carol".to_owned(), state)];
        assert_eq!(differs(&mut world, OWNER, &is("held")), None);
        let said = differs(&mut world, OWNER, &is("silent"));
        assert_eq!(
            said.as_deref(),
            Some("Carol is shown as `held` and is `silent`")
        );
        let nobody = [("Nobody".to_owned(), "held")];
        assert!(differs(&mut world, OWNER, &nobody).is_some());
    }
}
