//! What people do, in one call each.
use super::Net;
use super::home::Home;
use kith_protocol::agent::Input;
use kith_protocol::bytes::Blob;
use kith_protocol::error::CommandError;
use kith_protocol::owner::command::{Answer, Command, ProtectView, RecoverView};
use kith_protocol::time::Millis;
use kith_protocol::trustee::command::{self as trustee, RequestView};

pub const DELAY: Millis = Millis::seconds(2);
pub const LIFETIME: Millis = Millis::seconds(10);
/// How long a change waits: both spans, rounded up to ten seconds each.
pub const WAITING: Millis = Millis::seconds(21);

impl Net {
    /// Asks an owner's agent, and lets everybody say what follows.
    pub fn owner(&mut self, who: usize, command: Command) -> Result<Answer, CommandError> {
        let answer = self.owners[who].step(Input::Command(command)).answer;
        self.settle();
        answer.unwrap()
    }

    pub fn person(
        &mut self,
        name: &str,
        command: trustee::Command,
    ) -> Result<trustee::Answer, CommandError> {
        let home = self.people.iter_mut().find(|home| home.name == name);
        let answer = home.unwrap().step(Input::Command(command)).answer;
        self.settle();
        answer.unwrap()
    }

    pub fn online(&mut self, name: &str, online: bool) {
        let home = self.people.iter_mut().find(|home| home.name == name);
        home.unwrap().online = online;
    }

    /// An identity with one item, on the ledger.
    pub fn init(&mut self) {
        let ledger = self.descriptor();
        let name = "Alice".into();
        self.owner(0, Command::Init { name, ledger }).unwrap();
        let (name, data) = ("seed".into(), Blob(b"correct horse".to_vec()));
        self.owner(0, Command::SecretAdd { name, data }).unwrap();
        self.pass(Millis::seconds(1));
    }

    /// An invitation, accepted; words stand on both screens.
    pub fn acquaint(&mut self, name: &str, host: bool) {
        let invite = match host {
            true => Command::HostInvite { name: name.into() },
            false => Command::TrusteeInvite { name: name.into() },
        };
        let Ok(Answer::Link { link, .. }) = self.owner(0, invite) else {
            panic!()
        };
        let opened = self.person(name, trustee::Command::InvitationOpen { link });
        let Ok(trustee::Answer::Invitation(invitation)) = opened else {
            panic!()
        };
        let id = invitation.id;
        self.person(name, trustee::Command::InvitationAccept { id })
            .unwrap();
    }

    /// What the two read to each other: the owner's words, and the other's.
    pub fn words(&mut self, name: &str) -> (String, String) {
        let owner = Command::TrusteeWords { name: name.into() };
        let Ok(Answer::Words(ours)) = self.owner(0, owner) else {
            panic!()
        };
        let name_of_owner = "Alice".into();
        let theirs = self.person(
            name,
            trustee::Command::OwnerWords {
                name: name_of_owner,
            },
        );
        let Ok(trustee::Answer::Words(theirs)) = theirs else {
            panic!()
        };
        (ours.say, theirs.say)
    }

    pub fn enrol(&mut self, name: &str, host: bool) {
        self.acquaint(name, host);
        let (ours, theirs) = self.words(name);
        let words = theirs;
        self.owner(
            0,
            Command::TrusteeVerify {
                name: name.into(),
                words,
            },
        )
        .unwrap();
        let heard = trustee::Command::OwnerVerify {
            name: "Alice".into(),
            words: ours,
        };
        self.person(name, heard).unwrap();
    }

    pub fn state_of(&mut self, name: &str) -> String {
        let Ok(Answer::Trustees { list }) = self.owner(0, Command::TrusteeList) else {
            panic!()
        };
        list.into_iter()
            .find(|view| view.name == name)
            .unwrap()
            .state
    }

    pub fn protect(&mut self) -> Result<ProtectView, CommandError> {
        let command = Command::Protect {
            threshold: 2,
            delay: Some(DELAY),
            lifetime: Some(LIFETIME),
            cool_down: Some(Millis::seconds(1)),
            override_threshold: None,
        };
        self.owner(0, command).map(|_| self.deal())
    }

    pub fn deal(&mut self) -> ProtectView {
        match self.owner(0, Command::ProtectStatus) {
            Ok(Answer::Protect(view)) => view,
            other => panic!("{other:?}"),
        }
    }

    pub fn status(&mut self, who: usize) -> String {
        match self.owner(who, Command::Status) {
            Ok(Answer::Status { state, .. }) => state,
            other => panic!("{other:?}"),
        }
    }

    /// Three trustees, a host, and an epoch in force.
    pub fn protected() -> Self {
        let mut net = Self::new(&["Bob", "Carol", "Dave", "Heidi"]);
        net.init();
        for name in ["Bob", "Carol", "Dave"] {
            net.enrol(name, false);
        }
        net.enrol("Heidi", true);
        net.protect().unwrap();
        net.pass(Millis::seconds(1));
        assert_eq!(net.deal().state, "protected");
        net
    }

    /// The device is gone; a fresh one claims.
    pub fn claim(&mut self, names: &[&str], stolen: bool) {
        if !stolen {
            self.owners[0].online = false;
        }
        // Not the randomness of an earlier claim or of anybody else: messages would look like repetitions.
        self.owners
            .push(Home::owner(1_000 + self.sent.len() as u64));
        self.owners[1].now = self.now;
        let trustees = names.iter().map(ToString::to_string).collect();
        let name = "Alice".into();
        self.owner(
            1,
            Command::RecoverStart {
                name,
                trustees,
                stolen,
            },
        )
        .unwrap();
    }

    /// A trustee opens the claimant's link; words stand on both screens.
    pub fn meet(&mut self, name: &str) {
        let Ok(Answer::Link { link, .. }) =
            self.owner(1, Command::RecoverInvite { name: name.into() })
        else {
            panic!()
        };
        let owner = "Alice".into();
        self.person(name, trustee::Command::RequestOpen { link, owner })
            .unwrap();
    }

    /// The session under way, if there is one: they are listed by ids that are drawn by lot.
    pub fn session(&mut self, name: &str) -> RequestView {
        let Ok(trustee::Answer::Requests { list }) =
            self.person(name, trustee::Command::RequestList)
        else {
            panic!()
        };
        let over = |view: &RequestView| view.state == "connecting" || view.state == "ended";
        list.into_iter().max_by_key(|view| !over(view)).unwrap()
    }

    /// Both hear the right words.
    pub fn recognise(&mut self, name: &str) {
        self.meet(name);
        let session = self.session(name);
        let theirs = session.words.unwrap().say;
        let Ok(Answer::Words(ours)) = self.owner(1, Command::RecoverWords { name: name.into() })
        else {
            panic!()
        };
        let words = theirs;
        self.owner(
            1,
            Command::RecoverVerify {
                name: name.into(),
                words,
            },
        )
        .unwrap();
        let heard = trustee::Command::RequestVerify {
            id: session.id,
            words: ours.say,
        };
        self.person(name, heard).unwrap();
    }

    pub fn approve(&mut self, name: &str) {
        let id = self.session(name).id;
        self.person(name, trustee::Command::RequestApprove { id })
            .unwrap();
    }

    /// How far the claimant is with this trustee.
    pub fn claimed(&mut self, name: &str) -> String {
        let trustees = self.recovery().trustees.into_iter();
        let mut found = trustees.filter(|view| view.name == name);
        found.next().unwrap().state
    }

    pub fn recovery(&mut self) -> RecoverView {
        match self.owner(1, Command::RecoverStatus) {
            Ok(Answer::Recover(view)) => view,
            other => panic!("{other:?}"),
        }
    }

    /// The item, if it is back.
    pub fn item(&mut self) -> Option<Vec<u8>> {
        match self.owner(
            1,
            Command::SecretShow {
                name: "seed".into(),
            },
        ) {
            Ok(Answer::Secret { data, .. }) => Some(data.0),
            _ => None,
        }
    }

    /// What a person holds of whom: epochs in force.
    pub fn epochs(&mut self, name: &str) -> Vec<u32> {
        let Ok(trustee::Answer::Shares { list }) = self.person(name, trustee::Command::ShareList)
        else {
            panic!()
        };
        let active = list.into_iter().filter(|share| share.active);
        active.map(|share| share.epoch).collect()
    }
}
