//! Whether a ledger's operator and witnesses answer, what they hold, and who cosigns.
use super::probe::{Prober, Silent};
use crate::clock;
use futures::future::join_all;
use kith_protocol::did::Did;
use kith_protocol::health::{Check, Watched};
use kith_protocol::ledger::{Certified, cosigners};
use kith_protocol::message::invitation::clean_label;
use kith_protocol::message::{Body, ledger};
use kith_protocol::time::{Millis, Timestamp};

/// What a host said.
enum Said {
    /// A head that its ledger's quorum stands for, and who cosigned it.
    Head {
        size: u64,
        time: Timestamp,
        by: Vec<String>,
    },
    /// It lives, and has no head to show, or does not know the ledger: its reason code.
    Refused(String),
    /// It shows what its quorum does not stand for.
    Uncertified(String),
    /// It answers something else.
    Nonsense,
}

type Heard = Result<(Said, Millis), Silent>;

/// The findings for every ledger.
pub(super) async fn check(prober: &Prober, ledgers: &[Watched]) -> Vec<Check> {
    let each = ledgers.iter().map(|watched| one_ledger(prober, watched));
    join_all(each).await.concat()
}

async fn one_ledger(prober: &Prober, watched: &Watched) -> Vec<Check> {
    let descriptor = &watched.descriptor;
    let witnesses = descriptor.witnesses.iter();
    let witnesses = join_all(witnesses.map(|witness| ask(prober, watched, &witness.did)));
    let (operator, witnesses) =
        futures::join!(ask(prober, watched, &descriptor.operator.did), witnesses);
    let cosigned = match &operator {
        Ok((Said::Head { by, .. }, _)) => by.clone(),
        _ => Vec::new(),
    };
    let mut checks = vec![of_operator(watched, &operator)];
    let names = descriptor.witnesses.iter().map(|witness| &witness.name);
    let heard: Vec<(&String, Heard)> = names.zip(witnesses).collect();
    let answering = heard.iter().filter(|(_, heard)| lives(heard)).count();
    let each = heard
        .iter()
        .map(|(name, heard)| of_witness(name, heard, cosigned.contains(name)));
    checks.extend(each);
    checks.extend(quorum(watched, answering));
    checks
}

async fn ask(prober: &Prober, watched: &Watched, host: &Did) -> Heard {
    // Nothing but the head is wanted, and it comes with a page of entries that are left aside.
    let question = Body::LedgerEntries(ledger::Entries {
        log: watched.log,
        have: watched.have,
        since: Timestamp(0),
    });
    let (body, took) = prober.ask(host, question).await?;
    Ok((said(watched, body), took))
}

fn said(watched: &Watched, body: Body) -> Said {
    match body {
        Body::LedgerPage(page) if page.log == watched.log => head(watched, &page.note.0),
        // A stranger's text: only what can be shown, and the code rather than the comment.
        Body::Problem(problem) => Said::Refused(clean_label(&problem.code)),
        _ => Said::Nonsense,
    }
}

fn head(watched: &Watched, note: &[u8]) -> Said {
    match Certified::verify(&watched.descriptor, note) {
        Ok(certified) => Said::Head {
            size: certified.checkpoint.size,
            time: certified.checkpoint.time,
            by: cosigners(&watched.descriptor, note).unwrap_or_default(),
        },
        Err(error) => Said::Uncertified(error.to_string()),
    }
}

fn of_operator(watched: &Watched, heard: &Heard) -> Check {
    let id = format!("operator:{}", watched.descriptor.origin);
    let failed = |finding: String| {
        Check::failed(&id, finding, "trustee-agent run").on("the ledger's operator")
    };
    match heard {
        Ok((Said::Head { size, time, .. }, took)) => {
            let age = clock::now().since(*time).coarse();
            let finding = format!("answers after {took}: {size} records, its head {age} old");
            Check::ok(&id, finding)
        }
        Ok((Said::Refused(code), _)) => {
            failed(format!("answers, and has no head to show ({code})"))
        }
        Ok((Said::Uncertified(why), _)) => {
            failed(format!("shows a head that nobody may believe: {why}"))
        }
        Ok((Said::Nonsense, _)) => failed("answers something else".to_owned()),
        Err(why) => failed(format!(
            "does not answer at {}: {why}. Nothing can be anchored meanwhile, a veto neither",
            place(&watched.descriptor.operator.did)
        )),
    }
}

fn of_witness(name: &str, heard: &Heard, cosigned: bool) -> Check {
    let id = format!("witness:{name}");
    let warning = |finding: String, command: &str| Check::warning(&id, finding, command).on(name);
    match heard {
        Ok((Said::Head { size, .. }, took)) => {
            let signs = if cosigned {
                "cosigned the newest head"
            } else {
                "has not cosigned the newest head"
            };
            Check::ok(
                &id,
                format!("answers after {took}: {size} records, {signs}"),
            )
        }
        Ok((Said::Refused(code), _)) if code == "e.p.ledger.unknown-log" => warning(
            "answers, and does not witness this ledger".to_owned(),
            "trustee-agent witness adopt FILE",
        ),
        Ok((Said::Refused(code), _)) => warning(
            format!("answers, and has no head to show ({code})"),
            "trustee-agent status",
        ),
        Ok((Said::Uncertified(why), _)) => warning(
            format!("shows a head that nobody may believe: {why}"),
            "trustee-agent doctor",
        ),
        Ok((Said::Nonsense, _)) => {
            warning("answers something else".to_owned(), "trustee-agent doctor")
        }
        Err(why) => warning(format!("does not answer: {why}"), "trustee-agent run"),
    }
}

fn quorum(watched: &Watched, answering: usize) -> Option<Check> {
    let descriptor = &watched.descriptor;
    if descriptor.single_operator {
        return None;
    }
    let (needed, all) = (usize::from(descriptor.quorum), descriptor.witnesses.len());
    let finding = format!("{answering} of {all} witnesses answer, {needed} must cosign each head");
    let id = format!("quorum:{}", descriptor.origin);
    Some(match answering >= needed {
        true => Check::ok(id, finding),
        false => {
            let finding = format!("{finding}: nothing new is certified");
            Check::failed(id, finding, "trustee-agent run").on("each witness")
        }
    })
}

/// Whether a witness answered as one that could cosign.
fn lives(heard: &Heard) -> bool {
    match heard {
        Ok((Said::Head { .. }, _)) => true,
        Ok((Said::Refused(code), _)) => code == "e.p.ledger.no-head",
        Ok((Said::Uncertified(_) | Said::Nonsense, _)) | Err(_) => false,
    }
}

fn place(did: &Did) -> String {
    let endpoint = did.resolve().endpoint();
    let addresses = endpoint.map(|endpoint| endpoint.addresses().join(", "));
    addresses.unwrap_or_else(|| "no address".to_owned())
}
