//! Part 5: the thief starts the copy. What lies on the disk stays readable to whoever has the
//! passphrase; what is tried here is whether it still has any power over the identity (G13).
use super::{OWNER, Play};
use crate::demo::patience::{MESSAGES, Seen, until};
use crate::demo::people::Owner;
use crate::demo::process::{Place, Process};
use crate::demo::stage::Cast;
use crate::demo::trouble::Trouble;
use kith_protocol::owner::command::Command;
use kith_runtime::console::Exit;

/// What was refused to the copy, each with the reason given.
pub(in crate::demo) type Refusals = Vec<(&'static str, String)>;

impl Play<'_> {
    pub(super) async fn try_the_copy(
        &mut self,
        stolen: &Place,
        _cast: &Cast,
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
        let mut refusals = vec![("status", self.revoked(thief).await?)];
        refusals.push(("protect", self.try_to_protect(thief).await?));
        refusals.push(("veto", self.try_to_veto(thief, claimant).await?));
        Ok(refusals)
    }

    async fn revoked(&mut self, thief: Owner<'_>) -> Result<String, Trouble> {
        let text = until("the copy learns that it is revoked", MESSAGES, async || {
            let status = thief.status().await?;
            Ok(match (status.state.as_str(), status.live) {
                ("revoked", false) => Seen::Done(status.text),
                _ => Seen::NotYet(format!("{}: {}", status.state, status.text)),
            })
        });
        let text = text.await?;
        self.story.done(&format!("its own agent says: {text}"));
        Ok(text)
    }

    async fn try_to_protect(&mut self, thief: Owner<'_>) -> Result<String, Trouble> {
        self.story.step(format!(
            "the thief deals shares to take {OWNER}'s identity over"
        ));
        let plan = self.plan;
        let protect = Command::Protect {
            threshold: plan.threshold,
            delay: plan.delay,
            lifetime: plan.lifetime,
            cool_down: plan.cool_down,
            override_threshold: None,
        };
        self.must_refuse(thief, &protect).await
    }

    async fn try_to_veto(
        &mut self,
        thief: Owner<'_>,
        claimant: &Process,
    ) -> Result<String, Trouble> {
        self.story.step("the thief vetoes the recovery");
        let view = Owner::at(claimant).recovery().await?;
        let request = view.request.ok_or_else(|| {
            Trouble::Broken("the recovery is done and names no request".to_owned())
        })?;
        let id = request.to_string();
        self.must_refuse(thief, &Command::AlertVeto { id }).await
    }

    /// A refusal with its reason is what is wanted; anything else is a hole.
    async fn must_refuse(&self, thief: Owner<'_>, command: &Command) -> Result<String, Trouble> {
        let source = match thief.ask(command).await {
            Ok(answer) => {
                let what = format!("the copy was obeyed: {answer:?}");
                return Err(Trouble::Broken(what));
            }
            Err(Trouble::Agent { source, .. }) => source,
            Err(trouble) => return Err(trouble),
        };
        if source.exit() != Exit::Refused.code() {
            let what = format!("the copy failed for another reason: {source}");
            return Err(Trouble::Broken(what));
        }
        self.story.done(&format!("refused: {source}"));
        Ok(source.to_string())
    }
}
