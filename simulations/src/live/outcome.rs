//! What came of a story, as its people see it on their screens: on real agents and in the simulator by the
//! same commands.
use super::Tally;
use crate::node::NodeId;
use crate::people::{Town, phone};
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::trustee::command as trustee;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// What the screen of whoever claims shows.
    pub claim: Option<Claim>,
    /// The items on the owner's device of now.
    pub items: BTreeMap<String, Vec<u8>>,
    /// What the device that was lost says of itself, if it runs.
    pub old: Option<String>,
    /// The states of what the owner's device of now warns of.
    pub alerts: Vec<String>,
    /// Trustees that play false.
    pub false_ones: BTreeSet<String>,
    /// The epochs of which each trustee that runs keeps a share, and whether they are active.
    pub shares: BTreeMap<String, Vec<(u32, bool)>>,
    /// How many records of each kind the ledger has about her, as her device of now knows it.
    pub records: BTreeMap<String, u64>,
    /// What was sent.
    pub tally: Tally,
}

/// What a claimant is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// How far it is.
    pub state: String,
    /// Trustees needed, once she knows.
    pub threshold: Option<u8>,
    /// Approvals on the ledger.
    pub approvals: u8,
    /// Shares in and verified.
    pub shares: u8,
    /// What stands in the way.
    pub problem: Option<String>,
    /// The state of each trustee.
    pub trustees: BTreeMap<String, String>,
}

/// Whom to ask.
pub(crate) struct Cast {
    pub(crate) claimant: NodeId,
    pub(crate) owner: NodeId,
    pub(crate) old: NodeId,
    pub(crate) trustees: Vec<(String, NodeId)>,
    pub(crate) items: Vec<String>,
    pub(crate) false_ones: BTreeSet<String>,
}

impl Outcome {
    pub(crate) fn of(town: &mut dyn Town, cast: &Cast, tally: Tally) -> Self {
        Self {
            claim: Claim::of(town, cast.claimant),
            items: items(town, cast),
            old: match cast.old == cast.owner {
                true => None,
                false => state(town, cast.old),
            },
            alerts: alerts(town, cast.owner),
            false_ones: cast.false_ones.clone(),
            shares: shares(town, cast),
            records: records(town, cast.owner),
            tally,
        }
    }
}

impl Claim {
    pub(crate) fn of(town: &mut dyn Town, node: NodeId) -> Option<Self> {
        match phone::owner(town, node, Command::RecoverStatus) {
            Ok(Answer::Recover(view)) => Some(Self {
                state: view.state,
                threshold: view.threshold,
                approvals: view.approvals,
                shares: view.shares,
                problem: view.problem,
                trustees: view
                    .trustees
                    .into_iter()
                    .map(|trustee| (trustee.name, trustee.state))
                    .collect(),
            }),
            _ => None,
        }
    }
}

fn items(town: &mut dyn Town, cast: &Cast) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for name in &cast.items {
        let show = Command::SecretShow { name: name.clone() };
        if let Ok(Answer::Secret { data, .. }) = phone::owner(town, cast.owner, show) {
            found.insert(name.clone(), data.0);
        }
    }
    found
}

fn state(town: &mut dyn Town, node: NodeId) -> Option<String> {
    match phone::owner(town, node, Command::Status) {
        Ok(Answer::Status { state, .. }) => Some(state),
        _ => None,
    }
}

fn alerts(town: &mut dyn Town, node: NodeId) -> Vec<String> {
    match phone::owner(town, node, Command::AlertList) {
        Ok(Answer::Alerts { list }) => list.into_iter().map(|alert| alert.state).collect(),
        _ => Vec::new(),
    }
}

fn shares(town: &mut dyn Town, cast: &Cast) -> BTreeMap<String, Vec<(u32, bool)>> {
    let mut kept = BTreeMap::new();
    for (name, node) in &cast.trustees {
        let list = phone::trustee(town, *node, trustee::Command::ShareList);
        if let Ok(trustee::Answer::Shares { list }) = list {
            let shares = list.iter().map(|share| (share.epoch, share.active));
            kept.insert(name.clone(), shares.collect());
        }
    }
    kept
}

fn records(town: &mut dyn Town, node: NodeId) -> BTreeMap<String, u64> {
    let mut kinds = BTreeMap::new();
    if let Ok(Answer::Records { list }) = phone::owner(town, node, Command::RecordList) {
        for record in list {
            *kinds.entry(record.kind).or_insert(0) += 1;
        }
    }
    kinds
}
