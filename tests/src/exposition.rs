//! Prometheus's text format, read strictly: a family without `TYPE` or a sample given twice is a failure.

use std::collections::BTreeMap;

/// Labels by name.
pub type Labels = BTreeMap<String, String>;

/// One scrape.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metrics {
    /// Type of each family.
    pub types: BTreeMap<String, String>,
    /// Help of each family.
    pub help: BTreeMap<String, String>,
    samples: BTreeMap<(String, Labels), f64>,
}

/// A classic histogram of one cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Upper bound → how many values were at most that, in rising order, the last one infinite.
    pub buckets: Vec<(f64, f64)>,
    /// Sum of the values.
    pub sum: f64,
    /// Number of values.
    pub count: f64,
}

impl Histogram {
    /// How many values were at most `bound`, which must be an edge.
    #[must_use]
    pub fn at_most(&self, bound: f64) -> f64 {
        let edge = self.buckets.iter().find(|(edge, _)| (edge - bound).abs() < 1e-12);
        edge.unwrap_or_else(|| panic!("no bucket edge at {bound} in {:?}", self.buckets)).1
    }
}

impl Metrics {
    /// Reads a scrape's text.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut metrics = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').unwrap_or((help, ""));
                metrics.help.insert(name.to_owned(), help.to_owned());
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect("a type");
                let before = metrics.types.insert(name.to_owned(), kind.to_owned());
                assert!(before.is_none(), "{name} has two types");
            } else if !line.starts_with('#') {
                let (name, labels, value) = sample(line);
                let again = metrics.samples.insert((name, labels), value);
                assert!(again.is_none(), "given twice: {line}");
            }
        }
        for (name, _) in metrics.samples.keys() {
            assert!(metrics.family_of(name).is_some(), "{name} has no TYPE");
        }
        metrics
    }

    /// The family that a sample belongs to.
    #[must_use]
    pub fn family_of<'a>(&'a self, sample: &'a str) -> Option<&'a str> {
        let bases = ["_bucket", "_sum", "_count"].iter().filter_map(|ending| sample.strip_suffix(ending));
        [sample].into_iter().chain(bases).find(|name| self.types.contains_key(*name))
    }

    /// The only sample of `name` whose labels are exactly these; 0 when there is none.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.get(name, labels).unwrap_or(0.0)
    }

    /// The only sample of `name` whose labels are exactly these.
    #[must_use]
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.samples.get(&(name.to_owned(), owned(labels))).copied()
    }

    /// Sum over every sample of `name` that has at least these labels.
    #[must_use]
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.with(name, labels).map(|(_, value)| value).sum()
    }

    /// Every sample of `name` that has at least these labels.
    pub fn with(&self, name: &str, labels: &[(&str, &str)]) -> impl Iterator<Item = (&Labels, f64)> {
        let (name, wanted) = (name.to_owned(), owned(labels));
        self.samples
            .iter()
            .filter(move |((sample, labels), _)| {
                *sample == name && wanted.iter().all(|(key, value)| labels.get(key) == Some(value))
            })
            .map(|((_, labels), value)| (labels, *value))
    }

    /// The histogram of the cell with exactly these labels, checked to be one; nothing when the cell is not there.
    #[must_use]
    pub fn histogram(&self, name: &str, labels: &[(&str, &str)]) -> Option<Histogram> {
        let cell = owned(labels);
        let count = self.get(&format!("{name}_count"), labels)?;
        let mut buckets: Vec<(f64, f64)> = self
            .with(&format!("{name}_bucket"), labels)
            .filter(|(bucket, _)| bucket.len() == cell.len() + 1)
            .map(|(bucket, count)| (number(&bucket["le"]), count))
            .collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let sum = self.get(&format!("{name}_sum"), labels).expect("a histogram has a sum");
        assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{name} does not rise: {buckets:?}");
        assert_eq!(buckets.last().copied(), Some((f64::INFINITY, count)), "{name} does not end at its count");
        Some(Histogram { buckets, sum, count })
    }

    /// Names of the families that begin with `prefix` and have at least one sample.
    #[must_use]
    pub fn families(&self, prefix: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self.samples.keys().filter_map(|(name, _)| self.family_of(name)).collect();
        names.retain(|name| name.starts_with(prefix));
        names.dedup();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Every sample that differs from `before`, or is new, with its growth.
    #[must_use]
    pub fn growth_since(&self, before: &Self) -> Vec<(String, Labels, f64)> {
        let grown = self.samples.iter().map(|(key, value)| {
            let growth = value - before.samples.get(key).copied().unwrap_or(0.0);
            (key.0.clone(), key.1.clone(), growth)
        });
        grown.filter(|(_, _, growth)| *growth != 0.0).collect()
    }
}

fn owned(labels: &[(&str, &str)]) -> Labels {
    labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        _ => text.parse().unwrap_or_else(|_| panic!("{text:?} is no number")),
    }
}

/// `name{label="value",…} number`
fn sample(line: &str) -> (String, Labels, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no value in {line:?}"));
    let Some((name, labels)) = series.split_once('{') else {
        return (series.to_owned(), Labels::new(), number(value));
    };
    let mut rest = labels.strip_suffix('}').unwrap_or_else(|| panic!("no closing brace in {line:?}"));
    let mut labels = Labels::new();
    while !rest.is_empty() {
        let (label, quoted) = rest.split_once("=\"").unwrap_or_else(|| panic!("no quoted label in {line:?}"));
        let (value, after) = unquote(quoted);
        assert!(labels.insert(label.to_owned(), value).is_none(), "label {label} twice in {line:?}");
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    (name.to_owned(), labels, number(value))
}

/// Reads up to the closing quote; backslash escapes `\`, `"` and newline.
fn unquote(text: &str) -> (String, &str) {
    let (mut value, mut characters) = (String::new(), text.char_indices());
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped)) => value.push(escaped),
                None => break,
            },
            other => value.push(other),
        }
    }
    panic!("no closing quote in {text:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_prometheus_documents() {
        let metrics = Metrics::parse(concat!(
            "# HELP a_total Things.\n# TYPE a_total counter\n",
            "a_total{path=\"C:\\\\x\",say=\"\\\"hi\\\"\\n\"} 3\na_total 1.5e3\n",
            "# TYPE h histogram\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 0.35\nh_count 2\n",
        ));
        assert_eq!(metrics.value("a_total", &[("path", "C:\\x"), ("say", "\"hi\"\n")]), 3.0);
        assert_eq!(metrics.value("a_total", &[]), 1500.0);
        assert_eq!(metrics.sum("a_total", &[]), 1503.0);
        let histogram = metrics.histogram("h", &[]);
        assert_eq!(histogram.as_ref().map(|histogram| histogram.at_most(0.1)), Some(1.0));
        assert_eq!(metrics.families(""), ["a_total", "h"]);
    }

    #[test]
    #[should_panic(expected = "given twice")]
    fn refuses_a_sample_given_twice() {
        let _ = Metrics::parse("# TYPE a gauge\na{x=\"1\"} 1\na{x=\"1\"} 2\n");
    }
}
