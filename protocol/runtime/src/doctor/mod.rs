//! `doctor`: what only the machine and the network can tell of an agent's health (decision 0020).
//!
//! The agent says what its rows show and whom to ask ([`kith_protocol::health`]); here everyone is
//! asked, from a DID that exists for this once, so that nobody learns more than that a machine it
//! knows looked whether it answers.
mod addresses;
mod clocks;
pub(crate) mod home;
mod hosts;
mod peers;
mod probe;
mod rows;

use crate::network::Network;
use crate::store::Examined;
use kith_protocol::health::{Check, Health};
use kith_protocol::limits;
use probe::Prober;
pub(crate) use rows::rows;
use tokio::time::Instant;

/// What an agent and its store say of themselves.
pub(crate) struct Examination {
    pub(crate) store: Examined,
    pub(crate) health: Health,
    pub(crate) network: Network,
}

impl Examination {
    /// Asks everyone who should answer, and puts all findings together.
    pub(crate) async fn finish(self: Box<Self>) -> Vec<Check> {
        let Self {
            store,
            health,
            network,
        } = *self;
        let mut checks = vec![rows(&store)];
        checks.extend(addresses::check(network.endpoint(), &health));
        let certified = health.ledgers.iter().filter_map(|ledger| ledger.head).max();
        let end = Instant::now() + limits::local::PROBING_TIME;
        let prober = Prober::new(network, end, certified);
        let (peers, hosts) = futures::join!(
            peers::check(&prober, &health),
            hosts::check(&prober, &health.ledgers)
        );
        checks.extend(health.checks);
        checks.extend(peers);
        checks.extend(hosts);
        checks.extend(clocks::check(prober.clocks(), crate::clock::drift()));
        checks
    }
}
