//! `secret`: what is protected.
use super::{ask, present, tell, unexpected};
use crate::cli::{Secret, SecretAdd};
use crate::kinds;
use kith_protocol::bytes::Blob;
use kith_protocol::limits;
use kith_protocol::owner::command::{Answer, Command};
use kith_runtime::console::{Console, Exit, Failure};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Bytes of a file that can be protected: read with one more, so that a larger one is seen.
const MOST: u64 = limits::backup::WALLET as u64;

pub(super) async fn carry_out(console: &Console, task: Secret) -> Result<(), Failure> {
    match task {
        Secret::Add(add) => self::add(console, add).await,
        Secret::List => tell(console, &Command::SecretList).await,
        Secret::Show {
            name,
            output,
            earlier,
        } => {
            let command = match earlier {
                true => Command::SecretShowEarlier { name },
                false => Command::SecretShow { name },
            };
            show(console, &command, output.as_deref()).await
        }
        Secret::Remove { name, earlier } => {
            let command = match earlier {
                true => Command::SecretRemoveEarlier { name },
                false => Command::SecretRemove { name },
            };
            tell(console, &command).await
        }
    }
}

/// All of them are looked at before the first is added: one that is damaged leaves nothing half done.
async fn add(console: &Console, add: SecretAdd) -> Result<(), Failure> {
    if add.name.is_some() && add.files.len() > 1 {
        let message = "--name names one item, and these are several files";
        return Err(Failure::new(Exit::Usage, message));
    }
    let mut items = Vec::new();
    for file in &add.files {
        let name = match &add.name {
            Some(name) => name.clone(),
            None => file_name(file)?,
        };
        let data = read(file)?;
        let found = kinds::recognise(&data, add.kind).map_err(|why| broken(file, &why))?;
        items.push((name, data, found));
    }
    let mut kept = Vec::new();
    for (name, data, found) in items {
        if let Some(found) = found {
            console.screen.say(&format!("{name}: {found}"));
        }
        let data = Blob(data);
        let answer = ask(console, &Command::SecretAdd { name, data }).await?;
        let Answer::Done { text } = answer else {
            return Err(unexpected());
        };
        kept.push(text);
    }
    let text = kept.join("\n");
    present(console, &Answer::Done { text });
    Ok(())
}

fn broken(file: &Path, why: &str) -> Failure {
    let file = file.display();
    Failure::new(
        Exit::Unverified,
        format!("{file}: {why}. Nothing was added; `--as file` keeps a file as it is"),
    )
}

fn file_name(file: &Path) -> Result<String, Failure> {
    let name = file.file_name().and_then(|name| name.to_str());
    name.filter(|name| *name != "-")
        .map(str::to_owned)
        .ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                "--name is missing: this file has no name to take",
            )
        })
}

/// Reads a file that is to be protected, `-` for standard input.
///
/// # Errors
/// When it cannot be read, or is larger than all that can be protected.
pub(crate) fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let failed = |error: io::Error| Failure::file(file, &error);
    let mut data = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(MOST + 1).read_to_end(&mut data)
    } else {
        let file = File::open(file).map_err(failed)?;
        file.take(MOST + 1).read_to_end(&mut data)
    };
    read.map_err(failed)?;
    if data.len() as u64 > MOST {
        let message = format!("{}: larger than 16 MiB, which is the most", file.display());
        return Err(Failure::error(message));
    }
    Ok(data)
}

async fn show(console: &Console, show: &Command, output: Option<&Path>) -> Result<(), Failure> {
    let answer = console.ask_with_passphrase(show).await?;
    let Answer::Secret { data, .. } = &answer else {
        return Err(unexpected());
    };
    match output {
        Some(path) => write_new(path, &data.0).map_err(|error| Failure::file(path, &error)),
        None if console.screen.json => {
            console.screen.data("", &answer);
            Ok(())
        }
        None => print(&data.0),
    }
}

/// Never over a file that is there: the item may be the only copy of something else.
fn write_new(path: &Path, data: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(data)?;
    file.sync_all()
}

fn print(data: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    // Raw bytes could reprogram a terminal.
    if stdout.is_terminal() && std::str::from_utf8(data).is_err() {
        return Err(Failure::new(
            Exit::Usage,
            "this item is no text; write it with --output FILE",
        ));
    }
    let written = stdout.write_all(data).and_then(|()| stdout.flush());
    written.map_err(|error| Failure::error(format!("standard output: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_larger_than_everything_that_can_be_protected_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("big");
        File::create(&path).unwrap().set_len(MOST).unwrap();
        assert_eq!(read(&path).unwrap().len() as u64, MOST);
        File::create(&path).unwrap().set_len(MOST + 1).unwrap();
        assert!(read(&path).unwrap_err().message.contains("16 MiB"));
    }

    #[test]
    fn a_written_item_is_its_owners_alone_and_overwrites_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.pem");
        write_new(&path, b"secret").unwrap();
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(
            write_new(&path, b"x").unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"secret");
    }

    #[test]
    fn standard_input_has_no_name_to_take() {
        assert_eq!(file_name(Path::new("-")).unwrap_err().exit, Exit::Usage);
        assert_eq!(file_name(Path::new("/a/key.pem")).unwrap(), "key.pem");
    }
}
