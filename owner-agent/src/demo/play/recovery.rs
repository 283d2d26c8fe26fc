//! Part 4: a fresh agent with nothing but the trustees' names gets everything back.
use super::{OWNER, Play};
use crate::demo::meeting::check_claimant;
use crate::demo::patience::{MESSAGES, Seen, until};
use crate::demo::people::{Owner, Trustee};
use crate::demo::process::{Place, Process};
use crate::demo::stage::Cast;
use crate::demo::trouble::Trouble;
use crate::show;
use kith_protocol::owner::command::RecoverView;
use kith_protocol::trustee::command::Command as TrusteeCommand;
use std::time::Duration;

/// What her new agent is called.
const FRESH: &str = "Alice's new device";

impl Play<'_> {
    pub(super) async fn recover(&mut self, cast: &Cast) -> Result<Process, Trouble> {
        self.story.part(
            "recovery",
            "4  Recovery: a fresh agent that knows only names",
        );
        let claimant = self.start_claimant().await?;
        let owner = Owner::at(&claimant);
        let requests = self.compare_words(owner, cast).await?;
        self.approve(&requests, cast).await?;
        let end = self.follow_recovery(owner).await?;
        self.check_items(owner).await?;
        self.tell_end(&end);
        Ok(claimant)
    }

    async fn start_claimant(&mut self) -> Result<Process, Trouble> {
        self.story.step(format!(
            "{FRESH}: a new home, a new passphrase, nothing in it"
        ));
        let place = Place::new(self.directory, FRESH, &self.programs.owner)?;
        let names = self.plan.trustees.join(",");
        let start = ["recover", "start", "--name", OWNER, "--trustees", &names];
        place.command(start).await?;
        let process = place.run::<[&str; 0]>([]).await?;
        let owner = Owner::at(&process);
        let begun = until("the claim", MESSAGES, async || {
            let status = owner.status().await?;
            Ok(match status.state.as_str() {
                "claimant" => Seen::Done(()),
                _ => Seen::NotYet(status.text),
            })
        });
        begun.await?;
        Ok(process)
    }

    /// One trustee after the other, as a person would call them; returns each with its request.
    async fn compare_words(
        &mut self,
        claimant: Owner<'_>,
        cast: &Cast,
    ) -> Result<Vec<(String, String)>, Trouble> {
        let mut requests = Vec::new();
        for name in self.plan.survivors() {
            self.story.step(format!(
                "{OWNER} calls {name}, sends a link; they compare words"
            ));
            let trustee = Trustee::at(cast.trustee(name));
            let (id, words) = check_claimant(claimant, OWNER, trustee).await?;
            self.story.done(&format!(
                "{OWNER} read out `{words}`; {name} picked the same"
            ));
            requests.push((name.clone(), id));
        }
        self.story.done(&format!(
            "{} do not answer the phone; {} are enough",
            self.absent(),
            self.plan.threshold
        ));
        Ok(requests)
    }

    fn absent(&self) -> String {
        match self.plan.victims() {
            [] => "None".to_owned(),
            names => names.join(" and "),
        }
    }

    async fn approve(&mut self, requests: &[(String, String)], cast: &Cast) -> Result<(), Trouble> {
        for (name, id) in requests {
            self.story.step(format!("{name} approves the request"));
            let approve = TrusteeCommand::RequestApprove { id: id.clone() };
            Trustee::at(cast.trustee(name)).ask(&approve).await?;
        }
        Ok(())
    }

    async fn follow_recovery(&mut self, claimant: Owner<'_>) -> Result<RecoverView, Trouble> {
        self.story.step(format!(
            "the ledger counts approvals, the delay of {} runs, shares come in",
            self.plan.delay
        ));
        let patience = Duration::from_millis(self.plan.delay.0) + MESSAGES * 4;
        let mut last = None;
        let story = &self.story;
        until("the recovery's end", patience, async || {
            let view = claimant.recovery().await?;
            for line in show::recovery_progress(last.as_ref(), &view) {
                story.done(&line);
            }
            let seen = format!("{}, {} shares", view.state, view.shares);
            last = Some(view.clone());
            match view.state.as_str() {
                "done" => Ok(Seen::Done(view)),
                "vetoed" | "ended" | "conflict" => {
                    Err(Trouble::Broken(format!("it ended: {seen}")))
                }
                _ => Ok(Seen::NotYet(seen)),
            }
        })
        .await
    }

    async fn check_items(&mut self, claimant: Owner<'_>) -> Result<(), Trouble> {
        for item in &self.plan.items {
            self.story
                .step(format!("comparing {} byte for byte", item.name));
            let restored = zeroize::Zeroizing::new(claimant.secret(&item.name).await?);
            if *restored != *item.data {
                let what = format!("{} came back other than it was", item.name);
                return Err(Trouble::Broken(what));
            }
            self.story
                .done(&format!("all {} bytes are back", restored.len()));
        }
        Ok(())
    }

    fn tell_end(&self, end: &RecoverView) {
        let Some(deal) = &end.deal else { return };
        self.story.done(&format!(
            "new agent key, every earlier one revoked; epoch {} is active with {} receipts",
            deal.epoch,
            deal.receipts.len()
        ));
        if !deal.missing.is_empty() {
            self.story.done(&format!(
                "still without a new share: {}",
                deal.missing.join(", ")
            ));
        }
        self.story.done(&show::survivable(deal));
    }
}
