//! B5: repairs beside the published vectors of FROST's (`frost-ristretto255/repair-share.json`): what deltas and sums add up to.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod repair_support;
mod vectors;

use curve25519_dalek::Scalar;
use kith_protocol::vss::{Commitment, ShareIndex, Sign};
use repair_support::{Run, committed, index, rng, scalar, weight, x};
use serde_json::Value;
use vectors::read;

const FILE: &str = "frost-ristretto255/repair-share.json";

fn published(value: &Value) -> Scalar {
    Scalar::from_canonical_bytes(vectors::bytes(value)).unwrap()
}

/// Any deltas at all are those of one deal: that in which each helper's part is what its deltas add up to.
fn deal_behind(run: &Run, wanted: ShareIndex) -> Commitment<Sign> {
    let all = run.helpers.iter().zip(&run.deltas);
    let points = all.map(|(helper, deltas)| {
        let part: Scalar = deltas.iter().sum();
        (
            x(*helper),
            part * weight(wanted, &run.helpers, *helper).invert(),
        )
    });
    committed(&points.collect::<Vec<_>>())
}

fn random(count: usize) -> Vec<Scalar> {
    let rng = &mut rng(4);
    (0..count).map(|_| Scalar::random(rng)).collect()
}

/// B5: part 2 of the scheme: a helper adds up what it got.
#[test]
fn published_deltas_add_up_to_the_published_sum() {
    let Some(file) = read(FILE) else {
        return;
    };
    let values = &file["scalar_generation"];
    let deltas = ["random_scalar_1", "random_scalar_2", "random_scalar_3"].map(|name| {
        let others = random(2);
        vec![others[0], published(&values[name]), others[1]]
    });
    let run = Run {
        helpers: [1, 4, 5].map(index).to_vec(),
        deltas: deltas.to_vec(),
    };
    let commitment = deal_behind(&run, index(2));
    let repair = commitment.repair(index(2), &run.helpers).unwrap();
    let splits = repair.gather(&run.splits()).unwrap();
    let sum = splits.sum(index(4), &run.received(index(4))).unwrap();
    let expected = published(&values["random_scalar_sum"]);
    assert_eq!(scalar(&sum.to_bytes()), expected);
}

/// B5: part 3: the one in need adds up the sums, and has its share.
#[test]
fn published_sums_add_up_to_the_published_share() {
    let Some(file) = read(FILE) else {
        return;
    };
    let values = &file["sigma_generation"];
    let sums = ["sigma_1", "sigma_2", "sigma_3", "sigma_4"].map(|name| published(&values[name]));
    let drawn = random(12);
    let mut deltas: Vec<Vec<Scalar>> = drawn.chunks(4).map(<[Scalar]>::to_vec).collect();
    let last = |place: usize| sums[place] - deltas.iter().map(|row| row[place]).sum::<Scalar>();
    let last: Vec<Scalar> = (0..4).map(last).collect();
    deltas.push(last);
    let helpers = [1, 3, 4, 5].map(index).to_vec();
    let run = Run { helpers, deltas };
    let commitment = deal_behind(&run, index(2));
    let repair = commitment.repair(index(2), &run.helpers).unwrap();
    let splits = repair.gather(&run.splits()).unwrap();
    let share = splits.repaired(&run.sums()).unwrap();
    assert_eq!(scalar(&share.to_bytes()), published(&values["sigma_sum"]));
    assert_eq!(share.index(), index(2));
}
