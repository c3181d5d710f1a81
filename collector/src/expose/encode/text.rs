//! The classic text format, version 0.0.4 (<https://prometheus.io/docs/instrumenting/exposition_formats>): a distribution
//! as cumulative counts at the edges of its scale, which are exact.

use std::io::{self, Write};
use std::sync::LazyLock;

use crate::aggregate::histogram::{Distribution, slot};
use crate::expose::catalog::Family;
use crate::measure::Scale;

use super::{Created, Encode, Kind, to_base_unit};

/// Bytes that are sent together: a family of ten thousand cells has 25 MB of text, which nobody need keep.
const SENT_BYTES: usize = 64 * 1024;
/// Most edges that a scale has.
const EDGES_MAX: usize = 24;

/// Writes text.
#[derive(Debug)]
pub(in crate::expose) struct Text {
    family: Family,
    written: Vec<u8>,
    has_series: bool,
    sum: Summed,
}

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

impl Text {
    pub(in crate::expose) fn new(first: Family) -> Self {
        Self { family: first, written: Vec::new(), has_series: false, sum: Summed::EMPTY }
    }

    /// Writes `name{labels} `, with an ending of the name and a label after the others.
    fn series(&mut self, ending: &str, labels: &[u8], edge: Option<&str>) {
        self.has_series = true;
        self.written.extend_from_slice(self.family.name.as_bytes());
        self.written.extend_from_slice(ending.as_bytes());
        if !labels.is_empty() || edge.is_some() {
            self.written.push(b'{');
            self.written.extend_from_slice(labels);
            if let Some(edge) = edge {
                let separator = if labels.is_empty() { "" } else { "," };
                for part in [separator, "le=\"", edge, "\""] {
                    self.written.extend_from_slice(part.as_bytes());
                }
            }
            self.written.push(b'}');
        }
        self.written.push(b' ');
    }

    fn value(&mut self, value: impl std::fmt::Display) {
        // Writing into memory never fails.
        let _written = writeln!(self.written, "{value}");
    }
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
    fn label(name: &str, value: &str, labels: &mut Vec<u8>) {
        if !labels.is_empty() {
            labels.push(b',');
        }
        labels.extend_from_slice(name.as_bytes());
        labels.extend_from_slice(b"=\"");
        escape(value, labels);
        labels.push(b'"');
    }

    fn begin(&mut self, family: &Family, kind: Kind) {
        self.family = *family;
        self.written.clear();
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Histogram => "histogram",
        };
        let Family { name, help, .. } = family;
        let _written = write!(self.written, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        self.has_series = false;
    }

    fn counter(&mut self, labels: &[u8], value: f64, _created: Created) {
        self.series("", labels, None);
        self.value(value);
    }

    fn add(&mut self, part: &Distribution<'_>) {
        let Summed { scale, between, sum_micros } = &mut self.sum;
        *scale = part.scale();
        let edges = &EDGES[*scale as usize].of_slots;
        part.for_each_slot(|slot, times| between[usize::from(edges[usize::from(slot)])] += times);
        *sum_micros += part.sum_micros();
    }

    fn distribution(&mut self, labels: &[u8], _created: Created) {
        let sum = std::mem::replace(&mut self.sum, Summed::EMPTY);
        let mut at_most = 0;
        let edges = &EDGES[sum.scale as usize].names;
        for (edge, count) in edges.iter().map(String::as_str).chain(["+Inf"]).zip(sum.between) {
            at_most += count;
            self.series("_bucket", labels, Some(edge));
            self.value(at_most);
        }
        self.series("_sum", labels, None);
        self.value(to_base_unit(sum.sum_micros));
        self.series("_count", labels, None);
        self.value(at_most);
    }

    fn send_ready(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.has_series && self.written.len() >= SENT_BYTES {
            out.write_all(&self.written)?;
            self.written.clear();
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.has_series { out.write_all(&self.written) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::histogram::Histogram;
    use crate::measure::Micros;

    const FAMILY: Family = Family { name: "rum_lcp_seconds", help: "Paint.", labels: &["site", "page"] };

    fn ended(mut encode: Text) -> String {
        let mut text = Vec::new();
        encode.end(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn writes_a_distribution() {
        let mut encode = Text::new(FAMILY);
        encode.begin(&FAMILY, Kind::Histogram);
        let mut part = Histogram::new(Scale::Loading);
        part.record(Micros(2_500_000), 1);
        encode.add(&part.distribution());
        part.record(Micros(2_500_001), 2);
        encode.add(&part.distribution());
        let mut labels = Vec::new();
        Text::label("site", "shop", &mut labels);
        Text::label("page", "a\"b\\c\nd", &mut labels);
        encode.distribution(&labels, Created::ZERO);
        let text = ended(encode);
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
    fn writes_counters_and_no_empty_family() {
        let mut encode = Text::new(FAMILY);
        encode.begin(&FAMILY, Kind::Counter);
        assert_eq!(ended(encode), "");
        let mut encode = Text::new(FAMILY);
        encode.begin(&FAMILY, Kind::Counter);
        encode.counter(br#"site="shop""#, 12.5, Created::ZERO);
        assert!(ended(encode).ends_with("counter\nrum_lcp_seconds{site=\"shop\"} 12.5\n"));
    }

    #[test]
    fn every_scale_has_room() {
        assert!(Scale::ALL.iter().all(|scale| scale.edges().len() <= EDGES_MAX));
    }
}
