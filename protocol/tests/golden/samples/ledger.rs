//! ledger: two entries, one head over both, two cosignatures.

use kith_protocol::bytes::{Blob, Digest};
use kith_protocol::keys::SigningKey;
use kith_protocol::keys::role::LedgerWitness;
use kith_protocol::ledger::{AppendOutcome, Checkpoint, Entry, Link, Record};
use kith_protocol::message::Body;
use kith_protocol::message::ledger::{
    Append, Appended, Cosign, CosignOutcome, Cosigned, Entries, Page,
};
use kith_protocol::time::Millis;
use sha2::{Digest as _, Sha256};

use super::{Sample, case, plain};
use crate::people::signing;
use crate::scene::{NOW, Scene};

pub(super) fn samples(scene: &Scene) -> Vec<Sample> {
    let mut samples = appending(scene);
    samples.extend(following(scene));
    samples.extend(cosigning(scene));
    samples
}

fn appending(scene: &Scene) -> Vec<Sample> {
    let appended = |outcome| Body::LedgerAppended(Appended { outcome });
    let refused = AppendOutcome::Refused {
        code: "e.p.req.stale".into(),
        comment: "another record came first".into(),
    };
    vec![
        plain(Body::LedgerAppend(Append {
            log: scene.log,
            record: Blob(scene.creation.to_bytes()),
        })),
        plain(appended(AppendOutcome::Committed { index: 300 })),
        case("pending", appended(AppendOutcome::Pending)),
        case("refused", appended(refused)),
    ]
}

fn following(scene: &Scene) -> Vec<Sample> {
    let page = |entries: Vec<Blob>, proof| {
        Body::LedgerPage(Page {
            log: scene.log,
            note: Blob(certified(scene)),
            from: 0,
            entries,
            proof,
        })
    };
    let [first, second] = entries(scene);
    let proof = vec![leaf(&second)];
    vec![
        plain(Body::LedgerEntries(Entries {
            log: scene.log,
            have: 1,
            since: NOW,
        })),
        plain(page(vec![first.clone(), second], Vec::new())),
        case("cut", page(vec![first], proof)),
    ]
}

fn cosigning(scene: &Scene) -> Vec<Sample> {
    let cosign = |certified| {
        Body::LedgerCosign(Cosign {
            log: scene.log,
            note: Blob(offered(scene)),
            certified,
            from: 0,
            entries: entries(scene).into(),
            proof: Vec::new(),
        })
    };
    let cosigned = |size, outcome| {
        Body::LedgerCosigned(Cosigned {
            log: scene.log,
            size,
            outcome,
        })
    };
    let line = line(scene, "walter").trim_end().into();
    let refused = CosignOutcome::Refused {
        code: "e.p.trust.conflict".into(),
        comment: "another head of this size was cosigned".into(),
    };
    vec![
        plain(cosign(Some(Blob(certified(scene))))),
        case("first", cosign(None)),
        plain(cosigned(2, CosignOutcome::Signed { line })),
        case("behind", cosigned(1, CosignOutcome::Behind)),
        case("refused", cosigned(2, refused)),
    ]
}

/// The owner's policy, and its first epoch.
fn entries(scene: &Scene) -> [Blob; 2] {
    let link = Link {
        policy: scene.policy,
        seq: 1,
        prev: scene.policy,
    };
    let dealt = Record::recovery_policy(&scene.log, link, scene.record.clone(), &scene.agent);
    [(&scene.creation, 0), (&dealt, 60)].map(|(record, seconds)| {
        let entry = Entry {
            time: NOW.after(Millis::seconds(seconds)),
            record: Blob(record.to_bytes()),
        };
        Blob(entry.to_bytes())
    })
}

/// RFC 6962, written down once more.
fn leaf(entry: &Blob) -> Digest {
    Digest(Sha256::digest([&[0], entry.as_bytes()].concat()).into())
}

fn head(scene: &Scene) -> Checkpoint {
    let [first, second] = entries(scene).map(|entry| leaf(&entry));
    Checkpoint {
        origin: scene.descriptor.origin.clone(),
        size: 2,
        root: Digest(Sha256::digest([&[1], &first.0[..], &second.0].concat()).into()),
        time: NOW.after(Millis::seconds(60)),
    }
}

fn offered(scene: &Scene) -> Vec<u8> {
    head(scene).sign(&signing("operator"))
}

/// The head with the lines of two of three witnesses: a quorum.
pub(crate) fn certified(scene: &Scene) -> Vec<u8> {
    let lines = ["walter", "wim"].map(|name| line(scene, name));
    [offered(scene), lines.concat().into_bytes()].concat()
}

/// C2SP cosignature/v1, written down once more.
fn line(scene: &Scene, witness: &str) -> String {
    let key: SigningKey<LedgerWitness> = signing(&format!("{witness} cosigns"));
    let name = format!("{witness}.example");
    let time = head(scene).time.seconds();
    let signed = format!("cosignature/v1\ntime {time}\n{}", head(scene).text());
    let id = signed_note::key_id(&name, &[&[4][..], key.verifying_key().as_bytes()].concat());
    let signature = [&time.to_be_bytes()[..], &key.sign_raw(signed.as_bytes())];
    let line = signed_note::Signature::new(name, id, signature.concat()).unwrap();
    String::from_utf8(line.to_bytes()).unwrap()
}
