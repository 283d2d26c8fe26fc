//! `doctor`, as far as a trustee's rows go.
use super::TrusteeAgent;
use super::custody::{self, Standing};
use super::ward::Ward;
use super::{host, request, seat};
use crate::error::Damage;
use crate::health::{Check, Contact, Health, Relation};
use crate::record::{self, Records};
use crate::time::Timestamp;

impl TrusteeAgent {
    /// What the rows say.
    pub(super) fn examined(&self, now: Timestamp, records: &dyn Records) -> Result<Health, Damage> {
        let mut health = Health::default();
        let wards = record::load_all::<Ward>(records, &[])?;
        health.checks.push(keeps(records, &wards)?);
        health.checks.push(waiting(records)?);
        self.anchor.health(records, now, &mut health)?;
        self.roles.health(records, now, &mut health)?;
        let verified = wards.into_iter().filter(Ward::is_verified);
        health.contacts = verified
            .map(|ward| Contact {
                name: ward.name,
                relation: Relation::Owner,
                ours: ward.ours,
                theirs: ward.theirs,
            })
            .collect();
        Ok(health)
    }
}

/// What is kept, in numbers; never a share itself.
fn keeps(records: &dyn Records, wards: &[Ward]) -> Result<Check, Damage> {
    let (mut active, mut pending, mut over) = (0_usize, 0_usize, 0_usize);
    for ward in wards {
        for custody in custody::of(records, &ward.id)? {
            *match custody.standing {
                Standing::Current => &mut active,
                Standing::Waiting => &mut pending,
                Standing::Over => &mut over,
            } += 1;
        }
    }
    let mut gone = Vec::new();
    for ward in wards {
        if seat::empty(records, &ward.id)?.is_some() {
            gone.push(ward.name.clone());
        }
    }
    if !gone.is_empty() {
        return Ok(left_behind(&gone));
    }
    let owners = wards.iter().filter(|ward| ward.is_verified()).count();
    let backups = host::count(records);
    Ok(Check::ok(
        "shares",
        format!(
            "{owners} people trust this agent; it keeps {active} active recovery shares, {pending} not \
             active yet, {over} of the epoch before, and {backups} backups and later changes of backups"
        ),
    ))
}

/// Her agent was told, and asks her to deal anew; only she can.
fn left_behind(owners: &[String]) -> Check {
    let text = format!(
        "the shares of {} stayed where this agent lived before: it cannot help them recover before they deal it new          ones, as their own screens tell them",
        owners.join(", ")
    );
    Check::warning("shares", text, "@ share list")
}

fn waiting(records: &dyn Records) -> Result<Check, Damage> {
    let mut count = 0_usize;
    for session in request::list(records)? {
        count += usize::from(request::waits_for(records, &session)?.is_some());
    }
    Ok(match count {
        0 => Check::ok("requests", "no request waits for you"),
        count => Check::warning(
            "requests",
            format!("{count} requests wait for you"),
            "@ request list",
        ),
    })
}
