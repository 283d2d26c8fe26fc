//! `status`: can I recover today?
use super::{ask, follow, unexpected};
use crate::show;
use kith_protocol::owner::command::{Answer, Command};
use kith_runtime::console::{Console, Exit, Failure};

pub(super) async fn status(console: &Console, check: bool, watch: bool) -> Result<(), Failure> {
    if watch {
        follow(console, &Command::Status, |_| false).await?;
    }
    let answer = ask(console, &Command::Status).await?;
    console.show_status(&show::answer(&answer), &answer).await?;
    if check { healthy(&answer) } else { Ok(()) }
}

fn healthy(answer: &Answer) -> Result<(), Failure> {
    let Answer::Status {
        state,
        alerts,
        conflicts,
        ..
    } = answer
    else {
        return Err(unexpected());
    };
    if *alerts > 0 {
        let message =
            "someone asks your trustees for your keys, or for a share: owner-agent alert list";
        return Err(Failure::shown(Exit::Unhealthy, message));
    }
    if let Some(conflict) = conflicts.iter().find(|conflict| conflict.proven) {
        return Err(Failure::shown(Exit::Unhealthy, conflict.sentence()));
    }
    if state != "protected" {
        return Err(Failure::shown(
            Exit::Unhealthy,
            format!("not protected: {state}"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(state: &str, alerts: usize) -> Answer {
        Answer::Status {
            name: Some("Alice".into()),
            state: state.into(),
            text: String::new(),
            policy: None,
            live: true,
            deal: None,
            trustees: Vec::new(),
            open_to: None,
            changes: None,
            alerts,
            conflicts: Vec::new(),
            ledger_time: None,
        }
    }

    #[test]
    fn only_a_protected_owner_without_alerts_is_healthy() {
        assert!(healthy(&answer("protected", 0)).is_ok());
        for (state, alerts) in [
            ("protected", 1),
            ("at-risk", 0),
            ("not-protected", 0),
            ("revoked", 0),
        ] {
            assert_eq!(
                healthy(&answer(state, alerts)).unwrap_err().exit,
                Exit::Unhealthy
            );
        }
    }
}
