//! The acts that stories are made of.
use super::page::Section;
use super::value::{Range, Unit};

/// Most of anybody in one act; a policy has no more trustees.
const MOST: u64 = 255;
/// The longest that a story waits at once.
const LONGEST: u64 = 20 * 365 * 24 * 3_600_000;

/// Something that happens in a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Everybody is enrolled and the first epoch is dealt; demanded once the weather is calm.
    Protect,
    /// Some trustees leave, those who are gone first, and newcomers take their places. Demanded: the next
    /// epoch is in force, and who left keeps nothing.
    Replace {
        /// How many.
        count: Range,
    },
    /// New shares of the same secrets. Demanded: the next epoch is in force, and everybody holds it alone.
    Refresh {
        /// Only the ledger is waited for: what follows finds trustees that have not seen it yet.
        hurried: bool,
    },
    /// She adds, changes and removes items. Demanded: her screen says that the hosts have it.
    Change,
    /// Demanded: the claimant's screen says that changes are missing that trustees know of; she goes on without.
    Older,
    /// Some trustees want to be so no longer. Demanded: the owner's screen says so.
    Resign {
        /// How many.
        count: Range,
    },
    /// Demanded: the owner's screen says who still holds a share, who is gone, and who gave a wrong proof.
    Watched,
    /// The owner's device is lost, and nobody finds it.
    LoseDevice,
    /// Some are gone for good.
    Vanish {
        /// Who.
        who: Who,
        /// How many.
        count: Range,
    },
    /// Some begin to cheat.
    Cheat {
        /// How.
        villain: &'static str,
        /// How many.
        count: Range,
    },
    /// The owner begins to recover on a fresh device.
    Claim {
        /// She says that the old device was stolen.
        stolen: bool,
        /// So many trustees she does not remember.
        forgotten: Range,
    },
    /// Time goes by, with the weather that is.
    Pass {
        /// How much.
        time: Range,
        /// With the weather calm.
        calm: bool,
    },
    /// Demanded: what was protected is back and everything is rotated.
    Recovered,
    /// She tries for as long as a healed world may take. Demanded: what comes back is right, or nothing
    /// does; for villains against whom no progress is promised.
    Attempted,
    /// Demanded: the owner cannot recover, and is told so; no share is of use.
    Stuck,
    /// Somebody starts a copy of the lost device's disk.
    CopyAwakes,
    /// Somebody who is not the owner asks all trustees for a recovery. Demanded: while the owner's
    /// device lives she stops it and no share leaves.
    Impostor,
    /// Somebody who is not the owner recovers in her name while her device is off, and vanishes with the first
    /// share. Demanded: her agent deals the next epoch by itself.
    HalfRecovery,
    /// Somebody takes the owner's living device, unlocked: he deals anew on terms that suit him, and vetoes
    /// what she asks for from now on.
    Thief,
    /// Some of them and all others cannot reach each other for a while, beside all else.
    Partition {
        /// Who.
        who: Who,
        /// How many of them.
        count: Range,
        /// For how long.
        time: Range,
    },
    /// Some machines are switched off, and on again.
    Sleep {
        /// Whose.
        who: Who,
        /// How many.
        count: Range,
        /// For how long.
        time: Range,
    },
    /// Some clocks jump, ahead or back by lot, and are set right when the weather is calm.
    ClockJumps {
        /// Whose.
        who: Who,
        /// How many.
        count: Range,
        /// By how much.
        time: Range,
    },
    /// Years go by in calm weather: people drift away, alone or by circles, die, change and lose devices, and
    /// the owner forgets some.
    YearsPass {
        /// How long.
        time: Range,
        /// How many trustees she can count on no longer at their end.
        lost: Range,
    },
    /// A record rots on the disks of some trustees: whoever finds it stops for good.
    Rot {
        /// How many trustees.
        count: Range,
    },
}

/// People and machines of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// Trustees.
    Trustees,
    /// Witnesses of the ledger.
    Witnesses,
    /// The owner, on whatever device.
    Owner,
    /// The operator of the ledger, who also keeps the backup.
    Operator,
}

impl Who {
    /// As messages name them.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Trustees => "trustees",
            Self::Witnesses => "witnesses",
            Self::Owner => "owner",
            Self::Operator => "operator",
        }
    }
}

const GROUPS: [(&str, Who); 4] = [
    ("trustees", Who::Trustees),
    ("witnesses", Who::Witnesses),
    ("owner", Who::Owner),
    ("operator", Who::Operator),
];

/// An act as a file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// What happens.
    pub(crate) act: Act,
    /// In how many of a thousand seeds it does.
    pub(crate) chance: u16,
    /// Where it stands in the file.
    pub(crate) line: usize,
}

/// What acts are called.
#[derive(Clone, Copy)]
enum Kind {
    Protect,
    Replace,
    Refresh,
    Change,
    Older,
    Resign,
    Watched,
    LoseDevice,
    Vanish,
    Cheat,
    Claim,
    Pass,
    Recovered,
    Attempted,
    Stuck,
    CopyAwakes,
    Impostor,
    HalfRecovery,
    Thief,
    Partition,
    Sleep,
    ClockJumps,
    YearsPass,
    Rot,
}

const KINDS: [(&str, Kind); 24] = [
    ("protect", Kind::Protect),
    ("replace", Kind::Replace),
    ("refresh", Kind::Refresh),
    ("change", Kind::Change),
    ("older", Kind::Older),
    ("resign", Kind::Resign),
    ("watched", Kind::Watched),
    ("lose-device", Kind::LoseDevice),
    ("vanish", Kind::Vanish),
    ("cheat", Kind::Cheat),
    ("claim", Kind::Claim),
    ("pass", Kind::Pass),
    ("recovered", Kind::Recovered),
    ("attempted", Kind::Attempted),
    ("stuck", Kind::Stuck),
    ("copy-awakes", Kind::CopyAwakes),
    ("impostor", Kind::Impostor),
    ("half-recovery", Kind::HalfRecovery),
    ("thief", Kind::Thief),
    ("partition", Kind::Partition),
    ("sleep", Kind::Sleep),
    ("clock-jumps", Kind::ClockJumps),
    ("years-pass", Kind::YearsPass),
    ("rot", Kind::Rot),
];

impl Line {
    /// Reads one act; nothing where its name is unknown.
    pub(super) fn read(mut section: Section<'_, '_>, villains: &[&'static str]) -> Option<Self> {
        let kind = section.word("act", &KINDS, None);
        let always = Range::only(1000);
        let chance = section.range("chance", (Unit::PerMille, 0..=1000), always);
        let act = kind.and_then(|kind| kind.read(&mut section, villains));
        let line = section.line;
        if kind.is_some() {
            section.finish();
        }
        act.map(|act| Self {
            act,
            chance: chance.high as u16,
            line,
        })
    }
}

impl Kind {
    fn read(self, section: &mut Section<'_, '_>, villains: &[&'static str]) -> Option<Act> {
        let mut count = |default| {
            let default = Range::only(default);
            section.range("count", (Unit::Count, 0..=MOST), default)
        };
        Some(match self {
            Self::Protect => Act::Protect,
            Self::Replace => Act::Replace { count: count(1) },
            Self::Refresh => Act::Refresh {
                hurried: section.flag("hurried"),
            },
            Self::Change => Act::Change,
            Self::Older => Act::Older,
            Self::Resign => Act::Resign { count: count(1) },
            Self::Watched => Act::Watched,
            Self::LoseDevice => Act::LoseDevice,
            Self::Recovered => Act::Recovered,
            Self::Attempted => Act::Attempted,
            Self::Stuck => Act::Stuck,
            Self::CopyAwakes => Act::CopyAwakes,
            Self::Impostor => Act::Impostor,
            Self::HalfRecovery => Act::HalfRecovery,
            Self::Thief => Act::Thief,
            Self::Vanish => Act::Vanish {
                count: count(1),
                who: section.word("who", &GROUPS[..2], Some(Who::Trustees))?,
            },
            Self::Cheat => {
                let count = count(1);
                let villains: Vec<_> = villains.iter().map(|name| (*name, *name)).collect();
                let villain = section.word("villain", &villains, None)?;
                Act::Cheat { villain, count }
            }
            Self::Claim => Act::Claim {
                stolen: section.flag("stolen"),
                forgotten: section.range("forgotten", (Unit::Count, 0..=MOST), Range::only(0)),
            },
            Self::Pass => Act::Pass {
                time: time(section),
                calm: section.flag("calm"),
            },
            Self::Partition => Act::Partition {
                count: count(1),
                who: section.word("who", &GROUPS, Some(Who::Trustees))?,
                time: time(section),
            },
            Self::Sleep => Act::Sleep {
                count: count(1),
                who: section.word("who", &GROUPS, None)?,
                time: time(section),
            },
            // Time on a ledger is its operator's and witnesses': theirs are held by its own rules.
            Self::ClockJumps => Act::ClockJumps {
                count: count(1),
                who: section.word("who", &[GROUPS[0], GROUPS[2]], Some(Who::Trustees))?,
                time: time(section),
            },
            Self::YearsPass => Act::YearsPass {
                time: section.range("time", (Unit::Time, 0..=LONGEST), Range::only(LONGEST / 20)),
                lost: section.range("lost", (Unit::Count, 0..=MOST), Range::new(0, MOST)),
            },
            Self::Rot => Act::Rot { count: count(1) },
        })
    }
}

fn time(section: &mut Section<'_, '_>) -> Range {
    const HOUR: u64 = 3_600_000;
    section.range("time", (Unit::Time, 0..=LONGEST), Range::only(HOUR))
}

impl Act {
    /// In a sentence, for `describe`.
    pub(crate) fn told(&self) -> String {
        let some = |count: &Range, who: Who| format!("{count} {}", who.name());
        let during = |time: &Range| time.show(Unit::Time);
        match self {
            Self::Protect => "demanded: everybody is enrolled, and the epoch is dealt and active".into(),
            Self::Replace { count } => {
                format!("demanded: {count} trustees are replaced by newcomers, and keep nothing")
            }
            Self::Refresh { hurried: true } => {
                "demanded: new shares of the same secrets are in force on the ledger, whoever has seen it".into()
            }
            Self::Refresh { hurried: false } => "demanded: everybody has a new share of the same secrets, and no old one".into(),
            Self::Change => "demanded: she adds, changes and removes items, and the hosts have it".into(),
            Self::Older => "demanded: her screen says that the newest changes are missing; she goes on without".into(),
            Self::Resign { count } => {
                format!("demanded: {count} trustees resign, and the owner's screen says so")
            }
            Self::Watched => {
                "demanded: her screen says who holds a share, who is gone, and who gave a wrong proof".into()
            }
            Self::LoseDevice => "the owner's device is lost".into(),
            Self::Vanish { who, count } => format!("{} are gone for good", some(count, *who)),
            Self::Cheat { villain, count } => format!("{count} of them begin to cheat: {villain}"),
            Self::Claim { stolen, forgotten } => {
                let why = if *stolen { "stolen" } else { "lost" };
                format!("she begins to recover on a fresh device: {why}; {forgotten} trustees are forgotten")
            }
            Self::Pass { time, calm } => {
                let weather = if *calm { "calm" } else { "bad" };
                format!("{} go by in {weather} weather", during(time))
            }
            Self::Recovered => "demanded: what was protected is back, and everything is rotated".into(),
            Self::Attempted => "she tries for as long as it may take; demanded: what comes back is right, or nothing does".into(),
            Self::Stuck => "demanded: too few are left, nothing comes back, and she is told so".into(),
            Self::CopyAwakes => {
                "somebody starts a copy of the old device; demanded: it has no power".into()
            }
            Self::Impostor => {
                "somebody else asks all trustees for a recovery; demanded: she stops it, and no share leaves".into()
            }
            Self::HalfRecovery => {
                "somebody else asks while her device is off, and vanishes with the first share; demanded: the next epoch is dealt".into()
            }
            Self::Thief => {
                "somebody takes her living device, unlocked: he deals anew, and vetoes what she asks for".into()
            }
            Self::Partition { who, count, time } => {
                format!("{} and all others cannot reach each other for {}", some(count, *who), during(time))
            }
            Self::Sleep { who, count, time } => {
                format!("{} are switched off for {}", some(count, *who), during(time))
            }
            Self::ClockJumps { who, count, time } => {
                format!("the clocks of {} jump by {}", some(count, *who), during(time))
            }
            Self::YearsPass { time, lost } => {
                let time = during(time);
                format!("{time} go by; people drift away, die, change and lose devices: {lost} trustees are lost to her")
            }
            Self::Rot { count } => format!("a record rots on the disks of {count} trustees"),
        }
    }
}
