//! `compare`: two files of results side by side.
use super::print;
use super::results::{Line, load};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

/// The normal distribution's 97.5 % point.
const Z: f64 = 1.96;

/// What is averaged.
type Value = fn(&Line) -> f64;

/// Prints them.
pub(crate) fn compare(a: &Path, b: &Path) -> anyhow::Result<ExitCode> {
    let (first, second) = (load(a)?, load(b)?);
    print(&format!("{:<34} {:<26} {}", "", of(&first), of(&second)))?;
    let rows: [(&str, Value); 3] = [
        ("simulated seconds, mean", |line| {
            line.simulated_ms as f64 / 1000.0
        }),
        ("steps, mean", |line| line.steps as f64),
        ("deliveries, mean", |line| line.deliveries as f64),
    ];
    let cells = [&first, &second].map(|lines| broken(lines));
    print(&format!(
        "{:<34} {:<26} {}",
        "runs broken", cells[0], cells[1]
    ))?;
    for (name, value) in rows {
        let cells = [&first, &second].map(|lines| mean(lines, value));
        print(&format!("{name:<34} {:<26} {}", cells[0], cells[1]))?;
    }
    let (both, same) = alike(&first, &second);
    print(&format!(
        "{same} of {both} runs of the same scenario and seed took the same course"
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn of(lines: &[Line]) -> String {
    let commit = lines.first().map_or("nothing", |line| line.commit.as_str());
    format!("{} runs, {commit}", lines.len())
}

/// How many broke, with Wilson's interval.
fn broken(lines: &[Line]) -> String {
    let count = lines.iter().filter(|line| line.verdict != "passed").count();
    let (low, high) = wilson(count as f64, lines.len() as f64);
    format!("{count} ({:.2} to {:.2} %)", low * 100.0, high * 100.0)
}

fn wilson(count: f64, of: f64) -> (f64, f64) {
    if of == 0.0 {
        return (0.0, 1.0);
    }
    let (share, square) = (count / of, Z * Z);
    let middle = share + square / (2.0 * of);
    let half = Z * (share * (1.0 - share) / of + square / (4.0 * of * of)).sqrt();
    let scale = 1.0 + square / of;
    (
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    )
}

/// A mean, with its interval.
fn mean(lines: &[Line], value: Value) -> String {
    let count = lines.len() as f64;
    let mean = lines.iter().map(value).sum::<f64>() / count;
    let spread = lines
        .iter()
        .map(|line| (value(line) - mean).powi(2))
        .sum::<f64>();
    let half = Z * (spread / (count - 1.0)).sqrt() / count.sqrt();
    format!("{mean:.0} ± {half:.0}")
}

/// How many runs both have, and how many of them have one trace hash.
fn alike(first: &[Line], second: &[Line]) -> (usize, usize) {
    let key = |line: &Line| (line.scenario.clone(), line.seed);
    let hashes: BTreeMap<_, &str> = first
        .iter()
        .map(|line| (key(line), line.trace_hash.as_str()))
        .collect();
    let both = second.iter().filter_map(|line| {
        let hash = hashes.get(&key(line))?;
        Some(*hash == line.trace_hash)
    });
    let both: Vec<bool> = both.collect();
    (both.len(), both.iter().filter(|same| **same).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wilson's interval for 0 of 2,000, and for 1 of 10 (Wilson 1927; values of R's `binom`).
    #[test]
    fn intervals_are_wilsons() {
        let (low, high) = wilson(0.0, 2000.0);
        assert!(low == 0.0 && (high - 0.001_917).abs() < 1e-5, "{high}");
        let (low, high) = wilson(1.0, 10.0);
        assert!((low - 0.01788).abs() < 1e-3 && (high - 0.40415).abs() < 1e-3);
    }
}
