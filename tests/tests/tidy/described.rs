//! The specification names every message with its fields, every space of rows and every kind of
//! record, and nothing that is not there.
use kith_tests::workspace;

struct Message {
    /// The type, without the base that ours have in common.
    typ: String,
    /// Where its body is declared, and under which name.
    file: String,
    body: String,
}

/// The messages of `message/mod.rs`, one a line: `Variant(module::Body) = base!(), "name";`.
fn messages() -> Vec<Message> {
    let source = workspace::text("protocol/src/message/mod.rs");
    let (_, bodies) = source
        .split_once("\nbodies! {")
        .expect("the list of messages");
    let (bodies, _) = bodies.split_once("\n}\n").expect("the end of the list");
    let lines = bodies.lines().filter(|line| line.contains("!(), \""));
    lines.map(message).collect()
}

fn message(line: &str) -> Message {
    let (head, name) = line.split_once("!(), \"").expect("a base and a name");
    let name = name.trim_end_matches("\";");
    let base = if head.contains("theirs") {
        "https://didcomm.org/"
    } else {
        ""
    };
    let (_, body) = head.split_once('(').expect("a body");
    let body = body.split(')').next().unwrap_or_default();
    let (module, body) = body.rsplit_once("::").unwrap_or(("standard", body));
    Message {
        typ: format!("{base}{name}"),
        file: format!("protocol/src/message/{module}.rs"),
        body: body.to_owned(),
    }
}

/// The fields of a structure, which `rustfmt` puts on lines of their own.
fn fields(message: &Message) -> Vec<String> {
    let source = workspace::text(&message.file);
    let start = format!("pub struct {} {{", message.body);
    let (_, body) = source
        .split_once(&start)
        .unwrap_or_else(|| panic!("{start} in {}", message.file));
    let (body, _) = body.split_once('}').expect("the end of a structure");
    let public = body
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub "));
    public
        .filter_map(|field| field.split_once(':'))
        .map(|(name, _)| name.trim_start_matches("r#").to_owned())
        .collect()
}

#[test]
fn every_message_stands_on_the_wire_with_its_fields() {
    let wire = workspace::text("protocol/spec/wire.md");
    for message in messages() {
        let start = format!("| `{}` |", message.typ);
        let row = wire.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("{} is not in wire.md", message.typ));
        for field in fields(&message) {
            let named = row.contains(&format!("`{field}`"));
            assert!(named, "the row of {} lacks {field}", message.typ);
        }
    }
}

#[test]
fn every_message_on_the_wire_exists() {
    let known: Vec<String> = messages().into_iter().map(|message| message.typ).collect();
    let wire = workspace::text("protocol/spec/wire.md");
    let rows = wire.lines().filter_map(|line| line.strip_prefix("| `"));
    let types = rows.filter_map(|row| row.split('`').next());
    for typ in types.filter(|typ| typ.contains(".0/")) {
        let invitation = typ.ends_with("out-of-band/2.0/invitation");
        assert!(
            invitation || known.iter().any(|known| known == typ),
            "{typ}"
        );
    }
}

#[test]
fn every_space_and_every_kind_stands_in_its_table() {
    let storage = workspace::text("protocol/spec/storage.md");
    for (name, number) in variants("protocol/src/record.rs", "pub enum Space {") {
        let row = storage
            .lines()
            .find(|line| line.contains(&name) && line.contains(&number));
        assert!(
            row.is_some(),
            "storage.md lacks the space {name} = {number}"
        );
    }
    let ledger = workspace::text("protocol/spec/ledger.md");
    for (name, number) in variants("protocol/src/ledger/kind.rs", "pub enum Kind {") {
        let row = format!("| {number} | {} |", kebab(&name));
        assert!(ledger.contains(&row), "ledger.md lacks {row}");
    }
}

/// The variants of an enumeration with their numbers.
fn variants(file: &str, start: &str) -> Vec<(String, String)> {
    let source = workspace::text(file);
    let (_, body) = source.split_once(start).expect("the enumeration");
    let (body, _) = body.split_once("\n}").expect("its end");
    let lines = body
        .lines()
        .filter_map(|line| line.trim().split_once(" = "));
    let variants: Vec<_> = lines
        .map(|(name, number)| (name.to_owned(), number.trim_end_matches(',').to_owned()))
        .collect();
    assert!(!variants.is_empty(), "{file} has no variants");
    variants
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for next in name.chars() {
        if next.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(next.to_lowercase());
    }
    kebab
}
