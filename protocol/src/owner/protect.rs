//! `protect`: sets the terms, deals, collects receipts, anchors; "protected" is said only then (R5).
use crate::agent::{Event, Work};
use crate::anchor::{Anchor, Outcome};
use crate::bytes::Digest;
use crate::did::Did;
use crate::error::{CommandError, Damage, Stop};
use crate::keys::labels;
use crate::ledger::Record;
use crate::message::share::{Commit, Stored};
use crate::message::{Body, ProblemReport};
use crate::outbox;
use crate::owner::command::Answer;
use crate::owner::deal::{self, By, Deal, DealStage};
use crate::owner::dealing::{self, Plan, Right, Terms};
use crate::owner::identity::{self, Identity};
use crate::owner::trustee::{self, PeerRole, Trustee};
use crate::owner::{claim, push};

/// Losses that are survivable right after a protection, where there are trustees to spare (f of
/// G4).
const SPARE: u8 = 1;

/// Deals the next epoch under these terms.
pub(crate) fn begin(work: &mut Work<'_>, anchor: &Anchor, terms: Terms) -> Result<Answer, Stop> {
    let identity = identity::require(work)?;
    let trustees = trustee::verified(work, PeerRole::Trustee)?;
    let hosts = trustee::verified(work, PeerRole::Host)?;
    check(&trustees, &hosts, terms)?;
    let spare = SPARE.min((trustees.len() as u8).saturating_sub(terms.threshold));
    let plan = Plan {
        epoch: next_epoch(anchor, &identity),
        terms,
        right: Right::Agent,
        spare,
    };
    let (trustees, hosts) = (dealing::recipients(trustees)?, dealing::recipients(hosts)?);
    dealing::deal(work, anchor, &plan, trustees, hosts)?;
    show(work)
}

fn check(trustees: &[Trustee], hosts: &[Trustee], terms: Terms) -> Result<(), CommandError> {
    if trustees.len() < usize::from(terms.threshold) {
        return Err(CommandError::error(format!(
            "{} trustees are needed to recover, but only {} are verified; invite more with `owner-agent trustee invite`, \
             and compare words with each",
            terms.threshold,
            trustees.len()
        )));
    }
    if hosts.is_empty() {
        let text = "nobody keeps your backup yet: invite a host that is no trustee with `owner-agent host invite NAME`";
        return Err(CommandError::error(text));
    }
    Ok(())
}

/// One past the epoch that is active on the ledger. A deal of that number which was never anchored is
/// replaced; its shares verify against a digest that no ledger will show, so they stay useless.
fn next_epoch(anchor: &Anchor, identity: &Identity) -> u32 {
    let view = anchor.view(&identity.log);
    let active = view.and_then(|view| {
        view.state()
            .active_epoch(&identity.policy, view.ledger_time().unwrap_or_default())
    });
    active.unwrap_or(0) + 1
}

/// Where the newest deal stands.
pub(crate) fn show(work: &Work<'_>) -> Result<Answer, Stop> {
    identity::require(work)?;
    let none = || CommandError::error("nothing is protected yet; run `owner-agent protect`");
    Ok(Answer::Protect(
        deal::newest(work)?.ok_or_else(none)?.view(),
    ))
}

/// A reply to one of the deal's messages. False where the message belongs to no deal.
pub(crate) fn on_reply(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    id: &str,
    reply: &Body,
) -> Result<bool, Damage> {
    for mut deal in work.all::<Deal>()? {
        if deal.take_reply(work, id, reply)? {
            push::drop_when_placed(work, &deal)?;
            work.save(&deal);
            advance(work, anchor, deal)?;
            return Ok(true);
        }
    }
    Ok(false)
}

impl Deal {
    fn take_reply(&mut self, work: &mut Work<'_>, id: &str, reply: &Body) -> Result<bool, Damage> {
        if let Some(place) = self.trustees.iter().position(|dealt| dealt.message == id) {
            self.take_receipt(work, place, reply)?;
            return Ok(true);
        }
        let Some(place) = self.hosts.iter().position(|host| host.message == id) else {
            return Ok(false);
        };
        let head = self.record.backup_head;
        let host = &mut self.hosts[place];
        match reply {
            Body::BackupWanted(wanted) => push::on_wanted(work, host, wanted)?,
            Body::BackupStored(stored) if push::on_stored(work, host, &head, stored)? => {}
            Body::Problem(problem) => host.refused = Some(reason(problem)),
            _ => host.refused = Some("it answered with something that is no receipt".into()),
        }
        Ok(true)
    }

    fn take_receipt(
        &mut self,
        work: &mut Work<'_>,
        place: usize,
        reply: &Body,
    ) -> Result<(), Damage> {
        let lawful = matches!(reply, Body::ShareStored(stored) if self.is_receipt(place, stored));
        let dealt = &mut self.trustees[place];
        match reply {
            Body::ShareStored(stored) if lawful => {
                dealt.receipt = Some((stored.receipt.clone(), stored.signature));
                let name = dealt.name.clone();
                push::add_prekey(work, &name, &stored.next)?;
                self.note_receipt(work, &name)?;
            }
            Body::Problem(problem) => dealt.refused = Some(reason(problem)),
            _ => {
                dealt.refused =
                    Some("it answered with something that is no receipt for this share".into())
            }
        }
        Ok(())
    }

    /// A receipt counts only for this very deal and index, signed by the trustee it was sent to.
    fn is_receipt(&self, place: usize, stored: &Stored) -> bool {
        let dealt = &self.trustees[place];
        let receipt = &stored.receipt;
        let same = receipt.epoch == self.epoch
            && receipt.deal == self.record.deal_digest
            && receipt.index == dealt.index;
        let key = dealt.did.evidence_key();
        same && key
            .verify(labels::RECEIPT, &receipt.signed_bytes(), &stored.signature)
            .is_ok()
    }

    fn note_receipt(&self, work: &mut Work<'_>, name: &str) -> Result<(), Damage> {
        if let Some(mut trustee) = work.load::<Trustee>(name.as_bytes())? {
            trustee.receipt = Some(self.epoch);
            work.save(&trustee);
        }
        Ok(())
    }
}

fn reason(problem: &ProblemReport) -> String {
    let comment: String = problem
        .comment
        .chars()
        .take(200)
        .filter(|c| !c.is_control())
        .collect();
    let code: String = problem
        .code
        .chars()
        .take(64)
        .filter(char::is_ascii_graphic)
        .collect();
    format!("{comment} ({code})")
}

/// Takes every deal as far as it can go; called after each reply and each look at the ledger.
pub(crate) fn advance_all(work: &mut Work<'_>, anchor: &mut Anchor) -> Result<(), Damage> {
    for deal in work.all::<Deal>()? {
        advance(work, anchor, deal)?;
    }
    Ok(())
}

fn advance(work: &mut Work<'_>, anchor: &mut Anchor, deal: Deal) -> Result<(), Damage> {
    let Some(identity) = identity::load(work)? else {
        return Ok(());
    };
    match deal.stage.clone() {
        DealStage::Gathering if deal.is_backed() => begin_anchoring(work, anchor, &identity, deal),
        DealStage::Anchoring { record } => follow(work, anchor, &identity, deal, &record),
        DealStage::Gathering | DealStage::Active | DealStage::Refused { .. } => Ok(()),
    }
}

fn begin_anchoring(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    identity: &Identity,
    mut deal: Deal,
) -> Result<(), Damage> {
    let record = match deal.by {
        By::Agent => policy_record(anchor, identity, &deal),
        By::Claimant { request } => claim::complete::record(work, identity, &deal, &request)?,
    };
    // Without a view of the ledger there is nothing to link to; the next look tries again.
    let Some(record) = record else { return Ok(()) };
    anchor.append(work, identity.log, &record)?;
    deal.stage = DealStage::Anchoring {
        record: record.digest(&identity.log),
    };
    work.save(&deal);
    Ok(())
}

fn policy_record(anchor: &Anchor, identity: &Identity, deal: &Deal) -> Option<Record> {
    let link = anchor
        .view(&identity.log)?
        .state()
        .next_link(&identity.policy)?;
    Some(Record::recovery_policy(
        &identity.log,
        link,
        deal.record.clone(),
        &identity.agent,
    ))
}

fn follow(
    work: &mut Work<'_>,
    anchor: &mut Anchor,
    identity: &Identity,
    mut deal: Deal,
    record: &Digest,
) -> Result<(), Damage> {
    let active = anchor.view(&identity.log).is_some_and(|view| {
        let epoch = view
            .state()
            .active_epoch(&identity.policy, view.ledger_time().unwrap_or_default());
        let body = epoch.and_then(|epoch| view.state().recovery_policy(&identity.policy, epoch));
        body.is_some_and(|body| body.deal_digest == deal.record.deal_digest)
    });
    if active {
        return activate(work, identity, deal);
    }
    if let Some(Outcome::Refused { code, comment }) = anchor.outcome(work, record)? {
        let reason = format!("{comment} ({code})");
        deal.stage = match deal.by {
            By::Agent => DealStage::Refused { reason },
            // A veto may yet be overridden: as long as the request has not ended, the same completion
            // is offered again at the next look.
            By::Claimant { request } if is_open(anchor, identity, &request) => DealStage::Gathering,
            By::Claimant { .. } => DealStage::Refused { reason },
        };
        work.save(&deal);
    }
    Ok(())
}

fn is_open(anchor: &Anchor, identity: &Identity, request: &Digest) -> bool {
    let status = anchor.view(&identity.log).and_then(|view| {
        let time = view.ledger_time().unwrap_or_default();
        view.state().request_status(request, time)
    });
    status.is_some_and(|status| !status.ended)
}

fn activate(work: &mut Work<'_>, identity: &Identity, mut deal: Deal) -> Result<(), Damage> {
    deal.stage = DealStage::Active;
    let commit = Commit {
        policy: identity.policy,
        epoch: deal.epoch,
    };
    let to: Vec<(Did, Did)> = deal
        .trustees
        .iter()
        .map(|dealt| (dealt.local.clone(), dealt.did.clone()))
        .collect();
    for (local, did) in to {
        // Queued behind the share for whoever has not got it yet.
        outbox::send(work, &local, &did, Body::ShareCommit(commit.clone()));
    }
    let text = format!(
        "epoch {} is active: {} of {} trustees hold it",
        deal.epoch,
        deal.view().receipts.len(),
        deal.trustees.len()
    );
    work.hint(Event::new("protected", deal.epoch.to_string(), text));
    work.save(&deal);
    if let By::Claimant { request } = deal.by {
        claim::complete::finish(work, &request)?;
    }
    Ok(())
}
