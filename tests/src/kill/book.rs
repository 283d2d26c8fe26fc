//! What anybody saw acknowledged, and the comparison with what is there.
use super::crew::{People, TRUSTEES};
use super::insist::answer;
use kith_protocol::owner::command::{
    Answer as OwnerAnswer, Command as OwnerCommand, ProtectView, RecoverView,
};
use kith_protocol::trustee::command::{Answer as TrusteeAnswer, Command as TrusteeCommand};
use owner_agent::demo::people::{Owner, Trustee};
use owner_agent::demo::stage::HOST;
use owner_agent::demo::trouble::Trouble;
use std::collections::{BTreeMap, BTreeSet};

/// Items by name.
pub(super) type Items = BTreeMap<String, Vec<u8>>;

/// Where a request stands once its trustee's person approved it, or beyond that.
const APPROVED: [&str; 3] = ["approved", "released", "delivered"];
/// The same for words that were right.
const RECOGNISED: [&str; 4] = ["verified", "approved", "released", "delivered"];

/// A recovery under way.
#[derive(Default)]
pub(super) struct ClaimBook {
    /// The trustees whose words were compared, with their names for the request.
    pub(super) met: BTreeMap<usize, String>,
    /// Those who approved.
    pub(super) approved: BTreeSet<usize>,
    /// The most shares that the claimant's agent said it has.
    shares: u8,
}

/// What was acknowledged.
#[derive(Default)]
pub(super) struct Book {
    /// Items that her agent said it keeps.
    pub(super) items: Items,
    /// Items of the newest epoch that was said to be protected.
    pub(super) backed_up: Items,
    /// Items of an epoch that was dealt and is not in force yet.
    pub(super) dealt: Option<Items>,
    /// Whom her agent called verified.
    pub(super) enrolled: BTreeSet<&'static str>,
    /// The newest epoch that was said to be protected.
    pub(super) epoch: u32,
    /// Who was said to have acknowledged a share, of which epoch.
    receipts: BTreeMap<String, u32>,
    /// The recovery, while there is one.
    pub(super) claim: Option<ClaimBook>,
    /// How long the ledger was said to be.
    ledger: u64,
}

impl Book {
    /// Notes what the agent says of a deal, receipts first.
    pub(super) fn deal(&mut self, deal: &ProtectView) {
        for name in &deal.receipts {
            let epoch = self.receipts.entry(name.clone()).or_default();
            *epoch = deal.epoch.max(*epoch);
        }
        if deal.state == "protected" {
            self.epoch = deal.epoch.max(self.epoch);
        }
    }

    /// Notes what the claimant's agent says of the epoch that it dealt. Whoever it could not deal to,
    /// and it says who that is, keeps nothing of the earlier ones (G13) and stands in no backup.
    pub(super) fn recovered(&mut self, deal: &ProtectView) {
        self.deal(deal);
        for (name, _) in &deal.refused {
            self.receipts.remove(name);
            self.enrolled.remove(&**name);
        }
    }

    /// The trustees who acknowledged a share of the epoch in force.
    pub(super) fn holders(&self) -> Vec<usize> {
        let holds = |at: &usize| self.receipts.get(TRUSTEES[*at]) == Some(&self.epoch);
        (0..TRUSTEES.len()).filter(holds).collect()
    }

    /// Notes what the claimant's agent says of its shares.
    pub(super) fn progress(&mut self, view: &RecoverView) {
        if let Some(claim) = &mut self.claim {
            claim.shares = view.shares.max(claim.shares);
        }
    }

    /// What was acknowledged and is not there; empty when all is well.
    ///
    /// # Errors
    /// [`Trouble`] when an agent does not answer, or cannot read what it has.
    pub(super) async fn lost(&mut self, people: &People) -> Result<Vec<String>, Trouble> {
        let mut lost = match &self.claim {
            Some(claim) => claim.lost(people).await?,
            None => self.of_owner(people.owner()).await?,
        };
        for at in 0..TRUSTEES.len() {
            lost.extend(self.of_share(people.trustee(at)).await?);
        }
        lost.extend(self.of_ledger(people).await?);
        Ok(lost)
    }

    async fn of_owner(&self, owner: Owner<'_>) -> Result<Vec<String>, Trouble> {
        let mut lost = self.of_items(owner).await?;
        let list = answer("her trustees", async || owner.trustees().await).await?;
        let verified = |name: &str| {
            let mut list = list.iter();
            list.any(|one| one.name == name && one.state == "verified")
        };
        for name in self.enrolled.iter().filter(|name| !verified(name)) {
            lost.push(format!("{name} is verified no longer: {list:?}"));
        }
        if self.epoch > 0 {
            let deal = answer("her deal", async || owner.deal().await).await?;
            let is_of_it = deal.epoch == self.epoch && deal.state == "protected";
            if !is_of_it && deal.epoch <= self.epoch {
                lost.push(format!("epoch {} was protected: {deal:?}", self.epoch));
            }
        }
        Ok(lost)
    }

    async fn of_items(&self, owner: Owner<'_>) -> Result<Vec<String>, Trouble> {
        let OwnerAnswer::Secrets { list, .. } = answer("her items", async || {
            owner.ask(&OwnerCommand::SecretList).await
        })
        .await?
        else {
            return Err(Trouble::Broken("items of another kind".to_owned()));
        };
        let mut lost = Vec::new();
        let listed: Vec<&String> = list.iter().map(|(name, _)| name).collect();
        if listed != self.items.keys().collect::<Vec<_>>() {
            let kept: Vec<_> = self.items.keys().collect();
            lost.push(format!("items {listed:?} instead of {kept:?}"));
            return Ok(lost);
        }
        for (name, data) in &self.items {
            let found = answer(name, async || owner.secret(name).await).await?;
            if found != *data {
                lost.push(format!("item {name} has other bytes"));
            }
        }
        Ok(lost)
    }

    /// The share of which the owner had a receipt, or a newer one.
    async fn of_share(&self, trustee: Trustee<'_>) -> Result<Option<String>, Trouble> {
        let Some(promised) = self.receipts.get(trustee.name) else {
            return Ok(None);
        };
        let listed = answer("shares", async || {
            trustee.ask(&TrusteeCommand::ShareList).await
        });
        let TrusteeAnswer::Shares { list } = listed.await? else {
            return Err(Trouble::Broken("shares of another kind".to_owned()));
        };
        let newest = list.iter().map(|share| share.epoch).max();
        Ok((newest < Some(*promised)).then(|| {
            let name = trustee.name;
            format!("{name} acknowledged a share of epoch {promised} and has {newest:?}")
        }))
    }

    /// The ledger never becomes shorter, and its witness and operator stay what they are.
    async fn of_ledger(&mut self, people: &People) -> Result<Option<String>, Trouble> {
        let host = people.host();
        let status = answer(HOST, async || host.ask(&TrusteeCommand::LedgerStatus).await);
        let TrusteeAnswer::Ledger { size, .. } = status.await? else {
            return Err(Trouble::Broken("a ledger of another kind".to_owned()));
        };
        let witness = people.witness();
        answer("the witness", async || witness.card().await).await?;
        let before = self.ledger;
        self.ledger = size.max(before);
        let shrunk = size < before;
        Ok(shrunk.then(|| format!("the ledger had {before} records and has {size}")))
    }
}

impl ClaimBook {
    async fn lost(&self, people: &People) -> Result<Vec<String>, Trouble> {
        let owner = people.owner();
        let view = answer("the claim", async || owner.recovery().await).await?;
        let mut lost = Vec::new();
        if view.shares < self.shares && view.state != "done" {
            lost.push(format!("{} shares were there: {view:?}", self.shares));
        }
        for (at, id) in &self.met {
            let known = view.trustees.iter().find(|one| one.name == TRUSTEES[*at]);
            if !known.is_some_and(|one| matches!(&*one.state, "verified" | "share" | "heard")) {
                lost.push(format!(
                    "the words of {} were right: {view:?}",
                    TRUSTEES[*at]
                ));
            }
            lost.extend(self.of_request(people.trustee(*at), (*at, id)).await?);
        }
        Ok(lost)
    }

    async fn of_request(
        &self,
        trustee: Trustee<'_>,
        (at, id): (usize, &str),
    ) -> Result<Option<String>, Trouble> {
        let view = answer("the request", async || trustee.request(id).await).await?;
        let expected = match self.approved.contains(&at) {
            true => &APPROVED[..],
            false => &RECOGNISED[..],
        };
        let stands = expected.contains(&&*view.state);
        Ok((!stands).then(|| format!("{} had {expected:?}: {view:?}", trustee.name)))
    }
}
