//! The ledger stands, the identity is anchored, everybody is enrolled, the epoch is dealt.
use super::{OWNER, Over, Part, Story, trustee_agent};
use crate::node::NodeId;
use crate::people::{Owner, Role, Wish, phone};
use crate::scenario::Mutant;
use kith_protocol::owner::command as owner;
use kith_protocol::trustee::command as trustee;

impl Story {
    /// The ledger stands and the identity is anchored; nothing goes wrong yet.
    pub(super) fn set_up(&mut self) -> Part {
        let ledger = self.found_ledger()?;
        let name = OWNER.to_owned();
        self.tell_owner(self.phone, owner::Command::Init { name, ledger })?;
        let phone = self.phone;
        self.demand("the identity is anchored", |story| story.is_live(phone))?;
        if let Some(Mutant::ForgetfulDisk(count)) = self.options.mutant {
            let node = self.node_of(self.trustees[0]);
            self.world.node_mut(node).disk.forget_one_in(count);
        }
        Ok(())
    }

    fn found_ledger(&mut self) -> Result<String, Over> {
        self.witnesses = (0..self.parameters.witnesses)
            .map(|number| {
                let name = format!("witness{number}");
                self.world.add_node(&name, trustee_agent(&name, false))
            })
            .collect();
        let witnesses = self.witnesses.clone();
        let mut cards = Vec::new();
        for witness in &witnesses {
            match self.tell_trustee(*witness, trustee::Command::WitnessCard)? {
                trustee::Answer::Card { card } => cards.push(card),
                other => return self.astonished(&other),
            }
        }
        let operator = self.node_of(self.host);
        let create = trustee::Command::LedgerCreate {
            origin: "kith.example/log".into(),
            witnesses: cards,
            quorum: self.parameters.quorum,
            max_age: self.parameters.max_age,
            single_operator: false,
        };
        self.tell_trustee(operator, create)?;
        let descriptor = match self.tell_trustee(operator, trustee::Command::LedgerShow)? {
            trustee::Answer::Descriptor { descriptor, .. } => descriptor,
            other => return self.astonished(&other),
        };
        for witness in witnesses {
            let descriptor = descriptor.clone();
            self.tell_trustee(witness, trustee::Command::WitnessAdopt { descriptor })?;
        }
        Ok(descriptor)
    }

    /// Everybody is enrolled and the epoch is active, held by all.
    pub(super) fn protect(&mut self) -> Part {
        let wish = Wish {
            trustees: self.trustees.clone(),
            leaving: Vec::new(),
            host: self.host,
            items: self.items.clone(),
            terms: self.parameters.terms,
        };
        self.world.engage(self.alice, Role::Owner(Owner::new(wish)));
        self.storm(|story| story.is_protected())?;
        self.demand("the owner is protected by all trustees", |story| {
            story.is_protected()
        })
    }

    pub(super) fn is_protected(&self) -> bool {
        matches!(&self.world.person(self.alice).role, Role::Owner(owner) if owner.protected)
    }

    /// Whether an owner agent's key is live on the ledger, as the agent sees it. Asked in a step that
    /// is committed like any other.
    fn is_live(&mut self, node: NodeId) -> bool {
        matches!(
            phone::owner(&mut self.world, node, owner::Command::Status),
            Ok(owner::Answer::Status { live: true, .. })
        )
    }
}
