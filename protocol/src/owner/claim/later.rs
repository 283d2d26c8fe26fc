//! What comes after the anchored backup: the newest supplement of it that any host gives (decision 0038).
//!
//! Each host has said with the header which one it has. They are tried from the highest number down, since whoever
//! says one that he cannot show is a liar or asleep. Trustees say which one they were told of last: where no host
//! gives it, a person decides.
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::backup::{BackupHeader, supplements};
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::keys::VerifyingKey;
use crate::keys::role::AgentPolicy;
use crate::message::Body;
use crate::message::backup::{Key, Newest};
use crate::message::share::Lodged;
use crate::owner::claim::fetch::{self, Fetch};
use crate::owner::claim::restore;
use crate::owner::claim::row::{self, Claim, ClaimStage, Claimed, Fixed};
use crate::owner::command::Answer;
use crate::time::{Millis, Timestamp};
use serde::{Deserialize, Serialize};

/// How long a host that has not answered is waited for, once everything else is here; and how long hosts may take
/// for one more chunk of what they say to have.
const PATIENCE: Millis = Millis::seconds(20);

/// How far this is.
#[derive(Serialize, Deserialize)]
pub(crate) struct Later {
    /// Who gave the key of the backup.
    pub(super) host: Did,
    /// The key.
    #[serde(with = "crate::message::in_row")]
    pub(super) key: Key,
    /// Until when hosts that have said nothing are waited for.
    until: Timestamp,
    /// What is fetched now.
    pub(super) trial: Option<Fetch>,
    /// Until when the next piece of that is waited for.
    trial_until: Timestamp,
    /// The newest supplement that is here whole, opens, and is what it says.
    pub(super) found: Option<Fetch>,
    /// Those that are not what hosts said; one for each host at most.
    rejected: Vec<Digest>,
    /// Those that hosts said to have and did not show in time, and which hosts. Another host that names the same one is
    /// asked for it: whoever names the newest and gives nothing must not take it away from those who have it.
    late: Vec<(Digest, Did)>,
    /// Whether trustees know of a newer one.
    pub(super) misses: bool,
}

impl Later {
    /// What a host says to have, unless it was asked for that in vain.
    fn offer(&self, host: &fetch::Source) -> Option<Newest> {
        let in_vain = |newest: &Newest| self.late.contains(&(newest.backup, host.did.clone()));
        host.newest.filter(|newest| !in_vain(newest))
    }

    /// When there is something to do.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let trial = self.trial.as_ref();
        let next = trial.map_or(self.until, |_| self.trial_until);
        let refused = trial.and_then(Fetch::due);
        // Past its time it is the person who is waited for, or a host that answers at last.
        let open = trial.is_some() || !self.misses;
        open.then_some(next).into_iter().chain(refused).min()
    }
}

/// The backup is here, and a host's part of the key. If it opens, what comes after it is looked for.
pub(super) fn begin(
    work: &mut Work<'_>,
    anchor: &Anchor,
    mut claim: Claim,
    key: (Did, Key),
) -> Result<(), Damage> {
    match restore::check(work, &claim, &key.1) {
        Ok(()) => {}
        Err(Stop::Damage(damage)) => return Err(damage),
        Err(Stop::Command(error)) => {
            restore::failed_with(work, &mut claim, error);
            work.save(&claim);
            return Ok(());
        }
    }
    if let ClaimStage::Fetching(fetch) = &mut claim.stage {
        fetch.rest(work);
        let until = work.now.after(PATIENCE);
        fetch.later = Some(Box::new(Later {
            host: key.0,
            key: key.1,
            until,
            trial: None,
            trial_until: until,
            found: None,
            rejected: Vec::new(),
            late: Vec::new(),
            misses: false,
        }));
    }
    advance(work, anchor, claim)
}

/// A reply to a question about a supplement. False where it belongs to none.
pub(super) fn on_reply(
    work: &mut Work<'_>,
    anchor: &Anchor,
    mut claim: Claim,
    (id, reply): (&str, &Body),
) -> Result<bool, Damage> {
    let Some((fixed, later)) = parts(&mut claim) else {
        return Ok(false);
    };
    let Some(trial) = &mut later.trial else {
        return Ok(false);
    };
    let Some(place) = trial.place_of(id) else {
        return Ok(false);
    };
    let before = trial.progress();
    trial.take(work, &fixed, place, reply);
    if trial.progress() != before {
        later.trial_until = work.now.after(PATIENCE);
    }
    advance(work, anchor, claim)?;
    Ok(true)
}

fn parts(claim: &mut Claim) -> Option<(Fixed, &mut Later)> {
    let fixed = claim.fixed.clone()?;
    match &mut claim.stage {
        ClaimStage::Fetching(fetch) => Some((fixed, fetch.later.as_deref_mut()?)),
        ClaimStage::Gathering | ClaimStage::Dealing | ClaimStage::Done => None,
    }
}

/// When nothing comes any more, what is here must do.
pub(crate) fn tick(work: &mut Work<'_>, anchor: &Anchor) -> Result<(), Damage> {
    let Some(mut claim) = row::load(work)? else {
        return Ok(());
    };
    let Some((fixed, later)) = parts(&mut claim) else {
        return Ok(());
    };
    if later.due().is_none_or(|due| due > work.now) {
        return Ok(());
    }
    if let Some(trial) = &mut later.trial {
        trial.ask_refused(work, &fixed);
    }
    advance(work, anchor, claim)
}

/// She goes on with what is here.
pub(crate) fn accept_older(work: &mut Work<'_>, anchor: &Anchor) -> Result<Answer, Stop> {
    let mut claim = row::require(work)?;
    let misses = parts(&mut claim).is_some_and(|(_, later)| later.misses);
    if !misses {
        let text = "no newer backup is missing; see `owner-agent recover status`";
        return Err(CommandError::error(text).into());
    }
    claim.accepts_older = true;
    advance(work, anchor, claim)?;
    Ok(Answer::Done {
        text: "the recovery goes on with the newest backup that a host gave".into(),
    })
}

/// Goes as far as can be gone.
pub(super) fn advance(
    work: &mut Work<'_>,
    anchor: &Anchor,
    mut claim: Claim,
) -> Result<(), Damage> {
    judge_trial(work, anchor, &mut claim)?;
    if !begin_trial(work, &mut claim) && is_enough(work, anchor, &mut claim)? {
        return restore::restore(work, anchor, claim);
    }
    work.save(&claim);
    Ok(())
}

/// What a supplement that is being fetched has shown to be.
enum Verdict {
    /// It is on its way.
    Open,
    /// It is here, and what the host said.
    Good,
    /// It is something else.
    Bad,
    /// It does not come from those who were asked.
    Late,
}

/// Takes what was tried for what it is, or drops it.
fn judge_trial(work: &mut Work<'_>, anchor: &Anchor, claim: &mut Claim) -> Result<(), Damage> {
    let Some(trial) = parts(claim).and_then(|(_, later)| later.trial.take()) else {
        return Ok(());
    };
    let verdict = verdict(work, anchor, claim, &trial)?;
    let Some((_, later)) = parts(claim) else {
        return Ok(());
    };
    match verdict {
        Verdict::Open => later.trial = Some(trial),
        Verdict::Good => {
            trial.withdraw(work);
            if let Some(older) = later.found.replace(trial) {
                older.forget(work);
            }
        }
        Verdict::Bad => {
            trial.withdraw(work);
            trial.forget(work);
            later.rejected.push(trial.head);
        }
        Verdict::Late => {
            trial.withdraw(work);
            trial.forget(work);
            let asked = trial.hosts().iter().map(|host| host.did.clone());
            later.late.extend(asked.map(|host| (trial.head, host)));
        }
    }
    Ok(())
}

fn verdict(
    work: &mut Work<'_>,
    anchor: &Anchor,
    claim: &Claim,
    trial: &Fetch,
) -> Result<Verdict, Damage> {
    let (Some(fixed), ClaimStage::Fetching(fetch)) = (&claim.fixed, &claim.stage) else {
        return Ok(Verdict::Bad);
    };
    let header = trial.header();
    // Its own number counts: one host may name another's supplement with a wrong one, to have it dropped.
    let here = fetch
        .later
        .as_ref()
        .and_then(|later| newest_here(fetch, later));
    let is_lawful = |header: &BackupHeader| {
        fetch
            .header()
            .is_some_and(|base| supplements(header, &base))
            && here.is_some_and(|here| header.draft.sequence > here)
            && is_live(anchor, fixed, &header.author)
    };
    if header.as_ref().is_some_and(|header| !is_lawful(header)) {
        return Ok(Verdict::Bad);
    }
    if trial.is_whole() {
        return Ok(match restore::check_later(work, claim, trial)? {
            true => Verdict::Good,
            false => Verdict::Bad,
        });
    }
    let until = fetch.later.as_ref().map(|later| later.trial_until);
    let is_late = until.is_none_or(|until| until <= work.now);
    Ok(if is_late {
        Verdict::Late
    } else {
        Verdict::Open
    })
}

fn is_live(anchor: &Anchor, fixed: &Fixed, author: &VerifyingKey<AgentPolicy>) -> bool {
    anchor.view(&fixed.log).is_some_and(|view| {
        let time = view.ledger_time().unwrap_or_default();
        view.state().agent_is_live(&fixed.policy, author, time)
    })
}

/// Asks for the highest number that was not tried yet; whether something is being fetched now.
fn begin_trial(work: &mut Work<'_>, claim: &mut Claim) -> bool {
    let until = work.now.after(PATIENCE);
    let Some(fixed) = claim.fixed.clone() else {
        return false;
    };
    let ClaimStage::Fetching(fetch) = &mut claim.stage else {
        return false;
    };
    let Some(later) = &fetch.later else {
        return false;
    };
    if later.trial.is_some() {
        return true;
    }
    let Some(best) = best(fetch, later) else {
        return false;
    };
    let says = |host: &&fetch::Source| {
        later
            .offer(host)
            .is_some_and(|newest| newest.backup == best.backup)
    };
    let hosts = fetch.hosts().iter().filter(says);
    let trial = fetch::begin_later(work, &fixed, best.backup, hosts);
    if let Some(later) = &mut fetch.later {
        (later.trial, later.trial_until) = (Some(trial), until);
    }
    true
}

fn best(fetch: &Fetch, later: &Later) -> Option<Newest> {
    let here = newest_here(fetch, later)?;
    let claims = fetch.hosts().iter().filter_map(|host| later.offer(host));
    let found = later.found.as_ref().map(|found| found.head);
    let open = claims.filter(|newest| {
        let is_known = later.rejected.contains(&newest.backup) || found == Some(newest.backup);
        newest.sequence > here && !is_known
    });
    open.max_by_key(|newest| newest.sequence)
}

/// The number of the newest thing that is here.
fn newest_here(fetch: &Fetch, later: &Later) -> Option<u64> {
    let newest = later.found.as_ref().unwrap_or(fetch);
    newest
        .header()
        .map(|header: BackupHeader| header.draft.sequence)
}

/// Whether nothing more is waited for.
fn is_enough(work: &Work<'_>, anchor: &Anchor, claim: &mut Claim) -> Result<bool, Damage> {
    let known = known(work, anchor, claim)?;
    let (accepts_older, now) = (claim.accepts_older, work.now);
    let ClaimStage::Fetching(fetch) = &mut claim.stage else {
        return Ok(false);
    };
    let silent = fetch.hosts().iter().any(|host| !host.has_answered());
    let Some(here) = fetch
        .later
        .as_ref()
        .and_then(|later| newest_here(fetch, later))
    else {
        return Ok(false);
    };
    let Some(later) = &mut fetch.later else {
        return Ok(false);
    };
    if silent && now < later.until {
        return Ok(false);
    }
    let missing = known.filter(|(lodged, _)| lodged.sequence > here && !accepts_older);
    later.misses = missing.is_some();
    claim.problem = missing.map(|(lodged, names)| missing_text(&lodged, &names, now));
    Ok(claim.problem.is_none())
}

fn missing_text(lodged: &Lodged, names: &[String], now: Timestamp) -> String {
    format!(
        "no backup host gives the changes made {} ago, of which the old device told {}. Wait until a host that has \
         them is on, or go on without them: owner-agent recover accept-older",
        now.since(lodged.made).coarse(),
        names.join(", ")
    )
}

/// The newest supplement that trustees were told of by an agent that lives, and who knows of it.
fn known(
    work: &Work<'_>,
    anchor: &Anchor,
    claim: &Claim,
) -> Result<Option<(Lodged, Vec<String>)>, Damage> {
    let (Some(fixed), ClaimStage::Fetching(fetch)) = (&claim.fixed, &claim.stage) else {
        return Ok(None);
    };
    let mut newest: Option<(Lodged, Vec<String>)> = None;
    for claimed in work.all::<Claimed>()? {
        let lodged = claimed
            .good_release()
            .and_then(|release| release.lodged.clone());
        let lodged = lodged.filter(|lodged| {
            lodged.base == fetch.head
                && lodged.is_signed(&fixed.policy)
                && is_live(anchor, fixed, &lodged.author)
        });
        let Some(lodged) = lodged else {
            continue;
        };
        match &mut newest {
            Some((best, names)) if best.sequence == lodged.sequence => names.push(claimed.name),
            Some((best, _)) if best.sequence > lodged.sequence => {}
            Some(_) | None => newest = Some((lodged, vec![claimed.name])),
        }
    }
    Ok(newest)
}
