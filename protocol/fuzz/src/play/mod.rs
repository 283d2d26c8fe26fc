//! Sequences of inputs to both agents: an honest play up to some stage, then whatever a hostile
//! network, ledger, clock, machine and person can do.
mod answers;
mod bent;
mod golden;
mod home;
mod ledger;
mod orders;
mod stages;
mod table;

use crate::pinned;
use crate::taps::Taps;
use home::{Event, Kind};
use kith_protocol::ledger::{Answer, AppendOutcome, Ask, Query};
use kith_protocol::message::{Body, Outgoing, Received};
use kith_protocol::time::{Millis, Timestamp};
use table::{Mail, Table, received};

/// Steps of one play: a second at most, slowly built.
const STEPS: usize = 48;
/// From this first byte on every step is compared with that of a newly opened agent.
const SUSPICIOUS: usize = 128;

/// Plays: the first byte is the stage, then each byte is what happens.
pub(crate) fn play(bytes: &[u8]) {
    let mut taps = Taps::new(bytes);
    let first = usize::from(taps.byte());
    let mut table = stages::STAGES[first % stages::STAGES.len()].clone().up();
    table.suspicious = first >= SUSPICIOUS;
    for _ in 0..STEPS {
        if taps.is_dry() {
            break;
        }
        happen(&mut table, &mut taps);
    }
    // Whatever happened: everybody can be opened again, and says when it wants to be woken.
    for who in 0..table.homes.len() {
        table.crash(who);
        table.wake(who);
    }
}

fn happen(table: &mut Table, taps: &mut Taps<'_>) {
    match taps.byte() % 18 {
        0 => settled(table),
        1 => carried(table, taps),
        2 => lost(table, taps),
        3 => repeated(table, taps),
        4 | 5 => delivered_bent(table, taps),
        6 => from_another(table, taps),
        7 => to_another(table, taps),
        8 => answered_otherwise(table, taps),
        9 => asked(table, taps),
        10 => lied_to(table, taps),
        11 => passed(table, taps),
        12 => clock_set(table, taps),
        13 => crashed(table, taps),
        14 | 15 => made_up(table, taps),
        _ => ordered(table, taps),
    }
}

/// Everything is carried, as long as it takes.
fn settled(table: &mut Table) {
    table.settle();
}

fn carried(table: &mut Table, taps: &mut Taps<'_>) {
    if !table.mail.is_empty() {
        let at = taps.below(table.mail.len());
        let mail = table.mail.remove(at);
        table.carry(&mail);
    }
}

fn lost(table: &mut Table, taps: &mut Taps<'_>) {
    if !table.mail.is_empty() {
        let at = taps.below(table.mail.len());
        table.mail.remove(at);
    }
}

fn some(table: &Table, taps: &mut Taps<'_>) -> Option<Mail> {
    taps.one(&table.past).cloned()
}

fn repeated(table: &mut Table, taps: &mut Taps<'_>) {
    if let Some(mail) = some(table, taps) {
        table.carry(&mail);
    }
}

fn bodies(table: &Table) -> Vec<Body> {
    table
        .past
        .iter()
        .map(|mail| mail.message.body.clone())
        .collect()
}

/// A lawful sender's message with one thing changed, under an id of its own.
fn delivered_bent(table: &mut Table, taps: &mut Taps<'_>) {
    let Some(mut mail) = some(table, taps) else {
        return;
    };
    if let Some(body) = bent::bent(taps, &mail.message.body, &bodies(table), &table.texts) {
        mail.message.body = body;
        mail.message.id = format!("{:032x}", taps.byte());
        table.carry(&mail);
    }
}

fn from_another(table: &mut Table, taps: &mut Taps<'_>) {
    if let (Some(mut mail), Some(other)) = (some(table, taps), some(table, taps)) {
        mail.message.from = other.message.from;
        table.deliver(received(&mail.message));
    }
}

fn to_another(table: &mut Table, taps: &mut Taps<'_>) {
    if let (Some(mut mail), Some(other)) = (some(table, taps), some(table, taps)) {
        mail.message.to = if taps.flag() {
            other.message.to
        } else {
            other.message.from
        };
        table.deliver(received(&mail.message));
    }
}

/// A reply that its sender did not give, perhaps from another than who was asked.
fn answered_otherwise(table: &mut Table, taps: &mut Taps<'_>) {
    let (Some(mail), Some(other)) = (some(table, taps), some(table, taps)) else {
        return;
    };
    let Outgoing { to, id, .. } = mail.message.clone();
    let from = if taps.flag() {
        other.message.to.clone()
    } else {
        to
    };
    let honest = table.deliver(received(&mail.message));
    let reply = match taps.below(4) {
        0 => Some(other.message.body),
        1 => honest,
        _ => honest.and_then(|reply| bent::bent(taps, &reply, &bodies(table), &table.texts)),
    };
    if let Some(reply) = reply {
        table.give(mail.by, Event::Replied(from, id, reply));
    }
}

fn asked(table: &mut Table, taps: &mut Taps<'_>) {
    if !table.asked.is_empty() {
        let at = taps.below(table.asked.len());
        let (who, query) = table.asked.remove(at);
        table.ask(who, query);
    }
}

/// A ledger answers what is not so; to a question, or unasked.
fn lied_to(table: &mut Table, taps: &mut Taps<'_>) {
    let unasked = |table: &Table, taps: &mut Taps<'_>| {
        let ask = Ask::Follow {
            have: taps.number(),
            since: Timestamp(0),
        };
        let log = table.ledger.descriptor.id();
        let hosts = Vec::new();
        (taps.below(table.homes.len()), Query { log, hosts, ask })
    };
    let (who, query) = match table.asked.len() {
        0 => unasked(table, taps),
        waiting => table.asked.remove(taps.below(waiting)),
    };
    let have = match &query.ask {
        Ask::Follow { have, .. } => *have,
        Ask::Append(_) => 0,
    };
    let answer = match taps.below(8) {
        0 => Answer::Unavailable,
        1 => Answer::Appended(AppendOutcome::Pending),
        2 => Answer::Appended(AppendOutcome::Committed {
            index: taps.number(),
        }),
        3 => Answer::Appended(AppendOutcome::Refused {
            code: "e.p.stale-head".into(),
            comment: "no".into(),
        }),
        4 => Answer::Page(table.ledger.lie(0, taps.byte(), taps.number())),
        _ => Answer::Page(table.ledger.lie(have, taps.byte(), taps.number())),
    };
    table.tell(who, query, answer);
}

fn passed(table: &mut Table, taps: &mut Taps<'_>) {
    const SPANS: [u64; 10] = [
        1,
        250,
        1_000,
        2_000,
        10_000,
        61_000,
        3_600_000,
        86_400_000,
        8 * 86_400_000,
        31 * 86_400_000,
    ];
    let span = taps.one(&SPANS).copied().unwrap_or_default();
    table.pass(Millis(span));
}

fn clock_set(table: &mut Table, taps: &mut Taps<'_>) {
    let who = taps.below(table.homes.len());
    table.homes[who].still.now = Timestamp(taps.number());
    table.wake(who);
}

/// A message of any kind, to any DID somebody holds, from a stranger or from one of them.
fn made_up(table: &mut Table, taps: &mut Taps<'_>) {
    let who = taps.below(table.homes.len());
    let dids = table.homes[who].still.dids();
    let (Some(to), Some(body)) = (taps.one(&dids).cloned(), taps.one(&golden::GOLDEN)) else {
        return;
    };
    let known = some(table, taps).filter(|_| taps.flag());
    let stranger = || pinned::person(u64::from(u8::MAX)).did().clone();
    let bent = bent::bent(taps, body, &bodies(table), &table.texts);
    let message = Received {
        from: known.map_or_else(stranger, |mail| mail.message.from),
        to,
        id: format!("{:032x}", taps.byte()),
        thid: None,
        pthid: None,
        body: bent.unwrap_or_else(|| body.clone()),
    };
    table.deliver(message);
}

fn crashed(table: &mut Table, taps: &mut Taps<'_>) {
    let who = taps.below(table.homes.len());
    table.crash(who);
    table.give(who, Event::Deadline);
}

fn ordered(table: &mut Table, taps: &mut Taps<'_>) {
    let who = taps.below(table.homes.len());
    let owner = table.homes[who].still.kind == Kind::Owner;
    let order = orders::order(taps, owner, &table.texts);
    table.give(who, Event::Order(order));
}
