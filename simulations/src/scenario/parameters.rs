//! What a seed draws before anything happens.
use crate::chance::{Chance, Span, Stream};
use crate::faults::Faults;
use crate::people::Terms;
use kith_protocol::time::Millis;
use serde::Serialize;

/// Trustees needed.
pub(crate) const THRESHOLD: u8 = 3;
/// Trustees.
pub(crate) const TRUSTEES: usize = 5;
/// Witnesses of the ledger, and how many certify.
pub(crate) const WITNESSES: usize = 3;
/// Cosignatures that certify a head.
pub(crate) const QUORUM: u8 = 2;

const MINUTE: u64 = 60_000;
/// Short beside real delays, so that a run is short; long beside everything that happens meanwhile.
const DELAY: Span = Span::new(5 * MINUTE, 30 * MINUTE);
/// How long a request lives: no run lasts as long.
const LIFETIME: Span = Span::new(24 * 60 * MINUTE, 72 * 60 * MINUTE);
/// How long a sponsor waits after a failed request.
const COOL_DOWN: Span = Span::new(MINUTE, 10 * MINUTE);
/// The oldest head a reader accepts.
const MAX_AGE: Span = Span::new(10 * MINUTE, 60 * MINUTE);
/// How long faults last in each part of a story, beside the delay: at times they end before anybody
/// has approved, at times they go on until all is done.
const STORM: Span = Span::new(2 * MINUTE, 60 * MINUTE);
/// Items protected, at most.
const ITEMS: u64 = 3;
/// Their bytes, at most: three chunks of a backup.
const ITEM: u64 = 60_000;

/// A seed's parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Parameters {
    /// What goes wrong.
    pub faults: Faults,
    /// How long it does, in each part.
    pub storm: Millis,
    /// The deal.
    pub terms: Terms,
    /// The ledger's.
    pub max_age: Millis,
    /// How far clocks are apart, at most.
    pub clocks: Millis,
}

impl Parameters {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        Self {
            faults: Faults::draw(chance),
            storm: chance.span(STORM),
            terms: Terms {
                threshold: THRESHOLD,
                delay: chance.span(DELAY),
                lifetime: chance.span(LIFETIME),
                cool_down: chance.span(COOL_DOWN),
            },
            max_age: chance.span(MAX_AGE),
            clocks: Faults::draw_clocks(chance),
        }
    }
}

/// What a seed's owner protects.
pub(crate) fn items(seed: u64) -> Vec<(String, Vec<u8>)> {
    let mut chance = Chance::new(seed, Stream::Items);
    let count = chance.between(1, ITEMS);
    (0..count)
        .map(|number| {
            let size = chance.between(1, ITEM) as usize;
            (format!("item {number}"), chance.bytes(size))
        })
        .collect()
}
