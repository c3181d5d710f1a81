//! What is wrong with a configuration, and where.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// Every mistake of a configuration, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:", self.0.len(), if self.0.len() == 1 { "mistake" } else { "mistakes" })?;
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

/// The mistakes found so far in one text.
pub(super) struct Found<'i> {
    text: &'i str,
    /// Where it is no TOML.
    syntax: Vec<Mistake>,
    mistakes: RefCell<Vec<Mistake>>,
}

impl<'i> Found<'i> {
    pub(super) fn new(text: &'i str, errors: &[toml::de::Error]) -> Self {
        let mistake = |error: &toml::de::Error| Mistake {
            line: line_of(text, &error.span().unwrap_or_default()),
            message: error.message().to_owned(),
        };
        Self { text, syntax: errors.iter().map(mistake).collect(), mistakes: RefCell::default() }
    }

    pub(super) fn mistake(&self, span: &Range<usize>, message: String) {
        let line = line_of(self.text, span);
        // What stands on a broken line was guessed by the parser; nobody wrote it.
        if self.syntax.iter().all(|broken| broken.line != line) {
            self.mistakes.borrow_mut().push(Mistake { line, message });
        }
    }

    pub(super) fn into_result<T>(self, value: T) -> Result<T, Mistakes> {
        let mut mistakes = self.mistakes.into_inner();
        mistakes.extend(self.syntax);
        mistakes.sort();
        mistakes.dedup();
        if mistakes.is_empty() { Ok(value) } else { Err(Mistakes(mistakes)) }
    }
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.bytes().filter(|&byte| byte == b'\n').count() + 1
}
