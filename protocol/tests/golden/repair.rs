//! A repair from beginning to end, as bytes: Carol, Dave and Frank compute what Bob lost.

use kith_protocol::codec;
use kith_protocol::keys::AgreementSecret;
use kith_protocol::keys::role::{ClaimantSealing, RepairSealing};
use kith_protocol::message::share::Opened;
use kith_protocol::secret::SecretBytes;
use kith_protocol::share_pair::SharePair;
use kith_protocol::share_repair::{DeltaPair, PairPoints, PairSplits, Run, SumPair};
use kith_protocol::vss::ShareIndex;
use serde_json::{Value, json};

use crate::people::{agreement, digest, rng};
use crate::pinned::{self, Files, bytes_of, hex_of, readable};
use crate::scene::{Scene, TRUSTEES, scene};

const HELPERS: [usize; 3] = [2, 3, 5];

fn index(number: usize) -> ShareIndex {
    ShareIndex::new(number as u8).unwrap()
}

fn run(scene: &Scene) -> Run {
    Run {
        repair: digest("Bob's repair"),
        deal: scene.tag,
        number: 1,
        wanted: index(1),
        helpers: HELPERS.map(index).into(),
    }
}

fn opened(scene: &Scene) -> Opened {
    scene.commitments.open(scene.lane.threshold).unwrap()
}

fn name(helper: usize) -> &'static str {
    TRUSTEES[helper - 1]
}

fn sealing(helper: usize) -> AgreementSecret<RepairSealing> {
    agreement(&format!("{} helps", name(helper)))
}

fn needing() -> AgreementSecret<ClaimantSealing> {
    agreement("Bob needs")
}

fn secret<T: serde::Serialize>(value: &T) -> Value {
    hex_of(codec::encode_secret(1, value).as_slice())
}

/// What one helper starts from and makes: two draws of 32 bytes hedge its two splits.
fn split(scene: &Scene, helper: usize) -> (Value, PairPoints, Vec<DeltaPair>) {
    let commitments = opened(scene);
    let repair = run(scene).over(&commitments).unwrap();
    let pair = &scene.pairs[helper - 1];
    let seed = format!("{} splits", name(helper));
    let made = repair.split(pair, &mut rng(&seed)).unwrap();
    let mut again = rng(&seed);
    let fresh = [0, 1].map(|_| hex_of(SecretBytes::<32>::generate(&mut again).expose()));
    let shown = json!({
        "helper": name(helper),
        "shares": secret(pair),
        "fresh": fresh,
        "points": made.points,
        "deltas": made.deltas.iter().map(secret).collect::<Vec<_>>(),
        "sealing_secret": hex_of(sealing(helper).expose_seed().as_slice()),
    });
    (shown, made.points, made.deltas)
}

fn boxed(splits: &PairSplits<'_>, delta: &DeltaPair, from: usize) -> Value {
    let to = usize::from(delta.to().get());
    let context = splits.delta_context(index(from), delta.to());
    let key = sealing(to).public_key();
    let seed = format!("{} seals for {}", name(from), name(to));
    let sealed = delta.seal(&key, &context, &mut rng(&seed)).unwrap();
    json!({
        "from": name(from),
        "to": name(to),
        "context": hex_of(context),
        "sealed": sealed,
    })
}

fn summed(splits: &PairSplits<'_>, own: usize, sum: &SumPair) -> Value {
    let context = splits.sum_context(index(own));
    let key = needing().public_key();
    let seed = format!("{} seals the sum", name(own));
    let sealed = sum.seal(&key, &context, &mut rng(&seed)).unwrap();
    json!({
        "from": name(own),
        "sum": secret(sum),
        "context": hex_of(context),
        "sealed": sealed,
    })
}

fn shown(scene: &Scene) -> Value {
    let commitments = opened(scene);
    let run = run(scene);
    let repair = run.over(&commitments).unwrap();
    let made: Vec<_> = HELPERS
        .map(|helper| (helper, split(scene, helper)))
        .into_iter()
        .collect();
    let points = made
        .iter()
        .map(|(from, made)| (index(*from), made.1.clone()));
    let splits = repair.gather(&points.collect::<Vec<_>>()).unwrap();
    let copy = |delta: &DeltaPair| -> DeltaPair {
        codec::decode(1, &codec::encode_secret(1, delta), 256).unwrap()
    };
    let sum = |place: usize| {
        let got = made
            .iter()
            .map(|(from, made)| (index(*from), copy(&made.2[place])));
        let own = HELPERS[place];
        (
            index(own),
            splits.sum(index(own), &got.collect::<Vec<_>>()).unwrap(),
        )
    };
    let sums = [0, 1, 2].map(sum);
    let boxes = made.iter().flat_map(|(from, made)| {
        let others = made.2.iter().filter(|delta| delta.to() != index(*from));
        others.map(|delta| boxed(&splits, delta, *from))
    });
    json!({
        "repair": hex_of(run.repair),
        "deal": hex_of(run.deal),
        "number": run.number,
        "wanted": run.wanted.get(),
        "helpers": HELPERS,
        "run": hex_of(run.digest()),
        "commitments": hex_of(codec::encode(1, &scene.commitments)),
        "splits": made.iter().map(|(_, made)| made.0.clone()).collect::<Vec<_>>(),
        "digest": hex_of(splits.digest()),
        "boxes": boxes.collect::<Vec<_>>(),
        "sums": HELPERS.iter().zip(&sums).map(|(own, (_, sum))| summed(&splits, *own, sum)).collect::<Vec<_>>(),
        "needing_secret": hex_of(needing().expose_seed().as_slice()),
        "repaired": secret(&splits.repaired(&sums).unwrap()),
    })
}

/// B5, B14: what helpers publish, derive, seal and add up.
#[test]
fn a_repair_is_pinned_from_beginning_to_end() {
    let scene = scene();
    let files: Files = [("run.json".into(), readable(&shown(&scene)))].into();
    pinned::compare("repair", &files);
}

/// B5: the pinned pair is the one that Bob was dealt.
#[test]
fn the_pinned_repair_gives_bob_what_he_lost() {
    let scene = scene();
    let repaired = bytes_of(&pinned::json("repair/run.json")["repaired"]);
    let pair: SharePair = codec::decode(1, &repaired, 256).unwrap();
    pair.verify(&opened(&scene)).unwrap();
    assert_eq!(repaired, *codec::encode_secret(1, &scene.pairs[0]));
}
