//! `export`, `import`: a trustee's agent moves, and the shares it keeps do not (G1).
use crate::profile;
use kith_protocol::error::Damage;
use kith_protocol::record::Records;
use kith_protocol::trustee::{Config, Staying, TrusteeAgent};
use kith_runtime::console::{Console, Exit, Failure};
use std::path::Path;

pub(super) fn export(console: &Console, file: &Path, leave_shares: bool) -> Result<(), Failure> {
    console.export(file, profile::FILES, |rows| {
        let staying = Staying::of(rows).map_err(damaged)?;
        may(&staying, leave_shares)
    })?;
    Ok(())
}

pub(super) fn import(console: &Console, file: &Path) -> Result<(), Failure> {
    let config = Config {
        name: String::new(),
        host_backups: false,
    };
    console.import(file, profile::FILES, |rows: &dyn Records| {
        TrusteeAgent::open(rows, config)
    })
}

fn damaged(damage: Damage) -> Failure {
    Failure::error(format!("the store cannot be read: {damage}"))
}

/// What an owner would miss is left behind only by who says so.
fn may(staying: &Staying, leave_shares: bool) -> Result<(), Failure> {
    if let Some((owner, request)) = staying.requests.first() {
        let message = format!(
            "a recovery in the name of {owner} goes on here, and needs the share that would stay behind: let it \
             end, or refuse it and let the ledger take note: trustee-agent request deny {request}"
        );
        return Err(Failure::new(Exit::Pending, message));
    }
    if leave_shares || staying.owners.is_empty() {
        return Ok(());
    }
    let owners = staying.owners.join(", ");
    let message = format!(
        "shares never leave in an export, and one of {owners} is kept here: it would stay behind, and she must \
         deal anew. Talk to her first; then repeat this with --leave-shares"
    );
    Err(Failure::new(Exit::Usage, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staying(owners: &[&str], requests: &[(&str, &str)]) -> Staying {
        Staying {
            owners: owners.iter().map(|name| (*name).to_owned()).collect(),
            requests: requests
                .iter()
                .map(|(owner, id)| ((*owner).to_owned(), (*id).to_owned()))
                .collect(),
        }
    }

    /// R17: nobody leaves a share behind without knowing.
    #[test]
    fn a_share_is_left_behind_only_by_who_says_so_and_never_in_a_recovery() {
        assert!(may(&staying(&[], &[]), false).is_ok());
        let refused = may(&staying(&["Alice"], &[]), false).unwrap_err();
        assert_eq!(refused.exit, Exit::Usage);
        assert!(refused.message.contains("Alice") && refused.message.contains("--leave-shares"));
        assert!(may(&staying(&["Alice"], &[]), true).is_ok());
        let waits = may(&staying(&["Alice"], &[("Alice", "1a2b")]), true).unwrap_err();
        assert_eq!(waits.exit, Exit::Pending);
        assert!(waits.message.contains("request deny 1a2b"));
    }
}
