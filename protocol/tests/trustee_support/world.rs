//! Everything together, and how far a test wants it to be.
use super::home::{Home, message};
use super::ledger::Ledger;
use super::owner::{Deal, Owner};
use kith_protocol::bytes::Blob;
use kith_protocol::error::CommandError;
use kith_protocol::message::setup::{Ack, Capability};
use kith_protocol::message::share::{Commit, Store, Stored};
use kith_protocol::message::{Body, Empty, Outgoing, Received};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{Answer, Command, WordsView};
use kith_protocol::words::Speaker;

pub struct World {
    pub ledger: Ledger,
    pub owner: Owner,
    pub trustee: Home,
    messages: u32,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let trustee = Home::new("Bob", seed);
        let mut ledger = Ledger::new("kith.example/test", seed + 1);
        let owner = Owner::new(seed + 2, &mut ledger, trustee.now);
        Self {
            ledger,
            owner,
            trustee,
            messages: 0,
        }
    }

    pub fn command(&mut self, command: Command) -> Result<Answer, CommandError> {
        self.trustee.command(command, &mut self.ledger)
    }

    pub fn reply(&mut self, to: &Outgoing, body: Body) {
        self.trustee.reply(to, body, &mut self.ledger);
    }

    pub fn deliver(&mut self, message: &Received) -> Body {
        self.trustee.deliver(message, &mut self.ledger)
    }

    pub fn pass(&mut self, span: Millis) {
        self.trustee.pass(span, &mut self.ledger);
    }

    /// The same without waking the agent in between: a machine that slept.
    pub fn jump(&mut self, span: Millis) {
        self.trustee.now = self.trustee.now.after(span);
        self.trustee.uptime += span.0;
        self.pass(Millis(1));
    }

    pub fn fresh_id(&mut self) -> String {
        self.messages += 1;
        format!("{:032x}", self.messages)
    }

    /// A message from the owner on her connection.
    pub fn owner_message(&mut self, body: Body) -> Received {
        let id = self.fresh_id();
        message(
            self.owner.did.did(),
            &self.owner.trustee.clone().unwrap(),
            &id,
            body,
        )
    }

    pub fn tell(&mut self, body: Body) -> Body {
        let message = self.owner_message(body);
        self.deliver(&message)
    }

    /// Invitation opened and accepted; the acceptance as the owner gets it.
    pub fn accepted(&mut self, capability: Capability) -> Outgoing {
        let link = self.owner.link(capability, &self.ledger, self.trustee.now);
        let Ok(Answer::Invitation(invitation)) = self.command(Command::InvitationOpen { link })
        else {
            panic!()
        };
        self.command(Command::InvitationAccept { id: invitation.id })
            .unwrap();
        let sent = self
            .trustee
            .last(|body| matches!(body, Body::SetupAccept(_)))
            .unwrap();
        let Body::SetupAccept(accept) = &sent.body else {
            panic!()
        };
        self.owner.trustee = Some(sent.from.clone());
        self.owner.prekeys = accept.prekeys.clone();
        sent
    }

    pub fn ack(&self) -> Ack {
        Ack {
            nonce: self.owner.nonce,
            descriptor: Blob(self.ledger.descriptor.to_bytes()),
        }
    }

    /// Up to the words on the trustee's screen; gives what the owner will say.
    pub fn words(&mut self, capability: Capability) -> (WordsView, String) {
        let accept = self.accepted(capability);
        let ack = Body::SetupAck(self.ack());
        self.reply(&accept, ack);
        let reveal = self
            .trustee
            .last(|body| matches!(body, Body::WordsReveal(_)))
            .unwrap();
        let Body::WordsReveal(opened) = &reveal.body else {
            panic!()
        };
        let said = self.owner.words(opened.nonce, &self.ledger, Speaker::Owner);
        self.reply(&reveal, Body::Empty(Empty {}));
        let name = self.owner.name.clone();
        let Ok(Answer::Words(view)) = self.command(Command::OwnerWords { name }) else {
            panic!()
        };
        (view, said)
    }

    /// Words compared.
    pub fn enrol(&mut self, capability: Capability) {
        let (_, said) = self.words(capability);
        self.command(Command::OwnerVerify {
            name: self.owner.name.clone(),
            words: said,
        })
        .unwrap();
        let confirm = self
            .trustee
            .last(|body| matches!(body, Body::WordsConfirm(_)))
            .unwrap();
        self.reply(&confirm, Body::Empty(Empty {}));
    }

    pub fn enrolled(seed: u64) -> Self {
        let mut world = Self::new(seed);
        world.enrol(Capability::RecoveryShare);
        world
    }

    /// A deal for the oldest unused prekey, and its `store`.
    pub fn dealt(&mut self, epoch: u32) -> (Deal, Store) {
        let prekey = self.owner.prekeys[0].clone();
        let deal = self.owner.deal(epoch, &prekey.approval);
        let store = self.owner.store(&deal, &prekey);
        (deal, store)
    }

    /// Hands a deal over, which must be taken.
    pub fn keep(&mut self, store: Store) -> Stored {
        let Body::ShareStored(stored) = self.tell(Body::ShareStore(store)) else {
            panic!("refused")
        };
        self.owner.prekeys.remove(0);
        self.owner.prekeys.push(stored.next.clone());
        stored
    }

    /// One epoch dealt, anchored, and seen as active.
    pub fn protect(&mut self, epoch: u32) -> Deal {
        let (deal, store) = self.dealt(epoch);
        self.keep(store);
        self.owner.anchor(&deal, &mut self.ledger, self.trustee.now);
        self.hint(epoch);
        deal
    }

    pub fn hint(&mut self, epoch: u32) -> Body {
        let policy = self.owner.policy;
        self.tell(Body::ShareCommit(Commit { policy, epoch }))
    }

    pub fn protected(seed: u64) -> (Self, Deal) {
        let mut world = Self::enrolled(seed);
        let deal = world.protect(1);
        (world, deal)
    }

    /// Epochs of shares that are over and not deleted yet.
    pub fn over(&mut self) -> Vec<u32> {
        let Ok(Answer::Shares { list }) = self.command(Command::ShareList) else {
            panic!()
        };
        let over = list.iter().filter(|share| share.over);
        over.map(|share| share.epoch).collect()
    }

    /// Epochs of shares: active, and waiting.
    pub fn shares(&mut self) -> (Vec<u32>, Vec<u32>) {
        let Ok(Answer::Shares { mut list }) = self.command(Command::ShareList) else {
            panic!()
        };
        list.retain(|share| !share.over);
        let (active, waiting): (Vec<_>, Vec<_>) = list.into_iter().partition(|share| share.active);
        let epochs = |shares: Vec<kith_protocol::trustee::command::ShareView>| {
            shares.iter().map(|share| share.epoch).collect()
        };
        (epochs(active), epochs(waiting))
    }

    pub fn history(&mut self) -> String {
        let Ok(Answer::History { list }) = self.command(Command::History) else {
            panic!()
        };
        list.into_iter().map(|line| line.text + "\n").collect()
    }

    pub fn owner_state(&mut self) -> String {
        let Ok(Answer::Owners { list }) = self.command(Command::OwnerList) else {
            panic!()
        };
        list.first()
            .map(|owner| owner.state.clone())
            .unwrap_or_default()
    }
}
