//! Whether every row of the store can be read.
use crate::store::Examined;
use kith_protocol::health::Check;

/// Rows that are named; the first says it all.
const NAMED: usize = 3;

/// The finding of a store's examination.
pub(crate) fn rows(examined: &Examined) -> Check {
    let Examined {
        rows,
        damaged,
        is_whole,
    } = examined;
    if !damaged.is_empty() {
        let named: Vec<String> = damaged
            .iter()
            .take(NAMED)
            .map(ToString::to_string)
            .collect();
        let finding = format!(
            "{} of {rows} rows cannot be read, and the agent stops when it meets one: {}. Stop it, and \
             put back a copy of this home from before",
            damaged.len(),
            named.join("; ")
        );
        return Check::failed("rows", finding, "cp -a COPY-OF-THE-HOME HOME");
    }
    match is_whole {
        true => Check::ok("rows", format!("all {rows} rows of the store can be read")),
        false => Check::ok(
            "rows",
            format!("the first {rows} rows of the store can be read; the rest was not looked at"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::error::Damage;
    use kith_protocol::health::Verdict;
    use kith_protocol::record::{Key, Space};

    #[test]
    fn a_damaged_row_is_named() {
        let damaged = Examined {
            rows: 9,
            damaged: vec![Damage {
                key: Key::new(Space::Custody, &[0xab]),
            }],
            is_whole: true,
        };
        let check = rows(&damaged);
        assert_eq!(check.state, Verdict::Failed);
        assert!(check.finding.contains("29ab"), "{}", check.finding);
    }

    #[test]
    fn rows_that_nobody_looked_at_are_not_called_readable() {
        let part = Examined {
            rows: 9,
            ..Examined::default()
        };
        assert!(rows(&part).finding.contains("the rest was not looked at"));
    }
}
