//! Observations as rows of ClickHouse's `RowBinary`: each column's value in its binary form, one behind the other.

use rust_decimal::Decimal;

use crate::history::UnixSeconds;
use crate::leb128;
use crate::limits::{INSERT_BYTES_MAX, INSERT_ROWS_MAX};
use crate::measure::{Measures, Metric, Micros};
use crate::observation::{Event, LandingSpeed, Observation, ThirdParties};

/// The page of a view that nobody named, as in the history.
const OTHER: &str = "other";
/// What a name is where there is none.
const NO_NAME: &str = "";
/// The decimals of `value`.
const DECIMALS: u32 = 6;

/// Rows that wait to be sent. The same observations make the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
}

/// A row before it is bytes; what its kind does not have stays as it is here.
#[derive(Debug, Default)]
struct Row<'a> {
    kind: Kind,
    device: &'a str,
    channel: &'a str,
    country: &'a str,
    page: &'a str,
    lands: bool,
    measures: Measures,
    third_party: Option<ThirdParties<'a>>,
    value: Option<i64>,
    currency: &'a str,
    landing: LandingSpeed,
    check: &'a str,
    region: &'a str,
}

/// The values of the column `kind`.
#[derive(Debug, Clone, Copy, Default)]
#[repr(u8)]
enum Kind {
    #[default]
    View = 1,
    Conversion = 2,
    Check = 3,
}

impl Rows {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one observation of a site, made at a time; `channel` is the name of its visitor's channel.
    pub fn record(&mut self, site: &str, channel: &str, at: UnixSeconds, observation: &Observation<'_>) {
        let row = match &observation.event {
            Event::View { visitor, page, lands, measures, errors: _, third_party } => Row {
                kind: Kind::View,
                device: visitor.device.name(),
                channel,
                country: visitor.country.code(),
                page: if page.is_empty() { OTHER } else { page },
                lands: *lands,
                measures: *measures,
                third_party: Some(*third_party),
                ..Row::default()
            },
            Event::Conversion { visitor, value, landing } => Row {
                kind: Kind::Conversion,
                device: visitor.device.name(),
                channel,
                country: visitor.country.code(),
                value: value.and_then(|(_, amount)| in_millionths(amount)),
                currency: value.as_ref().map_or(NO_NAME, |(currency, _)| currency.code()),
                landing: landing.unwrap_or_default(),
                ..Row::default()
            },
            Event::Check { check, region, device, measures } => Row {
                kind: Kind::Check,
                device: device.name(),
                measures: *measures,
                check,
                region,
                ..Row::default()
            },
        };
        self.append(site, at, observation.weight, &row);
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// How many bytes they take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Whether these are as many as one insert takes.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= INSERT_ROWS_MAX || self.bytes() >= INSERT_BYTES_MAX
    }

    /// Forgets all, and keeps the memory for the next.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// The bytes of each, without its last column, `batch`.
    pub(super) fn each(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    /// In the order of `columns`.
    fn append(&mut self, site: &str, at: UnixSeconds, weight: u64, row: &Row<'_>) {
        let into = &mut self.bytes;
        // Columns of time end in the year 2106.
        let seconds = u32::try_from(at.0.max(0)).unwrap_or(u32::MAX);
        into.extend_from_slice(&seconds.to_le_bytes());
        append_text(site, into);
        into.push(row.kind as u8);
        for name in [row.device, row.channel, row.country, row.page] {
            append_text(name, into);
        }
        into.push(u8::from(row.lands));
        into.extend_from_slice(&weight.to_le_bytes());
        for metric in Metric::ALL {
            append_micros(row.measures.get(metric), into);
        }
        append_third_parties(row.third_party.unwrap_or(ThirdParties::Told(&[])), into);
        append_nullable(row.value.map(i64::to_le_bytes), into);
        append_text(row.currency, into);
        append_micros(row.landing.lcp, into);
        append_micros(row.landing.load, into);
        append_text(row.check, into);
        append_text(row.region, into);
        self.ends.push(into.len());
    }
}

fn append_text(text: &str, into: &mut Vec<u8>) {
    leb128::append(text.len() as u64, into);
    into.extend_from_slice(text.as_bytes());
}

fn append_micros(value: Option<Micros>, into: &mut Vec<u8>) {
    append_nullable(value.map(|Micros(value)| value.to_le_bytes()), into);
}

fn append_nullable<const N: usize>(value: Option<[u8; N]>, into: &mut Vec<u8>) {
    into.push(u8::from(value.is_none()));
    into.extend_from_slice(value.as_ref().map_or(&[][..], |value| &value[..]));
}

fn append_third_parties(third_party: ThirdParties<'_>, into: &mut Vec<u8>) {
    let number = third_party.iter().count() as u64;
    leb128::append(number, into);
    third_party.iter().for_each(|(host, _)| append_text(host, into));
    leb128::append(number, into);
    third_party.iter().for_each(|(_, Micros(took))| into.extend_from_slice(&took.to_le_bytes()));
}

/// As a `Decimal(18, 6)` is kept; amounts have twelve digits before the point and six behind it at the most.
fn in_millionths(mut amount: Decimal) -> Option<i64> {
    amount.rescale(DECIMALS);
    i64::try_from(amount.mantissa()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::observation::{Channel, Country, Device, Kept, SiteIndex, Visitor};

    const VISITOR: Visitor =
        Visitor { device: Device::Mobile, channel: Channel(0), country: Country::UNKNOWN };

    fn rows(events: Vec<Event<'_>>) -> Rows {
        let mut rows = Rows::new();
        for event in events {
            let observation = Observation { site: SiteIndex(0), weight: 10, event };
            rows.record("shop", "email", UnixSeconds(0x0102_0304), &observation);
        }
        rows
    }

    #[test]
    fn a_view_is_as_row_binary_says() {
        let mut measures = Measures::default();
        measures.set(Metric::Fcp, Some(Micros(0x0A0B)));
        let third_party = ThirdParties::Kept(Kept { batch: &[], part: &[7, 2, b'a', b'b'] });
        let rows = rows(vec![Event::View {
            visitor: VISITOR,
            page: "",
            lands: true,
            measures,
            errors: 0,
            third_party,
        }]);
        let mut expected = vec![4, 3, 2, 1, 4];
        expected.extend_from_slice(b"shop\x01\x06mobile\x05email\x02ZZ\x05other\x01");
        expected.extend_from_slice(&[10, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend_from_slice(&[1, 0, 0x0B, 0x0A, 0, 0]); // no TTFB, then the FCP
        expected.extend_from_slice(&[1; 12]); // no other metric
        expected.extend_from_slice(&[1, 2, b'a', b'b', 1, 7, 0, 0, 0]);
        expected.extend_from_slice(&[1, 0, 1, 1, 0, 0]); // nothing of conversions and checks
        assert_eq!(rows.each().collect::<Vec<_>>(), [expected]);
    }

    proptest! {
        #[test]
        fn money_is_exact(units in 0..1_000_000_000_000_i64, decimals in 0..=6_u32) {
            let amount = Decimal::new(units, decimals);
            prop_assert_eq!(in_millionths(amount), Some(units * 10_i64.pow(6 - decimals)));
        }

        #[test]
        fn the_same_makes_the_same(pages in proptest::collection::vec("[a-z]{0,9}", 0..9)) {
            let views = || {
                let third_party = ThirdParties::Told(&[]);
                let view = |page| Event::View { visitor: VISITOR, page, lands: false, measures: Measures::default(), errors: 0, third_party };
                rows(pages.iter().map(|page| view(page)).collect())
            };
            let (once, again) = (views(), views());
            prop_assert_eq!(once.each().map(<[u8]>::len).sum::<usize>(), once.bytes());
            prop_assert_eq!(once.len(), pages.len());
            prop_assert_eq!(once, again);
        }
    }
}
