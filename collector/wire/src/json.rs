//! Reading JSON fast, where it is as browsers write it.
//!
//! Decoding is the largest part of a beacon's way that is ours, and `serde_json` spends most of it on generality. This
//! reader does what nearly every beacon needs: keys and strings without escapes, short numbers, `true` and `false`.
//! On everything else it gives up, and whoever calls it asks `serde_json`, whose word is final. So it must never
//! accept what `serde_json` refuses, or read another value, but may refuse whatever it likes.

mod number;
mod text;

use crate::word::Word;

use self::number::Number;

/// The text is wrong, or not as simple as this reader takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GaveUp;

/// A value that is read from simple JSON.
pub(crate) trait Read<'a>: Sized {
    /// Reads the value that comes next.
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp>;
}

/// Reads a whole text as one value.
pub(crate) fn read<'a, T: Read<'a>>(text: &'a str) -> Result<T, GaveUp> {
    let mut reader = Reader { text, at: 0 };
    let value = T::read(&mut reader)?;
    reader.skip_space();
    if reader.at == text.len() { Ok(value) } else { Err(GaveUp) }
}

/// A text, and how far it is read.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads an object, letting `field` read the value of each key.
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, &'a str) -> Result<(), GaveUp>,
    ) -> Result<(), GaveUp> {
        self.take(b'{')?;
        if self.takes(b'}') {
            return Ok(());
        }
        loop {
            let key = self.string()?;
            self.take(b':')?;
            field(self, key)?;
            if !self.takes(b',') {
                return self.take(b'}');
            }
        }
    }

    /// Reads an array, letting `item` read each of its values.
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

    /// Reads a string without escapes.
    pub(crate) fn string(&mut self) -> Result<&'a str, GaveUp> {
        self.take(b'"')?;
        let start = self.at;
        let end = text::end(self.text.as_bytes(), start).ok_or(GaveUp)?;
        self.at = end + 1;
        self.text.get(start..end).ok_or(GaveUp)
    }

    /// Reads a number without a sign.
    fn number(&mut self) -> Result<Number, GaveUp> {
        self.skip_space();
        let (number, length) = number::read(&self.text.as_bytes()[self.at..]).ok_or(GaveUp)?;
        self.at += length;
        Ok(number)
    }

    fn byte(&self) -> u8 {
        // No JSON has a zero byte, so it can stand for the end.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn skip_space(&mut self) {
        // Browsers write none.
        while self.byte() <= b' ' && matches!(self.byte(), b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
    }

    /// Takes `byte` if it comes next.
    fn takes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let is_next = self.byte() == byte;
        self.at += usize::from(is_next);
        is_next
    }

    /// Takes `byte`, which must come next.
    fn take(&mut self, byte: u8) -> Result<(), GaveUp> {
        if self.takes(byte) { Ok(()) } else { Err(GaveUp) }
    }
}

/// Reads a field that may stand in its object once.
pub(crate) fn once<'a, T: Read<'a>>(reader: &mut Reader<'a>, field: &mut Option<T>) -> Result<(), GaveUp> {
    if field.is_some() {
        return Err(GaveUp);
    }
    *field = Some(T::read(reader)?);
    Ok(())
}

impl Read<'_> for f64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        Ok(match reader.number()? {
            Number::Whole(number) => number as Self,
            Number::Fraction(number) => number,
        })
    }
}

impl Read<'_> for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        match reader.number()? {
            Number::Whole(number) => Self::try_from(number).map_err(|_| GaveUp),
            Number::Fraction(_) => Err(GaveUp),
        }
    }
}

impl Read<'_> for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, GaveUp> {
        reader.skip_space();
        let rest = &reader.text.as_bytes()[reader.at..];
        let is_true = rest.starts_with(b"true");
        if !is_true && !rest.starts_with(b"false") {
            return Err(GaveUp);
        }
        reader.at += if is_true { "true".len() } else { "false".len() };
        Ok(is_true)
    }
}

impl<'a, T: Word> Read<'a> for T {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        T::from_word(reader.string()?).ok_or(GaveUp)
    }
}

impl<'a, T: Read<'a>> Read<'a> for Vec<T> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, GaveUp> {
        let mut items = Self::new();
        reader.array(|reader| {
            items.push(T::read(reader)?);
            Ok(())
        })?;
        Ok(items)
    }
}
