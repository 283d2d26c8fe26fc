//! Trustees who leave: `trustee remove` and `trustee replace` (R6; decision 0032).
use crate::agent::Work;
use crate::anchor::Anchor;
use crate::error::{CommandError, Stop};
use crate::owner::command::Answer;
use crate::owner::deal::{self, Deal};
use crate::owner::dealing::Terms;
use crate::owner::identity;
use crate::owner::protect;
use crate::owner::trustee::{self, PeerRole, Stage, Trustee};

/// Marks a trustee or host as leaving, and deals the next epoch to the others under the terms in force.
pub(crate) fn remove(work: &mut Work<'_>, anchor: &Anchor, name: &str) -> Result<Answer, Stop> {
    identity::require(work)?;
    let mut leaving = trustee::named(work, name)?;
    check_may_leave(&leaving)?;
    let Some(terms) = deal::active(work)?.as_ref().map(terms_of) else {
        return forget(work, leaving);
    };
    check_enough_remain(work, &leaving, terms)?;
    leaving.stage = Stage::Leaving;
    work.save(&leaving);
    protect::begin(work, anchor, terms)
}

/// As [`remove`], once the one who takes the place is verified.
pub(crate) fn replace(
    work: &mut Work<'_>,
    anchor: &Anchor,
    (old, new): (&str, &str),
) -> Result<Answer, Stop> {
    let leaving = trustee::named(work, old)?;
    let coming = trustee::named(work, new)?;
    if !coming.is_verified() || coming.role != leaving.role || coming.name == leaving.name {
        let role = role(leaving.role);
        return Err(CommandError::error(format!(
            "{new} is no verified {role} that could take {old}'s place; invite one with \
             `owner-agent {role} invite NAME`, and compare words"
        ))
        .into());
    }
    remove(work, anchor, old)
}

fn role(role: PeerRole) -> &'static str {
    match role {
        PeerRole::Trustee => "trustee",
        PeerRole::Host => "host",
    }
}

fn check_may_leave(leaving: &Trustee) -> Result<(), CommandError> {
    let name = &leaving.name;
    match leaving.stage {
        Stage::Leaving => Err(CommandError::pending(format!(
            "{name} is leaving already, and goes when the next epoch is in force and proved held; see \
             `owner-agent status`"
        ))),
        Stage::Removed => Err(CommandError::error(format!("{name} was removed before"))),
        Stage::Invited
        | Stage::Revealing { .. }
        | Stage::Comparing(_)
        | Stage::Verified
        | Stage::Mismatch
        | Stage::Declined => Ok(()),
    }
}

/// The terms of a deal, to be dealt under again.
fn terms_of(deal: &Deal) -> Terms {
    Terms {
        threshold: deal.lane.threshold,
        delay: deal.lane.delay,
        lifetime: deal.lane.lifetime,
        cool_down: deal.lane.cool_down,
        override_threshold: deal.lane.override_threshold,
    }
}

fn check_enough_remain(work: &Work<'_>, leaving: &Trustee, terms: Terms) -> Result<(), Stop> {
    let name = &leaving.name;
    let remaining = trustee::verified(work, leaving.role)?;
    let remaining = remaining.iter().filter(|peer| peer.name != *name).count();
    let error = match leaving.role {
        PeerRole::Trustee if remaining < usize::from(terms.threshold) => {
            CommandError::error(format!(
                "without {name} only {} trustees would be left, and {} are needed to recover; invite another first \
                 with `owner-agent trustee invite NAME` and compare words, then `owner-agent trustee replace {name} NAME`",
                remaining, terms.threshold
            ))
        }
        PeerRole::Host if remaining == 0 => CommandError::error(format!(
            "without {name} nobody would keep your backup; invite another first with `owner-agent host invite NAME` \
             and compare words, then `owner-agent trustee replace {name} NAME`"
        )),
        PeerRole::Trustee | PeerRole::Host => return Ok(()),
    };
    Err(error.into())
}

/// Nothing is in force that it is part of: there is nothing to replace.
fn forget(work: &mut Work<'_>, mut leaving: Trustee) -> Result<Answer, Stop> {
    leaving.stage = Stage::Removed;
    work.save(&leaving);
    let name = &leaving.name;
    Ok(Answer::Done {
        text: format!(
            "{name} is not dealt to any more; you may invite somebody under this name again"
        ),
    })
}
