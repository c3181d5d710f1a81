//! Reading TOML so that every mistake is told at once, each with its line.
//!
//! serde would stop at the first mistake. Here a section is asked for its keys one by one; what is wrong is
//! noted and reading goes on. A key that nobody asked for is a mistake, too.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Something wrong in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.message)
    }
}

/// Where mistakes are noted.
pub(super) struct Notes<'t> {
    text: &'t str,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'t> Notes<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, mistakes: RefCell::default() }
    }

    fn add(&self, place: usize, message: String) {
        self.mistakes.borrow_mut().push(Mistake { line: line(self.text, place), message });
    }

    /// All of them, in the file's order.
    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.sort();
        mistakes.dedup();
        mistakes
    }
}

fn line(text: &str, place: usize) -> usize {
    1 + text.bytes().take(place).filter(|&byte| byte == b'\n').count()
}

/// Parses TOML; every syntax error is a mistake.
pub(super) fn parse(text: &str) -> Result<DeTable<'_>, Vec<Mistake>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(table.into_inner());
    }
    let place = |span: Option<Range<usize>>| span.map_or(0, |span| span.start);
    let mistake = |error: &toml::de::Error| Mistake {
        line: line(text, place(error.span())),
        message: error.message().to_owned(),
    };
    Err(errors.iter().map(mistake).collect())
}

/// A table and the keys that it was asked for.
pub(super) struct Section<'s> {
    table: &'s DeTable<'s>,
    notes: &'s Notes<'s>,
    place: usize,
    asked: RefCell<Vec<String>>,
}

/// One word of a list, with its place.
pub(super) struct Word<'s> {
    text: Cow<'s, str>,
    key: String,
    place: usize,
    notes: &'s Notes<'s>,
}

impl Word<'_> {
    /// What `read` makes of it, or a mistake.
    pub(super) fn check<T>(&self, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        read(&self.text).map_err(|why| self.notes.add(self.place, format!("`{}`: {why}", self.key))).ok()
    }
}

impl<'s> Section<'s> {
    /// The whole file.
    pub(super) fn top(table: &'s DeTable<'s>, notes: &'s Notes<'s>) -> Self {
        Self { table, notes, place: 0, asked: RefCell::default() }
    }

    /// Notes something that is wrong with the section as a whole.
    pub(super) fn mistake(&self, message: &str) {
        self.notes.add(self.place, message.to_owned());
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    fn get(&self, key: &str) -> Option<&'s Spanned<DeValue<'s>>> {
        self.asked.borrow_mut().push(key.to_owned());
        self.table.get(key)
    }

    fn expected<T>(&self, key: &str, value: &Spanned<DeValue>, what: &str) -> Option<T> {
        self.notes.add(value.span().start, format!("`{key}`: expected {what}"));
        None
    }

    /// A string that `read` understands.
    pub(super) fn text<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let value = self.get(key)?;
        let Some(text) = value.get_ref().as_str() else { return self.expected(key, value, "a string") };
        read(text).map_err(|why| self.notes.add(value.span().start, format!("`{key}`: {why}"))).ok()
    }

    /// The same, of a key that must be there.
    pub(super) fn required<T>(&self, key: &str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if !self.has(key) {
            self.mistake(&format!("`{key}` is missing"));
        }
        self.text(key, read)
    }

    /// A duration such as `"30s"` within bounds.
    pub(super) fn duration(&self, key: &str, bounds: RangeInclusive<Duration>) -> Option<Duration> {
        self.text(key, |text| {
            let given = humantime::parse_duration(text)
                .map_err(|_| "expected a time such as \"800ms\" or \"30s\"")?;
            let show = humantime::format_duration;
            let within = || format!("expected {} to {}", show(*bounds.start()), show(*bounds.end()));
            if bounds.contains(&given) { Ok(given) } else { Err(within()) }
        })
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, key: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(key)?;
        let number = value
            .get_ref()
            .as_integer()
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
        match number.filter(|number| bounds.contains(number)) {
            Some(number) => Some(number),
            None => self.expected(
                key,
                value,
                &format!("a whole number from {} to {}", bounds.start(), bounds.end()),
            ),
        }
    }

    pub(super) fn boolean(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        value.get_ref().as_bool().or_else(|| self.expected(key, value, "true or false"))
    }

    /// A string or number, or a list of them.
    pub(super) fn words(&self, key: &str) -> Option<Vec<Word<'s>>> {
        let value = self.get(key)?;
        let words = match value.get_ref().as_array() {
            Some(list) => list.iter().map(|word| self.word(key, word)).collect(),
            None => self.word(key, value).map(|word| vec![word]),
        };
        words.or_else(|| self.expected(key, value, "a number, a string, or a list of them"))
    }

    fn word(&self, key: &str, value: &'s Spanned<DeValue<'s>>) -> Option<Word<'s>> {
        let text = match value.get_ref() {
            DeValue::String(text) => Cow::Borrowed(&**text),
            DeValue::Integer(number) => Cow::Owned(number.to_string()),
            _ => return None,
        };
        Some(Word { text, key: key.to_owned(), place: value.span().start, notes: self.notes })
    }

    /// A table.
    pub(super) fn section(&self, key: &str) -> Option<Section<'s>> {
        let value = self.get(key)?;
        self.below(value).or_else(|| self.expected(key, value, "a table"))
    }

    /// A list of tables, `[[key]]`.
    pub(super) fn sections(&self, key: &str) -> Vec<Section<'s>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let list =
            value.get_ref().as_array().map(|list| list.iter().map(|value| self.below(value)).collect());
        list.flatten().or_else(|| self.expected(key, value, &format!("`[[{key}]]`"))).unwrap_or_default()
    }

    fn below(&self, value: &'s Spanned<DeValue<'s>>) -> Option<Section<'s>> {
        let table = value.get_ref().as_table()?;
        Some(Section { table, notes: self.notes, place: value.span().start, asked: RefCell::default() })
    }

    /// Ends reading: a key that nobody asked for is a mistake.
    pub(super) fn close(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.iter().any(|asked| asked == key.get_ref())) {
            let hint = match nearest(key.get_ref(), &asked) {
                Some(known) => format!("; did you mean `{known}`?"),
                None => format!("; known here: {}", asked.join(", ")),
            };
            self.notes.add(key.span().start, format!("unknown key `{}`{hint}", key.get_ref()));
        }
    }
}

/// The known key that was probably meant.
fn nearest<'a>(key: &str, known: &'a [String]) -> Option<&'a String> {
    let distance = |known: &&String| strsim::damerau_levenshtein(key, known);
    known.iter().min_by_key(distance).filter(|known| distance(known) <= 2)
}
