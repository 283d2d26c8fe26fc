//! No object has a member twice.
//!
//! JSON leaves open what a repeated member means (RFC 8259, section 4). Readers differ, so that a
//! message with one could say two things to two trustees. `didcomm` keeps the last and tells
//! nobody; this reads its text once more, before that.

use crate::Refused;
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// Checks a text whose length is bounded by the envelope's. A text that is no JSON passes: whoever
/// reads it refuses it. Nesting is bounded by the JSON reader, which stops at 128.
///
/// # Errors
/// [`Refused::Repeated`].
pub(crate) fn check(text: &[u8]) -> Result<(), Refused> {
    match serde_json::from_slice::<Unique>(text) {
        Err(error) if error.is_data() => Err(Refused::Repeated),
        _ => Ok(()),
    }
}

/// A JSON value, read and dropped, in which no member is repeated.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Unique;

    fn expecting(&self, form: &mut fmt::Formatter<'_>) -> fmt::Result {
        form.write_str("JSON without repeated members")
    }

    fn visit_unit<E: Error>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Unique, A::Error> {
        while items.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    /// Names are compared as what they spell: `a` and `\u0061` are one.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::<String>::new();
        while let Some(name) = members.next_key()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a repeated member"));
            }
            members.next_value::<Unique>()?;
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::Refused;

    #[test]
    fn a_member_that_stands_twice_in_one_object_is_found_at_any_depth() {
        let texts = [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":null,"a":"x"}"#,
            r#"{"body":{"epoch":1,"epoch":2}}"#,
            r#"[[{"a":{"b":{},"c":[{"d":1.5,"d":-1}]}}]]"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"":true,"":false}"#,
        ];
        for text in texts {
            assert_eq!(check(text.as_bytes()), Err(Refused::Repeated), "{text}");
        }
    }

    #[test]
    fn one_name_in_several_objects_is_no_repetition() {
        let texts = [
            r#"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}],"A":3}"#,
            r#"{"id":"a","body":{"id":"b","huge":1e308,"least":-9223372036854775808}}"#,
        ];
        for text in texts {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
    }

    /// It is for whoever reads the text to say what is wrong with it.
    #[test]
    fn what_is_no_json_is_left_to_its_reader() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "{",
            "{\"a\":1,",
            "nonsense",
            &deep,
            "{\"a\":1} {\"a\":1}",
        ] {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text:.9}");
        }
        assert_eq!(check(b"{\"a\":\"\xff\"}"), Ok(()));
    }
}
