//! `[history]`: how long roll-ups are kept.

use std::ops::RangeInclusive;
use std::time::Duration;

use graadmeter_base::settings::Section;

use crate::history::Retention;

const DAY: Duration = Duration::from_hours(24);
/// What each may be: at least what makes one of the next span, at most what a disk may be asked for.
const MINUTES: RangeInclusive<Duration> = Duration::from_hours(1)..=DAY.saturating_mul(31);
const HOURS: RangeInclusive<Duration> = DAY..=DAY.saturating_mul(366);
const DAYS: RangeInclusive<Duration> = DAY..=DAY.saturating_mul(36_600);

pub(super) fn read(section: &mut Section<'_, '_>) -> Retention {
    let usual = Retention::default();
    let kept = Retention {
        minutes: section.duration("minutes", MINUTES).unwrap_or(usual.minutes),
        hours: section.duration("hours", HOURS).unwrap_or(usual.hours),
        days: section.duration("days", DAYS).unwrap_or(usual.days),
    };
    if kept.minutes > kept.hours {
        section.mistake("minutes", "minutes are kept for longer than hours, which they become");
    }
    if kept.hours > kept.days {
        section.mistake("hours", "hours are kept for longer than days, which they become");
    }
    kept
}
