//! What is wrong with a configuration, and where.

use std::fmt;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Every mistake of a configuration, in the order of its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}:", self.0.len(), if self.0.len() == 1 { "mistake" } else { "mistakes" })?;
        self.0.iter().try_for_each(|Mistake { line, message }| write!(f, "\n  line {line}: {message}"))
    }
}

impl std::error::Error for Mistakes {}
