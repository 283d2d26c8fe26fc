//! Bytes as decisions: each takes what it needs, and zero when nothing is left.

/// What is left of the input.
pub(crate) struct Taps<'a>(&'a [u8]);

impl<'a> Taps<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Whether all is used up.
    pub(crate) const fn is_dry(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// A number below `bound`; zero where there is none.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let wide = if bound > 256 { self.byte() } else { 0 };
        let number = usize::from(wide) << 8 | usize::from(self.byte());
        number.checked_rem(bound).unwrap_or(0)
    }

    /// One of these.
    pub(crate) fn one<'b, T>(&mut self, of: &'b [T]) -> Option<&'b T> {
        of.get(self.below(of.len()))
    }

    /// Whether.
    pub(crate) fn flag(&mut self) -> bool {
        self.byte() & 1 == 1
    }

    /// A number where they break: at the ends of types and of bounds.
    pub(crate) fn number(&mut self) -> u64 {
        const EDGES: [u64; 20] = [
            0,
            1,
            2,
            3,
            4,
            5,
            127,
            128,
            254,
            255,
            256,
            1_000,
            10_000,
            60_000,
            86_400_000,
            u32::MAX as u64,
            u32::MAX as u64 + 1,
            i64::MAX as u64,
            u64::MAX - 1,
            u64::MAX,
        ];
        self.one(&EDGES).copied().unwrap_or_default()
    }
}
