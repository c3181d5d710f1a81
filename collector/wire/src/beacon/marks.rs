//! Moments and durations by the page's own names.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::key::{Key, LeftOut};
use crate::limits::{MARKS_MAX, NAME_BYTES_MAX};
use crate::text::Text;

/// A name.
pub type MarkName<'a> = Text<'a, NAME_BYTES_MAX>;

/// Milliseconds by name, in the order in which they were written; each name once.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks<'a>(Vec<(MarkName<'a>, Option<f64>)>);

impl<'a> Marks<'a> {
    /// Adds a mark, unless there is one of this name. Of too many only one is kept, to tell of them: a body full of
    /// names would take long to compare.
    pub(crate) fn add(&mut self, name: MarkName<'a>, ms: Option<f64>) -> bool {
        if self.0.len() > MARKS_MAX {
            return true;
        }
        let is_new = self.0.iter().all(|(known, _)| *known != name);
        if is_new {
            self.0.push((name, ms));
        }
        is_new
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and milliseconds.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().filter_map(|(name, ms)| Some((&**name, (*ms)?)))
    }

    pub(super) fn leave_out_impossible(&mut self, left_out: &mut LeftOut) {
        if self.0.len() > MARKS_MAX {
            self.0.truncate(MARKS_MAX);
            left_out.add(Key::Marks);
        }
        for (_, ms) in &mut self.0 {
            Key::MarksMs.keep_possible(ms, left_out);
        }
        self.0.retain(|(_, ms)| ms.is_some());
    }
}

impl Serialize for Marks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Marks<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MarksVisitor;

        impl<'de> Visitor<'de> for MarksVisitor {
            type Value = Marks<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
                Ok(Marks::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut marks = Marks::default();
                while let Some((name, ms)) = map.next_entry()? {
                    if !marks.add(name, ms) {
                        return Err(A::Error::duplicate_field("marks"));
                    }
                }
                Ok(marks)
            }
        }

        deserializer.deserialize_any(MarksVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_an_object_of_numbers() {
        let marks: Marks<'_> = serde_json::from_str(r#"{"hero":812.5,"cart":null,"b":-1}"#).unwrap();
        assert!(marks.iter().eq([("hero", 812.5), ("b", -1.0)]));
        assert_eq!(serde_json::to_string(&marks).unwrap(), r#"{"hero":812.5,"b":-1.0}"#);
        assert!(serde_json::from_str::<Marks<'_>>("null").unwrap().is_empty());
        for wrong in ["[]", "7", "\"x\"", r#"{"a":"x"}"#, r#"{"a":1,"a":1}"#, "{\"a\\u0001\":1}"] {
            assert!(serde_json::from_str::<Marks<'_>>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sixteen_are_kept_and_the_impossible_left_out() {
        let named = |n: usize| (Text::new(format!("m{n}")).unwrap(), Some(n as f64));
        let mut marks = Marks((0..=MARKS_MAX).map(named).collect());
        marks.0[3].1 = Some(-1.0);
        let mut left_out = LeftOut::default();
        marks.leave_out_impossible(&mut left_out);
        assert_eq!(marks.iter().count(), MARKS_MAX - 1);
        assert!(left_out.keys().eq([Key::Marks, Key::MarksMs]));
    }

    #[test]
    fn of_too_many_few_are_compared() {
        let mut marks = Marks::default();
        assert!((0..100_000).all(|n| marks.add(Text::new(n.to_string()).unwrap(), Some(1.0))));
        assert_eq!(marks.0.len(), MARKS_MAX + 1);
    }
}
