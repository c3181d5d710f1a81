//! Values written as one short string: words of a closed set, ids, amounts, currencies.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// A value that a string on the wire stands for.
pub(crate) trait Word: Sized {
    /// What a right string looks like, for error messages.
    const SHAPE: &'static str;

    /// The value that `text` writes, if it writes one.
    fn from_word(text: &str) -> Option<Self>;
}

/// Reads a word; anything but a string is an error, also the map that serde's own enums would take.
pub(crate) fn deserialize<'de, T: Word, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(WordVisitor(PhantomData))
}

struct WordVisitor<T>(PhantomData<T>);

impl<T: Word> Visitor<'_> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::SHAPE)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_word(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
