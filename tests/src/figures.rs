//! Measuring: times, memory, and the machine they were taken on. Benches print Markdown rows, which
//! BENCHMARKS.md repeats.
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long something took, and what came of it.
pub fn timed<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let began = Instant::now();
    let result = act();
    (began.elapsed(), result)
}

/// The middle one of several times.
///
/// # Panics
/// When there are none.
#[must_use]
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// In milliseconds, with three digits that count.
#[must_use]
pub fn ms(time: Duration) -> String {
    short(time.as_secs_f64() * 1e3)
}

/// A number with about three digits that count.
#[must_use]
pub fn short(number: f64) -> String {
    match number {
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n if n >= 1.0 => format!("{n:.2}"),
        n => format!("{n:.3}"),
    }
}

/// How many times longer one time is than another.
#[must_use]
pub fn ratio(time: Duration, floor: Duration) -> String {
    short(time.as_secs_f64() / floor.as_secs_f64())
}

/// Resident memory of a process in MiB, as the kernel counts it.
#[must_use]
pub fn resident(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}

/// The machine and the code, as one Markdown line; `at` lies on the disk that was written.
#[must_use]
pub fn circumstances(at: &Path) -> String {
    let cpu = first("/proc/cpuinfo", "model name");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let memory = first("/proc/meminfo", "MemTotal");
    let kib: f64 = memory
        .split(' ')
        .next()
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0.0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{cores} cores of {cpu}, {:.0} GiB, Linux {}, {}, load {} when it began, commit {}",
        kib / 1_048_576.0,
        kernel.split('-').next().unwrap_or_default().trim(),
        said("stat", &["-f", "-c", "%T", &at.to_string_lossy()]),
        load.split(' ').next().unwrap_or_default(),
        said("git", &["rev-parse", "--short", "HEAD"]),
    )
}

fn first(file: &str, key: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(key));
    let value = line.and_then(|line| line.split_once(':'));
    value
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".to_owned())
}
