//! Where every random choice of a run comes from: one seed, one stream per purpose.
use kith_protocol::time::Millis;
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng, SeedableRng};
use serde::Serialize;

/// What a stream of chance is for. Streams do not disturb each other, so that a world with one more
/// node draws the same faults.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    /// The parameters of the run.
    Parameters,
    /// What is protected.
    Items,
    /// Losses, latencies, crashes.
    Faults,
    /// What people do and how long they think.
    People,
    /// Keys of the transport to ledgers.
    Transport,
    /// What villains draw.
    Villains,
    /// Who is struck by what in a story.
    Story,
    /// What kind of person somebody is.
    Habits(u64),
    /// Whom somebody remembers.
    Memory(u64),
    /// How a machine is connected.
    Link(u64),
    /// Who belongs together, and what years do to people.
    Churn,
    /// The randomness of one agent.
    Agent(u64),
}

impl Stream {
    fn number(self) -> u64 {
        match self {
            Self::Parameters => 0,
            Self::Faults => 1,
            Self::People => 2,
            Self::Transport => 3,
            Self::Items => 4,
            Self::Villains => 5,
            Self::Story => 6,
            Self::Churn => 7,
            Self::Habits(person) => 1_000_000 + person,
            Self::Memory(person) => 2_000_000 + person,
            Self::Link(node) => 3_000_000 + node,
            Self::Agent(node) => 1000 + node,
        }
    }
}

/// The generator of one stream.
pub(crate) fn generator(seed: u64, stream: Stream) -> ChaCha12Rng {
    let mut generator = ChaCha12Rng::seed_from_u64(seed);
    generator.set_stream(stream.number());
    generator
}

/// A span that is drawn each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// The shortest.
    pub shortest: Millis,
    /// The longest.
    pub longest: Millis,
}

impl Span {
    /// From `shortest` to `longest` milliseconds.
    #[must_use]
    pub const fn new(shortest: u64, longest: u64) -> Self {
        Self {
            shortest: Millis(shortest),
            longest: Millis(longest),
        }
    }
}

/// Draws.
pub(crate) struct Chance(ChaCha12Rng);

impl Chance {
    /// The stream of a seed.
    pub(crate) fn new(seed: u64, stream: Stream) -> Self {
        Self(generator(seed, stream))
    }

    /// One of `low..=high`. The bias of the remainder is nothing beside 2^64.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.0.next_u64() % (high - low + 1)
    }

    /// A length within a span.
    pub(crate) fn span(&mut self, span: Span) -> Millis {
        Millis(self.between(span.shortest.0, span.longest.0))
    }

    /// Whether something happens that happens so many times in a thousand.
    pub(crate) fn hits(&mut self, per_mille: u16) -> bool {
        self.between(1, 1000) <= u64::from(per_mille)
    }

    /// So many of the numbers below `bound`, in ascending order.
    pub(crate) fn some_below(&mut self, bound: usize, count: usize) -> Vec<usize> {
        let mut left: Vec<usize> = (0..bound).collect();
        let mut chosen: Vec<usize> = (0..count.min(bound))
            .map(|_| left.swap_remove(self.between(0, left.len() as u64 - 1) as usize))
            .collect();
        chosen.sort_unstable();
        chosen
    }

    /// The generator itself, for keys.
    pub(crate) fn generator(&mut self) -> &mut ChaCha12Rng {
        &mut self.0
    }

    /// Random bytes.
    pub(crate) fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let draw = |stream| Chance::new(7, stream).bytes(16);
        assert_eq!(draw(Stream::Faults), draw(Stream::Faults));
        assert_ne!(draw(Stream::Faults), draw(Stream::People));
        assert_ne!(draw(Stream::Agent(0)), draw(Stream::Agent(1)));
    }

    #[test]
    fn some_below_draws_without_repetition() {
        let mut chance = Chance::new(1, Stream::Parameters);
        for _ in 0..100 {
            let drawn = chance.some_below(5, 3);
            assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]) && drawn.iter().all(|n| *n < 5));
        }
    }
}
