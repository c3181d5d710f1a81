//! Reading a TOML table key by key: each value is checked where it stands, and what nobody asked for is
//! an unknown key.

use std::fmt::{self, Display};
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::mistake::Found;

/// How like a known key an unknown one is (Jaro-Winkler, 0 to 1) for being taken for a slip of the pen.
const LIKENESS_MIN: f64 = 0.85;

/// A table whose keys are taken out one by one. What is wrong is noted; its value is then `None`.
pub struct Section<'f, 'i> {
    /// Where it stands, `site.page`; empty at the root.
    path: String,
    span: Range<usize>,
    table: DeTable<'i>,
    asked: Vec<&'static str>,
    found: &'f Found<'i>,
}

/// A value that people write with quotes or without, as a status: `"2xx"` or `200`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "is neither a string nor a whole number")]
pub enum Word {
    /// `"2xx"`
    Text(String),
    /// `200`
    Number(i64),
}

/// So that whoever wrote something else reads English, not the name of a type.
#[derive(Deserialize)]
#[serde(untagged, expecting = "is no whole number")]
enum Whole {
    Number(i64),
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
        }
    }
}

impl<'f, 'i> Section<'f, 'i> {
    pub(super) fn root(table: DeTable<'i>, found: &'f Found<'i>) -> Self {
        Self { path: String::new(), span: 0..0, table, asked: Vec::new(), found }
    }

    /// The value of a key, if it is there and of the right type.
    pub fn take<T: Deserialize<'i>>(&mut self, key: &'static str) -> Option<T> {
        let value = self.take_raw(key)?;
        self.typed(key, value).map(|(value, _)| value)
    }

    /// The value of a key, made by `make`, whose error says what would be right.
    pub fn take_with<R, T, E>(&mut self, key: &'static str, make: impl FnOnce(R) -> Result<T, E>) -> Option<T>
    where
        R: Deserialize<'i>,
        E: Display,
    {
        let value = self.take_raw(key)?;
        self.made(key, value, make)
    }

    /// The string of a key, understood by `make`.
    pub fn text<T, E: Display>(
        &mut self,
        key: &'static str,
        make: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.take_with(key, |text: String| make(&text))
    }

    /// The whole number of a key within a range.
    pub fn number(&mut self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.take_with(key, |Whole::Number(number)| {
            let fits = u64::try_from(number).ok().filter(|number| range.contains(number));
            fits.ok_or_else(|| format!("{number} is not between {} and {}", range.start(), range.end()))
        })
    }

    /// The time of a key within a range, written with its unit: `"30s"`.
    pub fn duration(&mut self, key: &'static str, range: RangeInclusive<Duration>) -> Option<Duration> {
        self.text(key, |text| {
            let time = humantime::parse_duration(text)
                .map_err(|_| format!("`{text}` is no time such as \"800ms\" or \"30s\""))?;
            let [start, end] = [range.start(), range.end()].map(|time| humantime::format_duration(*time));
            let fits = range.contains(&time).then_some(time);
            fits.ok_or_else(|| format!("{text} is not between {start} and {end}"))
        })
    }

    /// The list of a key, each of its values made by `make`; each mistake is told where it stands.
    pub fn list_with<R, T, E>(
        &mut self,
        key: &'static str,
        make: impl Fn(R) -> Result<T, E>,
    ) -> Option<Vec<T>>
    where
        R: Deserialize<'i>,
        E: Display,
    {
        let value = self.take_raw(key)?;
        if value.get_ref().is_array() {
            return self.each(key, value, make);
        }
        self.mistake_at(value.span(), key, format!("is a list: write {key} = [ … ]"));
        None
    }

    /// The same, of a key that may also have one value without brackets.
    pub fn one_or_list_with<R, T, E>(
        &mut self,
        key: &'static str,
        make: impl Fn(R) -> Result<T, E>,
    ) -> Option<Vec<T>>
    where
        R: Deserialize<'i>,
        E: Display,
    {
        let value = self.take_raw(key)?;
        self.each(key, value, make)
    }

    /// Reports a key that must be there and isn't; `example` says how it could look.
    pub fn require(&self, key: &str, example: &str) {
        if !self.table.contains_key(key) {
            self.mistake(key, format!("is required, such as {key} = {example}"));
        }
    }

    /// Reads the table of a key, an empty one if there is none.
    pub fn section<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Section<'f, 'i>) -> T) -> T {
        let table = self.take_table(key).unwrap_or_else(|| Spanned::new(0..0, DeTable::new()));
        self.below(key, table).read(read)
    }

    /// Reads the table of a key, if there is one.
    pub fn optional_section<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'f, 'i>) -> T,
    ) -> Option<T> {
        let table = self.take_table(key)?;
        Some(self.below(key, table).read(read))
    }

    /// Reads each table of a list of tables (`[[key]]`).
    pub fn sections<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'f, 'i>) -> T,
    ) -> Vec<T> {
        let Some(value) = self.take_raw(key) else { return Vec::new() };
        let span = value.span();
        let DeValue::Array(items) = value.into_inner() else {
            self.mistake_at(span, key, format!("is a list of tables: write [[{}]]", self.path_of(key)));
            return Vec::new();
        };
        let tables: Vec<_> = items.into_iter().filter_map(|item| self.table(key, item)).collect();
        tables.into_iter().map(|table| self.below(key, table).read(&mut read)).collect()
    }

    /// Reports what is wrong with a key, at the line where the section begins: for what is seen only when
    /// several values are known.
    pub fn mistake(&self, key: &str, message: impl Display) {
        self.mistake_at(self.span.clone(), key, message);
    }

    /// Reads the whole section; keys that nobody asked for are mistakes.
    pub(super) fn read<T>(mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let value = read(&mut self);
        self.end();
        value
    }

    fn end(self) {
        for key in self.table.keys() {
            let name: &str = key.get_ref();
            let nearest = self.asked.iter().map(|asked| (strsim::jaro_winkler(asked, name), asked));
            let nearest = nearest.max_by(|(left, _), (right, _)| left.total_cmp(right));
            let hint = match nearest {
                Some((likeness, asked)) if likeness > LIKENESS_MIN => format!("did you mean `{asked}`?"),
                _ => format!("known here: {}", self.asked.join(", ")),
            };
            self.mistake_at(key.span(), name, format!("unknown key; {hint}"));
        }
    }

    fn mistake_at(&self, span: Range<usize>, key: &str, message: impl Display) {
        self.found.mistake(&span, format!("{}: {message}", self.path_of(key)));
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn below(&self, key: &str, table: Spanned<DeTable<'i>>) -> Section<'f, 'i> {
        let span = table.span();
        let path = self.path_of(key);
        Section { path, span, table: table.into_inner(), asked: Vec::new(), found: self.found }
    }

    fn take_table(&mut self, key: &'static str) -> Option<Spanned<DeTable<'i>>> {
        let value = self.take_raw(key)?;
        self.table(key, value)
    }

    fn table(&self, key: &str, value: Spanned<DeValue<'i>>) -> Option<Spanned<DeTable<'i>>> {
        let span = value.span();
        if let DeValue::Table(table) = value.into_inner() {
            return Some(Spanned::new(span, table));
        }
        self.mistake_at(span, key, format!("is a table: write [{}]", self.path_of(key)));
        None
    }

    /// Each value of a list, or a single value; nothing if one of them is wrong, but all that are wrong are told.
    fn each<R, T, E>(
        &self,
        key: &str,
        value: Spanned<DeValue<'i>>,
        make: impl Fn(R) -> Result<T, E>,
    ) -> Option<Vec<T>>
    where
        R: Deserialize<'i>,
        E: Display,
    {
        let span = value.span();
        let values: Vec<_> = match value.into_inner() {
            DeValue::Array(items) => items.into_iter().map(|item| self.made(key, item, &make)).collect(),
            one => vec![self.made(key, Spanned::new(span, one), make)],
        };
        values.into_iter().collect()
    }

    fn made<R, T, E>(
        &self,
        key: &str,
        value: Spanned<DeValue<'i>>,
        make: impl FnOnce(R) -> Result<T, E>,
    ) -> Option<T>
    where
        R: Deserialize<'i>,
        E: Display,
    {
        let (raw, span) = self.typed(key, value)?;
        make(raw).map_err(|message| self.mistake_at(span, key, message)).ok()
    }

    fn typed<T: Deserialize<'i>>(&self, key: &str, value: Spanned<DeValue<'i>>) -> Option<(T, Range<usize>)> {
        let span = value.span();
        match T::deserialize(value.into_deserializer()) {
            Ok(value) => Some((value, span)),
            Err(error) => {
                self.mistake_at(span, key, error.message());
                None
            }
        }
    }

    fn take_raw(&mut self, key: &'static str) -> Option<Spanned<DeValue<'i>>> {
        self.asked.push(key);
        self.table.remove(key)
    }
}
