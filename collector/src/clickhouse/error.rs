//! What goes wrong between us and ClickHouse, and whether to try again.

/// Why ClickHouse did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClickHouseError {
    /// The HTTP client can't be made of the settings.
    #[error("can't set up the way to ClickHouse: {0}")]
    Setup(String),
    /// Nobody answered, or not in time. What was sent may have arrived.
    #[error("ClickHouse is away: {0}")]
    Away(String),
    /// It can't do it now.
    #[error("ClickHouse can't do it now: {0}")]
    Busy(String),
    /// It won't do it until somebody changes something.
    #[error("ClickHouse refuses: {0}")]
    Refused(String),
    /// There is no table.
    #[error(
        "ClickHouse has no table `observations` in this database: make it with \
         `graadmeter-collector clickhouse-schema`"
    )]
    NoTable,
    /// It would insert a repeated batch twice.
    #[error(
        "this ClickHouse can't know a repeated insert again, so rows could count twice: use tables of a cluster \
         (`graadmeter-collector clickhouse-schema --cluster`) or a server from version 22.2 on"
    )]
    Forgetful,
    /// It answered what we can't understand.
    #[error("ClickHouse's answer is not what was asked for: {0}")]
    Unreadable(String),
}

/// How much of a server's message is told.
const MESSAGE_CHARACTERS_MAX: usize = 300;

/// Its own numbers (`ErrorCodes.cpp`) of what stays wrong until somebody changes tables, grants or settings. All
/// others are tried again: a batch that waits is not lost.
const LASTING: [u32; 25] = [
    8,   // THERE_IS_NO_COLUMN
    10,  // NOT_FOUND_COLUMN_IN_BLOCK
    16,  // NO_SUCH_COLUMN_IN_TABLE
    20,  // NUMBER_OF_COLUMNS_DOESNT_MATCH
    36,  // BAD_ARGUMENTS
    46,  // UNKNOWN_FUNCTION
    47,  // UNKNOWN_IDENTIFIER
    50,  // UNKNOWN_TYPE
    53,  // TYPE_MISMATCH
    60,  // UNKNOWN_TABLE
    62,  // SYNTAX_ERROR
    73,  // UNKNOWN_FORMAT
    81,  // UNKNOWN_DATABASE
    115, // UNKNOWN_SETTING
    117, // INCORRECT_DATA
    164, // READONLY
    192, // UNKNOWN_USER
    193, // WRONG_PASSWORD
    194, // REQUIRED_PASSWORD
    195, // IP_ADDRESS_NOT_ALLOWED
    291, // DATABASE_ACCESS_DENIED
    349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    452, // SETTING_CONSTRAINT_VIOLATION
    497, // ACCESS_DENIED
    516, // AUTHENTICATION_FAILED
];

impl ClickHouseError {
    /// Whether trying the same again may help, without anybody's doing.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Away(_) | Self::Busy(_))
    }

    /// What an answer that is no success means.
    pub(super) fn of_answer(status: u16, code: Option<u32>, body: &[u8]) -> Self {
        let text = String::from_utf8_lossy(body);
        let shown: String = text.trim().chars().take(MESSAGE_CHARACTERS_MAX).collect();
        let message = format!("status {status}: {shown}");
        let is_lasting = match code.or_else(|| code_of(&text)) {
            Some(code) => LASTING.contains(&code),
            // Who answers so is no ClickHouse, but something in front of it.
            None => (300..500).contains(&status) && !matches!(status, 408 | 425 | 429),
        };
        if is_lasting { Self::Refused(message) } else { Self::Busy(message) }
    }

    /// Why there was no answer: the innermost cause, since reqwest's own text is "error sending request".
    pub(super) fn of_request(error: &reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Self::Away(if error.is_timeout() { "no answer in time".to_owned() } else { cause.to_string() })
    }
}

/// The number in a message; servers of before 2019 have no header for it.
fn code_of(text: &str) -> Option<u32> {
    text.trim_start().strip_prefix("Code: ")?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_by_itself_is_tried_again() {
        let is_retryable = |status, code, body: &str| {
            ClickHouseError::of_answer(status, code, body.as_bytes()).is_retryable()
        };
        assert!(is_retryable(500, Some(252), "Code: 252. DB::Exception: Too many parts"));
        assert!(is_retryable(500, None, "Code: 999, e.displayText() = Session expired"));
        assert!(is_retryable(502, None, "<html>Bad Gateway</html>"));
        assert!(is_retryable(429, None, ""));
        assert!(!is_retryable(
            404,
            None,
            "Code: 60, e.displayText() = DB::Exception: Table g.a doesn't exist."
        ));
        assert!(!is_retryable(500, Some(516), "Authentication failed"));
        assert!(!is_retryable(404, None, "<html>Not Found</html>"));
        assert!(!is_retryable(301, None, ""), "we follow nobody to elsewhere");
    }

    #[test]
    fn a_message_is_not_repeated_whole() {
        let error = ClickHouseError::of_answer(500, None, "é".repeat(10_000).as_bytes());
        assert!(error.to_string().chars().count() < MESSAGE_CHARACTERS_MAX + 60, "{error}");
    }
}
