//! At-least-once sending, and one answer to a message however often it comes.
#![allow(clippy::unwrap_used)]

use kith_protocol::agent::{Context, Work};
use kith_protocol::did::{Did, Endpoint, LocalDid};
use kith_protocol::error::{Halt, Refusal};
use kith_protocol::limits;
use kith_protocol::message::{Body, Empty, Outgoing, Ping, Received};
use kith_protocol::outbox;
use kith_protocol::record::{Key, Records as _, Space};
use kith_protocol::time::{Millis, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use std::collections::BTreeMap;

/// After so many every part of the answers was looked at.
const MINUTES: u64 = 8;

struct Machine {
    disk: BTreeMap<Key, Vec<u8>>,
    rng: ChaCha20Rng,
    endpoint: Endpoint,
    now: Timestamp,
    dues: outbox::Dues,
}

fn did(seed: u8) -> Did {
    LocalDid::generate(None, &mut ChaCha20Rng::from_seed([seed; 32]))
        .did()
        .clone()
}

impl Machine {
    fn new() -> Self {
        Self {
            disk: BTreeMap::new(),
            rng: ChaCha20Rng::from_seed([0; 32]),
            endpoint: Endpoint::new("12D3KooWtest".into(), Vec::new())
                .expect("an endpoint within its bounds"),
            now: Timestamp(1_000_000),
            dues: outbox::Dues::default(),
        }
    }

    /// One durable step; what it sends.
    fn step<T>(&mut self, act: impl FnOnce(&mut Work<'_>) -> T) -> (T, Vec<Outgoing>) {
        let cx = Context {
            records: &self.disk,
            rng: &mut self.rng,
            endpoint: &self.endpoint,
            uptime: 0,
        };
        let mut work = Work::new(self.now, cx);
        let result = act(&mut work);
        let step = work.finish::<()>(None, None);
        self.dues.note(&step.writes).unwrap();
        for (key, bytes) in step.writes.iter() {
            match bytes {
                Some(bytes) => self.disk.insert(key.clone(), bytes.to_vec()),
                None => self.disk.remove(key),
            };
        }
        (result, step.sends)
    }

    fn resend_due(&mut self) -> Vec<Outgoing> {
        self.step(|work| outbox::resend_due(work, &outbox::Dues::open(work).unwrap()).unwrap())
            .1
    }

    /// As an agent that runs on and on.
    fn sweep(&mut self) {
        let mut dues = std::mem::take(&mut self.dues);
        for _ in 0..MINUTES {
            self.step(|work| outbox::sweep(work, &mut dues).unwrap());
            self.wait(60_000);
        }
        self.dues = dues;
    }

    fn wait(&mut self, millis: u64) {
        self.now = self.now.after(Millis(millis));
    }
}

fn ping() -> Body {
    Body::Ping(Ping {
        response_requested: true,
    })
}

fn delivered(id: &str, body: Body) -> Received {
    Received {
        from: did(2),
        to: did(1),
        id: id.into(),
        thid: None,
        pthid: None,
        body,
    }
}

#[test]
fn a_message_is_sent_again_with_the_same_id_until_it_is_answered() {
    let mut alice = Machine::new();
    let (id, first) = alice.step(|work| outbox::send(work, &did(1), &did(2), ping()));
    assert_eq!(first.len(), 1);
    alice.wait(400);
    assert!(
        alice
            .step(|work| outbox::resend_due(work, &outbox::Dues::open(work).unwrap()).unwrap())
            .1
            .is_empty()
    );
    alice.wait(200);
    assert_eq!(
        alice
            .step(|work| outbox::resend_due(work, &outbox::Dues::open(work).unwrap()).unwrap())
            .1,
        first
    );
    let (settled, _) = alice.step(|work| outbox::settle(work, &did(2), &id).unwrap());
    assert!(settled);
    alice.wait(1_000_000);
    assert!(
        alice
            .step(|work| outbox::resend_due(work, &outbox::Dues::open(work).unwrap()).unwrap())
            .1
            .is_empty()
    );
    assert_eq!(outbox::Dues::open(&alice.disk).unwrap().next(), None);
}

/// G8: a stranger cannot answer for the one who was asked.
#[test]
fn an_answer_from_somebody_else_settles_nothing() {
    let mut alice = Machine::new();
    let (id, _) = alice.step(|work| outbox::send(work, &did(1), &did(2), ping()));
    assert!(
        !alice
            .step(|work| outbox::settle(work, &did(3), &id).unwrap())
            .0
    );
    assert!(alice.step(|work| outbox::is_waiting(work, &id).unwrap()).0);
}

#[test]
fn a_message_that_nobody_wants_any_more_is_dropped() {
    let mut alice = Machine::new();
    alice.step(|work| outbox::send(work, &did(1), &did(2), ping()));
    for _ in 1..limits::message::TRIES {
        alice.wait(600_000);
        assert_eq!(alice.resend_due().len(), 1);
    }
    alice.wait(limits::message::LIFETIME.0);
    assert!(alice.resend_due().is_empty());
    assert!(alice.disk.is_empty());
}

/// A clock that jumps years ahead ends nothing, and where it comes back nothing waits for years: what
/// was under way is sent again at once, valid for a month from then on.
#[test]
fn a_message_outlives_a_clock_that_jumps_by_years_and_back() {
    const YEARS: u64 = 10 * 365 * 86_400_000;
    let mut alice = Machine::new();
    let (id, _) = alice.step(|work| outbox::send(work, &did(1), &did(2), ping()));
    alice.wait(YEARS);
    let sent = alice.resend_due();
    assert_eq!(sent[0].id, id);
    alice.now = Timestamp(alice.now.0 - YEARS);
    let sent = alice.resend_due();
    assert_eq!(sent[0].id, id);
    assert_eq!(sent[0].expires, alice.now.after(limits::message::LIFETIME));
    assert!(alice.resend_due().is_empty(), "a pause as ever");
    alice.wait(600_000);
    assert_eq!(alice.resend_due()[0].id, id);
}

#[test]
fn pauses_grow_and_have_a_longest() {
    let mut alice = Machine::new();
    alice.step(|work| outbox::send(work, &did(1), &did(2), ping()));
    let mut pauses = Vec::new();
    for _ in 0..20 {
        let due = outbox::Dues::open(&alice.disk).unwrap().next().unwrap();
        pauses.push(due.since(alice.now).0);
        alice.now = due;
        alice.step(|work| outbox::resend_due(work, &outbox::Dues::open(work).unwrap()).unwrap());
    }
    assert_eq!(pauses[..3], [500, 1000, 2000]);
    assert_eq!(pauses[19], 300_000);
}

fn confirm(id: &str) -> Received {
    delivered(
        id,
        Body::WordsConfirm(kith_protocol::message::words::Confirm {}),
    )
}

/// Answers a message and changes something; whether it was handled, and not only answered again.
fn changed_by(machine: &mut Machine, message: &Received) -> bool {
    let mut handled = false;
    let (reply, _) = machine.step(|work| {
        outbox::answer_once(work, message, |work, _| {
            handled = true;
            outbox::retire(work, &did(1));
            Ok(Body::Empty(Empty {}))
        })
        .unwrap()
    });
    assert_eq!(reply, Body::Empty(Empty {}));
    handled
}

fn rows(machine: &Machine, space: Space) -> usize {
    machine.disk.scan(Key::new(space, &[]).as_bytes()).len()
}

#[test]
fn a_repeated_message_gets_the_answer_it_got_the_first_time() {
    let mut bob = Machine::new();
    let message = confirm("Ab12");
    assert!(changed_by(&mut bob, &message));
    let again = Received {
        id: "aB12".into(),
        ..message
    };
    assert!(
        !changed_by(&mut bob, &again),
        "ids are compared without regard to case"
    );
}

/// G15: hostile messages cost no disk.
#[test]
fn a_refusal_changes_nothing_and_is_not_stored() {
    let mut bob = Machine::new();
    let message = confirm("1");
    let (reply, sends) = bob.step(|work| {
        outbox::answer_once(work, &message, |work, _| {
            outbox::send(work, &did(1), &did(2), ping());
            Err(Halt::Refusal(Refusal::new("e.p.req.declined", "no")))
        })
        .unwrap()
    });
    assert!(matches!(reply, Body::Problem(problem) if problem.code == "e.p.req.declined"));
    assert!(sends.is_empty() && bob.disk.is_empty());
}

#[test]
fn answers_are_forgotten_when_nobody_can_ask_again() {
    let mut bob = Machine::new();
    changed_by(&mut bob, &confirm("1"));
    assert_eq!(rows(&bob, Space::Answered), 1);
    bob.wait(limits::message::ANSWER_LIFETIME.0);
    bob.sweep();
    assert!(bob.disk.is_empty());
}

/// What a sweep found is remembered; what came since is not overlooked, nor what was too young.
#[test]
fn an_answer_that_was_given_after_a_sweep_is_forgotten_in_its_time() {
    let mut bob = Machine::new();
    bob.sweep();
    changed_by(&mut bob, &confirm("1"));
    bob.wait(limits::message::ANSWER_LIFETIME.0 - MINUTES * 60_000);
    bob.sweep();
    assert_eq!(rows(&bob, Space::Answered), 1);
    bob.sweep();
    assert!(bob.disk.is_empty());
}

/// G15: under fresh ids a peer could send without end what changes nothing.
#[test]
fn no_answer_is_kept_for_what_changed_nothing() {
    let mut bob = Machine::new();
    for number in 0..2 {
        let message = confirm(&number.to_string());
        let nothing = |_: &mut Work<'_>, _: &Received| Ok(Body::Empty(Empty {}));
        let (reply, _) = bob.step(|work| outbox::answer_once(work, &message, nothing).unwrap());
        assert_eq!(reply, Body::Empty(Empty {}));
    }
    assert!(bob.disk.is_empty());
}

/// G15: nor does it fill the disk by what changes something, and others keep their answers.
#[test]
fn the_answers_kept_for_one_sender_are_bounded_and_the_oldest_goes_first() {
    let most = limits::message::ANSWERS_PER_SENDER;
    let mut bob = Machine::new();
    let honest = Received {
        from: did(3),
        ..confirm("honest")
    };
    assert!(changed_by(&mut bob, &honest));
    for number in 0..=most {
        // The clock may stand still, or be set back: the order is that of arrival.
        bob.now = Timestamp(bob.now.0 - 1);
        assert!(changed_by(&mut bob, &confirm(&number.to_string())));
    }
    assert_eq!(rows(&bob, Space::Answered), most + 1);
    assert_eq!(rows(&bob, Space::Given), 2, "one row a sender counts them");
    for number in 1..=most {
        assert!(!changed_by(&mut bob, &confirm(&number.to_string())));
    }
    assert!(!changed_by(&mut bob, &honest));
    assert!(
        changed_by(&mut bob, &confirm("0")),
        "the oldest is forgotten"
    );
}

/// An answer that was swept, and the same id again: the count has it once.
#[test]
fn a_message_that_is_answered_anew_is_counted_once() {
    let most = limits::message::ANSWERS_PER_SENDER;
    let mut bob = Machine::new();
    changed_by(&mut bob, &confirm("first"));
    bob.wait(MINUTES * 60_000);
    changed_by(&mut bob, &confirm("second"));
    bob.wait(limits::message::ANSWER_LIFETIME.0 - MINUTES * 60_000);
    bob.sweep();
    assert!(changed_by(&mut bob, &confirm("first")));
    for number in 2..most {
        changed_by(&mut bob, &confirm(&number.to_string()));
    }
    assert!(!changed_by(&mut bob, &confirm("first")));
}

/// G5: it has looked at the ledger by then. G15: in the end it is asked as seldom as one that is silent.
#[test]
fn a_not_yet_is_followed_by_a_short_pause_that_grows() {
    let mut alice = Machine::new();
    let (id, _) = alice.step(|work| outbox::send(work, &did(1), &did(2), ping()));
    let (asked, _) = alice.step(|work| outbox::put_off(work, &did(3), &id).unwrap());
    assert!(!asked, "a stranger puts nothing off");
    let mut pauses = Vec::new();
    for _ in 0..20 {
        for _ in 0..2 {
            let (asked, _) = alice.step(|work| outbox::put_off(work, &did(2), &id).unwrap());
            assert!(asked);
        }
        let due = outbox::Dues::open(&alice.disk).unwrap().next().unwrap();
        pauses.push(due.since(alice.now).0);
        alice.now = due;
        alice.step(|work| outbox::resend_due(work, &outbox::Dues::open(work).unwrap()).unwrap());
    }
    assert_eq!(pauses[..4], [50, 100, 200, 400]);
    assert_eq!(pauses[19], 300_000);
}

/// G5: a peer whose view of the ledger lags is asked again; its "not yet" is no answer.
#[test]
fn only_the_codes_for_not_yet_leave_a_message_waiting() {
    let problem = |code: &str| {
        Body::Problem(kith_protocol::message::ProblemReport {
            code: code.into(),
            comment: String::new(),
        })
    };
    assert!(
        outbox::NOT_YET
            .iter()
            .all(|code| outbox::is_not_yet(&problem(code)))
    );
    assert!(!outbox::is_not_yet(&problem("e.p.req.declined")));
    assert!(!outbox::is_not_yet(&Body::Empty(Empty {})));
}
