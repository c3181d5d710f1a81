//! Reading a TOML table key by key: each value is checked where it stands, and what nobody asked for is
//! an unknown key.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::{Mistake, Mistakes};

/// The mistakes found so far in one text.
pub(super) struct Found<'i> {
    text: &'i str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'i> Found<'i> {
    pub(super) fn new(text: &'i str) -> Self {
        Self { text, mistakes: RefCell::default() }
    }

    pub(super) fn mistake(&self, span: Range<usize>, message: String) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
        self.mistakes.borrow_mut().push(Mistake { line, message });
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Mistakes> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        if mistakes.is_empty() { Ok(value) } else { Err(Mistakes(mistakes)) }
    }
}

/// A table whose keys are taken out one by one.
pub(super) struct Section<'f, 'i> {
    /// Where it stands, `site.page`; empty at the root.
    path: &'static str,
    span: Range<usize>,
    table: DeTable<'i>,
    asked: Vec<&'static str>,
    found: &'f Found<'i>,
}

impl<'f, 'i> Section<'f, 'i> {
    pub(super) fn root(table: DeTable<'i>, found: &'f Found<'i>) -> Self {
        Self { path: "", span: 0..0, table, asked: Vec::new(), found }
    }

    /// The value of a key, if it is there and of the right type.
    pub(super) fn take<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<T> {
        self.take_spanned(key).map(|(value, _)| value)
    }

    /// The value of a key, made by `make`, whose error says what would be right.
    pub(super) fn take_with<R: Deserialize<'i>, T>(
        &mut self,
        key: &'static str,
        make: impl FnOnce(R) -> Result<T, String>,
    ) -> Option<T> {
        let (raw, span) = self.take_spanned(key)?;
        make(raw).map_err(|message| self.mistake(span, key, message)).ok()
    }

    /// The whole number of a key within a range.
    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<i64>) -> Option<u64> {
        let check = |number: i64| {
            let fits = range.contains(&number).then(|| number.unsigned_abs());
            fits.ok_or_else(|| format!("{number} is not between {} and {}", range.start(), range.end()))
        };
        self.take_with(key, check)
    }

    /// The list of a key, each of its strings made by `make`.
    pub(super) fn list_with<T>(
        &mut self,
        key: &'static str,
        make: impl Fn(String) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let (raw, _) = self.take_spanned::<Vec<Spanned<String>>>(key)?;
        let mut values = Vec::with_capacity(raw.len());
        for item in raw {
            let span = item.span();
            match make(item.into_inner()) {
                Ok(value) => values.push(value),
                Err(message) => self.mistake(span, key, message),
            }
        }
        Some(values)
    }

    /// Reports a key that must be there and isn't; `example` says how it could look.
    pub(super) fn require(&self, key: &str, example: &str) {
        if !self.table.contains_key(key) {
            self.mistake(self.span.clone(), key, format!("is required, such as {key} = {example}"));
        }
    }

    /// Reads the table of a key, an empty one if there is none.
    pub(super) fn section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'f, 'i>) -> T,
    ) -> T {
        let table = match self.take_raw(key) {
            None => Spanned::new(0..0, DeTable::new()),
            Some(value) => self.table(key, value).unwrap_or_else(|| Spanned::new(0..0, DeTable::new())),
        };
        self.below(key, table).read(read)
    }

    /// Reads each table of a list of tables (`[[key]]`).
    pub(super) fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'f, 'i>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take_raw(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            self.mistake(span, key, format!("is a list of tables: write [[{key}]]"));
            return Vec::new();
        };
        let tables: Vec<_> = items.into_iter().filter_map(|item| self.table(key, item)).collect();
        tables.into_iter().map(|table| self.below(key, table).read(&mut read)).collect()
    }

    /// Reports every key that nobody asked for.
    pub(super) fn end(self) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            let nearest = self.asked.iter().map(|asked| (strsim::jaro_winkler(asked, name), asked));
            let nearest = nearest.max_by(|(left, _), (right, _)| left.total_cmp(right));
            let hint = match nearest {
                Some((likeness, asked)) if likeness > 0.85 => format!("did you mean `{asked}`?"),
                _ => format!("known here: {}", self.asked.join(", ")),
            };
            self.mistake(key.span(), name, format!("unknown key; {hint}"));
        }
    }

    pub(super) fn mistake(&self, span: Range<usize>, key: &str, message: impl Display) {
        let dot = if self.path.is_empty() { "" } else { "." };
        self.found.mistake(span, format!("{}{dot}{key}: {message}", self.path));
    }

    pub(super) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        self.end();
        value
    }

    fn below(&self, path: &'static str, table: Spanned<DeTable<'i>>) -> Section<'f, 'i> {
        let span = table.span();
        Section { path, span, table: table.into_inner(), asked: Vec::new(), found: self.found }
    }

    fn table(&self, key: &str, value: Spanned<DeValue<'i>>) -> Option<Spanned<DeTable<'i>>> {
        let span = value.span();
        if let DeValue::Table(table) = value.into_inner() {
            return Some(Spanned::new(span, table));
        }
        self.mistake(span, key, format!("is a table: write [{key}]"));
        None
    }

    fn take_spanned<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<(T, Range<usize>)> {
        let value = self.take_raw(key)?;
        let span = value.span();
        match T::deserialize(value.into_deserializer()) {
            Ok(value) => Some((value, span)),
            Err(error) => {
                self.mistake(span, key, error.message());
                None
            }
        }
    }

    fn take_raw(&mut self, key: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.asked.push(key);
        self.table.remove(key)
    }
}
