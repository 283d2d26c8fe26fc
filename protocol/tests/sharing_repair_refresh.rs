//! B5, G4: after theft the helpers of a repair give everybody new shares, of the same secret.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bias;
mod repair_support;

use bias::assert_unbiased;
use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::keys::RecoveryKey;
use kith_protocol::vss::{
    Addition, Commitment, Culprit, Culprits, Deal, Fault, Refresh, Repair, Share, ShareIndex, Sign,
    UnverifiedCommitment,
};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use repair_support::{
    committed, dealt, framed, index, quorums, rng, scalar, some_helpers, through, x,
};

/// What each helper dealt to each holder.
struct Dealt {
    helpers: Vec<ShareIndex>,
    all: Vec<Refresh<Sign>>,
}

impl Dealt {
    fn honest(deal: &Deal<Sign>, repair: &Repair<'_, Sign>, rng: &mut ChaCha20Rng) -> Self {
        let holders: Vec<ShareIndex> = deal.shares.iter().map(Share::index).collect();
        let refresh = |_: &ShareIndex| deal.commitment.refresh(&holders, rng).unwrap();
        let helpers = repair.helpers().to_vec();
        let all = helpers.iter().map(refresh).collect();
        Self { helpers, all }
    }

    fn published(&self) -> Vec<(ShareIndex, UnverifiedCommitment<Sign>)> {
        let all = self.helpers.iter().zip(&self.all);
        all.map(|(from, refresh)| (*from, refresh.commitment.to_wire()))
            .collect()
    }

    /// What the holder at `own` gets.
    fn received(&self, own: ShareIndex) -> Vec<(ShareIndex, Addition<Sign>)> {
        let at = usize::from(own.get()) - 1;
        let all = self.helpers.iter().zip(&self.all);
        all.map(|(from, refresh)| (*from, copy(&refresh.additions[at])))
            .collect()
    }
}

fn copy(one: &Addition<Sign>) -> Addition<Sign> {
    Addition::from_bytes(&one.to_bytes()).unwrap()
}

fn addition(own: ShareIndex, value: &Scalar) -> Addition<Sign> {
    Addition::from_bytes(&framed(own, value)).unwrap()
}

fn named(helper: u8, fault: Fault) -> Culprit {
    let helper = index(helper);
    Culprit { helper, fault }
}

fn blamed<T>(result: Result<T, Culprits>) -> Vec<Culprit> {
    result.err().unwrap().all().to_vec()
}

/// Three of five; 1, 3 and 5 help 2.
fn scene(play: impl FnOnce(&Deal<Sign>, &Repair<'_, Sign>, Dealt)) {
    let rng = &mut rng(7);
    let deal = dealt((3, 5), rng);
    let repair = deal.commitment.repair(index(2), &[1, 3, 5].map(index));
    let repair = repair.unwrap();
    let dealt = Dealt::honest(&deal, &repair, rng);
    play(&deal, &repair, dealt);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// B5: every holder's new share is of the same secret, and lies on the new commitment alone.
    #[test]
    fn what_all_helpers_add_keeps_the_secret_and_changes_every_share(
        (threshold, trustees, wanted) in quorums(),
        seed: u64,
    ) {
        let rng = &mut rng(seed);
        let deal = dealt((threshold, trustees), rng);
        let helpers = some_helpers(&deal, index(wanted), seed);
        let repair = deal.commitment.repair(index(wanted), &helpers).unwrap();
        let dealt = Dealt::honest(&deal, &repair, rng);
        let joint = repair.joint_refresh(&dealt.published()).unwrap();
        let commitment = joint.commitment().unwrap();
        prop_assert_eq!(RecoveryKey::from(&commitment), RecoveryKey::from(&deal.commitment));
        for share in &deal.shares {
            let added = joint.add(share.index(), &dealt.received(share.index())).unwrap();
            let new = added.to(share).unwrap();
            prop_assert_eq!(commitment.verify(&new), Ok(()));
            prop_assert!(commitment.verify(share).is_err());
            prop_assert!(deal.commitment.verify(&new).is_err());
        }
    }

    /// G4, G2: a thief has a share of before; some helpers were on his side all the time, and one holder came over when
    /// it was done. Old and new shares are one short of the threshold each: the secret may be any, and so the new share
    /// of whoever's old one was stolen. That is so for any one honest helper, even if all others' polynomials are known.
    #[test]
    fn a_stolen_share_goes_with_no_new_one(
        (threshold, trustees, wanted) in quorums(),
        seed: u64,
        other: u64,
    ) {
        let rng = &mut rng(seed);
        let deal = dealt((threshold, trustees), rng);
        let stolen = index(wanted);
        let helpers = some_helpers(&deal, stolen, seed);
        let ([honest, late], bad) = helpers.split_first_chunk::<2>().unwrap();
        let repair = deal.commitment.repair(stolen, &helpers).unwrap();
        let dealt = Dealt::honest(&deal, &repair, rng);
        let added = |from: usize, own: ShareIndex| scalar(&dealt.received(own)[from].1.to_bytes());
        let count = dealt.helpers.len();
        let old = |of: &ShareIndex| scalar(&deal.shares[usize::from(of.get()) - 1].to_bytes());
        let new = |of: &ShareIndex| (0..count).fold(old(of), |sum, from| sum + added(from, *of));
        // Another secret: the polynomials of before and after go through it and through all that is known.
        let zero = (Scalar::ZERO, Scalar::random(&mut repair_support::rng(other)));
        let known = bad.iter().map(|one| (x(*one), old(one)));
        let before: Vec<_> = known.chain([(x(stolen), old(&stolen)), zero]).collect();
        let known = bad.iter().map(|one| (x(*one), new(one)));
        let after: Vec<_> = known.chain([(x(*late), new(late)), zero]).collect();
        let secret = dealt.helpers.binary_search(honest).unwrap();
        let mut world: Vec<Vec<Scalar>> = (0..count)
            .map(|from| dealt.helpers.iter().map(|own| added(from, *own)).collect())
            .collect();
        for (place, own) in dealt.helpers.iter().enumerate() {
            let others = (0..count).filter(|from| *from != secret).map(|from| added(from, *own));
            let moved = through(&after, x(*own)) - through(&before, x(*own));
            world[secret][place] = moved - others.sum::<Scalar>();
        }
        let commitment = committed(&before);
        let there = commitment.repair(stolen, &helpers).unwrap();
        let published: Vec<_> = dealt.helpers.iter().zip(&world).map(|(from, values)| {
            let at = dealt.helpers.iter().zip(values);
            let points: Vec<_> = at
                .map(|(own, value)| (x(*own), through(&before, x(*own)) + value))
                .collect();
            (*from, committed(&points).to_wire())
        }).collect();
        let joint = there.joint_refresh(&published).unwrap();
        for one in bad {
            // Those who were bad during the refresh saw each addition to them, and the same ones here.
            let received = dealt.received(*one);
            prop_assert!(joint.add(*one, &received).is_ok());
        }
        let place = dealt.helpers.binary_search(late).unwrap();
        let theirs: Vec<_> = dealt.helpers.iter().zip(&world)
            .map(|(from, values)| (*from, addition(*late, &values[place])))
            .collect();
        let total = scalar(&joint.add(*late, &theirs).unwrap().to_bytes());
        prop_assert_eq!(through(&before, x(*late)) + total, new(late));
        prop_assert_eq!(joint.commitment().unwrap(), committed(&after));
        prop_assert_ne!(through(&after, x(stolen)), new(&stolen));
    }
}

#[test]
fn commitments_that_are_missing_doubled_strange_or_of_another_secret_are_named() {
    scene(|deal, repair, dealt| {
        let names = |published: &[_]| blamed(repair.joint_refresh(published));
        let good = dealt.published();
        assert_eq!(names(&good[1..]), [named(1, Fault::Missing)]);
        let mut all = good.clone();
        all.push(good[1].clone());
        assert_eq!(names(&all), [named(3, Fault::Repeated)]);
        let mut all = good.clone();
        all[1].0 = index(4);
        let expected = [named(3, Fault::Missing), named(4, Fault::Stranger)];
        assert_eq!(names(&all), expected);
        let other = repair_support::dealt((3, 5), &mut rng(8)).commitment;
        let mut all = good.clone();
        all[2].1 = other.to_wire();
        let shallow = repair_support::dealt((2, 5), &mut rng(8)).commitment;
        all[0].1 = shallow.to_wire();
        let expected = [named(1, Fault::Unreadable), named(5, Fault::Wrong)];
        assert_eq!(names(&all), expected);
        // To deal what is in force already adds nothing. It is lawful: the others add something.
        let mut all = good.clone();
        all[0].1 = deal.commitment.to_wire();
        assert!(repair.joint_refresh(&all).is_ok());
        // Whatever the order in which they came.
        let mut turned = good;
        turned.reverse();
        let joint = repair.joint_refresh(&turned).unwrap();
        assert!(joint.add(index(4), &dealt.received(index(4))).is_ok());
    });
}

#[test]
fn additions_that_are_wrong_missing_doubled_strange_or_for_another_are_named() {
    scene(|_, repair, dealt| {
        let joint = repair.joint_refresh(&dealt.published()).unwrap();
        let own = index(4);
        let names = |got: Vec<_>| blamed(joint.add(own, &got));
        let fresh = || dealt.received(own);
        let mut got = fresh();
        let value = scalar(&got[1].1.to_bytes()) + Scalar::ONE;
        got[1].1 = addition(own, &value);
        assert_eq!(names(got), [named(3, Fault::Wrong)]);
        let mut got = fresh();
        got[0].1 = dealt.received(index(2)).remove(0).1;
        assert_eq!(names(got), [named(1, Fault::Wrong)]);
        let mut got = fresh();
        let value = scalar(&got[0].1.to_bytes());
        got[0].1 = addition(index(2), &value);
        assert_eq!(names(got), [named(1, Fault::Wrong)]);
        let mut got = fresh();
        (got[0].0, got[1].0) = (got[1].0, got[0].0);
        let expected = [named(1, Fault::Wrong), named(3, Fault::Wrong)];
        assert_eq!(names(got), expected);
        let mut got = fresh();
        got.push(fresh().remove(0));
        assert_eq!(names(got), [named(1, Fault::Repeated)]);
        let mut got = fresh();
        got[2].0 = own;
        let expected = [named(4, Fault::Stranger), named(5, Fault::Missing)];
        assert_eq!(names(got), expected);
        // Errors that cancel out.
        let mut got = fresh();
        for (place, error) in [(0, Scalar::ONE), (2, -Scalar::ONE)] {
            let value = scalar(&got[place].1.to_bytes()) + error;
            got[place].1 = addition(own, &value);
        }
        let expected = [named(1, Fault::Wrong), named(5, Fault::Wrong)];
        assert_eq!(names(got), expected);
    });
}

/// One who sees the others' commitments first can make a coefficient vanish. He cannot give honest holders what stands
/// behind his, and no commitment of a lower degree is made of it.
#[test]
fn a_helper_that_cancels_the_others_out_makes_no_weaker_deal() {
    scene(|deal, repair, dealt| {
        let points = |commitment: &Commitment<Sign>| -> Vec<RistrettoPoint> {
            let wire = commitment.to_wire();
            let (points, _) = wire.as_bytes()[1..].as_chunks::<32>();
            let decode = |point: &[u8; 32]| {
                let point = curve25519_dalek::ristretto::CompressedRistretto(*point);
                point.decompress().unwrap()
            };
            points.iter().map(decode).collect()
        };
        let old = points(&deal.commitment);
        let [one, two] = [0, 1].map(|place| points(&dealt.all[place].commitment));
        let mut mine = points(&dealt.all[2].commitment);
        // old + (one - old) + (two - old) + (mine - old) = 0 at the last coefficient.
        mine[2] = old[2] + old[2] - one[2] - two[2];
        let bytes: Vec<_> = mine
            .iter()
            .map(|point| point.compress().to_bytes())
            .collect();
        let mut published = dealt.published();
        published[2].1 = Commitment::from_points(3, &bytes).unwrap().to_wire();
        let joint = repair.joint_refresh(&published).unwrap();
        assert!(joint.commitment().is_err());
        for holder in 1..=5 {
            let got = dealt.received(index(holder));
            assert_eq!(
                blamed(joint.add(index(holder), &got)),
                [named(5, Fault::Wrong)]
            );
        }
    });
}

/// G2: with every other helper adding the same each time, what one adds alone spreads the new shares evenly.
#[test]
fn one_honest_helper_is_enough_to_leave_no_bias() {
    scene(|deal, repair, mut dealt| {
        let rng = &mut rng(3);
        let holders: Vec<ShareIndex> = (1..=5).map(index).collect();
        let mut sums = Vec::new();
        for _ in 0..4_000 {
            dealt.all[1] = deal.commitment.refresh(&holders, rng).unwrap();
            let sum = |own| {
                let got = dealt.received(own);
                let values = got.iter().map(|(_, one)| scalar(&one.to_bytes()));
                values.sum::<Scalar>()
            };
            sums.push([index(2), index(4)].map(sum));
        }
        assert!(repair.joint_refresh(&dealt.published()).is_ok());
        assert_unbiased("what is added to 2", sums.iter().map(|sum| sum[0]));
        assert_unbiased("what is added to 4", sums.iter().map(|sum| sum[1]));
        assert_unbiased("the difference", sums.iter().map(|sum| sum[0] - sum[1]));
    });
}
