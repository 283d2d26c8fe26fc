//! A deal: who got which share, who acknowledged it, which backup goes with it.
use crate::agent::Work;
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::Damage;
use crate::keys::role::Approval;
use crate::keys::{Signature, VerifyingKey};
use crate::ledger::RecoveryPolicyBody;
use crate::message::share::{Commitments, Receipt};
use crate::outbox;
use crate::owner::command::ProtectView;
use crate::policy::LaneOpening;
use crate::record::{self, Key, Records, Row, Space};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// By what right an epoch is dealt and anchored.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum By {
    /// A live agent.
    Agent,
    /// The claimant of this request.
    Claimant {
        /// The request.
        request: Digest,
    },
}

/// One epoch's deal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Deal {
    /// Which epoch.
    pub(crate) epoch: u32,
    /// By what right.
    pub(crate) by: By,
    /// What goes on the ledger.
    pub(crate) record: RecoveryPolicyBody,
    /// The lane, opened.
    pub(crate) lane: LaneOpening,
    /// What shares are checked against.
    pub(crate) commitments: Commitments,
    /// Whether what was sent is added to shares of the epoch before (decision 0036).
    pub(crate) refreshes: bool,
    /// Each trustee dealt to.
    pub(crate) trustees: Vec<Dealt>,
    /// Each host the backup goes to.
    pub(crate) hosts: Vec<Placed>,
    /// Who could not be dealt to, and why.
    pub(crate) left_out: Vec<(String, String)>,
    /// Receipts needed before anything is anchored.
    pub(crate) needed: u8,
    /// How far it is.
    pub(crate) stage: DealStage,
    /// Not before this time a record that the ledger refused is made anew.
    pub(crate) retry: Timestamp,
}

/// One trustee of a deal.
#[derive(Serialize, Deserialize)]
pub(crate) struct Dealt {
    /// The owner's name for it.
    pub(crate) name: String,
    /// Its share's index.
    pub(crate) index: u8,
    /// Our DID towards it.
    pub(crate) local: Did,
    /// Its DID.
    pub(crate) did: Did,
    /// Its approval key of this epoch.
    pub(crate) approval: VerifyingKey<Approval>,
    /// The `store` message.
    pub(crate) message: String,
    /// Its receipt: evidence.
    pub(crate) receipt: Option<(Receipt, Signature)>,
    /// Why it refused.
    pub(crate) refused: Option<String>,
}

/// One host of a deal's backup.
#[derive(Serialize, Deserialize)]
pub(crate) struct Placed {
    /// The owner's name for it.
    pub(crate) name: String,
    /// Its DID.
    pub(crate) did: Did,
    /// Its receipt: evidence.
    pub(crate) receipt: Option<Signature>,
    /// Why it refused.
    pub(crate) refused: Option<String>,
}

/// How far a deal is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DealStage {
    /// Shares and backup are out; not enough receipts yet.
    Gathering,
    /// Offered to the ledger.
    Anchoring {
        /// The record's digest.
        record: Digest,
    },
    /// On the ledger and active.
    Active,
    /// The ledger refused it.
    Refused {
        /// Why.
        reason: String,
    },
}

impl Row for Deal {
    const SPACE: Space = Space::Deal;
    fn id(&self) -> Vec<u8> {
        self.epoch.to_be_bytes().to_vec()
    }
}

impl Deal {
    /// Whether enough is durable elsewhere for the epoch to be anchored: `needed` receipts, and one
    /// host that holds the backup.
    pub(crate) fn is_backed(&self) -> bool {
        self.receipts() >= usize::from(self.needed)
            && self.hosts.iter().any(|host| host.receipt.is_some())
    }

    fn receipts(&self) -> usize {
        self.trustees
            .iter()
            .filter(|dealt| dealt.receipt.is_some())
            .count()
    }

    /// For the screen.
    pub(crate) fn view(&self) -> ProtectView {
        let names = |acknowledged: bool| {
            let chosen = self
                .trustees
                .iter()
                .filter(move |dealt| dealt.receipt.is_some() == acknowledged);
            chosen.map(|dealt| dealt.name.clone()).collect()
        };
        let hosts = |acknowledged: bool| {
            let chosen = self
                .hosts
                .iter()
                .filter(move |host| host.receipt.is_some() == acknowledged);
            chosen.map(|host| host.name.clone()).collect()
        };
        let refused = self
            .trustees
            .iter()
            .map(|dealt| (&dealt.name, &dealt.refused));
        let refused = refused.chain(self.hosts.iter().map(|host| (&host.name, &host.refused)));
        let said = refused.filter_map(|(name, why)| Some((name.clone(), why.clone()?)));
        // Who says "not yet" is asked again, and has refused nothing.
        let (waiting, refused): (Vec<_>, Vec<_>) =
            said.partition(|(_, why)| outbox::reads_not_yet(why));
        ProtectView {
            epoch: self.epoch,
            state: self.state().into(),
            threshold: self.lane.threshold,
            trustees: self.trustees.len() as u8,
            needed: self.needed,
            receipts: names(true),
            missing: names(false),
            waiting,
            refused: refused
                .into_iter()
                .chain(self.left_out.iter().cloned())
                .chain(self.ledger_refusal())
                .collect(),
            hosts: hosts(true),
            hosts_missing: hosts(false),
            holders: self.receipts() as u8,
            may_lose: (self.receipts() as u8).saturating_sub(self.lane.threshold),
        }
    }

    fn state(&self) -> &'static str {
        match &self.stage {
            DealStage::Gathering if self.hosts.iter().all(|host| host.receipt.is_none()) => {
                "backup"
            }
            DealStage::Gathering => "shares",
            DealStage::Anchoring { .. } => "anchoring",
            DealStage::Active => "protected",
            DealStage::Refused { .. } => "refused",
        }
    }

    fn ledger_refusal(&self) -> Option<(String, String)> {
        match &self.stage {
            DealStage::Refused { reason } => Some(("the ledger".into(), reason.clone())),
            DealStage::Gathering | DealStage::Anchoring { .. } | DealStage::Active => None,
        }
    }
}

/// The newest deal.
pub(crate) fn newest(work: &Work<'_>) -> Result<Option<Deal>, Damage> {
    Ok(work.all::<Deal>()?.pop())
}

/// The deal that this backup belongs to, unless another took its place.
pub(crate) fn backed_by(
    work: &Work<'_>,
    epoch: u32,
    backup: &Digest,
) -> Result<Option<Deal>, Damage> {
    let deal = work.load::<Deal>(&epoch.to_be_bytes())?;
    Ok(deal.filter(|deal| deal.record.backup_head == *backup))
}

/// The deals that one of our `store` messages may belong to. Each holds hundreds of identifiers, and every one
/// costs two decompressions: only rows in which the message stands are decoded.
pub(crate) fn naming(work: &Work<'_>, message: &str) -> Result<Vec<Deal>, Damage> {
    let names_it = |row: &[u8]| {
        let mut parts = row.windows(message.len().max(1));
        parts.any(|part| part == message.as_bytes())
    };
    let rows = work.scan(Key::new(Deal::SPACE, &[]).as_bytes());
    rows.iter()
        .filter(|(_, row)| names_it(row))
        .map(|(key, row)| Deal::from_bytes(key, row))
        .collect()
}

/// The newest deal that is active: what a recovery today would go by.
pub(crate) fn active(records: &dyn Records) -> Result<Option<Deal>, Damage> {
    let mut deals = record::load_all::<Deal>(records, &[])?;
    deals.retain(|deal| deal.stage == DealStage::Active);
    Ok(deals.pop())
}
