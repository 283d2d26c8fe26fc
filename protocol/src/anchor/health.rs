//! What the followed ledgers look like from here.
use super::{Anchor, Offer, Outcome, conflicts};
use crate::error::Damage;
use crate::health::{Check, Health, Watched};
use crate::ledger::View;
use crate::record::{self, Records};
use crate::time::Timestamp;

impl Anchor {
    /// Adds the followed ledgers and what the rows say of them: how old the newest heads are, what
    /// waits to be admitted, which heads contradict each other.
    ///
    /// # Errors
    /// [`Damage`] when a row cannot be read.
    pub fn health(
        &self,
        records: &dyn Records,
        now: Timestamp,
        health: &mut Health,
    ) -> Result<(), Damage> {
        for followed in self.logs.values() {
            let view = &followed.view;
            health.checks.push(age(view, now));
            health.watch(Watched {
                log: *view.log(),
                descriptor: view.descriptor().clone(),
                have: view.count(),
                head: view.ledger_time(),
            });
        }
        if !self.logs.is_empty() {
            health.checks.extend(offers(records)?);
            health.checks.push(forks(records)?);
        }
        Ok(())
    }
}

fn age(view: &View, now: Timestamp) -> Check {
    let descriptor = view.descriptor();
    let id = format!("ledger:{}", descriptor.origin);
    let Some(time) = view.ledger_time() else {
        let finding = "no certified head of this ledger has been seen yet: its operator or too many \
                       of its witnesses are away";
        return Check::failed(id, finding, "trustee-agent run").on("the ledger's operator");
    };
    let (age, most) = (now.since(time), descriptor.max_age);
    let entries = view.count();
    if time > now.after(descriptor.max_skew) {
        let ahead = time.since(now).coarse();
        let finding = format!("the newest head seen is {ahead} ahead of this machine's clock");
        return Check::failed(id, finding, "timedatectl set-ntp true");
    }
    if age > most {
        let finding = format!(
            "the newest head seen is {} old and may be {most} old: nothing can be released or \
             decided on it. The agent must run, the operator and the witnesses be reachable, and \
             this machine's clock be right",
            age.coarse()
        );
        return Check::failed(id, finding, "@ run");
    }
    Check::ok(
        id,
        format!(
            "{entries} records, the newest head {} old of at most {most}",
            age.coarse()
        ),
    )
}

fn offers(records: &dyn Records) -> Result<Vec<Check>, Damage> {
    let offers = record::load_all::<Offer>(records, &[])?;
    let mut checks = Vec::new();
    let waiting = offers
        .iter()
        .filter(|offer| offer.outcome == Outcome::Waiting);
    match waiting.count() {
        0 => checks.push(Check::ok("records", "no record of ours waits for a ledger")),
        count => {
            let finding = format!("{count} of our records wait to be admitted by a ledger");
            let check = Check::warning("records", finding, "trustee-agent run");
            checks.push(check.on("the ledger's operator"));
        }
    }
    let mut refused = offers.iter().filter_map(|offer| match &offer.outcome {
        Outcome::Refused { code, comment } => Some(format!("{comment} ({code})")),
        Outcome::Waiting | Outcome::Admitted { .. } => None,
    });
    // One says enough: what was refused is often made anew.
    if let Some(why) = refused.next() {
        let finding = format!("a ledger refused a record of ours: {why}");
        checks.push(Check::warning("refused-record", finding, "@ status"));
    }
    Ok(checks)
}

fn forks(records: &dyn Records) -> Result<Check, Damage> {
    let conflicts = conflicts(records)?;
    Ok(
        match conflicts.iter().max_by_key(|conflict| conflict.proven) {
            None => Check::ok("forks", "every head seen belongs to one history"),
            Some(worst) if worst.proven => Check::failed("forks", worst.sentence(), "@ status"),
            Some(worst) => Check::warning("forks", worst.sentence(), "@ status"),
        },
    )
}
