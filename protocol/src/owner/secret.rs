//! The protected items, in rows of bounded size; and beside them earlier versions that a recovery brought back
//! (decision 0038).
use crate::agent::Work;
use crate::backup::Item;
use crate::bytes::Blob;
use crate::error::{CommandError, Damage, Stop};
use crate::limits;
use crate::message::invitation::clean_label;
use crate::owner::command::Answer;
use crate::owner::identity;
use crate::owner::supplement;
use crate::record::{self, Records, Row, Space};
use core::marker::PhantomData;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Where items lie.
pub(crate) trait Shelf {
    const ENTRIES: Space;
    const PIECES: Space;
}

/// The wallet.
pub(crate) struct Wallet;

/// What a supplement replaced or removed, as the anchored backup held it. No part of any backup.
pub(crate) struct Earlier;

impl Shelf for Wallet {
    const ENTRIES: Space = Space::Secret;
    const PIECES: Space = Space::SecretChunk;
}

impl Shelf for Earlier {
    const ENTRIES: Space = Space::Earlier;
    const PIECES: Space = Space::EarlierChunk;
}

/// An item's name and size.
#[derive(Serialize, Deserialize)]
#[serde(bound = "")]
struct Entry<S> {
    name: String,
    bytes: u64,
    #[serde(skip)]
    shelf: PhantomData<S>,
}

impl<S: Shelf> Row for Entry<S> {
    const SPACE: Space = S::ENTRIES;
    fn id(&self) -> Vec<u8> {
        self.name.as_bytes().to_vec()
    }
}

/// A piece of an item.
///
/// # Security
/// Wiped on drop, stored in a sealed row.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(bound = "")]
struct Piece<S> {
    name: String,
    number: u32,
    data: Vec<u8>,
    #[serde(skip)]
    #[zeroize(skip)]
    shelf: PhantomData<S>,
}

impl<S: Shelf> Row for Piece<S> {
    const SPACE: Space = S::PIECES;
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

/// Keeps an item. Where a backup is in force, its hosts get it a few seconds later.
pub(crate) fn add(work: &mut Work<'_>, name: &str, data: &Blob) -> Result<Answer, Stop> {
    identity::require(work)?;
    check(work, name, data.len())?;
    put::<Wallet>(work, name, &data.0);
    let then = match supplement::changed(work, name, false)? {
        true => {
            "it goes to your backup hosts now; `owner-agent backup show` tells when they have it"
        }
        false => "`owner-agent protect` backs it up",
    };
    Ok(Answer::Done {
        text: format!("{name} is kept here ({} bytes); {then}", data.len()),
    })
}

fn check(work: &Work<'_>, name: &str, bytes: usize) -> Result<(), Stop> {
    if name.is_empty() || name != clean_label(name) {
        return Err(CommandError::error("an item's name is one to 64 printable characters").into());
    }
    let others: Vec<Entry<Wallet>> = work
        .all::<Entry<Wallet>>()?
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

pub(crate) fn put<S: Shelf>(work: &mut Work<'_>, name: &str, data: &[u8]) {
    work.save(&Entry::<S> {
        name: name.into(),
        bytes: data.len() as u64,
        shelf: PhantomData,
    });
    for (number, piece) in (0..).zip(data.chunks(limits::owner::ITEM_PIECE)) {
        work.save(&Piece::<S> {
            name: name.into(),
            number,
            data: piece.to_vec(),
            shelf: PhantomData,
        });
    }
    // What an earlier, longer version of the item leaves behind.
    for number in data.len().div_ceil(limits::owner::ITEM_PIECE)
        ..limits::backup::WALLET / limits::owner::ITEM_PIECE
    {
        let id = piece_id(name, number as u32);
        if work.read(&record::Key::new(S::PIECES, &id)).is_some() {
            work.erase::<Piece<S>>(&id);
        }
    }
}

/// All items, for a backup.
pub(crate) fn items(records: &dyn Records) -> Result<Vec<Item>, Damage> {
    let entries = record::load_all::<Entry<Wallet>>(records, &[])?;
    entries.iter().map(|entry| item(records, entry)).collect()
}

/// Those of these names that are here.
pub(crate) fn named(
    records: &dyn Records,
    names: impl Iterator<Item = String>,
) -> Result<Vec<Item>, Damage> {
    let mut items = Vec::new();
    for name in names {
        if let Some(entry) = record::load::<Entry<Wallet>>(records, name.as_bytes())? {
            items.push(item(records, &entry)?);
        }
    }
    Ok(items)
}

fn item<S: Shelf>(records: &dyn Records, entry: &Entry<S>) -> Result<Item, Damage> {
    let mut data = Vec::with_capacity(entry.bytes as usize);
    for number in 0..(entry.bytes as usize).div_ceil(limits::owner::ITEM_PIECE) {
        let id = piece_id(&entry.name, number as u32);
        let missing = Damage {
            key: record::Key::new(S::PIECES, &id),
        };
        let piece = record::load::<Piece<S>>(records, &id)?.ok_or(missing)?;
        data.extend_from_slice(&piece.data);
    }
    Ok(Item {
        name: entry.name.clone(),
        data,
    })
}

/// Names and sizes.
pub(crate) fn list(work: &Work<'_>) -> Result<Answer, Stop> {
    Ok(Answer::Secrets {
        list: names::<Wallet>(work)?,
        earlier: names::<Earlier>(work)?,
    })
}

fn names<S: Shelf>(work: &Work<'_>) -> Result<Vec<(String, u64)>, Damage> {
    let entries = work.all::<Entry<S>>()?.into_iter();
    Ok(entries.map(|entry| (entry.name, entry.bytes)).collect())
}

/// One item's bytes.
pub(crate) fn show<S: Shelf>(work: &Work<'_>, name: &str) -> Result<Answer, Stop> {
    let entry = find::<S>(work, name)?;
    let mut item = item(work, &entry)?;
    Ok(Answer::Secret {
        name: entry.name,
        data: Blob(core::mem::take(&mut item.data)),
    })
}

/// Forgets an item.
pub(crate) fn remove(work: &mut Work<'_>, name: &str) -> Result<Answer, Stop> {
    erase::<Wallet>(work, name)?;
    let then = match supplement::changed(work, name, true)? {
        true => {
            "your backup hosts are told now; the backup in force holds it still, until the next `owner-agent protect`"
        }
        false => "older backups still hold it",
    };
    Ok(Answer::Done {
        text: format!("{name} is removed here; {then}"),
    })
}

/// Forgets its earlier version.
pub(crate) fn remove_earlier(work: &mut Work<'_>, name: &str) -> Result<Answer, Stop> {
    erase::<Earlier>(work, name)?;
    Ok(Answer::Done {
        text: format!("the earlier version of {name} is removed here"),
    })
}

fn erase<S: Shelf>(work: &mut Work<'_>, name: &str) -> Result<(), Stop> {
    let entry = find::<S>(work, name)?;
    for number in 0..(entry.bytes as usize).div_ceil(limits::owner::ITEM_PIECE) {
        work.erase::<Piece<S>>(&piece_id(name, number as u32));
    }
    work.erase::<Entry<S>>(name.as_bytes());
    Ok(())
}

fn find<S: Shelf>(work: &Work<'_>, name: &str) -> Result<Entry<S>, Stop> {
    let missing = || {
        CommandError::error(format!(
            "there is no item called `{name}`; see `owner-agent secret list`"
        ))
    };
    Ok(work
        .load::<Entry<S>>(name.as_bytes())?
        .ok_or_else(missing)?)
}
