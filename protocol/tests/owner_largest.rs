//! The largest lawful policy and wallet, with the longest names and identifiers everybody may have,
//! from enrolment to recovery (G15). That each of the messages fits into an envelope is shown by
//! `envelope/tests/largest.rs`. Minutes of work without optimisation, so it is in release builds only;
//! `.ci/run` makes one.
#![cfg(not(debug_assertions))]
#![allow(clippy::unwrap_used)]
mod owner_support;

use kith_protocol::bytes::Blob;
use kith_protocol::did::{Did, Endpoint};
use kith_protocol::limits;
use kith_protocol::message::Body;
use kith_protocol::owner::command::{Answer, Command};
use kith_protocol::time::Millis;
use owner_support::Net;
use owner_support::play::{DELAY, LIFETIME};

/// What [`Net::init`] protects.
const FIRST: &[u8] = b"correct horse";

/// As long as a name may be, in characters of four bytes.
fn longest_name(kind: &str, number: usize) -> String {
    let start = format!("{kind}{number:03}");
    let rest = limits::message::LABEL - start.chars().count();
    start + &"\u{1f511}".repeat(rest)
}

fn longest_endpoint(number: usize) -> Endpoint {
    let address = format!("/{}", "a".repeat(limits::did::ADDRESS_BYTES - 1));
    let peer = format!("{number:0>width$}", width = limits::did::PEER_ID_BYTES);
    Endpoint::new(peer, vec![address; limits::did::ADDRESSES]).unwrap()
}

struct Largest {
    net: Net,
    trustees: Vec<String>,
    /// Names and bytes of what is protected.
    items: Vec<(String, Vec<u8>)>,
}

impl Largest {
    fn new(trustees: usize) -> Self {
        Self::kept_by(limits::backup::HOSTS, trustees)
    }

    fn kept_by(hosts: usize, trustees: usize) -> Self {
        let many = |kind, count| (0..count).map(move |number| longest_name(kind, number));
        let trustees: Vec<_> = many("T", trustees).collect();
        let hosts: Vec<_> = many("H", hosts).collect();
        let names: Vec<&str> = trustees.iter().chain(&hosts).map(String::as_str).collect();
        let mut net = Net::new(&names);
        for (number, home) in net.people.iter_mut().enumerate() {
            home.endpoint = longest_endpoint(number);
        }
        net.owners[0].endpoint = longest_endpoint(999);
        net.init();
        for name in &trustees {
            net.enrol(name, false);
        }
        for name in &hosts {
            net.enrol(name, true);
        }
        Self {
            net,
            trustees,
            items: vec![("seed".into(), FIRST.to_vec())],
        }
    }

    /// As many items as there may be, with as many bytes as they may have together.
    fn fill(&mut self) {
        let count = limits::owner::ITEMS - 1;
        let bytes = limits::backup::WALLET - FIRST.len();
        for number in 0..count {
            let size = bytes * (number + 1) / count - bytes * number / count;
            let (name, data) = (longest_name("I", number), vec![number as u8; size]);
            let add = Command::SecretAdd {
                name: name.clone(),
                data: Blob(data.clone()),
            };
            self.net.owner(0, add).unwrap();
            self.items.push((name, data));
        }
    }

    fn protect(&mut self, threshold: usize) {
        let command = Command::Protect {
            threshold: threshold as u8,
            delay: Some(DELAY),
            lifetime: Some(LIFETIME),
            cool_down: Some(Millis::seconds(1)),
            override_threshold: None,
        };
        self.net.owner(0, command).unwrap();
        self.net.pass(Millis::seconds(2));
        let view = self.net.deal();
        assert_eq!(view.state, "protected", "{:?}", view.refused);
    }

    /// With the last of the trustees, who have the largest indices.
    fn recover(&mut self, threshold: usize) {
        let names = self.trustees.iter().rev().take(threshold);
        let names: Vec<&str> = names.map(String::as_str).collect();
        self.net.claim(&names, false);
        self.net.owners[1].endpoint = longest_endpoint(998);
        for name in &names {
            self.net.recognise(name);
            self.net.approve(name);
        }
        for _ in 0..30 {
            self.net.pass(DELAY);
            if self.net.recovery().state == "done" {
                return;
            }
        }
        panic!("{:?}", self.net.recovery());
    }

    fn compare(&mut self) {
        for (name, data) in &self.items {
            let name = name.clone();
            let Ok(Answer::Secret { data: shown, .. }) =
                self.net.owner(1, Command::SecretShow { name })
            else {
                panic!("not there")
            };
            assert!(shown.0 == *data);
        }
    }
}

/// R1, G5, G15: 255 trustees, all of whom are needed, and eight hosts.
#[test]
fn the_largest_policy_is_dealt_anchored_and_recovered_from() {
    let mut largest = Largest::new(limits::sharing::TRUSTEES);
    largest.protect(limits::sharing::TRUSTEES);
    largest.recover(limits::sharing::TRUSTEES);
    largest.compare();
}

/// G5, G15: as many items and bytes as may be, to as many hosts; one more of either is refused.
#[test]
fn the_largest_wallet_goes_to_every_host_and_comes_back_whole() {
    let mut largest = Largest::new(2);
    largest.fill();
    let longer = (longest_name("I", 0), vec![7; limits::backup::WALLET / 2]);
    for (name, data) in [longer, ("one more".into(), Vec::new())] {
        let data = Blob(data);
        let more = largest.net.owner(0, Command::SecretAdd { name, data });
        assert!(more.is_err());
    }
    largest.protect(2);
    largest.recover(2);
    largest.compare();
}

/// G5, G6: one of three hosts shows other bytes, and one answers one question in five. What she changed since comes
/// back with the rest.
#[test]
fn the_largest_wallet_comes_back_from_three_hosts_of_which_one_lies_and_one_is_slow() {
    let mut largest = Largest::kept_by(3, 2);
    largest.fill();
    largest.protect(2);
    let (name, data) = largest.items.last_mut().unwrap();
    data.reverse();
    data[0] ^= 1;
    let (name, data) = (name.clone(), Blob(data.clone()));
    largest
        .net
        .owner(0, Command::SecretAdd { name, data })
        .unwrap();
    largest.net.pass(Millis::seconds(5));
    let mut hosts: Vec<Did> = Vec::new();
    let mut asked = 0;
    largest.net.on_reply = Box::new(move |message, reply| {
        if matches!(message.body, Body::BackupGet(_)) && !hosts.contains(&message.to) {
            hosts.push(message.to.clone());
        }
        let place = hosts.iter().position(|host| *host == message.to);
        match (place, reply) {
            (Some(0), Body::BackupChunk(chunk)) => chunk.data.0[7] ^= 1,
            (Some(1), _) => {
                asked += 1;
                return asked % 5 == 0;
            }
            _ => {}
        }
        true
    });
    largest.recover(2);
    largest.compare();
}
