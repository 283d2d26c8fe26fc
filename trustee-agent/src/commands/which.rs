//! Which invitation or request is meant where the person named none: the only one there is.
use super::{ask, unexpected};
use kith_protocol::trustee::command::{Answer, Command};
use kith_runtime::console::{Console, Exit, Failure};

/// States of a request in which its person has nothing left to do.
const SETTLED: [&str; 4] = ["delivered", "denied", "mismatch", "ended"];

/// The invitation of this id, or the only one that waits.
pub(super) async fn invitation(console: &Console, id: Option<String>) -> Result<String, Failure> {
    if let Some(id) = id {
        return Ok(id);
    }
    let Answer::Invitations { list } = ask(console, &Command::InvitationList).await? else {
        return Err(unexpected());
    };
    let waiting = list.into_iter().filter(|view| view.state == "waiting");
    only(waiting.map(|view| view.id).collect(), "invitation")
}

/// The request of this id, or the only open one.
pub(super) async fn request(console: &Console, id: Option<String>) -> Result<String, Failure> {
    if let Some(id) = id {
        return Ok(id);
    }
    let Answer::Requests { list } = ask(console, &Command::RequestList).await? else {
        return Err(unexpected());
    };
    let open = list
        .into_iter()
        .filter(|view| !SETTLED.contains(&view.state.as_str()));
    only(open.map(|view| view.id).collect(), "request")
}

fn only(mut ids: Vec<String>, kind: &str) -> Result<String, Failure> {
    match (ids.len(), ids.pop()) {
        (1, Some(id)) => Ok(id),
        (0, _) => Err(Failure::error(format!(
            "no {kind} waits for you; open its link first:  trustee-agent {kind} open LINK"
        ))),
        (count, _) => Err(Failure::new(
            Exit::Usage,
            format!("there are {count}; say which one, as `trustee-agent {kind} list` shows them"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_single_one_is_meant_without_being_named() {
        assert_eq!(only(vec!["q-1".into()], "request").unwrap(), "q-1");
        let two = only(vec!["q-1".into(), "q-2".into()], "request").unwrap_err();
        assert_eq!(two.exit, Exit::Usage);
        let none = only(Vec::new(), "invitation").unwrap_err();
        assert!(none.message.contains("invitation open LINK"));
    }
}
