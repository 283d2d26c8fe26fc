//! `doctor`: what is wrong with this agent, and the command that helps.
use crate::profile::Profile;
use kith_protocol::trustee::{Config, TrusteeAgent};
use kith_runtime::console::{Console, Failure};

pub(super) async fn doctor(console: &Console) -> Result<(), Failure> {
    // The name matters to others only; a damaged one must not keep the rest from being looked at.
    let config = Config {
        name: Profile::load(console).map_or_else(|_| String::new(), |profile| profile.name),
        host_backups: false,
    };
    let begin = "@ init --name NAME";
    console
        .doctor(begin, |rows| TrusteeAgent::open(rows, config))
        .await
}
