//! What sharing costs: `ours`, beside the bare `vsss-rs` call, beside the `floor` (the scalar
//! multiplications that nobody can leave out). `cargo bench -p kith-protocol --bench sharing`
//! runs for about two minutes and ends with a table of ratios.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a bench reads clocks and its surroundings, which the protocol must not"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};
use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::keys::RecoverySecret;
use kith_protocol::vss::{Deal, Decrypt, Quorum};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vsss_rs::{
    DefaultShare, FeldmanVerifierSet, IdentifierPrimeField, ReadableShareSet as _, ValueGroup,
    feldman,
};

type Element = IdentifierPrimeField<Scalar>;
type BareShare = DefaultShare<Element, Element>;
type Verifier = ValueGroup<RistrettoPoint>;
type Group<'a> = BenchmarkGroup<'a, WallTime>;

const SIZES: [(u8, u8); 5] = [(2, 3), (3, 5), (11, 20), (51, 100), (128, 255)];
const OPERATIONS: [&str; 4] = ["deal", "verify one", "verify all", "combine"];
const KINDS: [&str; 3] = ["ours", "vsss-rs", "floor"];

/// One deal of each kind, and scalars and points for the floors.
struct Setting {
    quorum: Quorum,
    secret: RecoverySecret<Decrypt>,
    deal: Deal<Decrypt>,
    bare_secret: Element,
    bare_shares: Vec<BareShare>,
    verifiers: Vec<Verifier>,
    scalars: Vec<Scalar>,
    rng: ChaCha20Rng,
}

impl Setting {
    fn new(threshold: u8, trustees: u8) -> Self {
        let mut rng = ChaCha20Rng::from_seed([threshold; 32]);
        let quorum = Quorum::new(threshold, trustees).unwrap();
        let secret = RecoverySecret::generate(&mut rng);
        let deal = secret.deal(quorum, &mut rng).unwrap();
        let bare_secret = IdentifierPrimeField(Scalar::random(&mut rng));
        let (bare_shares, verifiers) = bare_deal(quorum, &bare_secret, &mut rng);
        let scalars = (0..trustees).map(|_| Scalar::random(&mut rng)).collect();
        Self {
            quorum,
            secret,
            deal,
            bare_secret,
            bare_shares,
            verifiers,
            scalars,
            rng,
        }
    }

    fn threshold(&self) -> usize {
        self.quorum.threshold().into()
    }

    fn points(&self) -> impl Iterator<Item = &RistrettoPoint> {
        self.verifiers[1..].iter().map(|verifier| &verifier.0)
    }
}

fn bare_deal(
    quorum: Quorum,
    secret: &Element,
    rng: &mut ChaCha20Rng,
) -> (Vec<BareShare>, Vec<Verifier>) {
    let (threshold, trustees) = (quorum.threshold().into(), quorum.trustees().into());
    feldman::split_secret(threshold, trustees, secret, None, rng).unwrap()
}

fn bare_verify(verifiers: &Vec<Verifier>, share: &BareShare) {
    FeldmanVerifierSet::<BareShare, Verifier>::verify_share(verifiers, share).unwrap();
}

fn deal(group: &mut Group<'_>, setting: &mut Setting) {
    let Setting {
        quorum,
        secret,
        bare_secret,
        rng,
        ..
    } = setting;
    group.bench_function("ours", |b| b.iter(|| secret.deal(*quorum, rng).unwrap()));
    group.bench_function("vsss-rs", |b| {
        b.iter(|| bare_deal(*quorum, bare_secret, rng))
    });
    // A coefficient is a random scalar, committed to by one multiplication with the base point
    // and its encoding; a share is one multiplication and addition for each coefficient.
    let (threshold, trustees) = (quorum.threshold(), quorum.trustees());
    group.bench_function("floor", |b| {
        b.iter(|| {
            let mut coefficients: Vec<Scalar> = Vec::with_capacity(threshold.into());
            coefficients.extend((0..threshold).map(|_| Scalar::random(rng)));
            for coefficient in &coefficients {
                black_box(RistrettoPoint::mul_base(coefficient).compress());
            }
            for index in (1..=trustees).map(Scalar::from) {
                let evaluate = |sum, coefficient: &Scalar| sum * index + coefficient;
                black_box(coefficients.iter().fold(Scalar::ZERO, evaluate));
            }
        });
    });
}

fn verify_one(group: &mut Group<'_>, setting: &mut Setting) {
    let share = setting.deal.shares.last().unwrap();
    let commitment = &setting.deal.commitment;
    group.bench_function("ours", |b| {
        b.iter(|| commitment.verify(black_box(share)).unwrap())
    });
    let bare = setting.bare_shares.last().unwrap();
    let verifiers = &setting.verifiers;
    group.bench_function("vsss-rs", |b| {
        b.iter(|| bare_verify(verifiers, black_box(bare)))
    });
    // The polynomial in the group at a small index, and the value times the base point.
    let points: Vec<_> = setting.points().collect();
    let (index, value) = (setting.quorum.trustees(), bare.value.0);
    group.bench_function("floor", |b| {
        b.iter(|| {
            let step = |sum, point: &&RistrettoPoint| small(&sum, index) + *point;
            let (last, rest) = points.split_last().unwrap();
            let committed = rest.iter().rev().fold(**last, step);
            committed == RistrettoPoint::mul_base(&black_box(value))
        });
    });
}

fn small(point: &RistrettoPoint, factor: u8) -> RistrettoPoint {
    let mut sum = *point;
    for bit in (0..u8::BITS - 1 - factor.leading_zeros()).rev() {
        sum += sum;
        if factor >> bit & 1 == 1 {
            sum += point;
        }
    }
    sum
}

fn verify_all(group: &mut Group<'_>, setting: &mut Setting) {
    let Setting {
        deal,
        bare_shares,
        verifiers,
        rng,
        ..
    } = setting;
    group.bench_function("ours", |b| {
        b.iter(|| {
            deal.commitment
                .verify_all(black_box(&deal.shares), rng)
                .rejected
                .is_empty()
        });
    });
    // The library has no batch: all shares are n times one. One is timed and multiplied, because
    // a single run at (128, 255) takes seconds.
    let trustees = u32::try_from(bare_shares.len()).unwrap();
    group.bench_function("vsss-rs", |b| {
        b.iter_custom(|rounds| {
            let start = Instant::now();
            for (_, share) in (0..rounds).zip(bare_shares.iter().cycle()) {
                bare_verify(verifiers, black_box(share));
            }
            start.elapsed() * trustees
        });
    });
    // One multiplication of all points with scalars, one with the base point, and a scalar
    // multiplication for each share.
    let setting = &*setting;
    let points: Vec<_> = setting.points().collect();
    let scalars = &setting.scalars;
    group.bench_function("floor", |b| {
        b.iter(|| {
            let values: Scalar = scalars.iter().zip(scalars).map(|(a, b)| a * b).sum();
            let weights = &scalars[..points.len()];
            let committed =
                RistrettoPoint::vartime_multiscalar_mul(weights, points.iter().copied());
            committed == RistrettoPoint::mul_base(&values)
        });
    });
}

fn combine(group: &mut Group<'_>, setting: &mut Setting) {
    let threshold = setting.threshold();
    let Setting {
        deal,
        rng,
        bare_shares,
        scalars,
        verifiers,
        ..
    } = setting;
    let checked = deal.commitment.verify_all(&deal.shares[..threshold], rng);
    group.bench_function("ours", |b| {
        b.iter(|| RecoverySecret::reconstruct(black_box(&checked.verified)).is_ok());
    });
    let used = &bare_shares[..threshold];
    group.bench_function("vsss-rs", |b| b.iter(|| black_box(used).combine().unwrap()));
    // An inversion of all denominators, a multiplication for each share, and the check of the
    // result against commitment 0. The weights' products, quadratic in the threshold, are not in
    // it: from some fifty shares on they are what ours takes beyond the floor.
    group.bench_function("floor", |b| {
        b.iter(|| {
            let mut weights = scalars[..threshold].to_vec();
            Scalar::invert_batch_alloc(&mut weights);
            let terms = weights.iter().zip(used);
            let secret: Scalar = terms.map(|(weight, share)| weight * share.value.0).sum();
            RistrettoPoint::mul_base(&secret) == verifiers[1].0
        });
    });
}

fn group_name(operation: &str, (threshold, trustees): (u8, u8)) -> String {
    format!("{operation} {threshold} of {trustees}")
}

/// The medians in nanoseconds, from the files the run has just written.
fn median(group: &str, kind: &str) -> Option<f64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        Into::into,
    );
    let file = target
        .join("criterion")
        .join(group)
        .join(kind)
        .join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

fn print_ratios() {
    println!("\n| operation | ours us | vsss-rs us | floor us | vsss-rs / ours | ours / floor |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for operation in OPERATIONS {
        for size in SIZES {
            let group = group_name(operation, size);
            let [Some(ours), Some(bare), Some(floor)] = KINDS.map(|kind| median(&group, kind))
            else {
                continue;
            };
            let [a, b, c] = [ours, bare, floor].map(|nanoseconds| nanoseconds / 1e3);
            println!(
                "| {group} | {a:.1} | {b:.1} | {c:.1} | {:.2} | {:.2} |",
                bare / ours,
                ours / floor
            );
        }
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let operations = [deal, verify_one, verify_all, combine];
    for (threshold, trustees) in SIZES {
        let mut setting = Setting::new(threshold, trustees);
        for (name, operation) in OPERATIONS.into_iter().zip(operations) {
            let mut group = criterion.benchmark_group(group_name(name, (threshold, trustees)));
            group.sampling_mode(SamplingMode::Flat);
            operation(&mut group, &mut setting);
            group.finish();
        }
    }
    criterion.final_summary();
    print_ratios();
}
