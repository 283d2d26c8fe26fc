//! Feeds a target without a fuzzer: kept inputs with random changes, until something does not hold or
//! the time is over. `cargo run -p kith-fuzz --example blind -- TARGET SECONDS`
//!
//! It knows nothing of coverage; it is for asking whether a target's checks bite (`run bite`).
#![allow(clippy::print_stdout)]
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, panic};

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let [_, target, seconds] = arguments.as_slice() else {
        eprintln!("blind TARGET SECONDS");
        return ExitCode::from(2);
    };
    let kept = kept(target);
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let until = Instant::now() + Duration::from_secs(seconds.parse().expect("seconds"));
    let mut count = 0_u64;
    panic::set_hook(Box::new(|why| eprintln!("{why}")));
    while Instant::now() < until {
        // First all that is kept, as it is.
        let bytes = match kept.get(usize::try_from(count).unwrap_or(usize::MAX)) {
            Some(bytes) => bytes.clone(),
            None => changed(&kept, &mut rng),
        };
        count += 1;
        if panic::catch_unwind(|| kith_fuzz::run(target, &bytes)).is_err() {
            println!("caught after {count}");
            return ExitCode::FAILURE;
        }
    }
    println!("not caught by {count}");
    ExitCode::SUCCESS
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let entries = fs::read_dir(folder).expect("a target that keeps something");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read(file).expect("a kept input"))
        .collect()
}

fn below(rng: &mut ChaCha20Rng, bound: usize) -> usize {
    usize::try_from(rng.next_u32()).unwrap_or(0) % bound.max(1)
}

/// One that is kept, with up to eight bytes set, taken out or put in, and perhaps the end of another.
fn changed(kept: &[Vec<u8>], rng: &mut ChaCha20Rng) -> Vec<u8> {
    let mut bytes = kept[below(rng, kept.len())].clone();
    if below(rng, 4) == 0 {
        let other = &kept[below(rng, kept.len())];
        bytes.truncate(below(rng, bytes.len() + 1));
        bytes.extend_from_slice(&other[below(rng, other.len() + 1)..]);
    }
    for _ in 0..=below(rng, 8) {
        let (at, byte) = (below(rng, bytes.len()), rng.next_u32() as u8);
        match below(rng, 8) {
            0 if !bytes.is_empty() => drop(bytes.remove(at)),
            1 => bytes.insert(at, byte),
            2 if !bytes.is_empty() => bytes[at] ^= 1 << (byte % 8),
            _ if !bytes.is_empty() => bytes[at] = byte,
            _ => bytes.push(byte),
        }
    }
    bytes
}
