//! [`Did`]: the text, proven to resolve.

use super::{DidDocument, DidError, key, peer};
use crate::known::{self, Fact};
use crate::limits;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use std::str::FromStr;

/// A decentralised identifier (W3C DID Core 1.0, section 3.1) of a supported method, without path,
/// query or fragment. Whoever holds one knows that it resolves.
///
/// Equality is equality of text, never of keys. Anybody can copy the keys of a `did:peer:2` into a
/// text with another service; nobody but the owner of the keys can use it, and whoever knows the
/// first text does not take the second for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Did(String);

impl Did {
    /// Parses and resolves.
    ///
    /// # Errors
    /// Every [`DidError`]: the text comes from outside.
    pub fn parse(text: &str) -> Result<Self, DidError> {
        known::once(Fact::Did, &[text.as_bytes()], || {
            document_of(text).map(drop)
        })?;
        Ok(Self(text.to_owned()))
    }

    /// Both at once, for the price of one: to parse is to resolve.
    ///
    /// # Errors
    /// As [`Did::parse`].
    pub fn parse_and_resolve(text: &str) -> Result<(Self, DidDocument), DidError> {
        let document = document_of(text)?;
        known::note(Fact::Did, text.as_bytes());
        Ok((Self(text.to_owned()), document))
    }

    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document. Needs no network: both methods carry it in the text.
    #[must_use]
    pub fn resolve(&self) -> DidDocument {
        document_of(&self.0).expect("a Did is only made from text that resolves")
    }
}

fn document_of(text: &str) -> Result<DidDocument, DidError> {
    // First of all: everything after this costs time in proportion to the length.
    if text.len() > limits::did::DID_BYTES {
        return Err(DidError::TooLong);
    }
    if let Some(multikey) = text.strip_prefix(key::PREFIX) {
        key::resolve(text, multikey)
    } else if let Some(elements) = text.strip_prefix(peer::PREFIX) {
        peer::resolve(text, elements)
    } else {
        Err(DidError::UnsupportedMethod)
    }
}

impl fmt::Display for Did {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Did {
    type Err = DidError;
    fn from_str(text: &str) -> Result<Self, DidError> {
        Self::parse(text)
    }
}

impl Serialize for Did {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Did {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}
