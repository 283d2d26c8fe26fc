//! An owner whose device lives: she looks at her alarms and stops what she did not ask for.
use super::{Next, Person, Town, phone};
use kith_protocol::owner::command::{AlertView, Answer, Command};

/// Somebody on guard.
#[derive(Default)]
pub(crate) struct Guard {
    /// Whether an alarm was shown.
    pub(crate) alarmed: bool,
    /// Whether her veto stands.
    pub(crate) stopped: bool,
}

impl Guard {
    pub(super) fn turn(&mut self, world: &mut dyn Town, me: &mut Person) -> Next {
        let Ok(Answer::Alerts { list }) = phone::owner(world, me.node, Command::AlertList) else {
            return Next::Soon;
        };
        self.alarmed |= !list.is_empty();
        self.stopped |= list.iter().any(|alert| alert.state == "vetoed");
        match list.iter().find(|alert| alert.state == "open") {
            Some(alert) => veto(world, me, alert),
            None => Next::Later,
        }
    }
}

fn veto(world: &mut dyn Town, me: &Person, alert: &AlertView) -> Next {
    let id = alert.request.to_string();
    let _ = phone::owner(world, me.node, Command::AlertVeto { id });
    Next::Later
}
