//! Reading JSON fast, where it is as browsers write it.
//!
//! Decoding is the largest part of a beacon's way that is ours, and `serde_json` spends most of it on generality. This
//! reader does what nearly every beacon needs: keys and strings without escapes, short numbers, `true` and `false`.
//! On everything else it gives up, and whoever calls it asks `serde_json`, whose word is final. So it must never
//! accept what `serde_json` refuses, or read another value, but may refuse whatever it likes.

mod number;
mod text;

use crate::word::Word;

use self::number::{Number, Short};

/// The text is wrong, or not as simple as this reader takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GaveUp;

/// Why reading an object's fields stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The object is over.
    End,
    /// As [`GaveUp`].
    GaveUp,
}

impl From<GaveUp> for Stop {
    fn from(_: GaveUp) -> Self {
        Self::GaveUp
    }
}

/// A value that is read from simple JSON.
pub(crate) trait Read<'a>: Sized {
    /// Reads the value that comes next, at once into its place, since objects are large.
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp>;
}

/// Reads a whole text as one value, by `read`.
pub(crate) fn read<'a>(
    text: &'a str,
    read: impl FnOnce(&mut Reader<'a>) -> Result<(), GaveUp>,
) -> Result<(), GaveUp> {
    // Browsers write hardly anything else.
    let is_ascii = text.bytes().fold(0, u8::max) <= b'~';
    let mut reader = Reader { text, rest: text.as_bytes(), is_ascii };
    read(&mut reader)?;
    reader.skip_space();
    if reader.rest.is_empty() { Ok(()) } else { Err(GaveUp) }
}

/// A text, and what of it is left to read.
pub(crate) struct Reader<'a> {
    text: &'a str,
    rest: &'a [u8],
    /// As [`Reader::is_ascii`].
    is_ascii: bool,
}

impl<'a> Reader<'a> {
    /// Reads an object. `fields` calls [`Reader::field`] for every key that there can be, best in the order in which
    /// they are written: a key that comes earlier than that takes another round.
    #[inline]
    pub(crate) fn object(
        &mut self,
        mut fields: impl FnMut(&mut Self) -> Result<(), Stop>,
    ) -> Result<(), GaveUp> {
        if let Some(behind) = self.rest.strip_prefix(b"{\"") {
            self.rest = behind;
        } else {
            self.take(b'{')?;
            if self.takes(b'}') {
                return Ok(());
            }
            self.take(b'"')?;
        }
        loop {
            let before = self.rest.len();
            match fields(self) {
                Err(Stop::End) => return Ok(()),
                Ok(()) if self.rest.len() < before => {}
                // Nobody knows this key.
                Ok(()) | Err(Stop::GaveUp) => return Err(GaveUp),
            }
        }
    }

    /// Reads the value of the key `name`, which may stand in its object once, if that comes next; then goes on to the
    /// next key or the object's end.
    #[inline]
    pub(crate) fn field<T: Read<'a>>(&mut self, name: &str, field: &mut Option<T>) -> Result<(), Stop> {
        // The name is known when this is compiled, so that its bytes are compared all at once.
        match self.rest.strip_prefix(name.as_bytes()) {
            Some([b'"', b':', behind @ ..]) => {
                self.rest = behind;
                self.value(field)
            }
            _ => Ok(()),
        }
    }

    #[inline(never)]
    fn value<T: Read<'a>>(&mut self, field: &mut Option<T>) -> Result<(), Stop> {
        if field.is_some() {
            return Err(Stop::GaveUp);
        }
        T::read(self, field)?;
        if let Some(behind) = self.rest.strip_prefix(b",\"") {
            self.rest = behind;
            return Ok(());
        }
        self.end_of_value()
    }

    /// What comes behind a value, if not at once another key.
    fn end_of_value(&mut self) -> Result<(), Stop> {
        if self.takes(b'}') {
            return Err(Stop::End);
        }
        self.take(b',')?;
        self.take(b'"')?;
        Ok(())
    }

    /// Reads an array, letting `item` read each of its values.
    #[inline]
    pub(crate) fn array(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), GaveUp>,
    ) -> Result<(), GaveUp> {
        self.take(b'[')?;
        if self.takes(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.takes(b',') {
                return self.take(b']');
            }
        }
    }

    /// Reads an object whose keys nobody knows before, letting `entry` read each key, the colon and the value.
    pub(crate) fn entries(
        &mut self,
        mut entry: impl FnMut(&mut Self) -> Result<(), GaveUp>,
    ) -> Result<(), GaveUp> {
        self.take(b'{')?;
        if self.takes(b'}') {
            return Ok(());
        }
        loop {
            entry(self)?;
            if !self.takes(b',') {
                return self.take(b'}');
            }
        }
    }

    /// Takes what stands between a key and its value.
    pub(crate) fn colon(&mut self) -> Result<(), GaveUp> {
        self.take(b':')
    }

    /// Reads a string without escapes.
    pub(crate) fn string(&mut self) -> Result<&'a str, GaveUp> {
        let Some(content) = self.rest.strip_prefix(b"\"") else { return self.string_behind_space() };
        let length = text::length(content).ok_or(GaveUp)?;
        let start = self.text.len() - content.len();
        self.rest = content.get(length + 1..).ok_or(GaveUp)?;
        self.text.get(start..start + length).ok_or(GaveUp)
    }

    #[cold]
    fn string_behind_space(&mut self) -> Result<&'a str, GaveUp> {
        self.skip_space();
        if self.rest.first() == Some(&b'"') { self.string() } else { Err(GaveUp) }
    }

    /// Whether the text is all ASCII without DEL, so that no string that can be read from it has a control character.
    pub(crate) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Takes a number that is as short as most.
    #[inline]
    fn short_number(&mut self) -> Option<Short> {
        let (number, length) = Short::read(self.rest)?;
        self.rest = self.rest.get(length..)?;
        Some(number)
    }

    /// Reads a number that is longer than most, or stands behind a space.
    fn long_number(&mut self) -> Result<Number, GaveUp> {
        self.skip_space();
        let (number, length) = number::read(self.rest).ok_or(GaveUp)?;
        self.rest = self.rest.get(length..).ok_or(GaveUp)?;
        Ok(number)
    }

    #[cold]
    #[inline(never)]
    fn long_float(&mut self, place: &mut Option<f64>) -> Result<(), GaveUp> {
        *place = Some(self.long_number()?.value());
        Ok(())
    }

    /// Takes `byte`, which must come next.
    #[inline]
    fn take(&mut self, byte: u8) -> Result<(), GaveUp> {
        if self.takes(byte) { Ok(()) } else { Err(GaveUp) }
    }

    /// Takes `byte` if it comes next.
    #[inline]
    fn takes(&mut self, byte: u8) -> bool {
        if self.rest.first() != Some(&byte) {
            // Browsers write no space.
            self.skip_space();
        }
        match self.rest {
            [first, behind @ ..] if *first == byte => {
                self.rest = behind;
                true
            }
            _ => false,
        }
    }

    #[cold]
    #[inline(never)]
    fn skip_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', behind @ ..] = self.rest {
            self.rest = behind;
        }
    }
}

impl Read<'_> for f64 {
    #[inline]
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let Some(short) = reader.short_number() else { return reader.long_float(place) };
        *place = Some(short.value());
        Ok(())
    }
}

impl Read<'_> for u32 {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        *place = match reader.short_number() {
            Some(short) => short.whole(),
            None => reader.long_number()?.whole().and_then(|number| number.try_into().ok()),
        };
        place.map(|_| ()).ok_or(GaveUp)
    }
}

impl Read<'_> for bool {
    fn read(reader: &mut Reader<'_>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        reader.skip_space();
        let (is_true, behind) = match reader.rest {
            [b't', b'r', b'u', b'e', behind @ ..] => (true, behind),
            [b'f', b'a', b'l', b's', b'e', behind @ ..] => (false, behind),
            _ => return Err(GaveUp),
        };
        reader.rest = behind;
        *place = Some(is_true);
        Ok(())
    }
}

impl<'a, T: Word> Read<'a> for T {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        *place = Some(T::from_word(reader.string()?).ok_or(GaveUp)?);
        Ok(())
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(reader: &mut Reader<'a>, place: &mut Option<Self>) -> Result<(), GaveUp> {
        let items = place.insert(Self::new());
        reader.array(|reader| {
            let mut item = None;
            T::read(reader, &mut item)?;
            items.push(item.ok_or(GaveUp)?);
            Ok(())
        })
    }
}
