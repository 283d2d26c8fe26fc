//! Dealing an epoch: two fresh secrets, a backup, a share for every trustee, all in one step.
//!
//! The secrets exist inside this step only. What it writes are sealed boxes, public commitments and
//! messages; after it, nobody holds a recovery key in one piece.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{Draft, Peer, Recipients, Sealed, Wallet, container, slot};
use crate::bytes::{Digest, Salt};
use crate::did::Did;
use crate::error::{CommandError, Stop};
use crate::keys::role::{Approval, ClaimantSigning};
use crate::keys::{RecoveryKey, RecoverySecret, SigningKey, VerifyingKey, labels};
use crate::ledger::RecoveryPolicyBody;
use crate::message::Body;
use crate::message::backup::Put;
use crate::message::setup::Prekey;
use crate::message::share::{Authority, Commitments, Store};
use crate::outbox;
use crate::owner::claim::row::Claim;
use crate::owner::deal::{By, Deal, DealStage, Dealt, Placed};
use crate::owner::identity::{self, Identity};
use crate::owner::push::{self, Offer, Passage};
use crate::owner::secret;
use crate::owner::terms::Terms;
use crate::owner::trustee::{Contact, PeerRole, Trustee};
use crate::policy::{ApprovalTree, Bucket, LANES, LaneOpening};
use crate::secret::SecretBytes;
use crate::share_pair::{self, SharePair};
use crate::time::Timestamp;
use crate::vss::{self, Decrypt, Quorum, Sign};
use zeroize::Zeroizing;

/// By what right the deal is put.
pub(crate) enum Right<'a> {
    /// The identity's own agent key.
    Agent,
    /// The claimant's key of this request.
    Claimant(Digest, &'a SigningKey<ClaimantSigning>),
}

/// A trustee or host that a deal can go to: verified, with a prekey left.
pub(crate) struct Recipient {
    trustee: Trustee,
    contact: Contact,
    prekey: Prekey,
}

/// What is dealt.
pub(crate) struct Plan<'a> {
    pub(crate) epoch: u32,
    pub(crate) terms: Terms,
    pub(crate) right: Right<'a>,
    /// Receipts wanted beyond the threshold (f of G4).
    pub(crate) spare: u8,
}

/// The public half of both deals, and the secret half until it is sealed.
struct Dealing {
    decrypt: vss::Deal<Decrypt>,
    sign: vss::Deal<Sign>,
    commitments: Commitments,
}

/// Peers that can be dealt to, and the names of the others with the reason.
pub(crate) struct Peers {
    pub(crate) able: Vec<Recipient>,
    pub(crate) left_out: Vec<(String, String)>,
}

/// Peers of one role with their next prekey taken. Who has none, or one that another stands on
/// already, is left out: a single peer, away or hostile, must not hold up all the others.
pub(crate) fn recipients(trustees: Vec<Trustee>) -> Peers {
    let mut peers = Peers {
        able: Vec::new(),
        left_out: Vec::new(),
    };
    for trustee in trustees {
        let name = trustee.name.clone();
        match take_prekey(trustee, &peers.able) {
            Ok(recipient) => peers.able.push(recipient),
            Err(why) => peers.left_out.push((name, why.into())),
        }
    }
    peers
}

fn take_prekey(trustee: Trustee, taken: &[Recipient]) -> Result<Recipient, &'static str> {
    let none =
        "it has handed over no further key to seal a share to; it sends one with each receipt";
    let mut contact = trustee.contact.clone().ok_or(none)?;
    if contact.prekeys.is_empty() {
        return Err(none);
    }
    let prekey = contact.prekeys.remove(0);
    let same = |other: &Recipient| {
        other.prekey.approval == prekey.approval || other.prekey.sealing == prekey.sealing
    };
    if taken.iter().any(same) {
        return Err("it handed over a key that another one handed over too");
    }
    if taken.len() >= usize::from(u8::MAX) {
        return Err("there are 255 shares and no more");
    }
    Ok(Recipient {
        trustee,
        contact,
        prekey,
    })
}

/// Deals an epoch to everybody at once.
pub(crate) fn deal(
    work: &mut Work<'_>,
    anchor: &Anchor,
    plan: &Plan<'_>,
    trustees: Peers,
    hosts: Peers,
) -> Result<(), Stop> {
    let left_out = [trustees.left_out, hosts.left_out].concat();
    let (trustees, hosts) = (trustees.able, hosts.able);
    let mut identity = identity::require(work)?;
    let quorum = Quorum::new(
        plan.terms.threshold,
        trustees.len().try_into().unwrap_or(u8::MAX),
    )
    .map_err(|error| CommandError::error(error.to_string()))?;
    let dealing = split(quorum, work)?;
    let lane = open_lane(plan.terms, &dealing, work);
    // Trustees first, in the order in which the shares are dealt: so the wallet tells the indices.
    let peers = trustees.iter().chain(&hosts).map(Recipient::peer).collect();
    let wallet = wallet(work, anchor, &identity, peers)?;
    let to = Recipients {
        recovery_key: &lane.decrypt_key,
        hosts: hosts.len(),
    };
    let sealed = back_up(work, &identity, plan.epoch, &wallet, &to)?;
    drop(wallet);
    let head = sealed.header.digest();
    let approvals: Vec<VerifyingKey<Approval>> =
        trustees.iter().map(|to| to.prekey.approval).collect();
    let tree = ApprovalTree::plant(&approvals, work.rng)
        .map_err(|error| CommandError::error(error.to_string()))?;
    let tag = dealing.commitments.digest(&identity.policy, plan.epoch);
    let record = record_body(plan, &lane, (tag, tree.root(), head), work)?;

    let placed = push::begin(work, &identity, plan, sealed, hosts)?;
    let package = Package {
        identity: &identity,
        plan,
        lane: &lane,
        record: &record,
        tag,
        tree: &tree,
        hosts: &placed,
    };
    let dealt = send_shares(
        work,
        &package,
        dealing.commitments.clone(),
        (dealing.decrypt, dealing.sign),
        trustees,
    )?;
    identity.sequence = sequence_after(&identity);
    identity.head = head;
    work.save(&identity);
    work.save(&Deal {
        epoch: plan.epoch,
        by: plan.right.by(),
        record,
        lane,
        commitments: dealing.commitments,
        needed: plan
            .terms
            .threshold
            .saturating_add(plan.spare)
            .min(dealt.len() as u8),
        trustees: dealt,
        hosts: placed,
        left_out,
        stage: DealStage::Gathering,
        retry: Timestamp(0),
    });
    Ok(())
}

/// Saturates: the number may come out of a backup that a thief had made, and must not be able to
/// stop a recovery.
fn sequence_after(identity: &Identity) -> u64 {
    identity.sequence.saturating_add(1)
}

impl<'a> Right<'a> {
    /// The right by which a deal was put: once its claim is complete, that of the agent whom it brought to
    /// power.
    pub(crate) fn again(by: By, claim: Option<&'a Claim>) -> Self {
        let keys = claim.and_then(|claim| claim.keys.as_ref());
        match (by, keys) {
            (By::Claimant { request }, Some(keys)) => Self::Claimant(request, &keys.signing),
            (By::Claimant { .. } | By::Agent, _) => Self::Agent,
        }
    }

    fn by(&self) -> By {
        match self {
            Self::Agent => By::Agent,
            Self::Claimant(request, _) => By::Claimant { request: *request },
        }
    }

    /// Signs as whoever has the right.
    pub(crate) fn authority(&self, identity: &Identity, label: &str, bytes: &[u8]) -> Authority {
        match self {
            Self::Agent => Authority::Agent {
                key: identity.agent.verifying_key(),
                signature: identity.agent.sign(label, bytes),
            },
            Self::Claimant(request, key) => Authority::Claimant {
                request: *request,
                signature: key.sign(label, bytes),
            },
        }
    }
}

fn split(quorum: Quorum, work: &mut Work<'_>) -> Result<Dealing, CommandError> {
    // Fresh secrets for every epoch: one that was rebuilt once is spent (G13).
    let failed = |error: vss::DealError| {
        CommandError::error(format!("dealing failed, nothing was sent: {error}"))
    };
    let decrypt = RecoverySecret::<Decrypt>::generate(work.rng)
        .deal(quorum, work.rng)
        .map_err(failed)?;
    let sign = RecoverySecret::<Sign>::generate(work.rng)
        .deal(quorum, work.rng)
        .map_err(failed)?;
    let commitments = Commitments {
        decrypt: decrypt.commitment.to_wire(),
        sign: sign.commitment.to_wire(),
    };
    Ok(Dealing {
        decrypt,
        sign,
        commitments,
    })
}

fn open_lane(terms: Terms, dealing: &Dealing, work: &mut Work<'_>) -> LaneOpening {
    LaneOpening {
        lane: 0,
        salt: Salt::random(work.rng),
        threshold: terms.threshold,
        delay: terms.delay,
        lifetime: terms.lifetime,
        cool_down: terms.cool_down,
        override_threshold: terms.override_threshold,
        decrypt_key: RecoveryKey::from(&dealing.decrypt.commitment),
        sign_key: RecoveryKey::from(&dealing.sign.commitment),
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

fn wallet(
    work: &Work<'_>,
    anchor: &Anchor,
    identity: &Identity,
    peers: Vec<Peer>,
) -> Result<Wallet, Stop> {
    Ok(Wallet {
        name: identity.name.clone(),
        policy: identity.policy,
        descriptor: identity::descriptor_of(anchor, &identity.log),
        link_secret: SecretBytes::new(&Zeroizing::new(*identity.link_secret.expose())),
        peers,
        items: secret::items(work)?,
    })
}

fn back_up(
    work: &mut Work<'_>,
    identity: &Identity,
    epoch: u32,
    wallet: &Wallet,
    to: &Recipients<'_>,
) -> Result<Sealed, Stop> {
    let draft = Draft {
        policy: identity.policy,
        epoch,
        sequence: sequence_after(identity),
        previous: identity.head,
    };
    let sealed = container::seal(wallet, draft, to, &identity.agent, work.rng);
    Ok(sealed.map_err(|error| CommandError::error(error.to_string()))?)
}

impl Recipient {
    /// The owner's name for it.
    pub(crate) fn name(&self) -> &str {
        &self.trustee.name
    }

    /// The key that this deal uses.
    pub(crate) fn prekey(&self) -> &Prekey {
        &self.prekey
    }

    /// As the next agent needs to know it: the prekey of this deal is used up.
    fn peer(&self) -> Peer {
        Peer {
            name: self.trustee.name.clone(),
            role: self.trustee.role,
            did: self.contact.did.clone(),
            approval: (self.trustee.role == PeerRole::Trustee).then_some(self.prekey.approval),
            prekeys: self.contact.prekeys.clone(),
        }
    }

    /// Marks the prekey as used.
    fn save(&self, work: &mut Work<'_>) {
        let mut trustee = self.trustee.clone();
        let mut contact = self.contact.clone();
        contact.approval = Some(self.prekey.approval);
        trustee.contact = Some(contact);
        work.save(&trustee);
    }
}

/// What all `store` messages of a deal have in common.
struct Package<'a> {
    identity: &'a Identity,
    plan: &'a Plan<'a>,
    lane: &'a LaneOpening,
    record: &'a RecoveryPolicyBody,
    tag: Digest,
    tree: &'a ApprovalTree,
    hosts: &'a [Placed],
}

fn send_shares(
    work: &mut Work<'_>,
    package: &Package<'_>,
    commitments: Commitments,
    deals: (vss::Deal<Decrypt>, vss::Deal<Sign>),
    trustees: Vec<Recipient>,
) -> Result<Vec<Dealt>, Stop> {
    let pairs = deals
        .0
        .shares
        .into_iter()
        .zip(deals.1.shares)
        .map(|(decrypt, sign)| SharePair { decrypt, sign });
    let mut dealt = Vec::new();
    for (pair, to) in pairs.zip(trustees) {
        let store = package.store(work, &commitments, &pair, &to)?;
        let message = outbox::send(
            work,
            &to.trustee.local,
            &to.contact.did,
            Body::ShareStore(store),
        );
        to.save(work);
        dealt.push(Dealt {
            name: to.trustee.name,
            index: pair.index().get(),
            local: to.trustee.local,
            did: to.contact.did,
            approval: to.prekey.approval,
            message,
            receipt: None,
            refused: None,
        });
    }
    Ok(dealt)
}

impl Package<'_> {
    fn store(
        &self,
        work: &mut Work<'_>,
        commitments: &Commitments,
        pair: &SharePair,
        to: &Recipient,
    ) -> Result<Store, CommandError> {
        let context = share_pair::store_context(
            &self.identity.policy,
            self.plan.epoch,
            &self.tag,
            &to.contact.did,
        );
        let sealed = pair.seal(&to.prekey.sealing, &context, work.rng);
        let path = self.tree.path(&to.prekey.approval);
        let (Ok(sealed), Some(path)) = (sealed, path) else {
            return Err(CommandError::error(format!(
                "{}'s keys cannot be used",
                to.trustee.name
            )));
        };
        let mut store = Store {
            version: 1,
            source_did: to.trustee.local.clone(),
            policy: self.identity.policy,
            tag: self.tag,
            epoch: self.plan.epoch,
            commitments: commitments.clone(),
            lane: self.lane.clone(),
            record: self.record.clone(),
            path,
            prekey: to.prekey.number,
            sealed,
            hosts: self.hosts.iter().map(|host| host.did.clone()).collect(),
            authority: self.plan.right.authority(self.identity, labels::STORE, &[]),
        };
        store.authority =
            self.plan
                .right
                .authority(self.identity, labels::STORE, &store.signed_bytes());
        Ok(store)
    }
}

/// A `put` for one host, its slot key sealed to that host's next prekey.
pub(crate) fn put_for(
    work: &mut Work<'_>,
    identity: &Identity,
    (right, epoch): (&Right<'_>, u32),
    offer: &Offer,
    host: Recipient,
) -> Result<Passage, Stop> {
    let context = slot::put_context(&offer.backup);
    let sealed = offer
        .slot_key
        .seal(&host.prekey.sealing, &context, work.rng);
    let sealed = sealed
        .map_err(|_| CommandError::error(format!("{}'s key cannot be used", host.trustee.name)))?;
    let mut put = Put {
        policy: identity.policy,
        header: offer.header.clone(),
        prekey: host.prekey.number,
        slot_key: sealed,
        authority: right.authority(identity, labels::BACKUP_PUT, &[]),
    };
    put.authority = right.authority(identity, labels::BACKUP_PUT, &put.signed_bytes());
    host.save(work);
    let did: Did = host.contact.did;
    let message = outbox::send(work, &host.trustee.local, &did, Body::BackupPut(put));
    Ok(Passage {
        backup: offer.backup,
        epoch,
        host: host.trustee.name,
        local: host.trustee.local,
        did,
        message,
        sent: 0,
    })
}
