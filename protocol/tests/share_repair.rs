//! B5: both shares of a trustee, computed by others under one agreement.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::role::{ClaimantSealing, RepairSealing};
use kith_protocol::keys::{AgreementSecret, RecoverySecret};
use kith_protocol::message::share::{Commitments, Opened};
use kith_protocol::share_pair::{PairError, SharePair};
use kith_protocol::share_repair::{DeltaPair, PairPoints, PairRepair, PairSplits, Run, SumPair};
use kith_protocol::vss::{
    Commitment, Culprit, Decrypt, Fault, Quorum, RepairError, RepairFailure, ShareIndex, Sign,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

fn index(number: u8) -> ShareIndex {
    ShareIndex::new(number).unwrap()
}

fn dealt(seed: u64) -> (Opened, Vec<SharePair>) {
    let rng = &mut rng(seed);
    let quorum = Quorum::new(3, 5).unwrap();
    let decrypt = RecoverySecret::<Decrypt>::generate(rng);
    let decrypt = decrypt.deal(quorum, rng).unwrap();
    let sign = RecoverySecret::<Sign>::generate(rng).deal(quorum, rng);
    let sign = sign.unwrap();
    let both = decrypt.shares.into_iter().zip(sign.shares);
    let pairs = both.map(|(decrypt, sign)| SharePair { decrypt, sign });
    let opened = Opened {
        decrypt: decrypt.commitment,
        sign: sign.commitment,
    };
    (opened, pairs.collect())
}

fn run() -> Run {
    Run {
        repair: Digest([1; 32]),
        deal: Digest([2; 32]),
        number: 1,
        wanted: index(2),
        helpers: [5, 1, 3].map(index).to_vec(),
    }
}

/// What everybody made, by helper.
struct Made {
    points: Vec<(ShareIndex, PairPoints)>,
    deltas: Vec<(ShareIndex, Vec<DeltaPair>)>,
}

fn made(repair: &PairRepair<'_>, pairs: &[SharePair], seed: u64) -> Made {
    let rng = &mut rng(seed);
    let (mut points, mut deltas) = (Vec::new(), Vec::new());
    for helper in [1, 3, 5] {
        let split = repair.split(&pairs[helper - 1], rng).unwrap();
        let helper = index(helper as u8);
        points.push((helper, split.points));
        deltas.push((helper, split.deltas));
    }
    Made { points, deltas }
}

fn copied<T: serde::Serialize + serde::de::DeserializeOwned>(one: &T) -> T {
    postcard::from_bytes(&postcard::to_allocvec(one).unwrap()).unwrap()
}

impl Made {
    fn received(&self, place: usize) -> Vec<(ShareIndex, DeltaPair)> {
        let all = self.deltas.iter();
        all.map(|(from, deltas)| (*from, copied(&deltas[place])))
            .collect()
    }

    fn sums(&self, splits: &PairSplits<'_>) -> Vec<(ShareIndex, SumPair)> {
        let all = [1, 3, 5].map(index).into_iter().enumerate();
        all.map(|(place, own)| (own, splits.sum(own, &self.received(place)).unwrap()))
            .collect()
    }
}

fn scene<T>(play: impl FnOnce(&PairRepair<'_>, Made, &[SharePair]) -> T) -> T {
    let (opened, pairs) = dealt(1);
    let repair = run().over(&opened).unwrap();
    let made = made(&repair, &pairs, 2);
    play(&repair, made, &pairs)
}

fn wrong(helper: u8) -> Culprit {
    let (helper, fault) = (index(helper), Fault::Wrong);
    Culprit { helper, fault }
}

/// Half of one and half of another, as they are written.
fn torn<T: serde::Serialize + serde::de::DeserializeOwned>(decrypt: &T, sign: &T) -> T {
    let [one, other] = [decrypt, sign].map(|half| postcard::to_allocvec(half).unwrap());
    let middle = one.len() / 2;
    postcard::from_bytes(&[&one[..middle], &other[middle..]].concat()).unwrap()
}

/// B5: what a trustee lost comes back as it was, both shares, through sealed boxes alone.
#[test]
fn both_shares_come_back_through_sealed_boxes() {
    scene(|repair, made, pairs| {
        let rng = &mut rng(3);
        let splits = repair.gather(&made.points).unwrap();
        let keys = [0, 1, 2].map(|_| AgreementSecret::<RepairSealing>::generate(rng));
        let need = AgreementSecret::<ClaimantSealing>::generate(rng);
        let helpers = [1, 3, 5].map(index);
        let mut sums = Vec::new();
        for (place, own) in helpers.into_iter().enumerate() {
            let received = made.deltas.iter().map(|(from, deltas)| {
                let context = splits.delta_context(*from, own);
                let key = keys[place].public_key();
                let sealed = deltas[place].seal(&key, &context, rng).unwrap();
                (
                    *from,
                    DeltaPair::open(&keys[place], &context, &sealed).unwrap(),
                )
            });
            let received: Vec<_> = received.collect();
            let context = splits.sum_context(own);
            let sum = splits.sum(own, &received).unwrap();
            let sealed = sum.seal(&need.public_key(), &context, rng).unwrap();
            let sum = SumPair::open(&need, &context, &sealed).unwrap();
            assert_eq!((received[0].1.to(), sum.from()), (own, own));
            sums.push((own, sum));
        }
        let pair = splits.repaired(&sums).unwrap();
        let lost = &pairs[1];
        assert_eq!(*pair.decrypt.to_bytes(), *lost.decrypt.to_bytes());
        assert_eq!(*pair.sign.to_bytes(), *lost.sign.to_bytes());
    });
}

#[test]
fn a_run_over_another_number_of_helpers_is_refused() {
    let (opened, _) = dealt(1);
    let mut few = run();
    few.helpers.pop();
    let number = RepairError::Number { have: 2, need: 3 };
    assert_eq!(few.over(&opened).err(), Some(number));
    let mut own = run();
    own.wanted = index(3);
    assert_eq!(
        own.over(&opened).err(),
        Some(RepairError::SelfHelp(index(3)))
    );
}

/// G6: whichever of the two is wrong, and where each of two helpers is wrong in one, both are named.
#[test]
fn who_is_wrong_in_one_of_the_two_is_named() {
    scene(|repair, made, pairs| {
        let other = self::made(repair, pairs, 9);
        let splits = repair.gather(&made.points).unwrap();
        let mut points = made.points.clone();
        points[0].1.decrypt = made.points[1].1.decrypt.clone();
        points[2].1.sign = made.points[1].1.sign.clone();
        let blame = repair.gather(&points).err().unwrap();
        assert_eq!(blame.all(), [wrong(1), wrong(5)]);
        for wrong_first in [true, false] {
            let either = |right, bent| {
                if wrong_first {
                    torn(bent, right)
                } else {
                    torn(right, bent)
                }
            };
            let mut got = made.received(1);
            got[2].1 = either(&made.received(1)[2].1, &other.received(1)[2].1);
            let blame = splits.sum(index(3), &got).err().unwrap();
            assert_eq!(blame.all(), [wrong(5)]);
            let mut got = made.received(1);
            got[0].1 = torn(&other.received(1)[0].1, &got[0].1);
            got[2].1 = torn(&got[2].1, &other.received(1)[2].1);
            let blame = splits.sum(index(3), &got).err().unwrap();
            assert_eq!(blame.all(), [wrong(1), wrong(5)]);
        }
    });
}

#[test]
fn a_sum_that_is_wrong_in_one_of_the_two_is_named() {
    scene(|repair, made, pairs| {
        let splits = repair.gather(&made.points).unwrap();
        let another = self::made(repair, pairs, 9);
        let there = repair.gather(&another.points).unwrap();
        let (right, other) = (made.sums(&splits), another.sums(&there));
        assert!(splits.repaired(&right).is_ok());
        let mut sums: Vec<_> = made.sums(&splits);
        sums[0].1 = torn(&other[0].1, &right[0].1);
        sums[1].1 = torn(&right[1].1, &other[1].1);
        let Some(RepairFailure::Culprits(blame)) = splits.repaired(&sums).err() else {
            panic!("nobody is named");
        };
        assert_eq!(blame.all(), [wrong(1), wrong(3)]);
    });
}

/// G8: a box opens in its run, with those points, from and for those two helpers, and nowhere else.
#[test]
fn a_box_moved_to_another_run_or_helper_does_not_open() {
    scene(|repair, made, pairs| {
        let rng = &mut rng(3);
        let splits = repair.gather(&made.points).unwrap();
        let key = AgreementSecret::<RepairSealing>::generate(rng);
        let context = splits.delta_context(index(1), index(3));
        let sealed = made.deltas[0].1[1]
            .seal(&key.public_key(), &context, rng)
            .unwrap();
        let there = self::made(repair, pairs, 9);
        let others = repair.gather(&there.points).unwrap();
        let elsewhere = [
            splits.delta_context(index(3), index(1)),
            splits.delta_context(index(5), index(3)),
            splits.delta_context(index(1), index(5)),
            others.delta_context(index(1), index(3)),
            splits.sum_context(index(1)),
        ];
        for other in elsewhere {
            let opened = DeltaPair::open(&key, &other, &sealed);
            assert_eq!(opened.err(), Some(PairError::Sealed));
        }
        assert!(DeltaPair::open(&key, &context, &sealed).is_ok());
        let (one, two) = (&made.deltas[0].1[0], &made.deltas[0].1[1]);
        let torn = torn(one, two)
            .seal(&key.public_key(), &context, rng)
            .unwrap();
        let opened = DeltaPair::open(&key, &context, &torn);
        assert_eq!(opened.err(), Some(PairError::Torn));
        let need = AgreementSecret::<ClaimantSealing>::generate(rng);
        let sums = made.sums(&splits);
        let context = splits.sum_context(index(1));
        let torn = self::torn(&sums[0].1, &sums[1].1);
        let torn = torn.seal(&need.public_key(), &context, rng).unwrap();
        let opened = SumPair::open(&need, &context, &torn);
        assert_eq!(opened.err(), Some(PairError::Torn));
    });
}

/// Whatever the helpers agree on changes the digest, but not the order in which they are named; and with it the pieces.
#[test]
fn every_part_of_a_run_changes_its_digest() {
    let mut turned = run();
    turned.helpers.reverse();
    assert_eq!(turned.digest(), run().digest());
    let change = |change: fn(&mut Run)| {
        let mut other = run();
        change(&mut other);
        other.digest()
    };
    let mut all = vec![
        run().digest(),
        change(|run| run.repair.0[0] ^= 1),
        change(|run| run.deal.0[0] ^= 1),
        change(|run| run.number += 1),
        change(|run| run.wanted = index(4)),
        change(|run| run.helpers[0] = index(4)),
        change(|run| run.helpers.truncate(2)),
    ];
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 7);
    let (opened, pairs) = dealt(1);
    let mut second = run();
    second.number = 2;
    let points = [run(), second].map(|run| {
        let repair = run.over(&opened).unwrap();
        repair.split(&pairs[0], &mut rng(1)).unwrap().points
    });
    assert_ne!(points[0], points[1]);
    assert_ne!(points[0].decrypt.as_bytes(), points[0].sign.as_bytes());
}

/// The same points in two runs have two digests, so what was signed in one says nothing in the other.
#[test]
fn the_digest_of_all_points_names_the_run() {
    let (opened, pairs) = dealt(1);
    let mut second = run();
    second.number = 2;
    let [one, two] = [run(), second].map(|run| run.over(&opened).unwrap());
    let points = made(&one, &pairs, 2).points;
    let digests = [&one, &two].map(|repair| repair.gather(&points).unwrap().digest());
    assert_ne!(digests[0], digests[1]);
    // Both secrets' points count.
    let again = made(&one, &pairs, 9).points;
    for sign in [true, false] {
        let mut mixed = points.clone();
        if sign {
            mixed[0].1.sign = again[0].1.sign.clone();
        } else {
            mixed[0].1.decrypt = again[0].1.decrypt.clone();
        }
        assert_ne!(one.gather(&mixed).unwrap().digest(), digests[0]);
    }
}

// ---- after theft

/// What each helper deals to 1, 2, 3 and 5, by helper: 4 is away.
struct Refreshes {
    dealt: Vec<(ShareIndex, Commitments)>,
    additions: Vec<(ShareIndex, Vec<SharePair>)>,
}

fn refreshes(opened: &Opened, seed: u64) -> Refreshes {
    let rng = &mut rng(seed);
    let holders = [1, 2, 3, 5].map(index);
    let (mut dealt, mut additions) = (Vec::new(), Vec::new());
    for helper in [1, 3, 5].map(index) {
        let decrypt = opened.decrypt.refresh(&holders, rng).unwrap();
        let sign = opened.sign.refresh(&holders, rng).unwrap();
        let both = Commitments {
            decrypt: decrypt.commitment.to_wire(),
            sign: sign.commitment.to_wire(),
        };
        dealt.push((helper, both));
        let pairs = decrypt.additions.into_iter().zip(sign.additions);
        let pairs = pairs.map(|(decrypt, sign)| SharePair::of_additions(decrypt, sign));
        additions.push((helper, pairs.collect()));
    }
    Refreshes { dealt, additions }
}

impl Refreshes {
    /// What the holder at this place gets.
    fn received(&self, place: usize) -> Vec<(ShareIndex, SharePair)> {
        let all = self.additions.iter();
        all.map(|(from, pairs)| (*from, copied(&pairs[place])))
            .collect()
    }
}

/// B5: after theft the one in need gets her old pair and what all helpers add to it; everybody's pair changes, the keys
/// do not.
#[test]
fn after_theft_everybody_who_takes_part_has_a_new_pair() {
    let (opened, pairs) = dealt(1);
    let repair = run().over(&opened).unwrap();
    let made = made(&repair, &pairs, 2);
    let splits = repair.gather(&made.points).unwrap();
    let repaired = splits.repaired(&made.sums(&splits)).unwrap();
    let refreshes = refreshes(&opened, 3);
    let joint = repair.joint_refresh(&refreshes.dealt).unwrap();
    let new = joint.commitments().unwrap();
    assert_eq!(new.decrypt.public_point(), opened.decrypt.public_point());
    assert_eq!(new.sign.public_point(), opened.sign.public_point());
    let old = [&pairs[0], &repaired, &pairs[2], &pairs[4]];
    for (place, pair) in old.into_iter().enumerate() {
        let added = joint.add(pair.index(), refreshes.received(place)).unwrap();
        assert_eq!(pair.verify(&new), Err(PairError::Wrong(pair.index())));
        assert_eq!(pair.plus(added).unwrap().verify(&new), Ok(()));
    }
}

#[test]
fn who_adds_something_wrong_to_one_of_the_two_is_named() {
    let (opened, _) = dealt(1);
    let repair = run().over(&opened).unwrap();
    let (here, there) = (refreshes(&opened, 3), refreshes(&opened, 4));
    let joint = repair.joint_refresh(&here.dealt).unwrap();
    let mut got = here.received(0);
    got[0].1 = torn(&there.received(0)[0].1, &here.received(0)[0].1);
    got[2].1 = torn(&here.received(0)[2].1, &there.received(0)[2].1);
    let blame = joint.add(index(1), got).err().unwrap();
    assert_eq!(blame.all(), [wrong(1), wrong(5)]);
    let mut dealt = here.dealt.clone();
    let (other, _) = self::dealt(9);
    dealt[1].1.sign = other.sign.to_wire();
    let blame = repair.joint_refresh(&dealt).err().unwrap();
    assert_eq!(blame.all(), [wrong(3)]);
}

/// G8: additions are for one holder, of one helper, in one run.
#[test]
fn a_box_of_additions_opens_for_one_holder_in_one_run() {
    let (opened, _) = dealt(1);
    let repair = run().over(&opened).unwrap();
    let mut second = run();
    second.number = 2;
    let second = second.over(&opened).unwrap();
    let (here, there) = (refreshes(&opened, 3), refreshes(&opened, 4));
    let joint = repair.joint_refresh(&here.dealt).unwrap();
    let mut turned = here.dealt.clone();
    turned.reverse();
    let again = repair.joint_refresh(&turned).unwrap();
    let context = joint.addition_context(index(1), index(2));
    assert_eq!(again.addition_context(index(1), index(2)), context);
    for other in [
        joint.addition_context(index(2), index(1)),
        joint.addition_context(index(3), index(2)),
        joint.addition_context(index(1), index(3)),
        repair
            .joint_refresh(&there.dealt)
            .unwrap()
            .addition_context(index(1), index(2)),
        second
            .joint_refresh(&here.dealt)
            .unwrap()
            .addition_context(index(1), index(2)),
    ] {
        assert_ne!(other, context);
    }
}

/// G2: the polynomial is the secret itself at zero, and no index asks for that.
#[test]
fn nobody_can_ask_for_the_secret_itself() {
    assert!(ShareIndex::new(0).is_none());
    assert!(postcard::from_bytes::<ShareIndex>(&[0]).is_err());
    assert!(serde_json::from_str::<ShareIndex>("0").is_err());
    assert!(serde_json::from_str::<ShareIndex>("256").is_err());
}

/// G2: over another deal's commitments a helper splits nothing, because its share does not lie on them. That alone does
/// not protect it: anybody can make up commitments of a lower threshold on which it does. So they come from the helper's
/// own custody, and never with the question.
#[test]
fn commitments_that_come_with_the_question_are_not_to_be_trusted() {
    let (_, pairs) = dealt(1);
    let (other, _) = dealt(2);
    let repair = run().over(&other).unwrap();
    assert!(repair.split(&pairs[0], &mut rng(1)).is_err());
    let share = &pairs[2].sign;
    let value = share.to_bytes()[1..].try_into().unwrap();
    let public = RistrettoPoint::mul_base(&Scalar::from_canonical_bytes(value).unwrap());
    let slope = RistrettoPoint::mul_base(&Scalar::from(7_u8));
    let at_zero = public - slope * Scalar::from(3_u8);
    let points = [at_zero, slope].map(|point| point.compress().to_bytes());
    let forged = Commitment::<Sign>::from_points(2, &points).unwrap();
    let repair = forged.repair(index(2), &[1, 3].map(index)).unwrap();
    assert!(repair.split(share, &Digest([0; 32]), &mut rng(1)).is_ok());
}

/// K2: neither is written in a readable format.
#[test]
fn what_helpers_give_is_written_in_binary_only() {
    scene(|repair, made, _| {
        let splits = repair.gather(&made.points).unwrap();
        assert!(serde_json::to_string(&made.deltas[0].1[0]).is_err());
        assert!(serde_json::to_string(&made.sums(&splits)[0].1).is_err());
        let json = serde_json::to_string(&made.points[0].1).unwrap();
        let again: PairPoints = serde_json::from_str(&json).unwrap();
        assert_eq!(again, made.points[0].1);
    });
}
