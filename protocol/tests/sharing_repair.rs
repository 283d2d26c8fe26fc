//! B5: a share that others compute, and who is named when one of them gives something wrong.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bias;
mod repair_support;

use bias::assert_unbiased;
use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::bytes::Digest;
use kith_protocol::keys::RecoverySecret;
use kith_protocol::vss::{
    Commitment, Culprit, Culprits, Decrypt, Delta, Fault, Repair, RepairError, RepairFailure,
    Share, ShareIndex, Sign, SplitError, Splits, Sum, UnverifiedSplit, WrongShare,
};
use proptest::prelude::*;
use repair_support::{
    RUN, Run, committed, dealt, delta, framed, index, public, quorums, rng, scalar, some_helpers,
    sum, weight, wire,
};

fn named(helper: u8, fault: Fault) -> Culprit {
    let helper = index(helper);
    Culprit { helper, fault }
}

fn blamed<T>(result: Result<T, Culprits>) -> Vec<Culprit> {
    result.err().unwrap().all().to_vec()
}

fn not_repaired(result: Result<Share<Sign>, RepairFailure>) -> Vec<Culprit> {
    match result.err().unwrap() {
        RepairFailure::Culprits(all) => all.all().to_vec(),
        RepairFailure::Wrong(wrong) => panic!("{wrong}"),
    }
}

/// Three of five; 1, 3 and 5 help 2.
fn scene<T>(play: impl FnOnce(&Repair<'_, Sign>, Run) -> T) -> T {
    let rng = &mut rng(7);
    let deal = dealt((3, 5), rng);
    let repair = deal.commitment.repair(index(2), &[5, 1, 3].map(index));
    let repair = repair.unwrap();
    let run = Run::honest(&deal, &repair, rng);
    play(&repair, run)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// B5: whoever helps, the share is the one that was lost.
    #[test]
    fn a_repaired_share_is_the_one_that_was_lost(
        (threshold, trustees, wanted) in quorums(),
        seed: u64,
    ) {
        let rng = &mut rng(seed);
        let deal = dealt((threshold, trustees), rng);
        let helpers = some_helpers(&deal, index(wanted), seed);
        let repair = deal.commitment.repair(index(wanted), &helpers).unwrap();
        let mut splits = Vec::new();
        let mut boxes = Vec::new();
        for helper in &helpers {
            let share = &deal.shares[usize::from(helper.get()) - 1];
            let split = repair.split(share, &RUN, rng).unwrap();
            prop_assert_eq!(repair.check(*helper, &split.points), Ok(()));
            splits.push((*helper, split.points));
            boxes.push((*helper, split.deltas));
        }
        let splits = repair.gather(&splits).unwrap();
        let mut sums = Vec::new();
        for (place, helper) in repair.helpers().iter().enumerate() {
            let got = boxes.iter().map(|(from, deltas)| (*from, copy(&deltas[place])));
            let sum = splits.sum(*helper, &got.collect::<Vec<_>>()).unwrap();
            prop_assert_eq!(splits.verify_sum(*helper, &sum), Ok(()));
            sums.push((*helper, sum));
        }
        let share = splits.repaired(&sums).unwrap();
        let lost = &deal.shares[usize::from(wanted) - 1];
        prop_assert_eq!(&*share.to_bytes(), &*lost.to_bytes());
    }

    /// B5: an index that was never dealt gets a share that counts like any other.
    #[test]
    fn a_new_trustee_gets_a_share_at_an_index_that_was_never_dealt(
        (threshold, trustees, _) in quorums(),
        wanted in 10_u8..,
        seed: u64,
    ) {
        let rng = &mut rng(seed);
        let deal = dealt((threshold, trustees), rng);
        let helpers = some_helpers(&deal, index(wanted), seed);
        let repair = deal.commitment.repair(index(wanted), &helpers).unwrap();
        let run = Run::honest(&deal, &repair, rng);
        let splits = repair.gather(&run.splits()).unwrap();
        let share = splits.repaired(&run.sums()).unwrap();
        prop_assert_eq!(share.index(), index(wanted));
        let others = deal.shares.iter().take(usize::from(threshold) - 1);
        let mut shares: Vec<Share<Sign>> = others
            .map(|share| Share::from_bytes(&share.to_bytes()).unwrap())
            .collect();
        shares.push(share);
        let checked = deal.commitment.verify_all(&shares, rng);
        prop_assert!(checked.rejected.is_empty());
        prop_assert!(RecoverySecret::reconstruct(&checked.verified).is_ok());
    }

    /// G6: with any number of wrong values at each step, exactly their senders are named.
    #[test]
    fn exactly_those_who_give_wrong_values_are_named(
        seed: u64,
        wrong in prop::collection::vec(any::<bool>(), 5),
        to in 0_usize..5,
    ) {
        prop_assume!(wrong.contains(&true));
        let rng = &mut rng(seed);
        let deal = dealt((5, 6), rng);
        let repair = deal.commitment.repair(index(6), &[1, 2, 3, 4, 5].map(index)).unwrap();
        let run = Run::honest(&deal, &repair, rng);
        let splits = repair.gather(&run.splits()).unwrap();
        let error = Scalar::random(rng);
        let liars = (1..=5).zip(&wrong).filter(|(_, wrong)| **wrong);
        let expected: Vec<Culprit> = liars.map(|(liar, _)| named(liar, Fault::Wrong)).collect();
        let mut bent = run.clone();
        for (deltas, _) in bent.deltas.iter_mut().zip(&wrong).filter(|(_, wrong)| **wrong) {
            deltas[to] += error;
        }
        prop_assert_eq!(blamed(repair.gather(&bent.splits())), expected.clone());
        let own = run.helpers[to];
        prop_assert_eq!(blamed(splits.sum(own, &bent.received(own))), expected.clone());
        let mut sums = run.sums();
        for (place, (from, value)) in sums.iter_mut().enumerate().filter(|(i, _)| wrong[*i]) {
            *value = sum(*from, &(run.sum(run.helpers[place]) + error));
        }
        prop_assert_eq!(not_repaired(splits.repaired(&sums)), expected);
    }

    /// G15: bytes from anywhere are read or refused, never a panic.
    #[test]
    fn hostile_points_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        scene(|repair, _| {
            let split = UnverifiedSplit::from_bytes(bytes).unwrap();
            prop_assert!(repair.check(index(1), &split).is_err());
            Ok(())
        })?;
    }
}

fn copy(delta: &Delta<Sign>) -> Delta<Sign> {
    Delta::from_bytes(&delta.to_bytes()).unwrap()
}

// ---- who may help whom

#[test]
fn a_repair_takes_exactly_the_threshold_of_others_each_once() {
    let deal = dealt((3, 5), &mut rng(1));
    let refused = |helpers: &[u8]| {
        let helpers: Vec<ShareIndex> = helpers.iter().copied().map(index).collect();
        deal.commitment.repair(index(2), &helpers).err()
    };
    let number = |have| Some(RepairError::Number { have, need: 3 });
    assert_eq!(refused(&[]), number(0));
    assert_eq!(refused(&[1, 3]), number(2));
    assert_eq!(refused(&[1, 3, 4, 5]), number(4));
    assert_eq!(refused(&[5, 1, 5]), Some(RepairError::Repeated(index(5))));
    assert_eq!(refused(&[1, 2, 3]), Some(RepairError::SelfHelp(index(2))));
    assert_eq!(refused(&[1, 3, 255]), None);
}

#[test]
fn only_a_helper_with_its_own_right_share_splits_it() {
    let rng = &mut rng(1);
    let deal = dealt((2, 4), rng);
    let repair = deal
        .commitment
        .repair(index(1), &[2, 3].map(index))
        .unwrap();
    let mut split = |share: &Share<Sign>| repair.split(share, &RUN, rng).err();
    assert_eq!(split(&deal.shares[1]), None);
    for stranger in [0, 3] {
        let expected = SplitError::NotAHelper(index(stranger as u8 + 1));
        assert_eq!(split(&deal.shares[stranger]), Some(expected));
    }
    let value = scalar(&deal.shares[1].to_bytes()) + Scalar::ONE;
    let damaged = Share::from_bytes(&framed(index(2), &value)).unwrap();
    let expected = SplitError::Wrong(WrongShare { index: index(2) });
    assert_eq!(split(&damaged), Some(expected));
}

// ---- points

#[test]
fn points_of_another_deal_helper_or_run_are_wrong() {
    scene(|repair, run| {
        let wrong = |from, split: &UnverifiedSplit<Sign>| {
            assert_eq!(
                repair.check(index(from), split),
                Err(named(from, Fault::Wrong))
            );
        };
        let splits = run.splits();
        wrong(1, &splits[1].1);
        let other = dealt((3, 5), &mut rng(8));
        let same = other.commitment.repair(index(2), repair.helpers()).unwrap();
        wrong(1, &Run::honest(&other, &same, &mut rng(9)).splits()[0].1);
        let deal = dealt((3, 5), &mut rng(7));
        for (wanted, helpers) in [(4, [1, 3, 5]), (2, [1, 3, 4])] {
            let other = deal.commitment.repair(index(wanted), &helpers.map(index));
            let other = Run::honest(&deal, &other.unwrap(), &mut rng(9));
            wrong(1, &other.splits()[0].1);
        }
        let again = Run::honest(&deal, repair, &mut rng(9));
        assert_eq!(repair.check(index(1), &again.splits()[0].1), Ok(()));
    });
}

#[test]
fn points_that_cannot_be_read_are_their_senders_fault() {
    scene(|repair, run| {
        let good = run.splits()[0].1.as_bytes().to_vec();
        assert_eq!(good.len(), 1 + 3 * 32);
        let check = |bytes: Vec<u8>| {
            let split = UnverifiedSplit::from_bytes(bytes).unwrap();
            repair.check(index(1), &split)
        };
        assert_eq!(check(good.clone()), Ok(()));
        let mut suite = good.clone();
        suite[0] = 1;
        let mut identity = good.clone();
        identity[33..65].fill(0);
        let mut spelling = good.clone();
        spelling[33..65].fill(0xff);
        let more = [&good[..], &public(&Scalar::ONE)].concat();
        let torn = good[..good.len() - 1].to_vec();
        let trailing = [&good[..], &[0]].concat();
        let fewer = good[..65].to_vec();
        for bytes in [
            vec![],
            suite,
            identity,
            spelling,
            more,
            torn,
            trailing,
            fewer,
        ] {
            assert_eq!(check(bytes), Err(named(1, Fault::Unreadable)));
        }
        let long = vec![3; UnverifiedSplit::<Sign>::MAX_LENGTH + 1];
        assert!(UnverifiedSplit::<Sign>::from_bytes(long).is_err());
    });
}

#[test]
fn every_flipped_bit_of_the_points_is_caught() {
    scene(|repair, run| {
        let good = run.splits()[2].1.as_bytes().to_vec();
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            let split = UnverifiedSplit::from_bytes(bytes).unwrap();
            let culprit = repair.check(index(5), &split).unwrap_err();
            assert_eq!(culprit.helper, index(5), "bit {bit}");
        }
    });
}

/// One gave nothing, one gave two, one is nobody's helper, and one lies: all at once.
#[test]
fn all_that_stand_in_the_way_are_named_at_once() {
    scene(|repair, run| {
        let mut splits = run.splits();
        splits[0] = (index(4), splits[0].1.clone());
        splits.push((index(3), splits[2].1.clone()));
        let expected = [
            named(1, Fault::Missing),
            named(3, Fault::Wrong),
            named(3, Fault::Repeated),
            named(4, Fault::Stranger),
        ];
        assert_eq!(blamed(repair.gather(&splits)), expected);
        assert_eq!(
            blamed(repair.gather(&run.splits()[..0])),
            [1, 3, 5].map(|helper| named(helper, Fault::Missing))
        );
    });
}

#[test]
fn the_digest_is_of_all_points_in_whatever_order_they_came() {
    scene(|repair, run| {
        let splits = run.splits();
        let digest = |splits: &[_]| repair.gather(splits).unwrap().digest();
        let mut turned = splits.clone();
        turned.reverse();
        assert_eq!(digest(&splits), digest(&turned));
        let deal = dealt((3, 5), &mut rng(7));
        for helper in 0..3 {
            let mut other = splits.clone();
            other[helper] = Run::honest(&deal, repair, &mut rng(9)).splits()[helper].clone();
            assert_ne!(digest(&splits), digest(&other));
        }
    });
}

// ---- deltas

fn with_points<T>(play: impl FnOnce(&Splits<'_, Sign>, Run) -> T) -> T {
    scene(|repair, run| play(&repair.gather(&run.splits()).unwrap(), run))
}

#[test]
fn deltas_that_are_missing_doubled_strange_or_for_another_are_named() {
    with_points(|splits, run| {
        let add = |got: Vec<_>| blamed(splits.sum(index(3), &got));
        let fresh = || run.received(index(3));
        let mut got = fresh();
        got.remove(0);
        assert_eq!(add(got), [named(1, Fault::Missing)]);
        let mut got = fresh();
        got.push(fresh().remove(2));
        assert_eq!(add(got), [named(5, Fault::Repeated)]);
        let mut got = fresh();
        got[2].0 = index(2);
        let expected = [named(2, Fault::Stranger), named(5, Fault::Missing)];
        assert_eq!(add(got), expected);
        let mut got = fresh();
        got[2].1 = run.received(index(1)).remove(2).1;
        assert_eq!(add(got), [named(5, Fault::Wrong)]);
        let mut got = fresh();
        (got[0].0, got[2].0) = (got[2].0, got[0].0);
        let expected = [named(1, Fault::Wrong), named(5, Fault::Wrong)];
        assert_eq!(add(got), expected);
    });
}

/// The right value under another's index is no delta for us: what we add up would not be ours to give.
#[test]
fn a_delta_that_says_it_is_for_another_is_wrong() {
    with_points(|splits, run| {
        let mut got = run.received(index(3));
        got[0].1 = delta(index(5), &scalar(&got[0].1.to_bytes()));
        let blame = blamed(splits.sum(index(3), &got));
        assert_eq!(blame, [named(1, Fault::Wrong)]);
    });
}

#[test]
fn errors_that_cancel_out_are_seen_at_every_step() {
    with_points(|splits, mut run| {
        let both = [named(1, Fault::Wrong), named(5, Fault::Wrong)];
        let mut sums = run.sums();
        sums[0].1 = sum(index(1), &(run.sum(index(1)) + Scalar::ONE));
        sums[2].1 = sum(index(5), &(run.sum(index(5)) - Scalar::ONE));
        assert_eq!(not_repaired(splits.repaired(&sums)), both);
        *run.delta(index(1), index(3)) += Scalar::ONE;
        *run.delta(index(5), index(3)) -= Scalar::ONE;
        let got = run.received(index(3));
        assert_eq!(blamed(splits.sum(index(3), &got)), both);
    });
    scene(|repair, mut run| {
        *run.delta(index(1), index(3)) += Scalar::ONE;
        *run.delta(index(5), index(3)) -= Scalar::ONE;
        let both = [named(1, Fault::Wrong), named(5, Fault::Wrong)];
        assert_eq!(blamed(repair.gather(&run.splits())), both);
    });
}

#[test]
fn nobody_outside_the_repair_adds_up_deltas() {
    with_points(|splits, run| {
        let theirs = run.received(index(3));
        let all = [1, 3, 5].map(|helper| named(helper, Fault::Wrong));
        assert_eq!(blamed(splits.sum(index(4), &theirs)), all);
        let stranger = splits.verify(index(3), index(4), &theirs[0].1);
        assert_eq!(stranger, Err(named(4, Fault::Stranger)));
    });
}

/// G6: anybody can publish points that add up to another's part. Whoever does cannot give what stands behind them all:
/// with the piece that nobody knows at a receiver, that one sees it; kept for oneself, the sum is wrong.
#[test]
fn points_of_somebody_who_does_not_hold_the_share_are_found_out_later() {
    let rng = &mut rng(3);
    let deal = dealt((3, 5), rng);
    let repair = deal.commitment.repair(index(2), &[1, 3, 5].map(index));
    let repair = repair.unwrap();
    let run = Run::honest(&deal, &repair, rng);
    let public_share = RistrettoPoint::mul_base(&scalar(&deal.shares[4].to_bytes()));
    let part = public_share * weight(index(2), repair.helpers(), index(5));
    for unknown in 0..3 {
        let mut guessed: Vec<Scalar> = (0..3).map(|_| Scalar::random(rng)).collect();
        let mut points: Vec<RistrettoPoint> =
            guessed.iter().map(RistrettoPoint::mul_base).collect();
        points[unknown] = RistrettoPoint::default();
        points[unknown] = part - points.iter().sum::<RistrettoPoint>();
        guessed[unknown] = Scalar::random(rng);
        let encoded: Vec<_> = points
            .iter()
            .map(|point| point.compress().to_bytes())
            .collect();
        let mut published = run.splits();
        published[2].1 = wire(&encoded);
        let splits = repair.gather(&published).unwrap();
        let mut lie = run.clone();
        lie.deltas[2] = guessed;
        let liar = [named(5, Fault::Wrong)];
        for helper in [index(1), index(3)] {
            let sum = splits.sum(helper, &lie.received(helper));
            assert_eq!(sum.is_err(), lie.place(helper) == unknown);
            assert!(sum.is_ok() || blamed(sum) == liar);
        }
        if unknown == 2 {
            assert_eq!(not_repaired(splits.repaired(&lie.sums())), liar);
        }
    }
}

// ---- sums

#[test]
fn sums_that_are_missing_doubled_strange_or_anothers_are_named() {
    with_points(|splits, run| {
        let repaired = |sums: Vec<_>| not_repaired(splits.repaired(&sums));
        let mut sums = run.sums();
        sums.remove(1);
        assert_eq!(repaired(sums), [named(3, Fault::Missing)]);
        let mut sums = run.sums();
        sums.push(run.sums().remove(1));
        assert_eq!(repaired(sums), [named(3, Fault::Repeated)]);
        let mut sums = run.sums();
        sums[1].0 = index(4);
        let expected = [named(3, Fault::Missing), named(4, Fault::Stranger)];
        assert_eq!(repaired(sums), expected);
        let mut sums = run.sums();
        sums[1].1 = sum(index(3), &run.sum(index(5)));
        assert_eq!(repaired(sums), [named(3, Fault::Wrong)]);
        let mut sums = run.sums();
        sums[1].1 = sum(index(5), &run.sum(index(3)));
        assert_eq!(repaired(sums), [named(3, Fault::Wrong)]);
        assert!(splits.repaired(&run.sums()).is_ok());
    });
}

/// Points that were passed on changed, all of them right: sums of other points do not fit, and the digests say why.
#[test]
fn sums_of_another_run_do_not_fit() {
    with_points(|splits, _| {
        let deal = dealt((3, 5), &mut rng(7));
        let repair = deal.commitment.repair(index(2), &[1, 3, 5].map(index));
        let repair = repair.unwrap();
        let other = Run::honest(&deal, &repair, &mut rng(9));
        let all = [1, 3, 5].map(|helper| named(helper, Fault::Wrong));
        assert_eq!(not_repaired(splits.repaired(&other.sums())), all);
        let others = repair.gather(&other.splits()).unwrap();
        assert_ne!(others.digest(), splits.digest());
        assert!(others.repaired(&other.sums()).is_ok());
    });
}

// ---- secrets

/// A generator that has died: it gives the same for ever.
struct Broken;

impl rand_core::TryRng for Broken {
    type Error = core::convert::Infallible;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        bytes.fill(7);
        Ok(())
    }
}
impl rand_core::TryCryptoRng for Broken {}

/// G2: were two repairs with other weights split alike, whoever got what is left of both would have the share. No two
/// share a piece, even where randomness is broken or a store was rolled back; the same run is split the same way.
#[test]
fn no_two_runs_share_a_piece_even_where_randomness_is_broken() {
    let deal = dealt((3, 6), &mut rng(1));
    let pieces = |(wanted, helpers): (u8, [u8; 3]), run: u8, place: usize| {
        let repair = deal.commitment.repair(index(wanted), &helpers.map(index));
        let split = repair
            .unwrap()
            .split(&deal.shares[place], &Digest([run; 32]), &mut Broken);
        let deltas = split.unwrap().deltas;
        deltas
            .iter()
            .map(|delta| scalar(&delta.to_bytes()).to_bytes())
            .collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    for who in [
        (2, [1, 3, 5]),
        (4, [1, 3, 5]),
        (2, [1, 3, 6]),
        (2, [1, 4, 5]),
    ] {
        for run in 0..4 {
            seen.extend(pieces(who, run, 0));
        }
    }
    seen.extend(pieces((2, [1, 3, 5]), 0, 2));
    let all = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!((seen.len(), all), (51, 51));
    let again = || pieces((2, [1, 3, 5]), 1, 0);
    assert_eq!(again(), again());
}

/// The same with a share that lies in two deals, which a dealer can bring about, and for both secrets of one deal.
#[test]
fn no_two_deals_share_a_piece_even_where_randomness_is_broken() {
    let share = Scalar::from(11_u8);
    let at = |number: u8| Scalar::from(number);
    let [one, other] =
        [5_u8, 6].map(|slope| committed(&[(at(1), share), (at(2), Scalar::from(slope))]));
    let held = Share::<Sign>::from_bytes(&framed(index(1), &share)).unwrap();
    let points = |commitment: &Commitment<Sign>| {
        let repair = commitment.repair(index(3), &[1, 2].map(index)).unwrap();
        let points = repair.split(&held, &RUN, &mut Broken).unwrap().points;
        points.as_bytes()[33..].to_vec()
    };
    assert_ne!(points(&one), points(&other));
    let wire = one.to_wire();
    let (encoded, _) = wire.as_bytes()[1..].as_chunks::<32>();
    let decrypt = Commitment::<Decrypt>::from_points(2, encoded).unwrap();
    let held = Share::<Decrypt>::from_bytes(&framed(index(1), &share)).unwrap();
    let repair = decrypt.repair(index(3), &[1, 2].map(index)).unwrap();
    let split = repair.split(&held, &RUN, &mut Broken).unwrap();
    assert_ne!(points(&one), split.points.as_bytes()[33..]);
}

#[test]
fn with_sound_randomness_the_same_run_is_never_split_twice_alike() {
    let rng = &mut rng(1);
    let deal = dealt((2, 3), rng);
    let repair = deal
        .commitment
        .repair(index(1), &[2, 3].map(index))
        .unwrap();
    let [one, other] = [0, 1].map(|_| Run::honest(&deal, &repair, rng));
    let both = one
        .deltas
        .iter()
        .flatten()
        .zip(other.deltas.iter().flatten());
    assert!(both.clone().all(|(one, other)| one != other));
    assert_eq!(both.count(), 4);
}

/// K2: neither slips into a message body, a log or an answer.
#[test]
fn deltas_and_sums_are_written_in_binary_only() {
    with_points(|splits, run| {
        let one = run.received(index(3)).remove(0).1;
        let all = splits.sum(index(3), &run.received(index(3))).unwrap();
        assert!(serde_json::to_string(&one).is_err());
        assert!(serde_json::to_string(&all).is_err());
        let [one_row, all_row] = [
            postcard::to_allocvec(&one).unwrap(),
            postcard::to_allocvec(&all).unwrap(),
        ];
        assert_eq!((one_row.len(), all_row.len()), (33, 33));
        assert_eq!(
            (&one_row[..], &all_row[..]),
            (&one.to_bytes()[..], &all.to_bytes()[..])
        );
        let one: Delta<Sign> = postcard::from_bytes(&one_row).unwrap();
        let all: Sum<Sign> = postcard::from_bytes(&all_row).unwrap();
        assert_eq!((one.to(), all.from()), (index(3), index(3)));
        assert!(Delta::<Sign>::from_bytes(&framed_zero()).is_err());
        assert!(Sum::<Sign>::from_bytes(&framed_zero()).is_err());
    });
}

fn framed_zero() -> zeroize::Zeroizing<[u8; 33]> {
    zeroize::Zeroizing::new([0; 33])
}

/// How many runs are looked at.
const RUNS: usize = 4_000;

/// G2: with one share throughout, each piece is spread evenly, what is left for its own holder too, and so are the
/// differences of two pieces and the sum of all but one; so is what the one in need gets of each helper.
#[test]
fn pieces_and_sums_are_unbiased() {
    let rng = &mut rng(2);
    let deal = dealt((3, 4), rng);
    let repair = deal
        .commitment
        .repair(index(4), &[1, 2, 3].map(index))
        .unwrap();
    let runs: Vec<Run> = (0..RUNS)
        .map(|_| Run::honest(&deal, &repair, rng))
        .collect();
    for place in 0..3 {
        let pieces = runs.iter().map(|run| run.deltas[0][place]);
        assert_unbiased("a piece", pieces);
        let next = (place + 1) % 3;
        let apart = runs
            .iter()
            .map(|run| run.deltas[0][place] - run.deltas[0][next]);
        assert_unbiased("a difference", apart);
        let two = runs
            .iter()
            .map(|run| run.deltas[0][place] + run.deltas[0][next]);
        assert_unbiased("all but one", two);
        let sums = runs.iter().map(|run| run.sum(repair.helpers()[place]));
        assert_unbiased("a sum", sums);
    }
}

/// Nothing that a helper gives passes as a share.
#[test]
fn no_delta_and_no_sum_lies_on_the_polynomial() {
    let rng = &mut rng(5);
    let deal = dealt((3, 5), rng);
    let repair = deal.commitment.repair(index(2), &[1, 3, 5].map(index));
    let run = Run::honest(&deal, &repair.unwrap(), rng);
    let sums = run.helpers.iter().map(|helper| run.sum(*helper));
    for value in run.deltas.iter().flatten().copied().chain(sums) {
        for at in 1..=5 {
            let share = Share::from_bytes(&framed(index(at), &value)).unwrap();
            assert!(deal.commitment.verify(&share).is_err());
        }
    }
}

/// The largest repair: 254 of 255 help the last one.
#[test]
fn the_largest_repair_is_made_and_checked() {
    let rng = &mut rng(1);
    let deal = dealt((254, 255), rng);
    let helpers: Vec<ShareIndex> = (2..=255).map(index).collect();
    let repair = deal.commitment.repair(index(1), &helpers).unwrap();
    let split = repair.split(&deal.shares[1], &RUN, rng).unwrap();
    assert_eq!(repair.check(index(2), &split.points), Ok(()));
    assert_eq!(split.points.as_bytes().len(), 1 + 254 * 32);
    // The others' parts, unsplit: the whole matrix would be 64,516 points.
    let own: Scalar = split
        .deltas
        .iter()
        .map(|delta| scalar(&delta.to_bytes()))
        .sum();
    let rest: Scalar = helpers[1..]
        .iter()
        .map(|helper| {
            let value = scalar(&deal.shares[usize::from(helper.get()) - 1].to_bytes());
            value * weight(index(1), &helpers, *helper)
        })
        .sum();
    assert_eq!(own + rest, scalar(&deal.shares[0].to_bytes()));
}
