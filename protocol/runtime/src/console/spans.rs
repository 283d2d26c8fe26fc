//! Spans and moments of time as people write and read them.
use kith_protocol::time::{Millis, Timestamp};

const UNITS: [(&str, u64); 5] = [
    ("ms", 1),
    ("s", 1_000),
    ("min", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
];

/// Reads `24h`, `90 s`, `30min`, `3d`, `500ms`: a whole number and its unit.
///
/// # Errors
/// A sentence saying how a span is written.
pub fn parse(text: &str) -> Result<Millis, String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let size = UNITS
        .iter()
        .find(|(name, _)| *name == unit.trim_start())
        .map(|(_, size)| *size);
    number
        .parse::<u64>()
        .ok()
        .zip(size)
        .and_then(|(number, size)| number.checked_mul(size))
        .map(Millis)
        .ok_or_else(|| "write a number and its unit: 90s, 30min, 24h, 3d".to_owned())
}

/// A rough span in words, of two units at most: `3 d 4 h`, `12 min 5 s`, `4 s`.
#[must_use]
pub fn rough(span: Millis) -> String {
    let seconds = span.0.div_ceil(1000);
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3_600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let from = parts.iter().position(|(count, _)| *count > 0).unwrap_or(3);
    let shown = parts[from..].iter().take(2).enumerate();
    shown
        .filter(|(place, (count, _))| *place == 0 || *count > 0)
        .map(|(_, (count, unit))| format!("{count} {unit}"))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A moment seen from `now`: `in 3 h`, `12 min ago`, `now`.
#[must_use]
pub fn relative(now: Timestamp, then: Timestamp) -> String {
    if then > now {
        format!("in {}", rough(then.since(now)))
    } else if now.since(then).0 < 1000 {
        "now".to_owned()
    } else {
        format!("{} ago", rough(now.since(then)))
    }
}

/// A moment as `2026-11-22 20:42:05 UTC`.
#[must_use]
pub fn utc(moment: Timestamp) -> String {
    let seconds = moment.seconds();
    let (year, month, day) = civil(seconds / 86_400);
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

/// The date of a day counted from 1970-01-01 (Howard Hinnant's `civil_from_days`): years begin in
/// March, so that the leap day is the last one.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_its_unit() {
        assert_eq!(parse("24h"), Ok(Millis::seconds(86_400)));
        assert_eq!(parse(" 90 s "), Ok(Millis::seconds(90)));
        assert_eq!(parse("500ms"), Ok(Millis(500)));
        for odd in ["", "4", "h", "-1h", "1.5h", "1 week", "99999999999999999d"] {
            assert!(parse(odd).is_err(), "{odd:?}");
        }
    }

    #[test]
    fn what_is_printed_can_be_typed_back() {
        for span in [
            Millis(1),
            Millis::seconds(4),
            Millis::seconds(5400),
            Millis::seconds(259_200),
        ] {
            assert_eq!(parse(&span.to_string()), Ok(span));
        }
    }

    #[test]
    fn a_rough_span_has_two_units_at_most() {
        assert_eq!(rough(Millis(0)), "0 s");
        assert_eq!(rough(Millis(3_100)), "4 s");
        assert_eq!(rough(Millis::seconds(86_400)), "1 d");
        assert_eq!(rough(Millis::seconds(93_784)), "1 d 2 h");
        assert_eq!(relative(Timestamp(9_000), Timestamp(5_000)), "4 s ago");
        assert_eq!(relative(Timestamp(0), Timestamp(60_000)), "in 1 min");
    }

    #[test]
    fn a_moment_is_shown_in_utc() {
        assert_eq!(utc(Timestamp(0)), "1970-01-01 00:00:00 UTC");
        assert_eq!(utc(Timestamp(951_782_400_000)), "2000-02-29 00:00:00 UTC");
        assert_eq!(utc(Timestamp(1_795_380_125_000)), "2026-11-22 20:42:05 UTC");
    }
}
