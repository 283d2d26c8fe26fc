//! Sealing and opening at two sizes, beside the bare `didcomm` crate and beside a floor: the least
//! any sender-authenticated envelope over X25519 must do (two agreements each side, one ephemeral
//! key, one hash, one AEAD pass; no JSON, no base64).

#[path = "../tests/envelope/forge.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod forge;

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use criterion::{BenchmarkId, Criterion, Throughput};
use didcomm::{Message, PackEncryptedOptions, UnpackOptions};
use forge::{NOW, World, alice, bob, plain};
use futures::FutureExt as _;
use kith_envelope::{open, seal};
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::message::Plaintext;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;
use x25519_dalek::{PublicKey, StaticSecret};

const SIZES: [usize; 2] = [1024, 32 * 1024];

fn message(size: usize) -> Plaintext {
    Plaintext {
        body: json!({ "data": "x".repeat(size) }),
        ..plain(&alice(), &bob())
    }
}

struct Floor {
    sender: StaticSecret,
    recipient: StaticSecret,
}

impl Floor {
    fn new() -> Self {
        let secret = |local: &LocalDid| StaticSecret::from(*local.agreement().expose_seed());
        Self {
            sender: secret(&alice()),
            recipient: secret(&bob()),
        }
    }

    fn cipher(ephemeral: &[u8; 32], fixed: &[u8; 32]) -> ChaCha20Poly1305 {
        let key = Sha256::new()
            .chain_update(ephemeral)
            .chain_update(fixed)
            .finalize();
        ChaCha20Poly1305::new(&key)
    }

    fn seal(&self, plaintext: &[u8]) -> (PublicKey, Vec<u8>) {
        let to = PublicKey::from(&self.recipient);
        let ephemeral = StaticSecret::from(*black_box(&[7; 32]));
        let cipher = Self::cipher(
            ephemeral.diffie_hellman(&to).as_bytes(),
            self.sender.diffie_hellman(&to).as_bytes(),
        );
        let sealed = cipher.encrypt(&[0; 12].into(), plaintext).expect("seals");
        (PublicKey::from(&ephemeral), sealed)
    }

    fn open(&self, ephemeral: &PublicKey, sealed: &[u8]) -> Vec<u8> {
        let from = PublicKey::from(&self.sender);
        let cipher = Self::cipher(
            self.recipient.diffie_hellman(ephemeral).as_bytes(),
            self.recipient.diffie_hellman(&from).as_bytes(),
        );
        cipher.decrypt(&[0; 12].into(), sealed).expect("opens")
    }
}

fn bare(message: &Plaintext) -> Message {
    Message::build(
        message.id.clone(),
        message.typ.clone(),
        message.body.clone(),
    )
    .from(message.from.to_string())
    .to(message.to.to_string())
    .finalize()
}

fn bare_pack(message: &Message, world: &World) -> String {
    let (from, to) = (
        message.from.as_deref(),
        message.to.as_ref().expect("named")[0].as_str(),
    );
    let options = PackEncryptedOptions {
        forward: false,
        ..PackEncryptedOptions::default()
    };
    let packing = message.pack_encrypted(to, from, None, world, world, &options);
    packing.now_or_never().expect("ready").expect("packs").0
}

fn sealing(c: &mut Criterion) {
    let (sender, world, floor) = (alice(), World::everybody(), Floor::new());
    let mut group = c.benchmark_group("seal");
    for size in SIZES {
        let (message, text) = (message(size), "x".repeat(size));
        let library = bare(&message);
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("kith", size), |b| {
            b.iter(|| seal(black_box(&message), &sender));
        });
        group.bench_function(BenchmarkId::new("didcomm", size), |b| {
            b.iter(|| bare_pack(black_box(&library), &world));
        });
        group.bench_function(BenchmarkId::new("floor", size), |b| {
            b.iter(|| floor.seal(black_box(text.as_bytes())));
        });
    }
    group.finish();
}

fn opening(c: &mut Criterion) {
    let (recipient, world, floor) = (bob(), World::everybody(), Floor::new());
    let local = |did: &Did| (did == recipient.did()).then(|| Arc::clone(&recipient));
    let options = UnpackOptions::default();
    let mut group = c.benchmark_group("open");
    for size in SIZES {
        let sealed = seal(&message(size), &alice()).expect("seals");
        let text = String::from_utf8(sealed.clone()).expect("text");
        let (ephemeral, least) = floor.seal("x".repeat(size).as_bytes());
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("kith", size), |b| {
            b.iter(|| open(black_box(&sealed), &local, NOW).expect("opens"));
        });
        group.bench_function(BenchmarkId::new("didcomm", size), |b| {
            b.iter(|| {
                let unpacking = Message::unpack(black_box(&text), &world, &world, &options);
                unpacking.now_or_never().expect("ready").expect("opens")
            });
        });
        group.bench_function(BenchmarkId::new("floor", size), |b| {
            b.iter(|| floor.open(black_box(&ephemeral), &least));
        });
    }
    group.finish();
}

fn identifiers(c: &mut Criterion) {
    let text = bob().did().to_string();
    c.bench_function("parse a did:peer:2", |b| {
        b.iter(|| Did::parse(black_box(&text)))
    });
}

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500))
        .configure_from_args();
    sealing(&mut criterion);
    opening(&mut criterion);
    identifiers(&mut criterion);
    criterion.final_summary();
}
