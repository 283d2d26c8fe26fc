//! What it costs to push one changed item: `ours` beside the `floor`, sealing the item's bytes and signing once.
//! `cargo bench -p kith-protocol --bench backup` runs for some seconds.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::Criterion;
use kith_protocol::backup::supplement::{self, Supplement};
use kith_protocol::backup::{BackupHeader, Draft, Item, Recipients, Wallet, container};
use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::keys::{DataKey, RecoverySecret, SigningKey, labels};
use kith_protocol::secret::SecretBytes;
use kith_protocol::time::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::hint::black_box;
use std::time::Duration;

/// Bytes of the changed item.
const SIZES: [usize; 3] = [100, 10_000, 1_000_000];

struct Setting {
    base: BackupHeader,
    data_key: DataKey,
    agent: SigningKey<AgentPolicy>,
    rng: ChaCha20Rng,
}

fn draft(sequence: u64) -> Draft {
    Draft {
        policy: Digest([1; 32]),
        epoch: 1,
        sequence,
        previous: Digest([0; 32]),
    }
}

impl Setting {
    fn new() -> Self {
        let mut rng = ChaCha20Rng::from_seed([1; 32]);
        let agent = SigningKey::generate(&mut rng);
        let wallet = Wallet {
            name: "Alice".into(),
            policy: Digest([1; 32]),
            descriptor: Blob(vec![2; 300]),
            link_secret: SecretBytes::generate(&mut rng),
            peers: Vec::new(),
            items: Vec::new(),
        };
        let to = Recipients {
            recovery_key: &RecoverySecret::generate(&mut rng).public_key(),
            hosts: 3,
        };
        let sealed = container::seal(&wallet, draft(1), &to, &agent, &mut rng);
        let (sealed, data_key) = sealed.unwrap();
        Self {
            base: sealed.header,
            data_key,
            agent,
            rng,
        }
    }

    fn push(&mut self, changes: &Supplement) -> usize {
        let keys = (&self.data_key, &self.agent);
        let place = (draft(2), &self.base);
        let (header, chunks) = supplement::seal(changes, place, keys, &mut self.rng).unwrap();
        header.to_bytes().len() + chunks.len()
    }

    fn floor(&mut self, changes: &Supplement) -> usize {
        let data = &changes.items[0].data;
        let sealed = self.data_key.seal(b"", data, &mut self.rng);
        let signed = self.agent.sign(labels::BACKUP_HEADER, &sealed[..32]);
        black_box(signed);
        sealed.len()
    }
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .configure_from_args();
    let mut setting = Setting::new();
    for size in SIZES {
        let changes = Supplement {
            base: setting.base.digest(),
            made: Timestamp(1),
            items: vec![Item {
                name: "key".into(),
                data: vec![7; size],
            }],
            removed: Vec::new(),
        };
        let mut group = criterion.benchmark_group(format!("push {size} bytes"));
        group.bench_function("ours", |b| b.iter(|| setting.push(black_box(&changes))));
        group.bench_function("floor", |b| b.iter(|| setting.floor(black_box(&changes))));
        group.finish();
    }
    criterion.final_summary();
}
