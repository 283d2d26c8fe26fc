//! When a share may leave, and how it leaves. There is no other way out (G1, G7, G8, R13).
use crate::agent::Work;
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::Damage;
use crate::keys::labels;
use crate::ledger::{self, RequestBody, View};
use crate::message::{Body, recovery};
use crate::outbox;
use crate::share_pair::release_context;
use crate::time::{Millis, Timestamp};
use crate::trustee::custody::Custody;
use crate::trustee::sighting::{Clocks, Sighting};
use crate::trustee::{evidence, facts, lodged, prekey};
use thiserror::Error;

/// What our person approved after the guided check.
pub(super) struct Consent {
    request: RequestBody,
    veto_in_hand: bool,
}

/// What the chain shows, as of the newest head we have verified.
pub(super) struct Chain {
    /// The request as it is anchored.
    pub(super) anchored: Option<RequestBody>,
    /// Lane full, delay over, no standing veto, not ended.
    pub(super) allowed: Result<(), ledger::Hold>,
    /// The active epoch.
    pub(super) active: Option<u32>,
    /// The head's time.
    pub(super) head: Timestamp,
    /// How often we look.
    pub(super) pace: Millis,
}

/// Why nothing leaves yet.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(super) enum Hold {
    /// As the chain says.
    #[error(transparent)]
    Chain(ledger::Hold),
    /// The anchored request is not the one our person approved.
    #[error("the anchored request names other keys than the one that was approved")]
    OtherRequest,
    /// Its epoch is over.
    #[error("the request's epoch is not the active one")]
    OtherEpoch,
    /// A veto reached us that does not stand on the ledger yet.
    #[error("an agent of the owner handed us a veto")]
    VetoInHand,
    /// We have not seen the lane full ourselves.
    #[error("the lane was not seen full")]
    NotWatched,
    /// Our own clock has not run as far as the ledger's.
    #[error("our own clock disagrees with the ledger's; held until the ledger's reads {}", .until.0)]
    Clocks {
        /// When ledger time alone has run the delay again.
        until: Timestamp,
    },
}

/// Proof that [`rule`] was asked and said yes; only it makes one.
pub(super) struct Permit {
    request: RequestBody,
}

impl Consent {
    /// For the request our person approved.
    pub(super) fn new(request: RequestBody, veto_in_hand: bool) -> Self {
        Self {
            request,
            veto_in_hand,
        }
    }
}

impl Chain {
    /// Reads our own view.
    pub(super) fn read(view: &View, request: &Digest, pace: Millis, now: Timestamp) -> Self {
        let head = facts::head(view);
        let anchored = view.state().request(request).cloned();
        let active = anchored
            .as_ref()
            .and_then(|body| view.state().active_epoch(&body.policy, head));
        Self {
            anchored,
            allowed: view.release_allowed(request, now),
            active,
            head,
            pace,
        }
    }
}

/// The rule: when may a share leave.
///
/// The caller asks only in the step that verified a new head, so the chain was fetched after the
/// delay was over; its time is the head's, not ours.
pub(super) fn rule(
    consent: &Consent,
    chain: &Chain,
    sighting: &mut Option<Sighting>,
) -> Result<Permit, Hold> {
    chain.allowed.clone().map_err(Hold::Chain)?;
    let anchored = chain
        .anchored
        .as_ref()
        .ok_or(Hold::Chain(ledger::Hold::NotAnchored))?;
    // The id covers both of the claimant's keys (G8); who sponsored it does not matter.
    if anchored.id() != consent.request.id() {
        return Err(Hold::OtherRequest);
    }
    if chain.active != Some(consent.request.epoch) {
        return Err(Hold::OtherEpoch);
    }
    if consent.veto_in_hand {
        return Err(Hold::VetoInHand);
    }
    let (watched, clocks) = sighting.ok_or(Hold::NotWatched)?.compare(
        chain.head,
        consent.request.lane.delay,
        chain.pace,
    );
    *sighting = Some(watched);
    match clocks {
        Clocks::Agree => Ok(Permit {
            request: consent.request.clone(),
        }),
        Clocks::Disagree { until } => Err(Hold::Clocks { until }),
    }
}

/// Sends the share: sealed to the claimant's key that the ledger anchors (G8), over the recovery
/// connection, with the evidence that this trustee sent it (G6).
pub(super) fn send(
    work: &mut Work<'_>,
    permit: Permit,
    (ours, theirs): (&Did, &Did),
    custody: &Custody,
) -> Result<String, Damage> {
    let request = permit.request.id();
    let context = release_context(&request, &custody.deal, ours);
    let sealed = custody
        .shares
        .seal(&permit.request.sealing, &context, work.rng);
    let mut release = recovery::Release {
        request,
        epoch: custody.epoch,
        commitments: custody.commitments.clone(),
        sealed: sealed.expect("a key of small order is refused when it is read"),
        hosts: custody.hosts.clone(),
        prekeys: prekey::unused(work, &custody.ward)?,
        lodged: lodged::with(work, custody)?,
        signature: evidence::sign(work, ours, labels::RELEASE, &[])?,
    };
    release.signature = evidence::sign(work, ours, labels::RELEASE, &release.signed_bytes())?;
    Ok(outbox::send(
        work,
        ours,
        theirs,
        Body::RecoveryRelease(release),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Salt;
    use crate::keys::role::Approval;
    use crate::keys::{AgreementSecret, RecoverySecret, SigningKey};
    use crate::ledger::RequestKind;
    use crate::policy::{ApprovalPath, LaneOpening};
    use crate::trustee::sighting::Reading;
    use crate::vss::{Decrypt, Sign};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng as _;

    const DELAY: Millis = Millis::seconds(100);
    const FULL: Timestamp = Timestamp(5_000_000);

    fn request() -> RequestBody {
        let rng = &mut ChaCha20Rng::seed_from_u64(1);
        RequestBody {
            log: Digest([1; 32]),
            policy: Digest([2; 32]),
            epoch: 4,
            lane: LaneOpening {
                lane: 0,
                salt: Salt([3; 32]),
                threshold: 2,
                delay: DELAY,
                lifetime: Millis::seconds(1_000),
                cool_down: Millis(0),
                override_threshold: 2,
                decrypt_key: RecoverySecret::<Decrypt>::generate(rng).public_key(),
                sign_key: RecoverySecret::<Sign>::generate(rng).public_key(),
            },
            kind: RequestKind::Lost,
            signing: SigningKey::generate(rng).verifying_key(),
            sealing: AgreementSecret::generate(rng).public_key(),
            expiry: FULL,
            sponsor: SigningKey::<Approval>::generate(rng).verifying_key(),
            path: ApprovalPath {
                salt: Salt([4; 32]),
                position: 0,
                siblings: [Digest([5; 32]); 8],
            },
        }
    }

    /// What the rule is asked, with each of six conditions whole or broken.
    struct Case {
        consent: Consent,
        chain: Chain,
        sighting: Option<Sighting>,
    }

    fn case(broken: u8) -> Case {
        let is_broken = |condition: u8| broken >> condition & 1 == 1;
        let head = FULL.after(DELAY);
        let over = Reading {
            uptime: DELAY.0,
            wall: Timestamp(0),
        };
        let started = Sighting::first(
            FULL,
            Reading {
                uptime: 0,
                wall: Timestamp(0),
            },
        );
        let watched = if is_broken(0) {
            started
        } else {
            started.read(FULL, over)
        };
        let mut anchored = request();
        if is_broken(1) {
            let rng = &mut ChaCha20Rng::seed_from_u64(2);
            anchored.sealing = AgreementSecret::generate(rng).public_key();
        }
        Case {
            consent: Consent::new(request(), is_broken(2)),
            chain: Chain {
                anchored: Some(anchored),
                allowed: if is_broken(3) {
                    Err(ledger::Hold::Vetoed)
                } else {
                    Ok(())
                },
                active: Some(if is_broken(4) { 5 } else { 4 }),
                head,
                pace: Millis(0),
            },
            sighting: (!is_broken(5)).then_some(watched),
        }
    }

    /// G1, G7, R13: all conditions hold, or nothing leaves.
    #[test]
    fn a_share_leaves_only_when_every_condition_holds() {
        for broken in 0..1 << 6 {
            let mut case = case(broken);
            let permit = rule(&case.consent, &case.chain, &mut case.sighting);
            assert_eq!(permit.is_ok(), broken == 0, "{broken:06b}");
        }
    }

    /// Each condition names itself.
    #[test]
    fn a_hold_says_which_condition_failed() {
        let holds: Vec<Hold> = (0..6)
            .map(|condition| {
                let mut case = case(1 << condition);
                rule(&case.consent, &case.chain, &mut case.sighting)
                    .err()
                    .unwrap()
            })
            .collect();
        let until = FULL.after(DELAY).after(DELAY);
        let expected = [
            Hold::Clocks { until },
            Hold::OtherRequest,
            Hold::VetoInHand,
            Hold::Chain(ledger::Hold::Vetoed),
            Hold::OtherEpoch,
            Hold::NotWatched,
        ];
        assert_eq!(holds, expected);
    }

    /// R13: whatever the chain holds against it.
    #[test]
    fn nothing_leaves_for_what_the_chain_forbids() {
        use ledger::Hold::{Delay, Ended, NotAnchored, NotFull, Stale, Vetoed};
        let not_full = NotFull { have: 1, needed: 2 };
        for hold in [
            NotAnchored,
            Ended,
            not_full,
            Vetoed,
            Delay { until: FULL },
            Stale,
        ] {
            let mut case = case(0);
            case.chain.allowed = Err(hold.clone());
            let refused = rule(&case.consent, &case.chain, &mut case.sighting).err();
            assert_eq!(refused, Some(Hold::Chain(hold)));
        }
    }

    /// R13: a request that another trustee sponsored is the same request.
    #[test]
    fn who_sponsored_does_not_matter() {
        let mut case = case(0);
        if let Some(anchored) = &mut case.chain.anchored {
            let rng = &mut ChaCha20Rng::seed_from_u64(3);
            anchored.sponsor = SigningKey::<Approval>::generate(rng).verifying_key();
        }
        assert!(rule(&case.consent, &case.chain, &mut case.sighting).is_ok());
    }

    /// G1: the same claimant's keys, and yet not what our person approved.
    #[test]
    fn a_request_of_another_kind_is_another_request() {
        let mut case = case(0);
        if let Some(anchored) = &mut case.chain.anchored {
            anchored.kind = RequestKind::Stolen;
        }
        let refused = rule(&case.consent, &case.chain, &mut case.sighting).err();
        assert_eq!(refused, Some(Hold::OtherRequest));
    }

    /// R13: a request that is not on the chain.
    #[test]
    fn nothing_leaves_for_a_request_that_is_not_anchored() {
        let mut case = case(0);
        case.chain.anchored = None;
        assert!(rule(&case.consent, &case.chain, &mut case.sighting).is_err());
    }
}
