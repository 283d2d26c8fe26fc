//! The two clocks: the wall's, which anyone may set, and the machine's, which no one can.
use kith_protocol::time::Timestamp;
use std::fs;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The wall clock of this process, where it is not the machine's.
static WALL: OnceLock<fn() -> Timestamp> = OnceLock::new();

/// Has this process go by another wall clock than the machine's, from here on: so an agent whose clock
/// jumps is tested on a machine whose clock nobody may set. False where it goes by another already.
pub fn go_by(wall: fn() -> Timestamp) -> bool {
    WALL.set(wall).is_ok()
}

/// The wall clock in milliseconds since the Unix epoch; zero before it.
#[must_use]
pub fn now() -> Timestamp {
    WALL.get().map_or_else(of_the_machine, |wall| wall())
}

/// The machine's wall clock, as [`now`] has it.
#[must_use]
pub fn of_the_machine() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// How far the wall clock was set forward (or back, below zero) since the first call in this
/// process, in milliseconds: what it has gained on the clock that no one can set. The agent calls
/// it when it starts.
pub fn drift() -> i64 {
    static FIRST: OnceLock<i64> = OnceLock::new();
    let lead = lead(now(), uptime());
    lead.saturating_sub(*FIRST.get_or_init(|| lead))
}

/// Tells when the wall clock was set.
#[derive(Default)]
pub(crate) struct Watch(Option<i64>);

impl Watch {
    /// Whether the wall clock was set since the last call; at the first, because it may have been while
    /// no agent ran. Then what waits is looked at anew: it may seem to wait for years.
    pub(crate) fn was_set(&mut self) -> bool {
        self.moved(lead(now(), uptime()))
    }

    fn moved(&mut self, lead: i64) -> bool {
        let before = self.0.replace(lead);
        before.is_none_or(|before| before.abs_diff(lead) > SET)
    }
}

/// Milliseconds by which the wall clock strays from the machine's own between two looks at most,
/// without being set: leap seconds, and how coarse the other is.
const SET: u64 = 2_000;

fn lead(wall: Timestamp, uptime: u64) -> i64 {
    let signed = |millis: u64| i64::try_from(millis).unwrap_or(i64::MAX);
    signed(wall.0).saturating_sub(signed(uptime))
}

/// Milliseconds on a clock that only runs forward (G7).
///
/// On Linux since the machine was started, sleep included, so that restarting the agent does not
/// restart a waiting period. After a reboot it is smaller than before or has run for less time
/// than has really passed: a difference of two readings never says more than the truth. Elsewhere
/// since the process was started.
#[must_use]
pub fn uptime() -> u64 {
    since_boot().unwrap_or_else(since_start)
}

fn since_boot() -> Option<u64> {
    parse_uptime(&fs::read_to_string("/proc/uptime").ok()?)
}

/// Reads `12345.67 8901.23`: seconds since boot, with hundredths.
fn parse_uptime(text: &str) -> Option<u64> {
    let (seconds, hundredths) = text.split_ascii_whitespace().next()?.split_once('.')?;
    let hundredths: u64 = (hundredths.len() == 2).then(|| hundredths.parse().ok())??;
    seconds
        .parse::<u64>()
        .ok()?
        .checked_mul(1000)?
        .checked_add(hundredths * 10)
}

fn since_start() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let elapsed = START.get_or_init(Instant::now).elapsed();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_uptime_never_runs_back() {
        let first = uptime();
        assert!(uptime() >= first);
        assert!(since_start() <= since_start());
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_once_and_so_is_the_start() {
        let mut watch = Watch::default();
        let leads = [0, 1_000, 900_000, 900_500, -5];
        assert_eq!(
            leads.map(|lead| watch.moved(lead)),
            [true, false, true, false, true]
        );
    }

    #[test]
    fn a_clock_that_is_set_gains_on_the_one_that_is_not() {
        assert_eq!(lead(Timestamp(90_000), 30_000), 60_000);
        assert_eq!(lead(Timestamp(0), 30_000), -30_000);
        assert!(drift().abs() < 60_000);
    }

    #[test]
    fn the_kernel_s_uptime_is_read_in_milliseconds() {
        assert_eq!(parse_uptime("350735.47 234388.90\n"), Some(350_735_470));
        assert_eq!(parse_uptime("0.05 0.00"), Some(50));
        for odd in [
            "",
            "12",
            "x.yz 1.00",
            "1.5 2.00",
            "18446744073709551615.00 1.00",
        ] {
            assert_eq!(parse_uptime(odd), None, "{odd:?}");
        }
    }
}
