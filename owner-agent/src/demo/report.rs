//! What was shown, as text and as JSON.
use super::options::Plan;
use super::people::Owner;
use super::play::{Refusal, Refusals};
use super::process::Process;
use super::story::Story;
use super::trouble::Trouble;
use crate::show;
use kith_protocol::owner::command::{ProtectView, RecordView};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What held. There is none of a demo that failed.
pub(super) struct Report {
    threshold: u8,
    trustees: usize,
    killed: usize,
    items: Vec<(String, usize)>,
    deal: ProtectView,
    records: Vec<RecordView>,
    refusals: Refusals,
}

impl Report {
    /// Asks the new agent for what stands at the end.
    ///
    /// # Errors
    /// [`Trouble`] when it does not say.
    pub(super) async fn of(
        plan: &Plan,
        claimant: &Process,
        refusals: Refusals,
    ) -> Result<Self, Trouble> {
        let owner = Owner::at(claimant);
        let items = plan
            .items
            .iter()
            .map(|item| (item.name.clone(), item.data.len()));
        Ok(Self {
            threshold: plan.threshold,
            trustees: plan.trustees.len(),
            killed: plan.kill,
            items: items.collect(),
            deal: owner.deal().await?,
            records: owner.records().await?,
            refusals,
        })
    }

    /// The object of `--json`.
    #[must_use]
    pub(super) fn to_json(&self, story: &Story) -> Value {
        let items = self.items.iter();
        let items: Vec<Value> = items
            .map(|(name, bytes)| json!({ "name": name, "bytes": bytes }))
            .collect();
        let records = self.records.iter();
        let records: Vec<Value> = records
            .map(|record| json!({ "kind": record.kind, "index": record.index }))
            .collect();
        let refusals: Vec<Value> = self.refusals.iter().map(refusal).collect();
        json!({
            "v": 1,
            "recovered": true,
            "bytes_equal": true,
            "items": items,
            "threshold": self.threshold,
            "trustees": self.trustees,
            "trustees_killed": self.killed,
            "old_agent_revoked": true,
            "old_agent_refusals": refusals,
            "new_epoch": self.deal.epoch,
            "missing": self.deal.missing,
            "may_lose": self.deal.may_lose,
            "ledger_records": records,
            "timings_ms": timings(story),
        })
    }

    /// The last page of the story.
    pub(super) fn tell(&self, story: &mut Story) {
        story.part("report", "What was shown");
        let Self {
            threshold,
            trustees,
            killed,
            deal,
            ..
        } = self;
        for (name, bytes) in &self.items {
            story.explain(&format!("  {name}: {bytes} bytes, back byte for byte"));
        }
        story.explain(&format!(
            "  {threshold} of {trustees} trustees were enough; {killed} had been killed\n  \
             the old device's keys have no power any more; it was refused by {}\n  \
             epoch {} is active; without a new share yet: {}\n  {}\n\n\
             Records on the ledger:",
            refusers(&self.refusals),
            deal.epoch,
            none_or(&deal.missing),
            show::survivable(deal),
        ));
        for record in &self.records {
            story.explain(&format!("  {:>3}  {}", record.index, record.kind));
        }
        story.explain("\nHow long each part took:");
        for (key, span) in story.timings() {
            story.explain(&format!(
                "  {:<9} {}",
                key.replace('_', "-"),
                seconds(*span)
            ));
        }
        story.explain(&format!("  {:<9} {}", "total", seconds(story.total())));
    }
}

fn refusal(Refusal { tried, by, reason }: &Refusal) -> Value {
    json!({ "tried": tried, "by": by, "reason": reason })
}

fn refusers(refusals: &Refusals) -> String {
    let names: Vec<&str> = refusals.iter().map(|refusal| refusal.by.as_str()).collect();
    names.join(", ")
}

fn none_or(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        names => names.join(", "),
    }
}

fn seconds(span: Duration) -> String {
    format!("{:.1} s", span.as_secs_f64())
}

fn timings(story: &Story) -> Value {
    let parts = story.timings().iter().map(|(key, span)| (*key, *span));
    let all = parts.chain([("total", story.total())]);
    all.map(|(key, span)| (key.to_owned(), json!(millis(span))))
        .collect::<Map<_, _>>()
        .into()
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
