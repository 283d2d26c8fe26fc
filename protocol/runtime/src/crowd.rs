//! Who leaves when there is no room: a bound that strangers fill must not lock others out.
//!
//! Spec: decision 0017. Whoever comes last always gets in; somebody else leaves. Those that proved
//! of use stay before those that did not, and of the rest one leaves that comes from where most
//! come from, the longest unused first. So a flood from one machine displaces itself.
use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Where a connection comes from, as coarse as one party can choose: an IPv4 address, or the 64
/// bits of an IPv6 address that a provider gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    V4(Ipv4Addr),
    V6(u64),
    Elsewhere,
}

impl Origin {
    pub(crate) fn of(address: &Multiaddr) -> Self {
        match address.iter().next() {
            Some(Protocol::Ip4(ip)) => Self::V4(ip),
            Some(Protocol::Ip6(ip)) => Self::of_v6(ip),
            _ => Self::Elsewhere,
        }
    }

    fn of_v6(ip: Ipv6Addr) -> Self {
        // A socket that takes both kinds shows the old one inside the new one.
        let prefix = u64::try_from(u128::from(ip) >> 64).unwrap_or_default();
        ip.to_ipv4_mapped().map_or(Self::V6(prefix), Self::V4)
    }
}

struct Member {
    from: Origin,
    /// Whether it proved of use.
    known: bool,
    /// When it came, or was last of use; counted, not timed.
    last: u64,
}

/// Everyone who holds one of `room` places.
pub(crate) struct Crowd<K> {
    room: usize,
    members: BTreeMap<K, Member>,
    moments: u64,
}

impl<K: Copy + Ord> Crowd<K> {
    pub(crate) fn new(room: usize) -> Self {
        Self {
            room,
            members: BTreeMap::new(),
            moments: 0,
        }
    }

    /// Someone comes; whoever must leave for it is returned, and has left.
    pub(crate) fn enter(&mut self, key: K, from: Origin) -> Option<K> {
        let member = Member {
            from,
            known: false,
            last: self.moment(),
        };
        self.members.insert(key, member);
        if self.members.len() <= self.room {
            return None;
        }
        let leaves = self.least(key);
        leaves.inspect(|key| self.leave(*key))
    }

    /// Someone goes by itself.
    pub(crate) fn leave(&mut self, key: K) {
        self.members.remove(&key);
    }

    /// Someone was of use.
    pub(crate) fn is_of_use(&mut self, key: K) {
        let last = self.moment();
        if let Some(member) = self.members.get_mut(&key) {
            (member.known, member.last) = (true, last);
        }
    }

    fn moment(&mut self) -> u64 {
        self.moments += 1;
        self.moments
    }

    /// Never the newcomer: else a full house of people of use would be closed to everyone.
    fn least(&self, newcomer: K) -> Option<K> {
        let mut crowded: BTreeMap<Origin, usize> = BTreeMap::new();
        for member in self.members.values() {
            *crowded.entry(member.from).or_default() += 1;
        }
        self.members
            .iter()
            .filter(|(key, _)| **key != newcomer)
            .max_by_key(|(_, member)| {
                let crowd = crowded.get(&member.from).copied();
                (!member.known, crowd, Reverse(member.last))
            })
            .map(|(key, _)| *key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOD: Origin = Origin::V4(Ipv4Addr::new(192, 0, 2, 1));

    fn elsewhere(last: u8) -> Origin {
        Origin::V4(Ipv4Addr::new(198, 51, 100, last))
    }

    #[test]
    fn a_flood_from_one_machine_displaces_itself() {
        let mut crowd = Crowd::new(8);
        assert_eq!(crowd.enter(0, elsewhere(1)), None);
        assert_eq!(crowd.enter(1, elsewhere(2)), None);
        let displaced: Vec<u32> = (2..1000)
            .filter_map(|key| crowd.enter(key, FLOOD))
            .collect();
        assert_eq!(displaced, (2..994).collect::<Vec<_>>());
    }

    #[test]
    fn a_flood_from_everywhere_displaces_its_oldest_and_never_the_newcomer() {
        let mut crowd = Crowd::new(4);
        let left: Vec<u8> = (0..=9)
            .filter_map(|key| crowd.enter(key, elsewhere(key)))
            .collect();
        assert_eq!(left, [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn those_of_use_stay_before_strangers_wherever_they_come_from() {
        let mut crowd = Crowd::new(4);
        for key in 0..4 {
            crowd.enter(key, FLOOD);
        }
        crowd.is_of_use(0);
        crowd.is_of_use(1);
        // Two strangers of the flood's origin, then each newcomer that was of no use.
        let left: Vec<u32> = (4..8)
            .filter_map(|key| crowd.enter(key, elsewhere(9)))
            .collect();
        assert_eq!(left, [2, 3, 4, 5]);
    }

    #[test]
    fn a_house_full_of_people_of_use_opens_to_a_newcomer() {
        let mut crowd = Crowd::new(3);
        for key in 0..3 {
            crowd.enter(key, elsewhere(1));
            crowd.is_of_use(key);
        }
        crowd.is_of_use(0);
        assert_eq!(crowd.enter(3, elsewhere(2)), Some(1), "the longest unused");
        crowd.leave(3);
        assert_eq!(crowd.enter(4, elsewhere(2)), None);
    }

    #[test]
    fn addresses_that_one_party_can_choose_from_are_one_origin() {
        let of = |text: &str| Origin::of(&text.parse().unwrap());
        assert_eq!(of("/ip4/192.0.2.1/tcp/1"), of("/ip4/192.0.2.1/tcp/2"));
        assert_ne!(of("/ip4/192.0.2.1/tcp/1"), of("/ip4/192.0.2.2/tcp/1"));
        assert_eq!(of("/ip6/2001:db8::1/tcp/1"), of("/ip6/2001:db8::2:1/tcp/1"));
        assert_ne!(
            of("/ip6/2001:db8::1/tcp/1"),
            of("/ip6/2001:db8:0:1::1/tcp/1")
        );
        assert_eq!(
            of("/ip6/::ffff:192.0.2.1/tcp/1"),
            of("/ip4/192.0.2.1/tcp/1")
        );
    }
}
