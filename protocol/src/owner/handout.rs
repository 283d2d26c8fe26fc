//! Handing out an epoch: what goes on the ledger, a message for every trustee, and the row that says who got what.
use crate::agent::Work;
use crate::bytes::{Digest, Salt};
use crate::error::{CommandError, Stop};
use crate::keys::role::Approval;
use crate::keys::{RecoveryKey, VerifyingKey, labels};
use crate::ledger::RecoveryPolicyBody;
use crate::message::Body;
use crate::message::share::{Commitments, Refreshed, Store};
use crate::outbox;
use crate::owner::deal::{Deal, DealStage, Dealt, Placed};
use crate::owner::dealing::Plan;
use crate::owner::identity::Identity;
use crate::owner::recipient::Recipient;
use crate::owner::terms::Terms;
use crate::policy::{ApprovalTree, Bucket, LANES, LaneOpening};
use crate::share_pair::{self, SharePair};
use crate::time::Timestamp;
use crate::vss::{Decrypt, ShareIndex, Sign};

/// What the trustees of an epoch are to hold, and what it is checked against.
///
/// # Security
/// Holds all shares until each is sealed; wiped on drop.
pub(crate) struct Shares {
    pub(crate) commitments: Commitments,
    /// The public keys of both secrets.
    pub(crate) keys: (RecoveryKey<Decrypt>, RecoveryKey<Sign>),
    /// A pair for each trustee, in their order.
    pub(crate) pairs: Vec<SharePair>,
    /// The deal to whose shares the pairs are added, where they are no shares themselves.
    pub(crate) refreshes: Option<Refreshed>,
}

/// An epoch before anything of it is sent.
pub(crate) struct Handout<'a> {
    plan: &'a Plan<'a>,
    identity: &'a Identity,
    lane: LaneOpening,
    record: RecoveryPolicyBody,
    tag: Digest,
    tree: ApprovalTree,
}

/// The lane of these terms and keys.
pub(crate) fn open_lane(terms: Terms, shares: &Shares, work: &mut Work<'_>) -> LaneOpening {
    LaneOpening {
        lane: 0,
        salt: Salt::random(work.rng),
        threshold: terms.threshold,
        delay: terms.delay,
        lifetime: terms.lifetime,
        cool_down: terms.cool_down,
        override_threshold: terms.override_threshold,
        decrypt_key: shares.keys.0,
        sign_key: shares.keys.1,
    }
}

impl<'a> Handout<'a> {
    /// What will stand on the ledger, with this backup.
    ///
    /// # Errors
    /// When the terms or the trustees' keys are of no use.
    pub(crate) fn new(
        work: &mut Work<'_>,
        (identity, plan): (&'a Identity, &'a Plan<'a>),
        (lane, shares): (LaneOpening, &Shares),
        trustees: &[Recipient],
        backup: Digest,
    ) -> Result<Self, CommandError> {
        let approvals: Vec<VerifyingKey<Approval>> =
            trustees.iter().map(|to| to.prekey.approval).collect();
        let seats: Vec<ShareIndex> = shares.pairs.iter().map(SharePair::index).collect();
        let tree = ApprovalTree::plant(&approvals, &seats, work.rng)
            .map_err(|error| CommandError::error(error.to_string()))?;
        let tag = shares.commitments.digest(&identity.policy, plan.epoch);
        let record = record_body(plan, &lane, (tag, tree.root(), backup), work)?;
        Ok(Self {
            plan,
            identity,
            lane,
            record,
            tag,
            tree,
        })
    }

    /// Sends every trustee its part, and writes down who got which. `hosts` keep the backup.
    ///
    /// # Errors
    /// When a trustee's key agrees with nothing.
    pub(crate) fn send(
        self,
        work: &mut Work<'_>,
        shares: Shares,
        (trustees, hosts): (Vec<Recipient>, Vec<Placed>),
        left_out: Vec<(String, String)>,
    ) -> Result<(), Stop> {
        let mut dealt = Vec::new();
        for (pair, to) in shares.pairs.iter().zip(trustees) {
            let common = (&shares.commitments, &shares.refreshes, &*hosts);
            let store = self.store(work, common, pair, &to)?;
            dealt.push(sent(work, pair, store, to));
        }
        let Plan {
            terms,
            spare,
            epoch,
            ..
        } = self.plan;
        let needed = terms.threshold.saturating_add(*spare);
        work.save(&Deal {
            epoch: *epoch,
            by: self.plan.right.by(),
            record: self.record,
            lane: self.lane,
            commitments: shares.commitments,
            refreshes: shares.refreshes.is_some(),
            needed: needed.min(dealt.len() as u8),
            trustees: dealt,
            hosts,
            left_out,
            stage: DealStage::Gathering,
            retry: Timestamp(0),
        });
        Ok(())
    }

    fn store(
        &self,
        work: &mut Work<'_>,
        (commitments, refreshes, hosts): (&Commitments, &Option<Refreshed>, &[Placed]),
        pair: &SharePair,
        to: &Recipient,
    ) -> Result<Store, CommandError> {
        let (policy, epoch) = (self.identity.policy, self.plan.epoch);
        let context = share_pair::store_context(&policy, epoch, &self.tag, &to.contact.did);
        let sealed = pair.seal(&to.prekey.sealing, &context, work.rng);
        let path = self.tree.path(&to.prekey.approval);
        let (Ok(sealed), Some(path)) = (sealed, path) else {
            return Err(CommandError::error(format!(
                "{}'s keys cannot be used",
                to.trustee.name
            )));
        };
        let right = &self.plan.right;
        let mut store = Store {
            version: 1,
            source_did: to.trustee.local.clone(),
            policy,
            tag: self.tag,
            epoch,
            commitments: commitments.clone(),
            lane: self.lane.clone(),
            record: self.record.clone(),
            path,
            prekey: to.prekey.number,
            sealed,
            hosts: hosts.iter().map(|host| host.did.clone()).collect(),
            refreshes: refreshes.clone(),
            authority: right.authority(self.identity, labels::STORE, &[]),
        };
        let signed = store.signed_bytes();
        store.authority = right.authority(self.identity, labels::STORE, &signed);
        Ok(store)
    }
}

fn sent(work: &mut Work<'_>, pair: &SharePair, store: Store, to: Recipient) -> Dealt {
    let (local, did) = (&to.trustee.local, &to.contact.did);
    let message = outbox::send(work, local, did, Body::ShareStore(store));
    to.save(work);
    Dealt {
        name: to.trustee.name,
        index: pair.index().get(),
        local: to.trustee.local,
        did: to.contact.did,
        approval: to.prekey.approval,
        message,
        receipt: None,
        refused: None,
    }
}

fn record_body(
    plan: &Plan<'_>,
    lane: &LaneOpening,
    digests: (Digest, Digest, Digest),
    work: &mut Work<'_>,
) -> Result<RecoveryPolicyBody, CommandError> {
    lane.validate()
        .map_err(|error| CommandError::error(error.to_string()))?;
    let too_long = || CommandError::error("a delay or lifetime of more than a year is refused");
    // Unused lanes are random, so that nobody can count the lanes of a policy.
    let mut lanes = [Digest([0; 32]); LANES];
    lanes.fill_with(|| Digest(work.random()));
    lanes[0] = lane.commitment();
    Ok(RecoveryPolicyBody {
        epoch: plan.epoch,
        lanes,
        longest_delay: Bucket::holding(lane.delay).ok_or_else(too_long)?,
        longest_lifetime: Bucket::holding(lane.lifetime).ok_or_else(too_long)?,
        deal_digest: digests.0,
        approval_root: digests.1,
        backup_head: digests.2,
    })
}
