//! The classic text format, version 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats>): a distribution
//! as cumulative counts at the edges of its scale, which are exact.

use std::fmt::Display;
use std::io::Write;
use std::mem;
use std::sync::LazyLock;

use crate::aggregate::histogram::{Detail, Distribution, slot};
use crate::expose::catalog::Family;
use crate::measure::Scale;

use super::{Created, Encode, Kind, to_base_unit};

/// Most edges that a scale has.
const EDGES_MAX: usize = 24;

/// Writes text.
#[derive(Debug)]
pub(in crate::expose) struct Text(Summed);

/// The sum of the parts of a distribution.
#[derive(Debug)]
struct Summed {
    scale: Scale,
    /// Values between two neighbouring edges; the last one above all of them.
    between: [u64; EDGES_MAX + 1],
    sum_micros: u64,
}

impl Summed {
    const EMPTY: Self = Self { scale: Scale::Loading, between: [0; EDGES_MAX + 1], sum_micros: 0 };
}

/// For each scale: its edges as label values, and for each slot the number of the edge above it.
struct Edges {
    names: Vec<String>,
    of_slots: Vec<u8>,
}

static EDGES: LazyLock<[Edges; Scale::ALL.len()]> = LazyLock::new(|| Scale::ALL.map(Edges::of));

impl Edges {
    fn of(scale: Scale) -> Self {
        let edges = scale.edges();
        let above = |slot: usize| {
            let highest = *slot::values(scale, slot as u16).end();
            edges.partition_point(|edge| edge.0 < highest) as u8
        };
        Self {
            names: edges.iter().map(|edge| to_base_unit(edge.0.into()).to_string()).collect(),
            of_slots: (0..slot::count(scale)).map(above).collect(),
        }
    }
}

/// Writes `name{labels} value`, with an ending of the name and a label after the others.
fn sample(
    family: &Family,
    ending: &str,
    labels: &[u8],
    edge: Option<&str>,
    value: impl Display,
    into: &mut Vec<u8>,
) {
    into.extend_from_slice(family.name.as_bytes());
    into.extend_from_slice(ending.as_bytes());
    if !labels.is_empty() || edge.is_some() {
        into.push(b'{');
        into.extend_from_slice(labels);
        if let Some(edge) = edge {
            let separator = if labels.is_empty() { "" } else { "," };
            for part in [separator, "le=\"", edge, "\""] {
                into.extend_from_slice(part.as_bytes());
            }
        }
        into.push(b'}');
    }
    // Writing into memory never fails.
    let _written = writeln!(into, " {value}");
}

/// Appends a label value with the three escapes that the format has.
fn escape(value: &str, into: &mut Vec<u8>) {
    for &byte in value.as_bytes() {
        match byte {
            b'\\' => into.extend_from_slice(br"\\"),
            b'"' => into.extend_from_slice(br#"\""#),
            b'\n' => into.extend_from_slice(br"\n"),
            byte => into.push(byte),
        }
    }
}

impl Encode for Text {
    const IS_LENGTH_FIRST: bool = false;
    const DETAIL: Detail = Detail::Slots;

    fn new() -> Self {
        Self(Summed::EMPTY)
    }

    fn label(name: &str, value: &str, labels: &mut Vec<u8>) {
        if !labels.is_empty() {
            labels.push(b',');
        }
        labels.extend_from_slice(name.as_bytes());
        labels.extend_from_slice(b"=\"");
        escape(value, labels);
        labels.push(b'"');
    }

    fn head(family: &Family, kind: Kind, into: &mut Vec<u8>) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        let Family { name, help, .. } = family;
        let _written = write!(into, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn length(_bytes: usize, _into: &mut Vec<u8>) {}

    fn counter(&mut self, family: &Family, labels: &[u8], value: f64, _created: Created, into: &mut Vec<u8>) {
        sample(family, "", labels, None, value, into);
    }

    fn add(&mut self, part: &Distribution<'_>) {
        let Summed { scale, between, sum_micros } = &mut self.0;
        *scale = part.scale();
        let edges = &EDGES[*scale as usize].of_slots;
        part.for_each_slot(|slot, times| between[usize::from(edges[usize::from(slot)])] += times);
        *sum_micros += part.sum_micros();
    }

    fn distribution(&mut self, family: &Family, labels: &[u8], _created: Created, into: &mut Vec<u8>) {
        let sum = mem::replace(&mut self.0, Summed::EMPTY);
        let mut at_most = 0;
        let edges = &EDGES[sum.scale as usize].names;
        for (edge, count) in edges.iter().map(String::as_str).chain(["+Inf"]).zip(sum.between) {
            at_most += count;
            sample(family, "_bucket", labels, Some(edge), at_most, into);
        }
        sample(family, "_sum", labels, None, to_base_unit(sum.sum_micros), into);
        sample(family, "_count", labels, None, at_most, into);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::Histogram;
    use crate::measure::Micros;

    const FAMILY: Family = Family { name: "rum_lcp_seconds", help: "Paint.", labels: &["site", "page"] };

    #[test]
    fn writes_a_distribution() {
        let mut encode = Text::new();
        let mut part = Histogram::new(Scale::Loading);
        part.record(Micros(2_500_000), 1);
        encode.add(&part.distribution());
        part.record(Micros(2_500_001), 2);
        encode.add(&part.distribution());
        let (mut labels, mut text) = (Vec::new(), Vec::new());
        Text::label("site", "shop", &mut labels);
        Text::label("page", "a\"b\\c\nd", &mut labels);
        Text::head(&FAMILY, Kind::Histogram, &mut text);
        encode.distribution(&FAMILY, &labels, Created::ZERO, &mut text);
        let text = String::from_utf8(text).unwrap();
        let labels = r#"site="shop",page="a\"b\\c\nd""#;
        for line in [
            "# HELP rum_lcp_seconds Paint.".to_owned(),
            "# TYPE rum_lcp_seconds histogram".to_owned(),
            format!("rum_lcp_seconds_bucket{{{labels},le=\"2\"}} 0"),
            format!("rum_lcp_seconds_bucket{{{labels},le=\"2.5\"}} 2"),
            format!("rum_lcp_seconds_bucket{{{labels},le=\"3\"}} 4"),
            format!("rum_lcp_seconds_bucket{{{labels},le=\"+Inf\"}} 4"),
            format!("rum_lcp_seconds_sum{{{labels}}} 10.000002"),
            format!("rum_lcp_seconds_count{{{labels}}} 4"),
        ] {
            assert!(text.lines().any(|written| written == line), "{line} is not in\n{text}");
        }
        assert_eq!(text.lines().count(), 2 + 23 + 2);
    }

    #[test]
    fn writes_a_counter() {
        let mut text = Vec::new();
        Text::head(&FAMILY, Kind::Counter, &mut text);
        Text::new().counter(&FAMILY, br#"site="shop""#, 12.5, Created::ZERO, &mut text);
        assert!(text.ends_with(b"counter\nrum_lcp_seconds{site=\"shop\"} 12.5\n"));
    }

    #[test]
    fn every_scale_has_room() {
        assert!(Scale::ALL.iter().all(|scale| scale.edges().len() <= EDGES_MAX));
    }
}
