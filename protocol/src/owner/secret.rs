//! The protected items, in rows of bounded size.
use crate::agent::Work;
use crate::backup::Item;
use crate::bytes::Blob;
use crate::error::{CommandError, Damage, Stop};
use crate::limits;
use crate::message::invitation::clean_label;
use crate::owner::command::Answer;
use crate::owner::identity;
use crate::record::{self, Records, Row, Space};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// An item's name and size.
#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    bytes: u64,
}

impl Row for Entry {
    const SPACE: Space = Space::Secret;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

/// A piece of an item.
///
/// # Security
/// Wiped on drop, stored in a sealed row.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Piece {
    name: String,
    number: u32,
    data: Vec<u8>,
}

impl Row for Piece {
    const SPACE: Space = Space::SecretChunk;
    fn id(&self) -> Vec<u8> {
        piece_id(&self.name, self.number)
    }
}

/// The length stands in front, so that no name is the beginning of another.
fn piece_id(name: &str, number: u32) -> Vec<u8> {
    [
        &(name.len() as u16).to_be_bytes(),
        name.as_bytes(),
        &number.to_be_bytes(),
    ]
    .concat()
}

/// Keeps an item; it is protected from the next `protect` on.
pub(crate) fn add(work: &mut Work<'_>, name: &str, data: &Blob) -> Result<Answer, Stop> {
    identity::require(work)?;
    check(work, name, data.len())?;
    put(work, name, &data.0);
    Ok(Answer::Done {
        text: format!(
            "{name} is kept here ({} bytes); `owner-agent protect` backs it up",
            data.len()
        ),
    })
}

fn check(work: &Work<'_>, name: &str, bytes: usize) -> Result<(), Stop> {
    if name.is_empty() || name != clean_label(name) {
        return Err(CommandError::error("an item's name is one to 64 printable characters").into());
    }
    let others: Vec<Entry> = work
        .all::<Entry>()?
        .into_iter()
        .filter(|entry| entry.name != name)
        .collect();
    let sum: u64 = others.iter().map(|entry| entry.bytes).sum();
    if sum + bytes as u64 > limits::backup::WALLET as u64 {
        let text = format!(
            "with {name} your items would have {} bytes; at most 16 MiB are protected",
            sum + bytes as u64
        );
        return Err(CommandError::error(text).into());
    }
    if others.len() >= limits::owner::ITEMS {
        return Err(CommandError::error("there are 1,000 items already").into());
    }
    Ok(())
}

pub(crate) fn put(work: &mut Work<'_>, name: &str, data: &[u8]) {
    work.save(&Entry {
        name: name.into(),
        bytes: data.len() as u64,
    });
    for (number, piece) in (0..).zip(data.chunks(limits::owner::ITEM_PIECE)) {
        work.save(&Piece {
            name: name.into(),
            number,
            data: piece.to_vec(),
        });
    }
    // What an earlier, longer version of the item leaves behind.
    for number in data.len().div_ceil(limits::owner::ITEM_PIECE)
        ..limits::backup::WALLET / limits::owner::ITEM_PIECE
    {
        let id = piece_id(name, number as u32);
        if work
            .read(&record::Key::new(Space::SecretChunk, &id))
            .is_some()
        {
            work.erase::<Piece>(&id);
        }
    }
}

/// All items, for a backup.
pub(crate) fn items(records: &dyn Records) -> Result<Vec<Item>, Damage> {
    let entries = record::load_all::<Entry>(records, &[])?;
    entries.iter().map(|entry| item(records, entry)).collect()
}

fn item(records: &dyn Records, entry: &Entry) -> Result<Item, Damage> {
    let mut data = Vec::with_capacity(entry.bytes as usize);
    for number in 0..(entry.bytes as usize).div_ceil(limits::owner::ITEM_PIECE) {
        let id = piece_id(&entry.name, number as u32);
        let missing = Damage {
            key: record::Key::new(Space::SecretChunk, &id),
        };
        let piece = record::load::<Piece>(records, &id)?.ok_or(missing)?;
        data.extend_from_slice(&piece.data);
    }
    Ok(Item {
        name: entry.name.clone(),
        data,
    })
}

/// Names and sizes.
pub(crate) fn list(work: &Work<'_>) -> Result<Answer, Stop> {
    let list = work
        .all::<Entry>()?
        .into_iter()
        .map(|entry| (entry.name, entry.bytes))
        .collect();
    Ok(Answer::Secrets { list })
}

/// One item's bytes.
pub(crate) fn show(work: &Work<'_>, name: &str) -> Result<Answer, Stop> {
    let entry = find(work, name)?;
    let mut item = item(work, &entry)?;
    Ok(Answer::Secret {
        name: entry.name,
        data: Blob(core::mem::take(&mut item.data)),
    })
}

/// Forgets an item.
pub(crate) fn remove(work: &mut Work<'_>, name: &str) -> Result<Answer, Stop> {
    let entry = find(work, name)?;
    for number in 0..(entry.bytes as usize).div_ceil(limits::owner::ITEM_PIECE) {
        work.erase::<Piece>(&piece_id(name, number as u32));
    }
    work.erase::<Entry>(name.as_bytes());
    Ok(Answer::Done {
        text: format!("{name} is removed here; older backups still hold it"),
    })
}

fn find(work: &Work<'_>, name: &str) -> Result<Entry, Stop> {
    let missing = || {
        CommandError::error(format!(
            "there is no item called `{name}`; see `owner-agent secret list`"
        ))
    };
    Ok(work.load::<Entry>(name.as_bytes())?.ok_or_else(missing)?)
}
