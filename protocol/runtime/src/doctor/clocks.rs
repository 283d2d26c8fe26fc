//! The machine's clock against its own monotonic one, and against those of others.
use super::probe::Clocks;
use kith_protocol::health::Check;
use kith_protocol::time::Millis;

/// Differences below say nothing: others name whole seconds only.
const NEGLIGIBLE: i64 = 5_000;
/// Beyond it heads are refused by the ledgers made here (`max_skew`), and messages soon after.
const TOO_MUCH: i64 = 60_000;

const SET: &str = "timedatectl set-ntp true";

/// Two findings: whether the clock was set while the agent ran, and whether it is right.
pub(super) fn check(others: Clocks, drift: i64) -> Vec<Check> {
    vec![jump(drift), compared(others)]
}

fn jump(drift: i64) -> Check {
    if drift.abs() < NEGLIGIBLE {
        return Check::ok(
            "clock-jump",
            "the clock has not been set since the agent started",
        );
    }
    let finding = format!(
        "the clock was set {} since the agent started; delays go by the ledger and the machine's own \
         count, so no share leaves early, but deadlines may come late",
        direction(drift)
    );
    Check::warning("clock-jump", finding, SET)
}

fn compared(mut others: Clocks) -> Check {
    others.ahead.sort_unstable();
    let median = others.ahead.get(others.ahead.len() / 2).copied();
    let asked = others.ahead.len();
    if others.refused > asked {
        let finding = format!(
            "{} agents answered with times so far from this machine's clock that they were refused",
            others.refused
        );
        return Check::failed("clock", finding, SET);
    }
    let Some(median) = median else {
        return Check::warning(
            "clock",
            "nobody answered whose clock could be compared",
            "date -u",
        );
    };
    let finding = format!(
        "compared with {asked} agents, this machine's clock is {}",
        behind(median)
    );
    match median.abs() {
        0..NEGLIGIBLE => Check::ok("clock", format!("agrees with {asked} other agents")),
        NEGLIGIBLE..TOO_MUCH => Check::warning("clock", finding, SET),
        _ => Check::failed("clock", finding, SET),
    }
}

fn span(millis: i64) -> Millis {
    Millis(millis.unsigned_abs()).coarse()
}

fn direction(drift: i64) -> String {
    let way = if drift > 0 { "forward" } else { "back" };
    format!("{way} by {}", span(drift))
}

fn behind(median: i64) -> String {
    let way = if median > 0 { "behind" } else { "ahead" };
    format!("{} {way}", span(median))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kith_protocol::health::Verdict;

    fn compared_with(ahead: &[i64], refused: usize) -> Check {
        compared(Clocks {
            ahead: ahead.to_vec(),
            refused,
        })
    }

    #[test]
    fn one_wrong_clock_among_three_is_not_ours() {
        assert_eq!(compared_with(&[-700, 200, 9_000_000], 0).state, Verdict::Ok);
    }

    #[test]
    fn a_clock_that_differs_from_most_is_named_with_how_much_and_which_way() {
        let behind = compared_with(&[120_000, 121_000, 0], 0);
        assert_eq!(behind.state, Verdict::Failed);
        assert!(
            behind.finding.contains("2 min behind"),
            "{}",
            behind.finding
        );
        let ahead = compared_with(&[-30_000], 0);
        assert_eq!(ahead.state, Verdict::Warning);
        assert!(ahead.finding.contains("30 s ahead"), "{}", ahead.finding);
    }

    #[test]
    fn answers_refused_because_of_their_time_tell_of_a_wrong_clock_too() {
        assert_eq!(compared_with(&[], 2).state, Verdict::Failed);
        assert_eq!(compared_with(&[0, 0], 1).state, Verdict::Ok);
    }

    #[test]
    fn a_clock_that_was_set_is_told_from_one_that_runs() {
        assert_eq!(jump(-4_000).state, Verdict::Ok);
        let years = jump(3 * 365 * 86_400_000);
        assert_eq!(years.state, Verdict::Warning);
        assert!(
            years.finding.contains("forward by 1095 d"),
            "{}",
            years.finding
        );
    }
}
