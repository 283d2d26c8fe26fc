//! How machines are connected, and how long a message takes between two of them.
//!
//! Each machine has one link for the whole run. A message passes the links of both; how long it takes on
//! each is drawn from that kind's table, which is an inverse distribution function: beside each share of
//! messages the time within which they arrive, and between two points a straight line. Whole numbers
//! throughout, so that every machine draws the same. Tails are heavy: a queue on the way holds a message
//! back for seconds (Gettys and Nichols, "Bufferbloat", 2011).
use crate::chance::{Chance, Stream};
use crate::node::NodeId;
use crate::scenario::value::Range;
use kith_protocol::time::Millis;
use serde::Serialize;

/// A kind of link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// A cable in a house or a data centre.
    Lan,
    /// A household on a fixed line, with a radio in between.
    #[default]
    Home,
    /// A phone under way.
    Mobile,
    /// A dish that looks at a satellite.
    Satellite,
}

/// Shares of a thousand messages, and the milliseconds within which they arrive.
type Table = [(u64, u64); 6];

/// Switches and a short way: ours.
const LAN: Table = [
    (0, 0),
    (500, 1),
    (900, 2),
    (990, 10),
    (999, 50),
    (1000, 200),
];
/// The access line, and half of a way across a continent: ours, after what `ping` shows.
const HOME: Table = [
    (0, 4),
    (500, 12),
    (900, 30),
    (990, 120),
    (999, 600),
    (1000, 2_000),
];
/// A radio that first wakes, and cells that overflow: ours.
const MOBILE: Table = [
    (0, 15),
    (500, 40),
    (900, 120),
    (990, 600),
    (999, 2_500),
    (1000, 8_000),
];
/// A geostationary one: 35,786 km up and down again take light 239 ms. What comes on top is ours.
const SATELLITE: Table = [
    (0, 240),
    (500, 270),
    (900, 340),
    (990, 900),
    (999, 3_000),
    (1000, 10_000),
];

impl Link {
    fn table(self) -> &'static Table {
        match self {
            Self::Lan => &LAN,
            Self::Home => &HOME,
            Self::Mobile => &MOBILE,
            Self::Satellite => &SATELLITE,
        }
    }

    /// How long a message takes on it.
    pub(crate) fn latency(self, chance: &mut Chance) -> Millis {
        /// Draws are finer than the table, so that its lines are drawn from everywhere.
        const FINE: u64 = 1000;
        let drawn = chance.between(0, 1000 * FINE);
        let mut below = (0, 0);
        for &(share, time) in self.table() {
            let share = share * FINE;
            if drawn <= share {
                let (from, shortest) = below;
                let rise = (time - shortest) * (drawn - from);
                return Millis(shortest + rise / (share - from).max(1));
            }
            below = (share, time);
        }
        Millis(below.1)
    }
}

/// How many machines of a scenario have which link, as weights beside each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mixture {
    lan: Range,
    home: Range,
    mobile: Range,
    satellite: Range,
}

impl Default for Mixture {
    /// Any: each seed draws its own.
    fn default() -> Self {
        let any = Range::new(0, 1000);
        Self {
            lan: any,
            home: any,
            mobile: any,
            satellite: Range::new(0, 100),
        }
    }
}

impl Mixture {
    /// Each weight by its name in a file.
    pub(crate) fn fields(&mut self) -> [(&'static str, &mut Range); 4] {
        [
            ("lan", &mut self.lan),
            ("home", &mut self.home),
            ("mobile", &mut self.mobile),
            ("satellite", &mut self.satellite),
        ]
    }

    /// Whether no seed could give a machine any link.
    pub(crate) fn is_nothing(mut self) -> bool {
        self.fields().iter().all(|(_, weight)| weight.high == 0)
    }
}

/// A seed's weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Links {
    /// Of cables.
    pub lan: u16,
    /// Of households.
    pub home: u16,
    /// Of phones.
    pub mobile: u16,
    /// Of satellites.
    pub satellite: u16,
}

impl Links {
    /// What the seed draws.
    pub(crate) fn draw(mixture: &Mixture, chance: &mut Chance) -> Self {
        let mut weight = |range: Range| range.draw(chance) as u16;
        Self {
            lan: weight(mixture.lan),
            home: weight(mixture.home),
            mobile: weight(mixture.mobile),
            satellite: weight(mixture.satellite),
        }
    }

    /// The link of one machine. Where all weights are zero it is a household's.
    pub(crate) fn of(&self, seed: u64, node: NodeId) -> Link {
        let weights = [
            (Link::Lan, self.lan),
            (Link::Home, self.home),
            (Link::Mobile, self.mobile),
            (Link::Satellite, self.satellite),
        ];
        let sum: u64 = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let mut left = match sum {
            0 => return Link::default(),
            sum => Chance::new(seed, Stream::Link(node.0 as u64)).between(1, sum),
        };
        for (link, weight) in weights {
            match left.checked_sub(u64::from(weight)) {
                Some(rest) if rest > 0 => left = rest,
                _ => return link,
            }
        }
        Link::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Link; 4] = [Link::Lan, Link::Home, Link::Mobile, Link::Satellite];

    fn drawn(link: Link) -> Vec<u64> {
        let mut chance = Chance::new(1, Stream::Faults);
        let mut times: Vec<u64> = (0..10_000).map(|_| link.latency(&mut chance).0).collect();
        times.sort_unstable();
        times
    }

    #[test]
    fn tables_rise_from_none_to_all() {
        for table in ALL.map(Link::table) {
            assert_eq!((table[0].0, table[5].0), (0, 1000));
            let rises = |pair: &[(u64, u64)]| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1;
            assert!(table.windows(2).all(rises));
        }
    }

    /// Half of the messages arrive as the table says, and one in a thousand takes ten times as long.
    #[test]
    fn latencies_follow_their_table_and_have_a_heavy_tail() {
        for link in ALL {
            let times = drawn(link);
            let (median, late) = (times[5_000], times[9_990]);
            assert!(median.abs_diff(link.table()[1].1) <= 2, "{link:?} {median}");
            assert!(late >= 5 * median.max(1), "{link:?} {late}");
            assert!(times[0] >= link.table()[0].1);
        }
    }

    #[test]
    fn machines_have_the_links_that_their_weights_say() {
        let mixed = Links {
            lan: 0,
            home: 1,
            mobile: 3,
            satellite: 0,
        };
        let links: Vec<Link> = (0..400).map(|node| mixed.of(1, NodeId(node))).collect();
        let mobile = links.iter().filter(|link| **link == Link::Mobile).count();
        assert!((250..350).contains(&mobile), "{mobile}");
        assert!(
            links
                .iter()
                .all(|link| matches!(link, Link::Mobile | Link::Home))
        );
        assert_eq!(Links::default().of(1, NodeId(0)), Link::Home);
    }
}
