//! What a descriptor may say, and how it is worded (G14, G15).
#![allow(clippy::unwrap_used)]
mod ledger_support;
#[path = "ledger_support/net.rs"]
mod net;

use kith_protocol::ledger::{Descriptor, DescriptorError, OperatorEntry, WitnessEntry};
use kith_protocol::limits;
use kith_protocol::time::Millis;
use ledger_support::key;
use net::{descriptor, did};

/// A descriptor with this many witnesses, this quorum and this many liars claimed.
fn of(witnesses: u64, quorum: u8, max_faulty: u8) -> Descriptor {
    let witness = |index: u64| WitnessEntry {
        name: format!("w{index}"),
        key: key(500 + index).verifying_key(),
        did: did(500 + index),
    };
    Descriptor {
        witnesses: (0..witnesses).map(witness).collect(),
        quorum,
        max_faulty,
        ..descriptor()
    }
}

fn refused(change: impl FnOnce(&mut Descriptor)) -> DescriptorError {
    let mut descriptor = descriptor();
    change(&mut descriptor);
    descriptor.validate().unwrap_err()
}

#[test]
fn a_descriptor_comes_back_from_its_bytes() {
    let descriptor = descriptor();
    assert_eq!(
        Descriptor::from_bytes(&descriptor.to_bytes()),
        Ok(descriptor)
    );
    assert!(Descriptor::from_bytes(&[]).is_err());
    assert!(Descriptor::from_bytes(&[1; 40_000]).is_err());
}

/// 2k - n > f, or two quorums need not share an honest witness.
#[test]
fn quorums_must_intersect_in_an_honest_witness() {
    for (witnesses, quorum, faulty) in [(1, 1, 0), (3, 2, 0), (4, 3, 1), (7, 5, 2), (3, 3, 2)] {
        assert_eq!(
            of(witnesses, quorum, faulty).validate(),
            Ok(()),
            "{witnesses} {quorum} {faulty}"
        );
    }
    for (witnesses, quorum, faulty) in [(2, 1, 0), (3, 2, 1), (4, 2, 0), (4, 3, 2), (3, 3, 3)] {
        let refused = of(witnesses, quorum, faulty).validate();
        assert!(
            matches!(refused, Err(DescriptorError::Intersection { .. })),
            "{witnesses} {quorum} {faulty}"
        );
    }
    for (witnesses, quorum) in [(3, 0), (3, 4)] {
        assert!(matches!(
            of(witnesses, quorum, 0).validate(),
            Err(DescriptorError::Quorum { .. })
        ));
    }
}

#[test]
fn a_descriptor_says_what_it_stands() {
    assert_eq!(
        of(3, 2, 0).assurance(),
        "3 witnesses, a quorum of 2: stands one crash and no liar"
    );
    assert_eq!(
        of(4, 3, 1).assurance(),
        "4 witnesses, a quorum of 3: stands one crash or one liar"
    );
    assert_eq!(
        of(7, 5, 2).assurance(),
        "7 witnesses, a quorum of 5: stands 2 crashes or 2 liars"
    );
    assert_eq!(
        of(1, 1, 0).assurance(),
        "1 witness, a quorum of 1: stands no crash and no liar"
    );
    let single = Descriptor {
        single_operator: true,
        ..of(0, 0, 0)
    };
    assert_eq!(
        single.assurance(),
        "no witnesses: one machine's word is all there is"
    );
}

#[test]
fn no_witnesses_must_be_said() {
    assert_eq!(of(0, 0, 0).validate(), Err(DescriptorError::NoWitnesses));
    assert_eq!(
        Descriptor {
            single_operator: true,
            ..of(0, 0, 0)
        }
        .validate(),
        Ok(())
    );
    assert_eq!(
        refused(|descriptor| descriptor.single_operator = true),
        DescriptorError::NotSingle
    );
    let quorate = Descriptor {
        single_operator: true,
        ..of(0, 1, 0)
    };
    assert!(matches!(
        quorate.validate(),
        Err(DescriptorError::Quorum { .. })
    ));
}

#[test]
fn a_witness_that_stands_twice_is_refused() {
    let repeated = DescriptorError::Repeated;
    assert_eq!(
        refused(|it| it.witnesses[1].name = it.witnesses[0].name.clone()),
        repeated
    );
    assert_eq!(
        refused(|it| it.witnesses[1].key = it.witnesses[0].key),
        repeated
    );
    assert_eq!(
        refused(|it| it.witnesses[1].did = it.witnesses[0].did.clone()),
        repeated
    );
    assert_eq!(
        refused(|it| it.witnesses[1].name = it.origin.clone()),
        repeated
    );
    let operator = key::<kith_protocol::keys::role::LedgerWitness>(100);
    assert_eq!(
        refused(|it| it.witnesses[1].key = operator.verifying_key()),
        repeated
    );
}

#[test]
fn names_that_do_not_fit_on_a_signature_line_are_refused() {
    for name in [
        "",
        "two words",
        "a+b",
        "line\nfeed",
        "\u{2014}",
        &"x".repeat(101),
    ] {
        assert!(
            matches!(
                refused(|it| it.origin = name.into()),
                DescriptorError::Name(_)
            ),
            "{name:?}"
        );
        assert!(matches!(
            refused(|it| it.witnesses[0].name = name.into()),
            DescriptorError::Name(_)
        ));
    }
}

#[test]
fn numbers_and_times_are_bounded() {
    assert_eq!(of(17, 17, 0).validate(), Err(DescriptorError::TooMany));
    assert_eq!(of(16, 16, 0).validate(), Ok(()));
    let successor = |index: u64| OperatorEntry {
        key: key(700 + index).verifying_key(),
        did: did(700 + index),
    };
    assert_eq!(
        refused(|it| it.successors = (0..9).map(successor).collect()),
        DescriptorError::TooMany
    );
    assert_eq!(
        refused(|it| it.max_age = Millis(1_999)),
        DescriptorError::Times
    );
    assert_eq!(
        refused(|it| it.max_age = Millis::seconds(31 * 86_400)),
        DescriptorError::Times
    );
    assert_eq!(
        refused(|it| it.max_skew = Millis(it.max_age.0 + 1)),
        DescriptorError::Times
    );
}

/// The largest lawful descriptor fits its bound, and the notes of its log fit theirs.
#[test]
fn the_largest_descriptor_fits() {
    let successor = |index: u64| OperatorEntry {
        key: key(700 + index).verifying_key(),
        did: did(700 + index),
    };
    let mut largest = of(16, 16, 0);
    largest.successors = (0..8).map(successor).collect();
    largest.origin = "o".repeat(100);
    for (index, witness) in largest.witnesses.iter_mut().enumerate() {
        witness.name = format!("{index:0>100}");
    }
    largest.validate().unwrap();
    let bytes = largest.to_bytes();
    assert!(bytes.len() < limits::ledger::DESCRIPTOR, "{}", bytes.len());
    assert!(Descriptor::from_bytes(&bytes).is_ok());
}
