//! `protect`: sets the recovery policy and deals; waits until everything is acknowledged.
use super::{PACE, ask, present, unexpected};
use crate::cli::Protect;
use crate::show;
use kith_protocol::owner::command::{Answer, Command, ProtectView, TrusteeView};
use kith_protocol::vss::{Quorum, QuorumWarning};
use kith_runtime::console::{Console, Exit, Failure};

pub(super) async fn protect(console: &Console, task: Protect) -> Result<(), Failure> {
    warn(console, &task).await?;
    let command = Command::Protect {
        threshold: task.threshold,
        delay: task.delay,
        lifetime: task.lifetime,
        cool_down: task.cool_down,
        override_threshold: task.override_threshold,
    };
    carry_out(console, &command, task.no_wait).await
}

/// New shares of the same secrets.
pub(super) async fn refresh(console: &Console, no_wait: bool) -> Result<(), Failure> {
    carry_out(console, &Command::ShareRefresh, no_wait).await
}

async fn carry_out(console: &Console, command: &Command, no_wait: bool) -> Result<(), Failure> {
    let answer = ask(console, command).await?;
    let answer = if no_wait {
        answer
    } else {
        wait(console).await?
    };
    present(console, &answer);
    Ok(())
}

async fn warn(console: &Console, task: &Protect) -> Result<(), Failure> {
    let Answer::Trustees { list } = ask(console, &Command::TrusteeList).await? else {
        return Err(unexpected());
    };
    for warning in warnings(task.threshold, verified(&list)) {
        console.warn(&warning);
    }
    Ok(())
}

fn verified(list: &[TrusteeView]) -> u8 {
    let counts = |view: &&TrusteeView| view.role == "trustee" && view.state == "verified";
    u8::try_from(list.iter().filter(counts).count()).unwrap_or(u8::MAX)
}

/// What R1 wants said: too few trustees, or all of them needed.
pub(crate) fn warnings(threshold: u8, trustees: u8) -> Vec<String> {
    let said = |warning| match warning {
        QuorumWarning::FewTrustees => format!(
            "you have {trustees} verified trustees; at least 3, of whom 2 are needed, are advised"
        ),
        QuorumWarning::AllNeeded => format!(
            "all {trustees} trustees are needed: losing any one of them makes recovery impossible"
        ),
    };
    // What is no quorum at all is refused by the agent.
    let quorum = Quorum::new(threshold, trustees);
    let warnings = quorum.map(Quorum::warnings).unwrap_or_default();
    warnings.into_iter().map(said).collect()
}

/// Until the epoch is active, telling each change; the agent goes on by itself when this stops.
async fn wait(console: &Console) -> Result<Answer, Failure> {
    let mut last: Option<ProtectView> = None;
    loop {
        let answer = ask(console, &Command::ProtectStatus).await?;
        let Answer::Protect(view) = &answer else {
            return Err(unexpected());
        };
        for line in show::progress(last.as_ref(), view) {
            console.say(&line);
        }
        if view.state == "protected" {
            return Ok(answer);
        }
        possible(view)?;
        last = Some(view.clone());
        tokio::time::sleep(PACE).await;
    }
}

/// Whether enough trustees are left that have not refused.
fn possible(view: &ProtectView) -> Result<(), Failure> {
    if view.state == "refused" {
        let reasons = refusals(view);
        return Err(Failure::new(
            Exit::Refused,
            format!("the ledger refuses the policy: {reasons}"),
        ));
    }
    let refused = |name: &&String| view.refused.iter().any(|(who, _)| who == *name);
    let hoped = view.missing.iter().filter(|name| !refused(name)).count();
    if view.receipts.len() + hoped >= usize::from(view.needed) {
        return Ok(());
    }
    let message = format!(
        "{} receipts are needed and too many trustees refused: {}",
        view.needed,
        refusals(view)
    );
    Err(Failure::new(Exit::Missed, message))
}

fn refusals(view: &ProtectView) -> String {
    let reasons = view.refused.iter();
    let reasons: Vec<String> = reasons
        .map(|(name, reason)| format!("{name}: {reason}"))
        .collect();
    reasons.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::sample::deal as view;

    #[test]
    fn too_few_trustees_and_all_of_them_needed_are_warned_of() {
        assert_eq!(warnings(2, 2).len(), 2);
        assert_eq!(warnings(3, 3).len(), 1);
        assert_eq!(warnings(2, 3).len(), 0);
        assert_eq!(warnings(3, 5).len(), 0);
    }

    #[test]
    fn waiting_ends_when_too_many_trustees_refused() {
        assert!(possible(&view()).is_ok());
        let refused = ProtectView {
            refused: vec![("Dan".into(), "the disk is full".into())],
            ..view()
        };
        let missed = possible(&refused).unwrap_err();
        assert_eq!(missed.exit, Exit::Missed);
        assert!(missed.message.contains("Dan: the disk is full"));
    }
}
