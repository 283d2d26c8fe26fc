//! Exports of password managers: how many entries they hold, and whether they can be read at all.
use super::Finding;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The first four bytes of every KeePass database.
const KEEPASS: [u8; 4] = [0x03, 0xd9, 0xa2, 0x9a];

/// What a column with passwords is called, by whichever manager or browser.
const PASSWORDS: [&str; 4] = ["password", "login_password", "passwort", "mot de passe"];
/// And one beside it that says what it is for: a note in which somebody wrote "password" has none.
const WHAT_FOR: [&str; 10] = [
    "name",
    "title",
    "url",
    "login_uri",
    "website",
    "account",
    "username",
    "login_username",
    "user name",
    "nom",
];

pub(super) fn look(data: &[u8]) -> Option<Finding> {
    if data.starts_with(&KEEPASS) {
        return Some(Ok(
            "a KeePass database; it opens with its own password, which you need as well".into(),
        ));
    }
    match data.iter().find(|byte| !byte.is_ascii_whitespace())? {
        b'{' => bitwarden(data),
        _ => table(data),
    }
}

/// The JSON that Bitwarden writes.
#[derive(Deserialize)]
struct Bitwarden {
    encrypted: bool,
    #[serde(default)]
    items: Vec<IgnoredAny>,
}

fn bitwarden(data: &[u8]) -> Option<Finding> {
    let export: Bitwarden = serde_json::from_slice(data).ok()?;
    Some(Ok(match export.encrypted {
        true => "an encrypted export of Bitwarden; it opens with its own password or account, which you need as well".into(),
        false => entries(export.items.len()),
    }))
}

fn table(data: &[u8]) -> Option<Finding> {
    let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let mut table = csv::Reader::from_reader(data);
    let columns = table.headers().ok()?;
    let has = |names: &[&str]| {
        let named = |column: &str| names.contains(&column.trim().to_lowercase().as_str());
        columns.iter().any(named)
    };
    if !has(&PASSWORDS) || !has(&WHAT_FOR) {
        return None;
    }
    let mut count = 0;
    for row in table.byte_records() {
        if let Err(error) = row {
            let line = error.position().map_or(0, csv::Position::line);
            return Some(Err(format!(
                "the table of passwords breaks off or is damaged at line {line}"
            )));
        }
        count += 1;
    }
    Some(Ok(entries(count)))
}

fn entries(count: usize) -> String {
    format!("a password manager's export with {count} entries, readable by whoever has that file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        look(text.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn tables_of_browsers_and_managers_are_counted() {
        let browser =
            "name,url,username,password\na,https://a.example,me,\"x,\n\"\"y\"\"\"\nb,,,z\n";
        assert!(said(browser).contains("2 entries"));
        let marked = format!("\u{feff}{}", browser.replace("password", "Password"));
        assert!(said(&marked).contains("2 entries"));
        for note in ["name,price\nmat,3\n", "my login, password\nis the dog\n"] {
            assert!(look(note.as_bytes()).is_none());
        }
    }

    #[test]
    fn a_table_that_breaks_off_is_said_with_its_line_and_without_what_stands_there() {
        let broken = "name,password\na,hunter2\nb\n";
        let said = look(broken.as_bytes()).unwrap().unwrap_err();
        assert!(
            said.contains("line 3") && !said.contains("hunter2"),
            "{said}"
        );
    }

    #[test]
    fn an_export_of_bitwarden_is_counted_or_told_to_be_encrypted() {
        assert!(said(r#"{"encrypted":false,"items":[{"a":1},{}]}"#).contains("2 entries"));
        assert!(said(r#"{"encrypted":true,"data":"2.x"}"#).contains("own password"));
        assert!(look(br#"{"what":"else"}"#).is_none());
    }

    #[test]
    fn a_keepass_database_needs_its_own_password() {
        let data = [&KEEPASS[..], &[0; 20]].concat();
        assert!(look(&data).unwrap().unwrap().contains("KeePass"));
    }
}
