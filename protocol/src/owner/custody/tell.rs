//! What the owner is told of custody: advice, warnings, and who counts no more.
use super::row::{Round, Standing, Watched};
use crate::agent::{Event, Work};
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::owner::command::CustodyView;
use crate::owner::deal::Deal;
use crate::owner::resigned;
use crate::record::{self, Records};
use std::collections::{BTreeMap, BTreeSet};

/// Says what an answer was worth, if it was not what it should be.
pub(super) fn judged(work: &mut Work<'_>, watched: &Watched, deal: &Deal) {
    if watched.standing(deal.epoch) != Standing::Held {
        say(work, watched, deal);
    }
}

/// Says that a round went by without an answer.
pub(super) fn missed(work: &mut Work<'_>, watched: &Watched, deal: &Deal) {
    say(work, watched, deal);
}

fn say(work: &mut Work<'_>, watched: &Watched, deal: &Deal) {
    if let Some(event) = event(watched, deal.epoch, deal.lane.threshold) {
        work.hint(event);
    }
}

/// What to tell of one trustee, and which command helps.
fn event(watched: &Watched, epoch: u32, threshold: u8) -> Option<Event> {
    let name = &watched.name;
    let again = format!("deal anew: owner-agent protect --threshold {threshold}");
    let text = match watched.standing(epoch) {
        Standing::Unasked | Standing::Held => return None,
        Standing::Missed => format!(
            "{name} has not proved for a week or so that it holds its share of epoch {epoch}; \
             see whether its device is on: owner-agent trustee ping {name}"
        ),
        Standing::Silent => format!(
            "{name} has not proved for weeks that it holds its share of epoch {epoch}, and does not \
             count until it does; ask the person, or let somebody else take its place: \
             owner-agent trustee replace {name} NAME"
        ),
        Standing::Gone => {
            format!("{name} says that it no longer holds its share of epoch {epoch}; {again}")
        }
        Standing::Wrong => format!(
            "{name} answered with a wrong proof that it holds its share of epoch {epoch}: its agent \
             lost the share or plays false, and its signed answer is kept; ask the person, then {again}"
        ),
        Standing::Refused => format!(
            "{name} does not say whether it holds its share of epoch {epoch}: {}; ask the person, or let \
             somebody else take its place: owner-agent trustee replace {name} NAME",
            watched.refusal.as_deref().unwrap_or("it gave no reason")
        ),
    };
    Some(Event::new("custody", name, text))
}

/// The epoch that is asked for, its threshold, and everybody who was asked.
struct State {
    epoch: u32,
    threshold: u8,
    all: Vec<Watched>,
}

fn state(records: &dyn Records, anchor: &Anchor) -> Result<Option<State>, Damage> {
    let Some(round) = record::load::<Round>(records, &[])? else {
        return Ok(None);
    };
    // What our own row says may be over: another device may have dealt since.
    let Some((_, deal)) = super::in_force(records, anchor, round.epoch)? else {
        return Ok(None);
    };
    let mut all = record::load_all::<Watched>(records, &[])?;
    all.retain(|watched| deal.trustees.iter().any(|dealt| dealt.name == watched.name));
    Ok(Some(State {
        epoch: round.epoch,
        threshold: deal.lane.threshold,
        all,
    }))
}

/// What is warned of until it is over; advice is said once.
pub(crate) fn pending(records: &dyn Records, anchor: &Anchor) -> Result<Vec<Event>, Damage> {
    let Some(state) = state(records, anchor)? else {
        return Ok(Vec::new());
    };
    let lost = |watched: &&Watched| watched.standing(state.epoch).is_lost();
    let warned = state.all.iter().filter(lost);
    Ok(warned
        .filter_map(|watched| event(watched, state.epoch, state.threshold))
        .collect())
}

/// Who does not count any more as a holder of a share of this epoch.
pub(crate) fn lost(
    records: &dyn Records,
    anchor: &Anchor,
    epoch: u32,
) -> Result<Vec<String>, Damage> {
    let state = state(records, anchor)?.filter(|state| state.epoch == epoch);
    let all = state.map_or_else(Vec::new, |state| state.all);
    let lost = all
        .into_iter()
        .filter(|watched| watched.standing(epoch).is_lost());
    let lost = lost.map(|watched| watched.name);
    // Whoever says that it has deleted its share is not asked to prove it.
    let names: BTreeSet<String> = lost.chain(resigned::emptied(records)?).collect();
    Ok(names.into_iter().collect())
}

/// Everybody who was asked, by name.
pub(crate) fn views(
    records: &dyn Records,
    anchor: &Anchor,
) -> Result<BTreeMap<String, CustodyView>, Damage> {
    let Some(state) = state(records, anchor)? else {
        return Ok(BTreeMap::new());
    };
    let views = state.all.iter();
    Ok(views
        .map(|watched| (watched.name.clone(), watched.view(state.epoch)))
        .collect())
}
