//! `backup`: which backup is in force, and whether its hosts still have it.
use super::{PACE, ask, present, tell, unexpected};
use crate::cli::Backup;
use kith_protocol::owner::command::{Answer, BackupView, Command};
use kith_protocol::time::Millis;
use kith_runtime::console::{Console, Exit, Failure};
use std::time::{Duration, Instant};

pub(super) async fn carry_out(console: &Console, task: Backup) -> Result<(), Failure> {
    match task {
        Backup::Show => tell(console, &Command::BackupStatus).await,
        Backup::Verify { patience } => verify(console, patience).await,
    }
}

async fn verify(console: &Console, patience: Millis) -> Result<(), Failure> {
    let mut answer = ask(console, &Command::BackupVerify).await?;
    let began = Instant::now();
    let mut progress = (0, Instant::now());
    loop {
        let Answer::Backup(view) = &answer else {
            return Err(unexpected());
        };
        let shown: u32 = view.hosts.iter().map(|host| host.shown).sum();
        if shown > progress.0 {
            progress = (shown, Instant::now());
        }
        let is_over = view.hosts.iter().all(|host| !host.waiting);
        // Somebody who still sends is waited for, however large the backup is.
        if is_over || progress.1.elapsed() > Duration::from_millis(patience.0) {
            let verdict = judge(view, began);
            present(console, &answer);
            return verdict;
        }
        tokio::time::sleep(PACE).await;
        answer = ask(console, &Command::BackupStatus).await?;
    }
}

/// Whether one host at least has shown all of it just now.
fn judge(view: &BackupView, began: Instant) -> Result<(), Failure> {
    let whole = view
        .hosts
        .iter()
        .filter(|host| host.shown == view.chunks && host.state == "held");
    if whole.count() > 0 {
        return Ok(());
    }
    let seconds = began.elapsed().as_secs();
    let message = format!(
        "no host has shown the whole backup within {seconds} s; without it your trustees can give nothing back. \
         Make a new one: owner-agent protect --threshold NUMBER"
    );
    Err(Failure::new(Exit::Unverified, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::bytes::Digest;
    use kith_protocol::owner::command::HostView;

    fn view(hosts: &[(&str, u32)]) -> BackupView {
        let host = |(state, shown): &(&str, u32)| HostView {
            name: "Harbour".into(),
            state: (*state).into(),
            waiting: false,
            shown: *shown,
            proven: None,
        };
        BackupView {
            backup: Digest([1; 32]),
            epoch: 1,
            bytes: 40,
            chunks: 2,
            hosts: hosts.iter().map(host).collect(),
            changes: None,
        }
    }

    #[test]
    fn one_host_that_shows_all_of_it_is_enough_and_half_a_backup_is_none() {
        let judged = |hosts: &[(&str, u32)]| judge(&view(hosts), Instant::now());
        assert!(judged(&[("gone", 0), ("held", 2)]).is_ok());
        for none in [&[("held", 1)][..], &[("wrong", 2)], &[("gone", 0)], &[]] {
            assert_eq!(judged(none).unwrap_err().exit, Exit::Unverified);
        }
    }
}
