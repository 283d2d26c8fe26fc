//! Values of a scenario: a number, a time or a chance, alone or as a range that each seed draws from.
use crate::chance::Chance;
use kith_protocol::time::Millis;
use std::fmt;
use std::ops::RangeInclusive;

/// Each seed draws one of `low..=high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    /// The least.
    pub(crate) low: u64,
    /// The most.
    pub(crate) high: u64,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things.
    Count,
    /// Times in a thousand.
    PerMille,
    /// Milliseconds; written with a unit, as `90s`.
    Time,
}

/// Units of time, the longest first.
const TIMES: [(&str, u64); 6] = [
    ("y", 365 * DAY),
    ("d", DAY),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];
const DAY: u64 = 24 * 3_600_000;

impl Range {
    /// Always the same.
    pub(crate) const fn only(value: u64) -> Self {
        Self::new(value, value)
    }

    /// From `low` to `high`.
    pub(crate) const fn new(low: u64, high: u64) -> Self {
        Self { low, high }
    }

    pub(crate) fn draw(self, chance: &mut Chance) -> u64 {
        chance.between(self.low, self.high)
    }

    pub(crate) fn draw_time(self, chance: &mut Chance) -> Millis {
        Millis(self.draw(chance))
    }

    /// Reads `3`, `3..9`, `90s` or `5m..1h`.
    ///
    /// # Errors
    /// What is wrong, as the end of a sentence that begins with the key.
    pub(crate) fn parse(
        text: &str,
        unit: Unit,
        bounds: &RangeInclusive<u64>,
    ) -> Result<Self, String> {
        let (low, high) = text.split_once("..").unwrap_or((text, text));
        let one = |part: &str| {
            number(part.trim(), unit).ok_or_else(|| format!("`{text}` is not {}", unit.example()))
        };
        let range = Self::new(one(low)?, one(high)?);
        if range.low > range.high {
            return Err(format!("`{text}` ends before it begins"));
        }
        if !bounds.contains(&range.low) || !bounds.contains(&range.high) {
            let [least, most] = [bounds.start(), bounds.end()].map(|bound| unit.show(*bound));
            return Err(format!("`{text}` is outside {least} to {most}"));
        }
        Ok(range)
    }

    /// As a scenario file has it.
    pub(crate) fn show(self, unit: Unit) -> String {
        if self.low == self.high {
            unit.show(self.low)
        } else {
            format!("{}..{}", unit.show(self.low), unit.show(self.high))
        }
    }
}

impl Unit {
    fn example(self) -> &'static str {
        match self {
            Self::Count => "a number such as 3 or \"3..9\"",
            Self::PerMille => "a chance in a thousand such as 50 or \"0..300\"",
            Self::Time => "a time such as \"90s\" or \"5m..1h\" (ms, s, m, h, d, y)",
        }
    }

    fn show(self, value: u64) -> String {
        if self != Self::Time {
            return value.to_string();
        }
        let fits = |(_, length): &&(&str, u64)| value.is_multiple_of(*length) && value >= *length;
        match TIMES.iter().find(fits) {
            Some((name, length)) => format!("{}{name}", value / length),
            None => "0s".into(),
        }
    }
}

fn number(text: &str, unit: Unit) -> Option<u64> {
    if unit != Unit::Time {
        return text.parse().ok();
    }
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, name) = text.split_at(digits);
    let (_, length) = TIMES.iter().find(|(known, _)| *known == name)?;
    count.parse::<u64>().ok()?.checked_mul(*length)
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(Unit::Count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_and_shown_as_they_are_written() {
        for (text, unit) in [
            ("3", Unit::Count),
            ("3..9", Unit::Count),
            ("5m..30m", Unit::Time),
            ("250ms", Unit::Time),
            ("6y", Unit::Time),
            ("0..300", Unit::PerMille),
        ] {
            let read = Range::parse(text, unit, &(0..=u64::MAX)).unwrap();
            assert_eq!(read.show(unit), text);
        }
    }

    #[test]
    fn what_is_no_range_is_refused_with_its_reason() {
        let problem = |text, unit| Range::parse(text, unit, &(1..=100)).unwrap_err();
        assert!(problem("three", Unit::Count).contains("is not a number"));
        assert!(problem("90", Unit::Time).contains("is not a time"));
        assert!(problem("9..3", Unit::Count).contains("ends before it begins"));
        assert!(problem("0..3", Unit::Count).contains("outside 1 to 100"));
        assert!(problem("99999999999999999999y", Unit::Time).contains("is not a time"));
    }
}
