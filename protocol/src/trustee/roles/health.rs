//! How the ledger here, and the ledgers witnessed here, stand.
use super::{Roles, SEAT, Seat};
use crate::error::Damage;
use crate::health::{Check, Health, Watched};
use crate::ledger::{Descriptor, OperatorStatus, Witness};
use crate::record::{self, Records};
use crate::time::Timestamp;

impl Roles {
    /// Adds them.
    pub(in crate::trustee) fn health(
        &self,
        records: &dyn Records,
        now: Timestamp,
        health: &mut Health,
    ) -> Result<(), Damage> {
        if let Some(operator) = &self.operator {
            let (status, descriptor) = (operator.status(), operator.descriptor());
            health.checks.push(operated(&status, descriptor, now));
            health.known_by.push(descriptor.operator.did.clone());
            health.watch(Watched {
                log: descriptor.id(),
                descriptor: descriptor.clone(),
                have: status.certified,
                head: Some(status.time).filter(|time| time.0 > 0),
            });
        }
        let Some(seat) = record::load::<Seat>(records, SEAT)? else {
            return Ok(());
        };
        health.known_by.push(seat.did.clone());
        for log in &seat.logs {
            if let Some(witness) = Witness::open(records, log)? {
                health.checks.push(witnessed(&witness, now));
                health.watch(Watched {
                    log: *log,
                    descriptor: witness.descriptor().clone(),
                    have: witness.size(),
                    head: witness.cosigned(),
                });
            }
        }
        Ok(())
    }
}

fn operated(status: &OperatorStatus, descriptor: &Descriptor, now: Timestamp) -> Check {
    let id = format!("operated:{}", descriptor.origin);
    let behind = status.witnesses.iter();
    let behind = behind.filter(|(_, have)| *have < status.certified);
    let behind: Vec<&str> = behind.map(|(name, _)| name.as_str()).collect();
    let lag = match behind.as_slice() {
        [] => String::new(),
        names => format!("; behind: {}", names.join(", ")),
    };
    let age = now.since(status.time).coarse();
    let (records, waiting) = (status.certified, status.waiting);
    if status.time.0 == 0 {
        let finding =
            format!("this ledger has no certified head yet: too few witnesses adopted it{lag}");
        return Check::failed(id, finding, "trustee-agent witness adopt FILE").on("each witness");
    }
    if waiting > 0 && age > descriptor.max_age {
        let finding = format!(
            "{waiting} records wait and the certified head is {age} old: too few witnesses cosign{lag}"
        );
        return Check::failed(id, finding, "trustee-agent run").on("each witness");
    }
    let finding = format!("we operate it: {records} records certified, {waiting} waiting{lag}");
    Check::ok(id, finding)
}

fn witnessed(witness: &Witness, now: Timestamp) -> Check {
    let id = format!("witnessed:{}", witness.descriptor().origin);
    let size = witness.size();
    match witness.cosigned() {
        None => Check::warning(
            id,
            "we witness it and were never asked to cosign a head",
            "trustee-agent run",
        )
        .on("the ledger's operator"),
        Some(time) if time > now.after(witness.descriptor().max_skew) => Check::failed(
            id,
            format!(
                "the last head cosigned here is {} ahead of this machine's clock",
                time.since(now).coarse()
            ),
            "timedatectl set-ntp true",
        ),
        Some(time) => {
            let age = now.since(time).coarse();
            Check::ok(
                id,
                format!("we witness it: {size} records held, last head cosigned {age} old"),
            )
        }
    }
}
