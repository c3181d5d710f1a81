//! Bounded text: a string from outside that is known to be short and free of control characters.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use serde::{Serialize, Serializer};

use crate::limits;

/// Text of at most `MAX` bytes without control characters, borrowed from the body where possible.
///
/// It may be empty: browsers say "no referrer" with an empty string. [`Text::word`] leaves empty out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text<'a, const MAX: usize>(Cow<'a, str>);

impl<'a, const MAX: usize> Text<'a, MAX> {
    /// Takes `text` if it keeps the limit and holds no control character.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Option<Self> {
        let text = text.into();
        (text.len() <= MAX && has_no_control(&text)).then_some(Self(text))
    }

    /// Takes `text`, which is known to be printable ASCII, if it keeps the limit.
    pub(crate) fn printable(text: &'a str) -> Option<Self> {
        (text.len() <= MAX).then_some(Self(Cow::Borrowed(text)))
    }

    /// The text itself, still borrowed where it was.
    #[must_use]
    pub fn into_inner(self) -> Cow<'a, str> {
        self.0
    }

    /// The text, or nothing when it is empty.
    #[must_use]
    pub fn word(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(&*self.0)
    }
}

/// Nearly all text is printable ASCII, which is soon seen.
fn has_no_control(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.chars().any(char::is_control)
}

impl<const MAX: usize> Deref for Text<'_, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> Serialize for Text<'_, MAX> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a, const MAX: usize> Deserialize<'de> for Text<'a, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor::<MAX>)
    }
}

/// A visitor of its own, because serde's `Cow` never borrows inside another type.
struct TextVisitor<const MAX: usize>;

impl<'de, const MAX: usize> Visitor<'de> for TextVisitor<MAX> {
    type Value = Text<'de, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of at most {MAX} bytes without control characters")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Text::new(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Text::new(text.to_owned()).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}

/// The id of a site: 1 to 64 of `A-Z a-z 0-9 . _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SiteId<'a>(Cow<'a, str>);

impl<'a> SiteId<'a> {
    /// What a site id looks like, for error messages.
    pub const SHAPE: &'static str = "a site id: 1 to 64 letters, digits, dots, dashes and underscores";

    /// The place of an id that is yet to be read.
    pub(crate) const BLANK: SiteId<'static> = SiteId(Cow::Borrowed(""));

    /// Takes `id` if it has the shape of a site id.
    pub fn new(id: impl Into<Cow<'a, str>>) -> Option<Self> {
        let id = id.into();
        let fits = (1..=limits::SITE_BYTES_MAX).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        fits.then_some(Self(id))
    }
}

impl Deref for SiteId<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Serialize for SiteId<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for SiteId<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::<{ limits::SITE_BYTES_MAX }>::deserialize(deserializer)?;
        Self::new(text.0).ok_or_else(|| D::Error::invalid_value(Unexpected::Other("text"), &Self::SHAPE))
    }
}
