//! Part 5: the thief starts the copy. What lies on the disk stays readable to whoever has the
//! passphrase; what is tried here is whether it still has any power over the identity (G13).
use super::{OWNER, Play};
use crate::demo::patience::{MESSAGES, Seen, unless_pending, until};
use crate::demo::people::Owner;
use crate::demo::process::{Place, Process};
use crate::demo::trouble::Trouble;
use kith_protocol::bytes::Digest;
use kith_protocol::owner::command::{Answer, Command, ProtectView};
use kith_runtime::console::Exit;

const DEAL: &str = "deal new shares";
const VETO: &str = "veto the recovery";

/// Something that was tried with the copy and refused.
#[derive(Clone, Debug)]
pub(in crate::demo) struct Refusal {
    /// What was tried.
    pub(in crate::demo) tried: &'static str,
    /// Who refused.
    pub(in crate::demo) by: String,
    /// The reason given.
    pub(in crate::demo) reason: String,
}

/// All that was tried.
pub(in crate::demo) type Refusals = Vec<Refusal>;

impl Play<'_> {
    pub(super) async fn try_the_copy(
        &mut self,
        stolen: &Place,
        claimant: &Process,
    ) -> Result<Refusals, Trouble> {
        self.story.part(
            "thief",
            "5  The thief's copy: the old device's keys, after the recovery",
        );
        self.story
            .step("the thief starts the copy with the old passphrase");
        let process = stolen.run::<[&str; 0]>([]).await?;
        let thief = Owner::at(&process);
        self.revoked(thief).await?;
        let mut refusals = self.try_to_deal(thief).await?;
        refusals.push(self.try_to_veto(thief, claimant).await?);
        Ok(refusals)
    }

    async fn revoked(&mut self, thief: Owner<'_>) -> Result<(), Trouble> {
        let text = until("the copy learns that it is revoked", MESSAGES, async || {
            let status = thief.status().await?;
            Ok(match (status.state.as_str(), status.live) {
                ("revoked", false) => Seen::Done(status.text),
                _ => Seen::NotYet(format!("{}: {}", status.state, status.text)),
            })
        });
        self.story
            .done(&format!("its own agent says: {}", text.await?));
        Ok(())
    }

    /// New shares under the thief's terms would take the identity over, if anyone took them.
    async fn try_to_deal(&mut self, thief: Owner<'_>) -> Result<Refusals, Trouble> {
        self.story
            .step(format!("the thief deals new shares of {OWNER}'s identity"));
        let plan = self.plan;
        let protect = Command::Protect {
            threshold: plan.threshold,
            delay: Some(plan.delay),
            lifetime: Some(plan.lifetime),
            cool_down: Some(plan.cool_down),
            override_threshold: None,
        };
        let refusals = match refusal(thief.ask(&protect).await)? {
            Some(reason) => vec![Refusal {
                tried: DEAL,
                by: "its own agent".to_owned(),
                reason,
            }],
            None => refused_by_all(thief, plan.survivors()).await?,
        };
        for Refusal { by, reason, .. } in &refusals {
            self.story.done(&format!("{by} refuses: {reason}"));
        }
        Ok(refusals)
    }

    async fn try_to_veto(
        &mut self,
        thief: Owner<'_>,
        claimant: &Process,
    ) -> Result<Refusal, Trouble> {
        self.story
            .step("the thief vetoes the recovery on the ledger");
        let view = Owner::at(claimant).recovery().await?;
        let request = view.request.ok_or_else(|| {
            Trouble::Broken("the recovery is done and names no request".to_owned())
        })?;
        let veto = Command::AlertVeto {
            id: request.to_string(),
        };
        let reason = match thief.ask(&veto).await {
            Ok(Answer::Offered { record, .. }) => outcome(thief, record).await?,
            other => refusal(other)?,
        };
        let reason = reason.ok_or_else(|| obeyed("the ledger took its veto"))?;
        self.story.done(&reason);
        Ok(Refusal {
            tried: VETO,
            by: "the ledger".to_owned(),
            reason,
        })
    }
}

/// The reason of a refusal, or nothing where the copy was obeyed.
fn refusal(answer: Result<Answer, Trouble>) -> Result<Option<String>, Trouble> {
    match answer {
        Ok(_) => Ok(None),
        Err(Trouble::Agent { source, .. }) if source.exit() == Exit::Refused.code() => {
            Ok(Some(source.to_string()))
        }
        Err(trouble) => Err(trouble),
    }
}

/// What the ledger said to a record of the copy's.
async fn outcome(thief: Owner<'_>, record: Digest) -> Result<Option<String>, Trouble> {
    let ask = Command::RecordOutcome { record };
    let answer = until("the ledger answers the thief", MESSAGES, async || {
        Ok(match unless_pending(thief.ask(&ask).await) {
            Ok(Seen::NotYet(seen)) => Seen::NotYet(seen),
            Ok(Seen::Done(answer)) => Seen::Done(Ok(answer)),
            Err(trouble) => Seen::Done(Err(trouble)),
        })
    });
    refusal(answer.await?)
}

/// Until every living trustee has refused its share, each with its reason.
async fn refused_by_all(thief: Owner<'_>, living: &[String]) -> Result<Refusals, Trouble> {
    until("every trustee refuses the thief", MESSAGES, async || {
        let deal = thief.deal().await?;
        if let Some(name) = deal.receipts.first() {
            return Err(obeyed(&format!("{name} took a share from it")));
        }
        let refused = |name: &String| deal.refused.iter().any(|(who, _)| who == name);
        Ok(match living.iter().all(refused) {
            true => Seen::Done(named(deal)),
            false => Seen::NotYet(format!("refused so far: {:?}", deal.refused)),
        })
    })
    .await
}

fn named(deal: ProtectView) -> Refusals {
    let refusals = deal.refused.into_iter();
    refusals
        .map(|(by, reason)| Refusal {
            tried: DEAL,
            by,
            reason,
        })
        .collect()
}

fn obeyed(what: &str) -> Trouble {
    Trouble::Broken(format!("the old device still has power: {what}"))
}
