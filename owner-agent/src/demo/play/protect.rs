//! Part 2: the backup goes out, every trustee gets a share, the policy is anchored.
use super::{OWNER, Play};
use crate::commands::warnings;
use crate::demo::patience::{MESSAGES, Seen, until};
use crate::demo::people::Owner;
use crate::demo::process::Process;
use crate::demo::trouble::Trouble;
use crate::show;
use kith_protocol::bytes::Blob;
use kith_protocol::owner::command::{Command, ProtectView};

impl Play<'_> {
    pub(super) async fn protect(&mut self, owner: &Process) -> Result<(), Trouble> {
        self.story
            .part("protect", "2  Protect: backup, shares, policy");
        let owner = Owner::at(owner);
        self.add_items(owner).await?;
        let plan = self.plan;
        self.story.step(format!(
            "{OWNER} deals shares: any {} of {} recover, after a delay of {}",
            plan.threshold,
            plan.trustees.len(),
            plan.delay
        ));
        let protect = Command::Protect {
            threshold: plan.threshold,
            delay: Some(plan.delay),
            lifetime: Some(plan.lifetime),
            cool_down: Some(plan.cool_down),
            override_threshold: None,
        };
        let trustees = u8::try_from(plan.trustees.len()).unwrap_or(u8::MAX);
        for warning in warnings(plan.threshold, trustees) {
            self.story.done(&format!("warning: {warning}"));
        }
        owner.ask(&protect).await?;
        let deal = self.follow_deal(owner).await?;
        self.story.done(&format!(
            "PROTECTED: epoch {} is anchored, all {} trustees have acknowledged; {} more may be lost",
            deal.epoch, deal.trustees, deal.may_lose
        ));
        Ok(())
    }

    async fn add_items(&mut self, owner: Owner<'_>) -> Result<(), Trouble> {
        for item in &self.plan.items {
            let size = item.data.len();
            self.story
                .step(format!("{OWNER} protects {} ({size} bytes)", item.name));
            let add = Command::SecretAdd {
                name: item.name.clone(),
                data: Blob(item.data.to_vec()),
            };
            owner.ask(&add).await?;
        }
        Ok(())
    }

    /// Until the epoch is active and, since everyone lives, everyone has acknowledged (the rule is
    /// threshold + f; see R5).
    async fn follow_deal(&mut self, owner: Owner<'_>) -> Result<ProtectView, Trouble> {
        let mut last = None;
        let story = &self.story;
        until("every acknowledgement", MESSAGES * 4, async || {
            let deal = owner.deal().await?;
            for line in show::progress(last.as_ref(), &deal) {
                story.done(line.trim_start());
            }
            last = Some(deal.clone());
            let complete = deal.state == "protected" && deal.missing.is_empty();
            Ok(match complete {
                true => Seen::Done(deal),
                false => Seen::NotYet(unfinished(&deal)),
            })
        })
        .await
    }
}

fn unfinished(deal: &ProtectView) -> String {
    let ProtectView {
        state,
        missing,
        refused,
        ..
    } = deal;
    format!("{state}; missing: {missing:?}; refused: {refused:?}")
}
