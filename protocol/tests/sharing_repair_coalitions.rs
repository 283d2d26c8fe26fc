//! G2: what some of those who take part in a repair, and all that they ever saw, say of the others' shares: nothing.
//!
//! Shown as for dealt shares: for any other value of what is not theirs there is a world, with a polynomial and deltas
//! of its own, in which they saw the very same, and every check passes in it too. (Points that all can see hide
//! their scalars as the discrete logarithm does.)

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod repair_support;

use curve25519_dalek::Scalar;
use kith_protocol::vss::{Deal, Repair, Share, ShareIndex, Sign};
use proptest::prelude::*;
use repair_support::{
    Run, committed, dealt, framed, index, quorums, rng, scalar, some_helpers, through, weight, x,
};

/// A threshold, trustees, who is in need, and which two helpers are honest.
fn scenes() -> impl Strategy<Value = ((u8, u8, u8), u64, u64)> {
    (quorums(), any::<u64>(), any::<u64>())
}

struct Scene {
    deal: Deal<Sign>,
    wanted: ShareIndex,
    helpers: Vec<ShareIndex>,
}

impl Scene {
    fn new((threshold, trustees, wanted): (u8, u8, u8), seed: u64) -> Self {
        let deal = dealt((threshold, trustees), &mut rng(seed));
        let helpers = some_helpers(&deal, index(wanted), seed);
        Self {
            deal,
            wanted: index(wanted),
            helpers,
        }
    }

    fn repair(&self) -> Repair<'_, Sign> {
        self.deal
            .commitment
            .repair(self.wanted, &self.helpers)
            .unwrap()
    }

    fn value(&self, of: ShareIndex) -> Scalar {
        scalar(&self.deal.shares[usize::from(of.get()) - 1].to_bytes())
    }

    fn points<'a>(&'a self, of: &'a [ShareIndex]) -> impl Iterator<Item = (Scalar, Scalar)> + 'a {
        of.iter().map(|one| (x(*one), self.value(*one)))
    }
}

/// Plays a run in the world whose polynomial goes through these points, and gives what the one in need has in the end.
fn played(run: &Run, wanted: ShareIndex, polynomial: &[(Scalar, Scalar)]) -> Share<Sign> {
    let commitment = committed(polynomial);
    let repair = commitment.repair(wanted, &run.helpers).unwrap();
    let splits = repair.gather(&run.splits()).unwrap();
    for helper in &run.helpers {
        let sum = splits.sum(*helper, &run.received(*helper)).unwrap();
        assert_eq!(scalar(&sum.to_bytes()), run.sum(*helper));
    }
    splits.repaired(&run.sums()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// G2, B5: all helpers but one, with all that they gave and got: the last one's share may be any, and so may the
    /// repaired one.
    #[test]
    fn all_helpers_but_one_learn_nothing_of_the_last_share_nor_of_the_repaired_one(
        (quorum, seed, other) in scenes(),
    ) {
        let scene = Scene::new(quorum, seed);
        let (honest, others) = scene.helpers.split_first().unwrap();
        let run = Run::honest(&scene.deal, &scene.repair(), &mut rng(other));
        let mut polynomial: Vec<_> = scene.points(others).collect();
        let instead = Scalar::random(&mut rng(other));
        polynomial.push((x(*honest), instead));
        let shift = weight(scene.wanted, &scene.helpers, *honest) * (instead - scene.value(*honest));
        let mut world = run.clone();
        *world.delta(*honest, *honest) += shift;
        // What they gave and got is the same: only what the honest one keeps is not.
        for from in &scene.helpers {
            for to in &scene.helpers {
                let kept = (from, to) == (honest, honest);
                prop_assert_eq!(world.delta(*from, *to) == run.clone().delta(*from, *to), !kept);
            }
        }
        let share = played(&world, scene.wanted, &polynomial);
        prop_assert_eq!(scalar(&share.to_bytes()), scene.value(scene.wanted) + shift);
        prop_assert_eq!(share.index(), scene.wanted);
    }

    /// G2, B5: the one in need, with her share and every sum, and all helpers but two: one of the two's shares may be
    /// any. (With all but one they would hold a threshold of shares, and no repair could hide anything from them.)
    /// Any number of runs, with other helpers too, adds nothing.
    #[test]
    fn the_repaired_share_and_all_helpers_but_two_say_nothing_of_those(
        (quorum, seed, other) in scenes(),
        more in prop::collection::vec(any::<u64>(), 0..3),
    ) {
        let scene = Scene::new(quorum, seed);
        let ([one, two], others) = scene.helpers.split_first_chunk::<2>().unwrap();
        let mut polynomial: Vec<_> = scene.points(others).collect();
        polynomial.push((x(scene.wanted), scene.value(scene.wanted)));
        let instead = Scalar::random(&mut rng(other));
        polynomial.push((x(*one), instead));
        for run in core::iter::once(other).chain(more) {
            let run = Run::honest(&scene.deal, &scene.repair(), &mut rng(run));
            let shift = weight(scene.wanted, &scene.helpers, *one) * (instead - scene.value(*one));
            let mut world = run.clone();
            // Neither of these two deltas was seen by anybody else, and the sum at `one` stays what it was.
            *world.delta(*one, *one) += shift;
            *world.delta(*two, *one) -= shift;
            for helper in &scene.helpers {
                prop_assert_eq!(world.sum(*helper), run.sum(*helper));
            }
            let share = played(&world, scene.wanted, &polynomial);
            prop_assert_eq!(scalar(&share.to_bytes()), scene.value(scene.wanted));
        }
        let second = through(&polynomial, x(*two));
        prop_assert_ne!(second, scene.value(*two));
    }

    /// G2, G6: a helper that accuses another shows all that the others gave it, and gives no sum. Whoever sees that, with
    /// the other helpers' sums and all helpers but these two, still learns nothing of either.
    #[test]
    fn what_an_accuser_shows_says_nothing_of_honest_shares((quorum, seed, other) in scenes()) {
        let scene = Scene::new(quorum, seed);
        let ([accuser, two], others) = scene.helpers.split_first_chunk::<2>().unwrap();
        let run = Run::honest(&scene.deal, &scene.repair(), &mut rng(other));
        let instead = Scalar::random(&mut rng(other));
        let mut polynomial: Vec<_> = scene.points(others).collect();
        polynomial.push((x(scene.wanted), scene.value(scene.wanted)));
        polynomial.push((x(*two), instead));
        let shift = weight(scene.wanted, &scene.helpers, *two) * (instead - scene.value(*two));
        let mut world = run.clone();
        *world.delta(*two, *two) += shift;
        *world.delta(*accuser, *two) -= shift;
        for from in scene.helpers.iter().filter(|from| *from != accuser) {
            prop_assert_eq!(*world.delta(*from, *accuser), *run.clone().delta(*from, *accuser));
        }
        prop_assert_eq!(world.sum(*two), run.sum(*two));
        played(&world, scene.wanted, &polynomial);
    }

    /// G4, G2: the repaired share is a share like any other: one short of the threshold, with it, every secret is
    /// possible.
    #[test]
    fn a_repaired_share_counts_once_and_no_more((quorum, seed, other) in scenes()) {
        let scene = Scene::new(quorum, seed);
        let others = &scene.helpers[..scene.helpers.len() - 2];
        let mut polynomial: Vec<_> = scene.points(others).collect();
        polynomial.push((x(scene.wanted), scene.value(scene.wanted)));
        polynomial.push((Scalar::ZERO, Scalar::random(&mut rng(other))));
        let commitment = committed(&polynomial);
        for (at, value) in &polynomial[..polynomial.len() - 1] {
            let at = index(at.as_bytes()[0]);
            let share = Share::<Sign>::from_bytes(&framed(at, value)).unwrap();
            prop_assert_eq!(commitment.verify(&share), Ok(()));
            prop_assert_eq!(scene.deal.commitment.verify(&share), Ok(()));
        }
        let key = commitment.public_point();
        prop_assert!(key != scene.deal.commitment.public_point());
    }
}
