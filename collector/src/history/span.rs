//! The three lengths of time that roll-ups are kept for, and their tables.

/// Seconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixSeconds(pub i64);

/// The longest range of which groups of time are minutes, and hours.
const MINUTES_RANGE_MAX: i64 = 6 * 3_600;
const HOURS_RANGE_MAX: i64 = 10 * 86_400;

/// How long a time a roll-up is about; in UTC, each beginning where the clock says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // The names say it.
pub enum Span {
    Minute,
    Hour,
    Day,
}

impl Span {
    /// All of them, the shortest first.
    pub const ALL: [Self; 3] = [Self::Minute, Self::Hour, Self::Day];

    /// Its length.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Minute => 60,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    /// How long groups of time are in an answer about a range.
    #[must_use]
    pub const fn fitting(from: UnixSeconds, to: UnixSeconds) -> Self {
        let range = to.0.saturating_sub(from.0);
        if range > HOURS_RANGE_MAX {
            Self::Day
        } else if range > MINUTES_RANGE_MAX {
            Self::Hour
        } else {
            Self::Minute
        }
    }

    /// The table of its roll-ups.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Minute => "history_minute",
            Self::Hour => "history_hour",
            Self::Day => "history_day",
        }
    }

    /// When the span of this length began that `time` is in.
    #[must_use]
    pub const fn start(self, time: UnixSeconds) -> UnixSeconds {
        UnixSeconds(time.0 - time.0.rem_euclid(self.seconds()))
    }

    /// When the span of this length ends that begins at `start`.
    #[must_use]
    pub const fn end(self, start: UnixSeconds) -> UnixSeconds {
        UnixSeconds(start.0.saturating_add(self.seconds()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_where_the_clock_says_so() {
        let time = UnixSeconds(1_795_359_045); // 2026-11-22T14:50:45Z
        assert_eq!(
            Span::ALL.map(|span| time.0 - span.start(time).0),
            [45, 50 * 60 + 45, 14 * 3600 + 50 * 60 + 45]
        );
        assert_eq!(Span::Day.start(UnixSeconds(-1)), UnixSeconds(-86_400));
    }
}
