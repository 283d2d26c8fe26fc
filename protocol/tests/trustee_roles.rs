//! The ledger roles of a trustee agent: one agent operates, three witness, a stranger reads (L1, L2,
//! G11, G14).
#![allow(clippy::unwrap_used)]

mod trustee_support;

use kith_protocol::agent::Input;
use kith_protocol::bytes::{Salt, from_base64url};
use kith_protocol::codec;
use kith_protocol::did::{Did, LocalDid};
use kith_protocol::error::CommandError;
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::AgentPolicy;
use kith_protocol::ledger::{
    AppendOutcome, Certified, Descriptor, PolicyCreateBody, Record, WitnessEntry,
};
use kith_protocol::message::Body;
use kith_protocol::message::ledger::{Append, Cosign, Entries};
use kith_protocol::time::{Millis, Timestamp};
use kith_protocol::trustee::command::{Answer, Command};
use trustee_support::home::{Home, code, message};
use trustee_support::rng;

/// Agents that reach each other, the operator first.
struct Net {
    homes: Vec<Home>,
    dids: Vec<Did>,
    descriptor: Option<Descriptor>,
    messages: u32,
}

fn command(home: &mut Home, command: Command) -> Result<Answer, CommandError> {
    home.step(Input::Command(command)).answer.unwrap()
}

fn card(home: &mut Home) -> String {
    let Ok(Answer::Card { card }) = command(home, Command::WitnessCard) else {
        panic!()
    };
    card
}

fn create(cards: Vec<String>, quorum: u8) -> Command {
    Command::LedgerCreate {
        origin: "kith.example/log".into(),
        single_operator: cards.is_empty(),
        witnesses: cards,
        quorum,
        max_age: Millis::seconds(60),
    }
}

impl Net {
    fn new() -> Self {
        let mut homes: Vec<Home> = (0..4)
            .map(|seed| Home::new(&format!("Agent {seed}"), 40 + seed))
            .collect();
        let cards: Vec<String> = homes[1..].iter_mut().map(card).collect();
        let Ok(Answer::Descriptor { descriptor, id, .. }) =
            command(&mut homes[0], create(cards, 2))
        else {
            panic!()
        };
        for witness in &mut homes[1..] {
            command(
                witness,
                Command::WitnessAdopt {
                    descriptor: descriptor.clone(),
                },
            )
            .unwrap();
        }
        let descriptor = Descriptor::from_bytes(&from_base64url(&descriptor).unwrap()).unwrap();
        assert_eq!(descriptor.id(), id);
        let dids = descriptor.hosts();
        let mut net = Self {
            homes,
            dids,
            descriptor: Some(descriptor),
            messages: 0,
        };
        net.pass(Millis::seconds(1));
        net
    }

    fn descriptor(&self) -> &Descriptor {
        self.descriptor.as_ref().unwrap()
    }

    /// One step of one agent, and every message that follows from it.
    fn step(&mut self, place: usize, input: Input<Command>) -> Option<Body> {
        let step = self.homes[place].step(input);
        for sent in step.sends {
            let Some(to) = self.dids.iter().position(|did| *did == sent.to) else {
                continue;
            };
            let arrived = message(&sent.from, &sent.to, &sent.id, sent.body);
            let reply = self.step(to, Input::Delivered(arrived)).unwrap();
            self.step(
                place,
                Input::Replied {
                    from: sent.to,
                    id: sent.id,
                    reply,
                },
            );
        }
        step.reply
    }

    fn pass(&mut self, span: Millis) {
        for _ in 0..span.0 / 50 {
            for place in 0..self.homes.len() {
                self.homes[place].now = self.homes[place].now.after(Millis(50));
                self.step(place, Input::DeadlineReached);
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.homes[0].now
    }

    /// A stranger's message to one of them.
    fn ask(&mut self, place: usize, body: Body) -> Body {
        self.messages += 1;
        let stranger = LocalDid::generate_did_key(&mut rng(90));
        let arrived = message(
            stranger.did(),
            &self.dids[place],
            &format!("{:032x}", self.messages),
            body,
        );
        self.step(place, Input::Delivered(arrived)).unwrap()
    }

    fn append(&mut self, record: &Record) -> AppendOutcome {
        let log = self.descriptor().id();
        let append = Append {
            log,
            record: kith_protocol::bytes::Blob(record.to_bytes()),
        };
        let Body::LedgerAppended(appended) = self.ask(0, Body::LedgerAppend(append)) else {
            panic!()
        };
        appended.outcome
    }

    fn read(&mut self, place: usize) -> kith_protocol::message::ledger::Page {
        let (log, since) = (self.descriptor().id(), self.now());
        self.ask(
            place,
            Body::LedgerEntries(Entries {
                log,
                have: 0,
                since,
            }),
        );
        self.pass(Millis::seconds(2));
        let Body::LedgerPage(page) = self.ask(
            place,
            Body::LedgerEntries(Entries {
                log,
                have: 0,
                since,
            }),
        ) else {
            panic!()
        };
        page
    }
}

fn record(net: &Net) -> Record {
    let agent = SigningKey::<AgentPolicy>::generate(&mut rng(91));
    let body = PolicyCreateBody {
        salt: Salt([1; 32]),
        agent: agent.verifying_key(),
        commitment: None,
        rule: 1,
    };
    Record::create_policy(&net.descriptor().id(), body, &agent)
}

fn committed(mut net: Net, hosts: usize) {
    let record = record(&net);
    net.append(&record);
    net.pass(Millis::seconds(3));
    assert_eq!(net.append(&record), AppendOutcome::Committed { index: 0 });
    for place in 0..hosts {
        let page = net.read(place);
        let head = Certified::verify(net.descriptor(), &page.note.0).unwrap();
        assert_eq!(
            (head.checkpoint.size, page.entries.len()),
            (1, 1),
            "host {place}"
        );
    }
    let Ok(Answer::Ledger {
        size, witnesses, ..
    }) = command(&mut net.homes[0], Command::LedgerStatus)
    else {
        panic!()
    };
    assert_eq!(size, 1);
    assert!(witnesses.iter().filter(|(_, size)| *size == 1).count() >= 2);
}

/// L1, L2: one agent operates, three witness, and what they serve carries a certificate.
#[test]
fn agents_operate_and_witness_a_ledger() {
    committed(Net::new(), 4);
}

/// G11: every agent dropped before every step.
#[test]
fn a_ledger_goes_on_after_a_crash_at_any_point() {
    let mut net = Net::new();
    for home in &mut net.homes {
        home.forgetful = true;
    }
    // A witness learns with the next head that the last was certified, and an operator that forgets
    // that somebody waits for one makes it later.
    committed(net, 1);
}

#[test]
fn a_witness_card_is_the_same_every_time() {
    let mut home = Home::new("Wanda W+1", 1);
    let first = card(&mut home);
    home.crash();
    assert_eq!(card(&mut home), first);
    let entry: WitnessEntry = codec::decode(1, &from_base64url(&first).unwrap(), 4096).unwrap();
    assert_eq!(
        entry.name, "Wanda-W-1",
        "a name that fits on a signature line"
    );
}

/// G14: nobody witnesses a log that does not name it.
#[test]
fn a_ledger_that_does_not_name_us_is_not_witnessed() {
    let mut operator = Home::new("Olga", 1);
    let Ok(Answer::Descriptor { descriptor, .. }) = command(&mut operator, create(Vec::new(), 0))
    else {
        panic!()
    };
    let mut witness = Home::new("Wanda", 2);
    assert!(
        command(
            &mut witness,
            Command::WitnessAdopt {
                descriptor: descriptor.clone()
            }
        )
        .is_err()
    );
    card(&mut witness);
    assert!(command(&mut witness, Command::WitnessAdopt { descriptor }).is_err());
    assert!(
        command(
            &mut witness,
            Command::WitnessAdopt {
                descriptor: "nonsense".into()
            }
        )
        .is_err()
    );
}

#[test]
fn nonsense_is_refused_when_a_ledger_is_made() {
    let mut home = Home::new("Olga", 1);
    let own = card(&mut Home::new("Wanda", 2));
    for bad in [
        create(vec![own.clone(), own.clone()], 2),
        create(vec![own.clone()], 0),
        create(vec![own], 2),
        create(vec!["nonsense".into()], 1),
        Command::LedgerCreate {
            origin: "kith.example/log".into(),
            witnesses: Vec::new(),
            quorum: 0,
            max_age: Millis::seconds(60),
            single_operator: false,
        },
    ] {
        assert!(command(&mut home, bad.clone()).is_err(), "{bad:?}");
    }
    assert!(command(&mut home, Command::LedgerShow).is_err());
    assert!(command(&mut home, Command::LedgerStatus).is_err());
    command(&mut home, create(Vec::new(), 0)).unwrap();
    assert!(
        command(&mut home, create(Vec::new(), 0)).is_err(),
        "one log per agent"
    );
    command(&mut home, Command::LedgerShow).unwrap();
}

#[test]
fn an_agent_without_a_ledger_says_so() {
    let mut net = Net::new();
    let log = kith_protocol::bytes::Digest([1; 32]);
    let entries = Entries {
        log,
        have: 0,
        since: Timestamp(0),
    };
    assert_eq!(
        code(&net.ask(0, Body::LedgerEntries(entries.clone()))),
        "e.p.ledger.unknown-log"
    );
    assert_eq!(
        code(&net.ask(1, Body::LedgerEntries(entries))),
        "e.p.ledger.unknown-log"
    );
    let append = Append {
        log,
        record: kith_protocol::bytes::Blob(vec![1]),
    };
    assert_eq!(
        code(&net.ask(1, Body::LedgerAppend(append))),
        "e.p.ledger.unknown-log"
    );
}

/// G14: only the operator's offers are cosigned.
#[test]
fn a_strangers_head_is_not_cosigned() {
    let mut net = Net::new();
    let log = net.descriptor().id();
    let page = net.read(0);
    let offer = Cosign {
        log,
        note: page.note,
        certified: None,
        from: 0,
        entries: Vec::new(),
        proof: Vec::new(),
    };
    assert!(code(&net.ask(1, Body::LedgerCosign(offer))).starts_with("e."));
}
