//! `doctor`, as far as the owner's rows go.
use super::OwnerAgent;
use super::alert;
use super::audit;
use super::claim::row::{self, ClaimStage};
use super::custody;
use super::deal::{Deal, DealStage};
use super::identity::{self, Identity};
use super::resigned;
use super::status::{Life, is_live};
use super::trustee::{PeerRole, Trustee};
use crate::anchor::Anchor;
use crate::error::Damage;
use crate::health::{Check, Contact, Health, Relation};
use crate::ledger::Kind;
use crate::record::{self, Records};
use crate::time::Timestamp;

impl OwnerAgent {
    /// What the rows say.
    pub(super) fn examined(&self, now: Timestamp, records: &dyn Records) -> Result<Health, Damage> {
        let mut health = Health::default();
        let claiming =
            row::load(records)?.is_some_and(|claim| !matches!(claim.stage, ClaimStage::Done));
        match identity::load(records)? {
            Some(identity) => {
                health.checks.push(key(&self.anchor, &identity));
                let deals = record::load_all::<Deal>(records, &[])?;
                let deal = deals.iter().rfind(|deal| deal.stage == DealStage::Active);
                let lost = deal.map_or(Ok(Vec::new()), |deal| {
                    custody::lost(records, &self.anchor, deal.epoch)
                })?;
                health.checks.push(shares(deal, &lost));
                health.checks.extend(leaving(records)?);
                let gone = audit::lost(records, &self.anchor)?;
                health.checks.push(backup(records, deal, (now, &gone))?);
                health.checks.push(alarms(records, &self.anchor)?);
                health.needed = deal.map_or(0, |deal| usize::from(deal.lane.threshold));
            }
            None if claiming => health.checks.push(Check::ok(
                "identity",
                "a recovery is under way: owner-agent recover status",
            )),
            None => health.checks.push(Check::failed(
                "identity",
                "there is no identity here yet",
                "@ init --name NAME --ledger FILE",
            )),
        }
        self.anchor.health(records, now, &mut health)?;
        health.contacts = contacts(records)?;
        Ok(health)
    }
}

fn contacts(records: &dyn Records) -> Result<Vec<Contact>, Damage> {
    let trustees = record::load_all::<Trustee>(records, &[])?;
    let contact = |trustee: Trustee| {
        let verified = trustee.is_verified();
        let theirs = trustee.contact.filter(|_| verified)?;
        Some(Contact {
            name: trustee.name,
            relation: match trustee.role {
                PeerRole::Trustee => Relation::Trustee,
                PeerRole::Host => Relation::Host,
            },
            ours: trustee.local,
            theirs: theirs.did,
        })
    };
    Ok(trustees.into_iter().filter_map(contact).collect())
}

fn key(anchor: &Anchor, identity: &Identity) -> Check {
    match is_live(anchor, identity) {
        Life::Live => Check::ok(
            "policy",
            "our policy stands on the ledger and this device's key is live",
        ),
        Life::Unknown => Check::warning(
            "policy",
            "our policy is not on the ledger yet, as far as this agent has seen",
            "trustee-agent run",
        )
        .on("the ledger's operator"),
        Life::Revoked => Check::failed(
            "policy",
            "this device's key is revoked on the ledger: it has no power over the identity any more. \
             If it was not you who recovered it elsewhere, recover it now",
            "owner-agent --home NEW recover start --name NAME --trustees NAMES --stolen",
        ),
    }
}

fn shares(deal: Option<&Deal>, lost: &[String]) -> Check {
    let protect = "@ protect --threshold NUMBER";
    let Some(view) = deal.map(Deal::view) else {
        return Check::failed(
            "shares",
            "nothing can be recovered yet: no share was dealt",
            protect,
        );
    };
    let held = view.receipts.len();
    let finding = format!(
        "epoch {}: {held} of {} trustees acknowledged a share, {} are needed",
        view.epoch, view.trustees, view.threshold
    );
    let missing = match view.missing.as_slice() {
        [] => String::new(),
        missing => format!("; missing: {}", missing.join(", ")),
    };
    let again = format!("@ protect --threshold {}", view.threshold);
    let holders = view.receipts.iter().filter(|name| !lost.contains(name));
    let holders = holders.count();
    let may_lose = (holders as u8).saturating_sub(view.threshold);
    let missing = match lost {
        [] => missing,
        lost => format!("{missing}; no proof of a share from: {}", lost.join(", ")),
    };
    match may_lose {
        0 if holders < usize::from(view.threshold) => Check::failed(
            "shares",
            format!("{finding}{missing}; only {holders} can help, which are too few to recover"),
            again,
        ),
        0 => Check::warning(
            "shares",
            format!("{finding}{missing}; none may be lost"),
            again,
        ),
        spare if missing.is_empty() => {
            Check::ok("shares", format!("{finding}; {spare} may be lost"))
        }
        spare => Check::warning(
            "shares",
            format!("{finding}{missing}; {spare} may be lost"),
            again,
        ),
    }
}

/// Who wants to be a trustee no longer.
fn leaving(records: &dyn Records) -> Result<Vec<Check>, Damage> {
    let peers = resigned::open(records)?;
    let check = |peer: &Trustee| {
        let finding = resigned::sentence(records, peer)?;
        let replace = format!("@ trustee replace {} NAME", peer.name);
        Ok(Check::warning("resigned", finding, replace))
    };
    peers.iter().map(check).collect()
}

/// The active epoch's backup: how old, and kept by how many.
fn backup(
    records: &dyn Records,
    deal: Option<&Deal>,
    (now, gone): (Timestamp, &[String]),
) -> Result<Check, Damage> {
    let Some(view) = deal.map(Deal::view) else {
        let host = "@ host invite NAME";
        return Ok(Check::failed(
            "backup",
            "no backup was acknowledged yet",
            host,
        ));
    };
    let keeping = view.hosts.iter().filter(|host| !gone.contains(host));
    let (have, all) = (keeping.count(), view.hosts.len() + view.hosts_missing.len());
    let age = alert::newest(records, Kind::RecoveryPolicy)?
        .map(|time| now.since(time).coarse())
        .map_or_else(String::new, |age| format!(", made {age} ago"));
    let finding = format!("the newest backup{age} is kept by {have} of {all} hosts");
    if !gone.is_empty() {
        let finding = format!("{finding}; not shown any more by: {}", gone.join(", "));
        let again = format!("@ protect --threshold {}", view.threshold);
        return Ok(match have {
            0 => Check::failed("backup", finding, again),
            _ => Check::warning("backup", finding, again),
        });
    }
    Ok(match (have, have == all) {
        (0, _) => Check::failed("backup", finding, "@ host invite NAME"),
        (_, false) => {
            let finding = format!("{finding}; missing: {}", view.hosts_missing.join(", "));
            Check::warning("backup", finding, "trustee-agent run --host-backups")
                .on(view.hosts_missing.join(", "))
        }
        (_, true) => Check::ok("backup", finding),
    })
}

fn alarms(records: &dyn Records, anchor: &Anchor) -> Result<Check, Damage> {
    let alerts = alert::alerts(records, anchor)?;
    Ok(
        match alerts.iter().filter(|alert| alert.state == "open").count() {
            0 => Check::ok("alerts", "nobody asks your trustees for your keys"),
            _ => Check::failed(
                "alerts",
                "someone asks your trustees for your keys, or for a share; stop it if it is not you",
                "@ alert list",
            ),
        },
    )
}
