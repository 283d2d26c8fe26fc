//! What custody proofs, a refresh and a repair of shares cost: `ours` beside the `floor`, the group operations that nobody can leave out.
//! `cargo bench -p kith-protocol --bench custody` runs for some ten seconds and ends with a table.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]
#![allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a bench reads clocks and its surroundings, which the protocol must not"
)]

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, SamplingMode, measurement::WallTime};
use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use curve25519_dalek::{RistrettoPoint, Scalar};
use kith_protocol::bytes::{Digest, Nonce32};
use kith_protocol::custody_proof::{Question, VERSION, Watched};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::keys::RecoverySecret;
use kith_protocol::message::share::{Challenge, Commitments};
use kith_protocol::share_pair::SharePair;
use kith_protocol::share_repair::{PairPoints, PairRepair, Run};
use kith_protocol::time::Timestamp;
use kith_protocol::vss::{Quorum, ShareIndex, UnverifiedProof};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

type Group<'a> = BenchmarkGroup<'a, WallTime>;

const SIZES: [(u8, u8); 3] = [(3, 5), (11, 20), (51, 100)];
const OPERATIONS: [&str; 6] = [
    "prove",
    "check all",
    "check one wrong",
    "refresh",
    "repair split",
    "repair gather",
];
const POLICY: Digest = Digest([1; 32]);

/// A deal, one question to all, and everybody's answer.
struct Setting {
    pairs: Vec<SharePair>,
    asked: Challenge,
    watched: Watched,
    commitments: Commitments,
    threshold: u8,
    did: Did,
    proofs: Vec<UnverifiedProof>,
    points: Vec<RistrettoPoint>,
    scalars: Vec<Scalar>,
    rng: ChaCha20Rng,
}

impl Setting {
    fn new(threshold: u8, trustees: u8) -> Self {
        let mut rng = ChaCha20Rng::from_seed([threshold; 32]);
        let quorum = Quorum::new(threshold, trustees).unwrap();
        let decrypt = RecoverySecret::generate(&mut rng);
        let decrypt = decrypt.deal(quorum, &mut rng).unwrap();
        let sign = RecoverySecret::generate(&mut rng);
        let sign = sign.deal(quorum, &mut rng).unwrap();
        let commitments = Commitments {
            decrypt: decrypt.commitment.to_wire(),
            sign: sign.commitment.to_wire(),
        };
        let pairs = decrypt.shares.into_iter().zip(sign.shares);
        // Two R for each trustee, both commitments, the generator.
        let terms = 2 * usize::from(trustees) + 2 * usize::from(threshold) + 1;
        let scalars: Vec<Scalar> = (0..terms).map(|_| Scalar::random(&mut rng)).collect();
        let mut setting = Self {
            pairs: pairs
                .map(|(decrypt, sign)| SharePair { decrypt, sign })
                .collect(),
            asked: Challenge {
                version: VERSION,
                policy: POLICY,
                epoch: 1,
                deal: commitments.digest(&POLICY, 1),
                nonce: Nonce32([2; 32]),
                time: Timestamp(3),
                backup_head: Some(Digest([4; 32])),
                lodged: None,
            },
            watched: Watched::new(POLICY, 1, &commitments, threshold).unwrap(),
            commitments,
            threshold,
            did: LocalDid::generate_did_key(&mut rng).did().clone(),
            proofs: Vec::new(),
            points: scalars.iter().map(RistrettoPoint::mul_base).collect(),
            scalars,
            rng,
        };
        setting.proofs = (0..setting.pairs.len())
            .map(|place| setting.prove(place))
            .collect();
        setting
    }

    fn question(&self, place: usize) -> Question<'_> {
        Question {
            challenge: &self.asked,
            owner: &self.did,
            trustee: &self.did,
            index: self.pairs[place].index(),
        }
    }

    fn prove(&self, place: usize) -> UnverifiedProof {
        let mut rng = self.rng.clone();
        self.question(place).answer(&self.pairs[place], &mut rng)
    }

    /// How many proofs are right.
    fn check(&self, proofs: &[UnverifiedProof]) -> usize {
        let mut rng = self.rng.clone();
        let answers = proofs.iter().enumerate();
        let answers: Vec<_> = answers
            .map(|(place, proof)| (self.question(place), proof))
            .collect();
        let right = self.watched.check_all(&answers, &mut rng);
        right.iter().filter(|right| **right).count()
    }
}

/// Two multiplications with the base point.
fn prove(group: &mut Group<'_>, setting: &Setting) {
    group.bench_function("ours", |b| b.iter(|| black_box(setting).prove(0)));
    let scalars = &setting.scalars;
    group.bench_function("floor", |b| {
        b.iter(|| [0, 1].map(|place| RistrettoPoint::mul_base(&black_box(scalars)[place])));
    });
}

/// Both R of each proof are decompressed, and everything is multiplied at once; the weights of the R are
/// half as long as scalars.
fn check_all(group: &mut Group<'_>, setting: &Setting) {
    let count = setting.proofs.len();
    group.bench_function("ours", |b| {
        b.iter(|| assert_eq!(setting.check(black_box(&setting.proofs)), count));
    });
    floor_of_check(group, setting);
}

/// The batch fails, and each is checked alone.
fn check_one_wrong(group: &mut Group<'_>, setting: &Setting) {
    let mut proofs = setting.proofs.clone();
    let mut bytes = *proofs[1].as_bytes();
    bytes[65] ^= 1;
    proofs[1] = UnverifiedProof::from_bytes(bytes);
    group.bench_function("ours", |b| {
        b.iter(|| assert_eq!(setting.check(black_box(&proofs)), proofs.len() - 1));
    });
    floor_of_check(group, setting);
}

fn floor_of_check(group: &mut Group<'_>, setting: &Setting) {
    let nonces = 2 * setting.proofs.len();
    let encoded: Vec<_> = setting.points[..nonces]
        .iter()
        .map(RistrettoPoint::compress)
        .collect();
    let scalars = setting.scalars.iter().enumerate();
    let scalars: Vec<Scalar> = scalars
        .map(|(place, scalar)| match place < nonces {
            true => half(scalar),
            false => *scalar,
        })
        .collect();
    let rest = &setting.points[nonces..];
    group.bench_function("floor", |b| {
        b.iter(|| {
            let read = black_box(&encoded).iter().map(|r| r.decompress().unwrap());
            let points: Vec<_> = read.chain(rest.iter().copied()).collect();
            RistrettoPoint::vartime_multiscalar_mul(&scalars, &points)
        });
    });
}

/// A random scalar and its multiplication with the base point for each coefficient of both polynomials, a
/// multiplication and addition for each coefficient of each share.
fn refresh(group: &mut Group<'_>, setting: &Setting) {
    let opened = setting.commitments.open(setting.threshold).unwrap();
    let indices: Vec<ShareIndex> = setting.pairs.iter().map(SharePair::index).collect();
    let mut rng = setting.rng.clone();
    group.bench_function("ours", |b| {
        b.iter(|| {
            let decrypt = opened.decrypt.refresh(&indices, &mut rng).unwrap();
            (decrypt, opened.sign.refresh(&indices, &mut rng).unwrap())
        });
    });
    group.bench_function("floor", |b| {
        b.iter(|| {
            for _ in 0..2 {
                let draw = |_| Scalar::random(&mut rng);
                let coefficients: Vec<Scalar> = (1..setting.threshold).map(draw).collect();
                for coefficient in &coefficients {
                    black_box(RistrettoPoint::mul_base(coefficient).compress());
                }
                for index in indices.iter().map(|index| Scalar::from(index.get())) {
                    let evaluate = |sum, coefficient: &Scalar| (sum + coefficient) * index;
                    black_box(coefficients.iter().fold(Scalar::ZERO, evaluate));
                }
            }
        });
    });
}

/// The first of the trustees have lost nothing, and repair the share of the last.
fn run(setting: &Setting) -> Run {
    let mut indices: Vec<ShareIndex> = setting.pairs.iter().map(SharePair::index).collect();
    let wanted = indices.pop().unwrap();
    indices.truncate(setting.threshold.into());
    Run {
        repair: Digest([5; 32]),
        deal: setting.asked.deal,
        number: 1,
        wanted,
        helpers: indices,
    }
}

/// For each helper a piece of both shares, multiplied with the base point.
fn repair_split(group: &mut Group<'_>, setting: &Setting) {
    let opened = setting.commitments.open(setting.threshold).unwrap();
    let run = run(setting);
    let repair = run.over(&opened).unwrap();
    let mut rng = setting.rng.clone();
    group.bench_function("ours", |b| {
        b.iter(|| {
            repair
                .split(black_box(&setting.pairs[0]), &mut rng)
                .unwrap()
        });
    });
    group.bench_function("floor", |b| {
        b.iter(|| {
            for _ in 0..2 * setting.threshold {
                let piece = Scalar::random(&mut rng);
                black_box(RistrettoPoint::mul_base(&piece).compress());
            }
        });
    });
}

fn points(repair: &PairRepair<'_>, setting: &Setting) -> Vec<(ShareIndex, PairPoints)> {
    let mut rng = setting.rng.clone();
    let helpers = setting.pairs.iter().take(setting.threshold.into());
    helpers
        .map(|pair| (pair.index(), repair.split(pair, &mut rng).unwrap().points))
        .collect()
}

/// Every point of every helper is decompressed, and all are added up at once.
fn repair_gather(group: &mut Group<'_>, setting: &Setting) {
    let opened = setting.commitments.open(setting.threshold).unwrap();
    let run = run(setting);
    let repair = run.over(&opened).unwrap();
    let points = points(&repair, setting);
    group.bench_function("ours", |b| {
        b.iter(|| repair.gather(black_box(&points)).unwrap().digest());
    });
    let encoded = setting.points[0].compress();
    let count = 2 * usize::from(setting.threshold).pow(2);
    group.bench_function("floor", |b| {
        b.iter(|| {
            let read = (0..count).map(|_| black_box(&encoded).decompress().unwrap());
            read.sum::<RistrettoPoint>()
        });
    });
}

fn half(scalar: &Scalar) -> Scalar {
    let (low, _) = scalar.as_bytes().as_chunks::<16>();
    Scalar::from(u128::from_le_bytes(low[0]))
}

fn group_name(operation: &str, (threshold, trustees): (u8, u8)) -> String {
    format!("custody {operation} {threshold} of {trustees}")
}

/// The medians in nanoseconds, from the files the run has just written.
fn median(group: &str, kind: &str) -> Option<f64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"),
        Into::into,
    );
    let folder = target.join("criterion").join(group).join(kind);
    let file = folder.join("new/estimates.json");
    let estimates: serde_json::Value = serde_json::from_slice(&std::fs::read(file).ok()?).ok()?;
    estimates["median"]["point_estimate"].as_f64()
}

fn print_ratios() {
    println!("\n| operation | ours us | floor us | ours / floor |");
    println!("| --- | --- | --- | --- |");
    for operation in OPERATIONS {
        for size in SIZES {
            let group = group_name(operation, size);
            if let [Some(ours), Some(floor)] = ["ours", "floor"].map(|kind| median(&group, kind)) {
                let [a, b] = [ours, floor].map(|nanoseconds| nanoseconds / 1e3);
                println!("| {group} | {a:.1} | {b:.1} | {:.2} |", ours / floor);
            }
        }
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .configure_from_args();
    let operations = [
        prove,
        check_all,
        check_one_wrong,
        refresh,
        repair_split,
        repair_gather,
    ];
    for (threshold, trustees) in SIZES {
        let setting = Setting::new(threshold, trustees);
        for (name, operation) in OPERATIONS.into_iter().zip(operations) {
            let mut group = criterion.benchmark_group(group_name(name, (threshold, trustees)));
            group.sampling_mode(SamplingMode::Flat);
            operation(&mut group, &setting);
            group.finish();
        }
    }
    criterion.final_summary();
    print_ratios();
}
