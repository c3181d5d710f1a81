//! Which status codes are right: `200`, `"2xx"`, several of them, or, unless told, everything below 400.

use std::fmt;
use std::ops::RangeInclusive;

/// Status codes that a check takes as right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StatusRule {
    /// Everything below 400: the page is there, or is elsewhere.
    #[default]
    Below400,
    /// These codes only.
    In(Vec<RangeInclusive<u16>>),
}

/// Why a text names no status codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no status; write a code from 100 to 599, or a class as \"2xx\"")]
pub struct StatusError(String);

impl StatusRule {
    /// The codes of `blackbox_exporter`'s module `http_2xx`.
    #[must_use]
    pub fn success() -> Self {
        Self::In(vec![200..=299])
    }

    /// Whether `status` is right.
    #[must_use]
    pub fn allows(&self, status: u16) -> bool {
        match self {
            Self::Below400 => (100..400).contains(&status),
            Self::In(ranges) => ranges.iter().any(|range| range.contains(&status)),
        }
    }

    /// Reads one code (`404`) or class (`2xx`).
    ///
    /// # Errors
    ///
    /// When it is neither.
    pub fn range(text: &str) -> Result<RangeInclusive<u16>, StatusError> {
        let wrong = || StatusError(text.to_owned());
        if let Some(class) = text.strip_suffix("xx") {
            let class: u16 = class.parse().map_err(|_| wrong())?;
            return if (1..=5).contains(&class) { Ok(class * 100..=class * 100 + 99) } else { Err(wrong()) };
        }
        let code: u16 = text.parse().map_err(|_| wrong())?;
        if (100..=599).contains(&code) { Ok(code..=code) } else { Err(wrong()) }
    }
}

impl fmt::Display for StatusRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::In(ranges) = self else { return f.write_str("below 400") };
        for (place, range) in ranges.iter().enumerate() {
            let between = if place == 0 { "" } else { " or " };
            if range.start() == range.end() {
                write!(f, "{between}{}", range.start())?;
            } else {
                write!(f, "{between}{}xx", range.start() / 100)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_classes() {
        let rule = StatusRule::In(vec![StatusRule::range("2xx").unwrap(), StatusRule::range("404").unwrap()]);
        assert_eq!(rule.to_string(), "2xx or 404");
        for (status, right) in
            [(199, false), (200, true), (299, true), (300, false), (404, true), (403, false)]
        {
            assert_eq!(rule.allows(status), right, "{status}");
        }
        for (status, right) in [(0, false), (200, true), (399, true), (400, false), (500, false)] {
            assert_eq!(StatusRule::default().allows(status), right, "{status}");
        }
        for text in ["", "xx", "6xx", "0xx", "99", "600", "ok", "2x"] {
            assert_eq!(StatusRule::range(text), Err(StatusError(text.to_owned())));
        }
    }
}
