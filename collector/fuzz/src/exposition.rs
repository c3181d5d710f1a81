//! What must hold of everything that is exposed, whatever names came in: two readers of the two formats, which have to
//! find the same series.

use std::collections::{BTreeMap, BTreeSet};

use prometheus::proto::MetricFamily;
use protobuf::CodedInputStream;

/// The labels of a series, name and value.
pub type Labels = Vec<(String, String)>;

/// The series of a family and what each has counted: a counter's value, a distribution's number of values.
pub type Series = BTreeMap<Labels, f64>;

/// Reads the classic text format: every line is a comment or `name{labels} value`, and no series is there twice.
///
/// Gives the families that begin with `rum_` or `synthetic_`.
#[must_use]
pub fn of_text(text: &str) -> BTreeMap<String, Series> {
    let mut families = BTreeMap::new();
    let (mut family, mut counts) = (String::new(), String::new());
    let mut seen = BTreeSet::new();
    assert!(text.ends_with('\n'));
    for line in text.split_terminator('\n') {
        if let Some(comment) = line.strip_prefix("# ") {
            if let Some((name, kind)) = comment.strip_prefix("TYPE ").and_then(|rest| rest.split_once(' ')) {
                name.clone_into(&mut family);
                // A distribution is known by the number of its values.
                counts = if kind == "histogram" { format!("{name}_count") } else { name.to_owned() };
                families.insert(name.to_owned(), Series::new());
            } else {
                assert!(comment.starts_with("HELP "), "{line:?}");
            }
            continue;
        }
        let (name, labels, value) = sample(line).unwrap_or_else(|| panic!("no series: {line:?}"));
        assert!(seen.insert((name.to_owned(), labels.clone())), "twice: {line:?}");
        if name == counts
            && let Some(series) = families.get_mut(&family)
        {
            series.insert(labels, value);
        }
    }
    families.retain(|family, _| is_counted(family));
    families
}

fn is_counted(family: &str) -> bool {
    family.starts_with("rum_") || family.starts_with("synthetic_")
}

/// Reads `name{label="value",…} value`, and nothing that is only like it.
fn sample(line: &str) -> Option<(&str, Labels, f64)> {
    let end = line.find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))?;
    let (name, mut rest) = line.split_at(end);
    let mut labels = Labels::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        loop {
            let (label, quoted) = rest.split_once("=\"")?;
            if !label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                return None;
            }
            let (value, after) = unquote(quoted)?;
            labels.push((label.to_owned(), value));
            rest = match after.strip_prefix(',') {
                Some(next) => next,
                None => break rest = after.strip_prefix('}')?,
            };
        }
    }
    let value = rest.strip_prefix(' ')?.parse().ok()?;
    (!name.is_empty()).then_some((name, labels, value))
}

/// Reads a label value up to its closing quotation mark, and gives what follows.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    loop {
        match letters.next()? {
            (at, '"') => return Some((value, &quoted[at + 1..])),
            (_, '\\') => value.push(match letters.next()?.1 {
                'n' => '\n',
                letter @ ('"' | '\\') => letter,
                _ => return None,
            }),
            (_, letter) => value.push(letter),
        }
    }
}

/// Reads length-delimited protobuf to its end, by the types of the crate `prometheus`.
///
/// Gives the families that begin with `rum_` or `synthetic_`.
#[must_use]
pub fn of_protobuf(bytes: &[u8]) -> BTreeMap<String, Series> {
    let mut stream = CodedInputStream::from_bytes(bytes);
    let mut families = BTreeMap::new();
    while !stream.eof().expect("memory can be read") {
        let family: MetricFamily = stream.read_message().expect("a whole message");
        if is_counted(family.name()) {
            let series: Series = family.metric.iter().map(one).collect();
            assert_eq!(series.len(), family.metric.len(), "a series of {} is there twice", family.name());
            families.insert(family.name().to_owned(), series);
        }
    }
    families
}

fn one(metric: &prometheus::proto::Metric) -> (Labels, f64) {
    let labels =
        metric.label.iter().map(|label| (label.name().to_owned(), label.value().to_owned())).collect();
    let count = match (metric.counter.as_ref(), metric.histogram.as_ref()) {
        (Some(counter), _) => counter.value(),
        (None, Some(histogram)) => histogram.sample_count() as f64,
        (None, None) => panic!("neither counter nor distribution: {metric}"),
    };
    (labels, count)
}

/// The cells that have a series, of one site in one view: by the labels that name a cell.
#[must_use]
pub fn cells<'a>(
    families: &'a BTreeMap<String, Series>,
    site: &str,
    named_by: &[&str],
) -> BTreeSet<Vec<&'a str>> {
    let labels = families.values().flat_map(BTreeMap::keys);
    let of_view = labels.filter(|labels| {
        let names = labels.iter().map(|(name, _)| &**name).filter(|name| *name != "currency");
        names.eq(std::iter::once("site").chain(named_by.iter().copied())) && labels[0].1 == site
    });
    of_view.map(|labels| labels[1..=named_by.len()].iter().map(|(_, value)| &**value).collect()).collect()
}

/// What a counter has counted in all its series.
#[must_use]
pub fn sum(families: &BTreeMap<String, Series>, family: &str) -> f64 {
    families.get(family).map_or(0.0, |series| series.values().sum())
}
