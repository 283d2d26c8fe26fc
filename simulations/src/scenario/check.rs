//! Whether the acts of a story can follow each other.
use super::act::{Act, Line, Who};
use super::file::File;
use super::page::Page;
use super::value::Range;

/// The chance of what happens in every seed.
const ALWAYS: u16 = 1000;

/// What has happened so far.
#[derive(Default)]
struct SoFar {
    protected: bool,
    /// The owner's device works.
    lost: bool,
    claiming: bool,
    recovered: bool,
    /// Trustees at least that are gone, cheat or are forgotten.
    missing: u64,
}

/// Complains about every act that cannot happen where it stands.
pub(super) fn story(page: &Page<'_>, file: &File) {
    let mut so_far = SoFar::default();
    for line in &file.story {
        if let Err(what) = so_far.add(line, file) {
            page.complain(line.line, what);
        }
    }
    let demands = |line: &Line| {
        matches!(
            line.act,
            Act::Protect
                | Act::Recovered
                | Act::Attempted
                | Act::Stuck
                | Act::CopyAwakes
                | Act::Impostor
        )
    };
    if !file.story.is_empty() && !file.story.iter().any(demands) {
        page.complain(1, "this story demands nothing: it could not fail");
    }
}

impl SoFar {
    fn add(&mut self, line: &Line, file: &File) -> Result<(), String> {
        let need = |held: bool, why: &str| if held { Ok(()) } else { Err(why.to_owned()) };
        match line.act {
            Act::Protect => {
                need(!self.protected, "she is protected already")?;
                self.protected = true;
            }
            Act::LoseDevice => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(!self.lost, "the device is lost already")?;
                self.lost = true;
            }
            Act::Claim { forgotten, .. } => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(self.lost, "her device works: `lose-device` comes first")?;
                need(!self.claiming, "she recovers already")?;
                self.claiming = true;
                self.miss(forgotten, line, file)?;
            }
            Act::Vanish {
                who: Who::Trustees,
                count,
            }
            | Act::Rot { count }
            | Act::Cheat { count, .. } => {
                self.miss(count, line, file)?;
            }
            Act::Replace { count } => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(!self.lost, "the device that could is lost")?;
                let trustees = file.cast.trustees.high;
                if count.low > trustees {
                    return Err(format!("there are {trustees} trustees, not {}", count.low));
                }
                self.missing = self.missing.saturating_sub(count.low);
            }
            // They keep what they have: nothing is lost by it.
            Act::Refresh { .. }
            | Act::Change
            | Act::Resign { .. }
            | Act::Watched
            | Act::HalfRecovery => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(!self.lost, "the device that it needs is lost")?;
            }
            Act::YearsPass { lost, .. } => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(
                    !self.claiming,
                    "she recovers already, and does not wait for years",
                )?;
                self.miss(lost, line, file)?;
            }
            Act::Thief => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(!self.lost, "the device is lost already")?;
                self.lost = true;
            }
            Act::Recovered | Act::Attempted | Act::Stuck => {
                need(self.claiming, "nobody recovers: `claim` comes first")?;
                need(!self.recovered, "that was demanded already")?;
                self.recovered = true;
            }
            Act::Older => need(self.claiming, "nobody recovers: `claim` comes first")?,
            Act::CopyAwakes => need(
                self.recovered,
                "the old device has power until she has recovered: `recovered` comes first",
            )?,
            Act::Impostor => {
                need(
                    self.protected,
                    "nothing is protected yet: `protect` comes first",
                )?;
                need(
                    !self.lost,
                    "nobody could stop him: the owner's device is lost",
                )?;
            }
            Act::Vanish { .. }
            | Act::Pass { .. }
            | Act::Partition { .. }
            | Act::Sleep { .. }
            | Act::ClockJumps { .. } => {}
        }
        self.beyond(line, file)
    }

    fn miss(&mut self, count: Range, line: &Line, file: &File) -> Result<(), String> {
        let trustees = file.cast.trustees.high;
        if count.low > trustees {
            return Err(format!("there are {trustees} trustees, not {}", count.low));
        }
        if line.chance == ALWAYS {
            self.missing += count.low;
        }
        Ok(())
    }

    /// A demand that nobody can keep, and acts that others need.
    fn beyond(&self, line: &Line, file: &File) -> Result<(), String> {
        let left = file.cast.trustees.high.saturating_sub(self.missing);
        if line.act == Act::Stuck && left >= file.deal.threshold.low {
            return Err("enough trustees may be left: she could recover".into());
        }
        let needed = matches!(
            line.act,
            Act::Protect
                | Act::LoseDevice
                | Act::Thief
                | Act::Claim { .. }
                | Act::Recovered
                | Act::Stuck
        );
        if needed && line.chance != ALWAYS {
            return Err("what follows builds on this: it has no `chance`".into());
        }
        Ok(())
    }
}
