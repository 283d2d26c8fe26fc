//! Writes the first corpus from the golden files: `cargo run -p kith-fuzz --example seeds`.
//!
//! A fuzzer that begins with something lawful finds what is nearly lawful. Files are named `seed-*`,
//! so that they stay apart from what the fuzzer found.
use kith_fuzz::sealed;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn vectors(folder: &str) -> Vec<PathBuf> {
    let folder = here().join("../vectors").join(folder);
    let entries = fs::read_dir(folder).expect("golden files");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn json(path: &str) -> Value {
    let text = fs::read(here().join("../vectors").join(path)).expect("a golden file");
    serde_json::from_slice(&text).expect("JSON")
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("text")).expect("hex")
}

fn keep(target: &str, name: &str, bytes: &[u8]) {
    let folder = here().join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the corpus");
    fs::write(folder.join(format!("seed-{name}")), bytes).expect("a seed");
}

/// Behind the byte that says which part of the target it is for.
fn keep_for(target: &str, part: u8, name: &str, bytes: &[u8]) {
    keep(target, name, &[&[part], bytes].concat());
}

fn main() {
    for (length, name) in [(3, "short"), (300, "two-bytes"), (70_000, "too-long")] {
        let varint: Vec<u8> = match length {
            0..0x80 => vec![length as u8],
            0x80..0x4000 => vec![length as u8 | 0x80, (length >> 7) as u8],
            _ => vec![
                length as u8 | 0x80,
                (length >> 7) as u8 | 0x80,
                (length >> 14) as u8,
            ],
        };
        keep("frame", name, &[&varint[..], b"abc"].concat());
    }
    messages();
    for file in vectors("invitations") {
        let link = fs::read_to_string(&file).expect("a link");
        let (_, inside) = link.trim().split_once("_oob=").expect("an invitation");
        let inside = kith_protocol::bytes::from_base64url(inside).expect("base64url");
        keep("link", &stem(&file), link.as_bytes());
        keep("link", &format!("{}-inside", stem(&file)), &inside);
        // A name that would move the cursor.
        let inside = String::from_utf8(inside).expect("text");
        let moved = inside.replacen("\"label\":\"", "\"label\":\"\\u0008", 1);
        keep("link", &format!("{}-moved", stem(&file)), moved.as_bytes());
    }
    ledger();
    backup();
    let sealed: Value = serde_json::from_str(sealed()).expect("JSON");
    keep("envelope", "sealed", sealed.to_string().as_bytes());
    let protected = sealed["protected"].as_str().expect("text");
    let protected = kith_protocol::bytes::from_base64url(protected).expect("base64url");
    keep("header", "sealed", &protected);
    let inside = r#"{"id":"1","type":"https://x.y/1","thid":"1","pthid":"2","created_time":1800000000,"expires_time":1800000060,"ack":["3"],"body":{"a":[1,{"b":"c"}]}}"#;
    keep("inside", "whole", inside.as_bytes());
    let answered = bytes(&json("rows/outbox/answered.json")[0]["row"]);
    keep("did", "row", &answered);
    plays();
    histories();
    decided();
}

fn stem(file: &Path) -> String {
    file.file_stem()
        .expect("a name")
        .to_string_lossy()
        .replace('.', "-")
}

fn messages() {
    let mut dids = std::collections::BTreeSet::new();
    for file in vectors("messages") {
        let text = fs::read(&file).expect("a message");
        keep("message", &stem(&file), text.trim_ascii());
        let text = String::from_utf8(text).expect("text");
        let words = text.split('"').filter(|word| word.starts_with("did:"));
        dids.extend(words.map(str::to_owned));
    }
    for (at, did) in dids.iter().take(6).enumerate() {
        keep("did", &format!("peer-{at}"), did.as_bytes());
    }
    let key = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
    keep("did", "key", key.as_bytes());
}

fn ledger() {
    for (at, record) in json("ledger/records.json")
        .as_array()
        .expect("records")
        .iter()
        .enumerate()
    {
        let record = bytes(&record["record"]);
        let entry = [&[1, 0x80, 0x80, 0x04][..], &varint(record.len()), &record].concat();
        keep("record", &format!("{at:02}"), &record);
        keep("entry", &format!("{at:02}"), &entry);
    }
    let log = json("ledger/log.json");
    let descriptor = bytes(&log["descriptor"]);
    let length = u16::try_from(descriptor.len())
        .expect("a small descriptor")
        .to_be_bytes();
    keep("descriptor", "log", &[&length[..], &descriptor].concat());
    for (name, value) in log.as_object().expect("an object") {
        let notes = value
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![value.clone()]);
        for (at, note) in notes.iter().enumerate() {
            let note = note
                .get("note")
                .unwrap_or(note)
                .as_str()
                .and_then(|text| hex::decode(text).ok());
            if let Some(note) = note.filter(|_| name != "descriptor") {
                let whole = [&length[..], &descriptor, &note].concat();
                keep("descriptor", &format!("{name}-{at}"), &whole);
            }
        }
    }
}

fn varint(mut rest: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}

fn backup() {
    let kept = json("backup/backup.json");
    keep_for("backup", 0, "header", &bytes(&kept["header"]));
    keep_for("backup", 1, "chunk", &[0, 0, 1]);
    keep_for("backup", 2, "slot-key", &bytes(&kept["slot_key"]));
    keep_for("backup", 3, "wallet", &bytes(&kept["wallet"]));
    let share = bytes(&kept["shares"][0]);
    keep_for("share", 0, "one", &share[1..34]);
    keep_for("share", 0, "dealt", &[0]);
    keep_for("share", 1, "pair", &share);
    let commitments = [&[3], &bytes(&kept["commitments"])[..]].concat();
    keep_for("share", 2, "commitments", &commitments);
    let one = [&[3], &bytes(&kept["commitments"])[2..][..97]].concat();
    keep_for("share", 2, "commitment", &one);
    keep_for("share", 3, "box", &[1; 120]);
}

/// A stage, then some of everything: a byte is what happens, the next say to whom and how.
fn plays() {
    for stage in 0..5_u8 {
        keep(
            "play",
            &format!("honest-{stage}"),
            &[stage, 0, 11, 4, 0, 11, 4, 0, 11, 5, 0],
        );
        for happening in 1..17_u8 {
            let steps = (0..24_u8).flat_map(|at| [happening, at.wrapping_mul(29), at, 7 * at]);
            // Stages are counted modulo five; from 128 on, memory is compared with rows.
            let first = if happening % 3 == 0 {
                stage + 130
            } else {
                stage
            };
            let play: Vec<u8> = core::iter::once(first).chain(steps).collect();
            keep("play", &format!("{happening:02}-{stage}"), &play);
        }
    }
}

/// How far everything has come, then for each record: how much time passes, whose it is, of which kind,
/// and what its kind asks for.
fn histories() {
    for stage in 0..5_u8 {
        for kind in 0..12_u8 {
            let records = (0..24_u8).flat_map(|at| {
                let span = [0, 2, 5, 7][usize::from(at) % 4];
                [
                    span,
                    0,
                    kind.wrapping_add(at / 6),
                    at,
                    3 * at,
                    0,
                    at / 2,
                    0,
                    0,
                ]
            });
            let history: Vec<u8> = core::iter::once(stage).chain(records).collect();
            keep("history", &format!("{stage}-{kind:02}"), &history);
        }
    }
}

/// Histories that come to the point at which one rule decides.
fn decided() {
    // What each takes: pass, owner, kind, then as `history/pen.rs` reads, then what is spoilt.
    let nothing = |span: u8| vec![span, 0, 11, 0, 0];
    let verdict = |trustee: u8, verdict: u8| vec![0, 0, 6, 0, 0, trustee, verdict, 0];
    let veto = |agent: u8| vec![0, 0, 8, agent, 0, 0, 0];
    let set_aside = |trustee: u8| vec![0, 0, 9, 0, trustee, 0, 0];
    let ask = |claimant: u8, sponsor: u8, odd: u8| vec![0, 0, 4, 0, 0, claimant, sponsor, odd, 0];
    let complete = |span: u8| vec![span, 0, 10, 0, 0, 1, 0, 0, 0];
    let prover = vec![0, 0, 1, 1, 0, 0, 0];
    let revoke = vec![0, 0, 2, 1, 0, 0];
    let all_stolen = [verdict(0, 1), verdict(1, 1), verdict(2, 1)].concat();
    let held = [vec![vec![0, 0, 3, 0, 0, 0, 0]], vec![nothing(6); 5]]
        .concat()
        .concat();
    let by_another = vec![0, 0, 6, 0, 242, 0, 0, 0];
    let gap = vec![0, 0, 3, 204, 0, 0, 0];
    let seeds: [(&str, u8, Vec<Vec<u8>>); 17] = [
        ("withdrawn-first", 3, vec![verdict(0, 2)]),
        ("a-gap", 2, vec![gap]),
        ("judged-by-another", 3, vec![by_another]),
        ("complete", 4, vec![complete(0), complete(4), complete(5)]),
        ("complete-under-a-veto", 4, vec![veto(0), complete(5)]),
        ("override-of-nothing", 4, vec![all_stolen, set_aside(0)]),
        (
            "override-by-few",
            4,
            vec![veto(0), verdict(0, 1), set_aside(0)],
        ),
        (
            "override-by-another",
            4,
            vec![
                veto(0),
                verdict(0, 1),
                verdict(1, 1),
                verdict(2, 0),
                set_aside(2),
            ],
        ),
        (
            "override",
            4,
            vec![
                veto(0),
                verdict(0, 1),
                verdict(1, 1),
                set_aside(0),
                complete(4),
                complete(5),
            ],
        ),
        (
            "withdrawn",
            4,
            vec![verdict(0, 2), verdict(0, 0), nothing(5), verdict(0, 2)],
        ),
        (
            "asked-twice",
            3,
            vec![ask(0, 1, 0), ask(1, 0, 0), ask(1, 1, 0)],
        ),
        (
            "asked-by-another",
            2,
            vec![ask(0, 0, 241), ask(0, 0, 230), ask(0, 0, 0)],
        ),
        (
            "verdicts",
            3,
            (0..18).map(|at| verdict(2, at % 2)).collect(),
        ),
        ("too-young", 2, vec![prover.clone(), ask(0, 0, 0), veto(1)]),
        ("revoked-twice", 2, vec![prover, revoke.clone(), revoke]),
        ("another-s-name", 3, vec![vec![0, 0, 8, 0, 0, 0, 8]]),
        (
            "held-back",
            2,
            vec![held, ask(0, 0, 0), nothing(3), nothing(6)],
        ),
    ];
    for (name, stage, records) in seeds {
        keep("history", name, &[vec![stage], records.concat()].concat());
    }
}
