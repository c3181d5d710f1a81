//! The columns of a row: their names, types and order, which the schema, the encoder and the questions share.
//!
//! Values are the whole millionths that they are everywhere else, four bytes each: microseconds in `_us`, millionths of
//! the score in `cls_millionths`. A float would take as much and be less exact. What a browser could not measure is
//! NULL, never zero.
//!
//! Names of few kinds are `LowCardinality`. No column has a codec: 18.16 knows none, and the server's own `<compression>`
//! holds for all columns alike.

use crate::measure::{Metric, Scale};

/// The table that is written and asked.
pub(super) const TABLE: &str = "observations";

const NAME: &str = "LowCardinality(String)";
/// Not of `LowCardinality`: a shard of 18.16 can't read a block from another in which all such arrays are empty.
const NAMES: &str = "Array(String)";
const MILLIONTHS: &str = "Nullable(UInt32)";

/// Those before the metrics.
const WHAT: [(&str, &str); 9] = [
    ("time", "DateTime('UTC')"),
    ("site", NAME),
    ("kind", "Enum8('view' = 1, 'conversion' = 2, 'check' = 3)"),
    ("device", NAME),
    ("channel", NAME),
    ("country", NAME),
    ("page", NAME),
    ("lands", "UInt8"),
    ("weight", "UInt64"),
];
/// Those behind the metrics.
const MORE: [(&str, &str); 9] = [
    ("third_party.host", NAMES),
    ("third_party.us", "Array(UInt32)"),
    ("value", "Nullable(Decimal(18, 6))"),
    ("currency", NAME),
    ("landing_lcp_us", MILLIONTHS),
    ("landing_load_us", MILLIONTHS),
    ("check_name", NAME),
    ("probe_region", NAME),
    ("batch", "UInt64"),
];

/// Each column's name and type, in the order in which a row has them.
pub(super) fn columns() -> impl Iterator<Item = (String, &'static str)> {
    let owned = |(name, kind): (&str, &'static str)| (name.to_owned(), kind);
    let metrics = Metric::ALL.into_iter().map(|metric| (of_metric(metric), MILLIONTHS));
    WHAT.into_iter().map(owned).chain(metrics).chain(MORE.into_iter().map(owned))
}

/// The column of a metric.
pub(super) fn of_metric(metric: Metric) -> String {
    let unit = if metric.scale() == Scale::Score { "millionths" } else { "us" };
    format!("{}_{unit}", metric.name())
}
