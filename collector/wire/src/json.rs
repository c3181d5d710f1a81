//! Reading JSON fast, for bodies that are as browsers write them.
//!
//! Decoding is the largest part of a beacon's way that is ours, and `serde_json` spends most of it on generality. This
//! reader does what nearly every beacon needs (short keys and strings without escapes, short numbers), in half
//! the instructions, and gives up on everything else. Who calls it then asks `serde_json`, whose word is final: so
//! it must never accept what `serde_json` refuses, or read another value, but may refuse whatever it likes.

mod number;
mod text;

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

/// Reads a whole text as one value, or gives up.
pub(crate) fn read<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, GaveUp> {
    let mut reader = Reader { text, at: 0 };
    let value = T::deserialize(&mut reader)?;
    reader.skip_space();
    if reader.at == text.len() { Ok(value) } else { Err(GaveUp) }
}

/// The text is wrong, or not as simple as this reader takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GaveUp;

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not simple JSON")
    }
}

impl std::error::Error for GaveUp {}

impl Error for GaveUp {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }
}

/// A text, and how far it is read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next byte that is not white space; 0, which no JSON has, at the end.
    fn peek(&mut self) -> u8 {
        self.skip_space();
        self.byte()
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        // Browsers write none.
        while self.byte() <= b' ' && matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Takes `byte`, which must come next.
    fn take(&mut self, byte: u8) -> Result<(), GaveUp> {
        if self.peek() != byte {
            return Err(GaveUp);
        }
        self.at += 1;
        Ok(())
    }

    /// Takes `word`, which must come next, a letter of which was peeked at.
    fn take_word(&mut self, word: &str) -> Result<(), GaveUp> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(GaveUp);
        }
        self.at += word.len();
        Ok(())
    }

    /// Takes a string without escapes.
    fn string(&mut self) -> Result<&'a str, GaveUp> {
        self.take(b'"')?;
        let start = self.at;
        let end = text::end(self.text.as_bytes(), start).ok_or(GaveUp)?;
        self.at = end + 1;
        self.text.get(start..end).ok_or(GaveUp)
    }

    fn number(&mut self) -> Result<number::Number, GaveUp> {
        let _first = self.peek();
        let (number, length) = number::read(&self.text[self.at..]).ok_or(GaveUp)?;
        self.at += length;
        Ok(number)
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = GaveUp;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match self.peek() {
            b'"' => self.deserialize_str(visitor),
            b'{' => self.deserialize_map(visitor),
            b'[' => self.deserialize_seq(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_option(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        visitor.visit_borrowed_str(self.string()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match self.number()? {
            number::Number::Whole(number) => visitor.visit_u64(number),
            number::Number::Fraction(number) => visitor.visit_f64(number),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        let is_true = self.peek() == b't';
        self.take_word(if is_true { "true" } else { "false" })?;
        visitor.visit_bool(is_true)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        if self.peek() == b'n' {
            self.take_word("null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.take(b'{')?;
        let value = visitor.visit_map(Items { reader: self, is_first: true })?;
        self.take(b'}')?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GaveUp> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.take(b'[')?;
        let value = visitor.visit_seq(Items { reader: self, is_first: true })?;
        self.take(b']')?;
        Ok(value)
    }

    /// A key that this version does not know: its value can be anything, so `serde_json` reads over it.
    #[cold]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        let mut values = serde_json::Deserializer::from_str(&self.text[self.at..]).into_iter::<IgnoredAny>();
        values.next().and_then(Result::ok).ok_or(GaveUp)?;
        self.at += values.byte_offset();
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char string bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier
    }
}

/// What stands between brackets, with commas between.
struct Items<'r, 'a> {
    reader: &'r mut Reader<'a>,
    is_first: bool,
}

impl Items<'_, '_> {
    /// Goes to the next item, if there is one before the closing bracket.
    fn has_next(&mut self, closing: u8) -> Result<bool, GaveUp> {
        let next = self.reader.peek();
        if next == closing {
            return Ok(false);
        }
        if !std::mem::take(&mut self.is_first) {
            self.reader.take(b',')?;
        }
        Ok(true)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = GaveUp;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, GaveUp> {
        if !self.has_next(b'}')? {
            return Ok(None);
        }
        let key = self.reader.string()?;
        seed.deserialize(key.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, GaveUp> {
        self.reader.take(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = GaveUp;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, GaveUp> {
        if !self.has_next(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// Text that is JSON, or nearly.
    fn nearly_json() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            "-?[0-9]{1,22}(\\.[0-9]{0,20})?([eE][+-]?[0-9]{1,3})?",
            "\"[ -~é\u{1}]{0,20}\"",
            "(true|false|null|nul|truee|01|1\\.|-|\"|\\\\|)",
        ];
        let space = "[ \n\t]{0,2}";
        leaf.prop_recursive(4, 40, 6, move |inner| {
            let item =
                (space, inner, space).prop_map(|(before, item, after)| format!("{before}{item}{after}"));
            let key = prop_oneof!["\"[a-z]{1,3}\"", "[a-z\"]{0,2}"];
            let pair = (key, item.clone()).prop_map(|(key, item)| format!("{key}:{item}"));
            let comma = prop_oneof![9 => Just(","), 1 => Just(",,"), 1 => Just("")];
            prop_oneof![
                (proptest::collection::vec(item, 0..6), comma.clone())
                    .prop_map(|(items, comma)| format!("[{}]", items.join(comma))),
                (proptest::collection::vec(pair, 0..6), comma)
                    .prop_map(|(pairs, comma)| format!("{{{}}}", pairs.join(comma))),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn what_it_reads_is_what_serde_json_reads(text in nearly_json()) {
            if let Ok(value) = read::<Value>(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&text).ok(), Some(value));
            }
            if let Ok(numbers) = read::<BTreeMap<String, Option<f64>>>(&text) {
                prop_assert_eq!(serde_json::from_str::<BTreeMap<String, Option<f64>>>(&text).ok(), Some(numbers));
            }
            if read::<IgnoredAny>(&text).is_ok() {
                prop_assert!(serde_json::from_str::<IgnoredAny>(&text).is_ok());
            }
        }
    }

    #[test]
    fn reads_what_browsers_write() {
        for text in [
            "{}",
            "[]",
            " { \"a\" : [ 1 , 2.5 , true , null ] , \"b\" : { \"c\" : \"dé\" } } ",
            "{\"lcp\":1843.2,\"cls\":0.0342,\"n\":9223372036854775807,\"zero\":0}",
            "\"https://www.shop.example/p/123\"",
        ] {
            assert_eq!(read::<Value>(text).ok(), serde_json::from_str::<Value>(text).ok(), "{text}");
            assert!(read::<Value>(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn leaves_the_rest_to_serde_json() {
        for text in [
            "",
            "{",
            "{\"a\":1,}",
            "[1,]",
            "\"\\n\"",
            "1e5",
            "-1",
            "01",
            "{\"a\" 1}",
            "1 2",
            "\"\u{1}\"",
            "[1 2]",
        ] {
            assert!(read::<Value>(text).is_err(), "{text}");
        }
    }
}
