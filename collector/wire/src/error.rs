//! Why a body is no beacon: an error that names the key and never repeats what was sent.

use serde_json::error::Category;

/// Why bytes are not a beacon of version 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The body is longer than [`crate::limits::BODY_BYTES_MAX`].
    #[error("body: longer than {} bytes", crate::limits::BODY_BYTES_MAX)]
    TooLong,
    /// The body is not UTF-8, which JSON has to be (RFC 8259, section 8.1).
    #[error("body: not UTF-8")]
    NotUtf8,
    /// The body is not JSON.
    #[error("body: not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the body, from 1.
        line: usize,
        /// Column of that line, from 1.
        column: usize,
    },
    /// A required key is missing.
    #[error("{key}: required, but missing")]
    Missing {
        /// The key with its path, `third_party[0].host`.
        key: String,
    },
    /// A key is given twice.
    #[error("{key}: given twice")]
    Twice {
        /// The key with its path.
        key: String,
    },
    /// A known key holds something else than it should.
    #[error("{key}: expected {expected}")]
    Unexpected {
        /// The key with its path.
        key: String,
        /// What would be right, in words of our own.
        expected: String,
    },
}

impl WireError {
    /// The key at fault, or `body`.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::TooLong | Self::NotUtf8 | Self::NotJson { .. } => "body",
            Self::Missing { key } | Self::Twice { key } | Self::Unexpected { key, .. } => key,
        }
    }

    /// Reads serde's error at `path`, keeping only the words that are ours.
    ///
    /// serde's messages repeat the input (`invalid type: string "…", expected …`). What follows the last
    /// `, expected ` is always our own text, and a path of a data error has known keys only, but for the names of marks.
    pub(crate) fn from_json(path: &str, error: &serde_json::Error) -> Self {
        let path = if path.starts_with("marks.") { "marks" } else { path };
        if error.classify() != Category::Data {
            return Self::NotJson { line: error.line(), column: error.column() };
        }
        let message = error.to_string();
        let message = message.rsplit_once(" at line ").map_or(&*message, |(text, _)| text);
        let below = |field: &str| if path == "." { field.to_owned() } else { format!("{path}.{field}") };
        let quoted = |start| message.strip_prefix(start).and_then(|rest| rest.strip_suffix('`'));
        if let Some(field) = quoted("missing field `") {
            Self::Missing { key: below(field) }
        } else if let Some(field) = quoted("duplicate field `") {
            Self::Twice { key: if path.ends_with(field) { path.to_owned() } else { below(field) } }
        } else {
            let expected =
                message.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
            let key = if path == "." { "body" } else { path };
            Self::Unexpected { key: key.to_owned(), expected: plain_type(expected).to_owned() }
        }
    }
}

/// Rust's type names in the words of JSON.
fn plain_type(expected: &str) -> &str {
    match expected {
        "f64" => "a number",
        "u8" | "u32" => "a whole number",
        "a boolean" | "a string" | "a sequence" => expected,
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}
