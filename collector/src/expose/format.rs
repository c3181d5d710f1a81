//! Which format a scraper wants: content negotiation by `Accept` (RFC 9110, section 12.5.1).

/// A format of exposition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The classic text format, for everybody.
    Text,
    /// Delimited protobuf with native histograms, for a Prometheus that asks for it.
    Protobuf,
}

impl Format {
    /// The format that `accept` likes best; text when it names none of ours.
    #[must_use]
    pub fn accepted(accept: &str) -> Self {
        let quality = |format: Self| {
            accept.split(',').filter(|range| format.is_in(range)).map(quality).fold(0.0, f64::max)
        };
        // Whoever likes both the same gets text, which is for everybody.
        if quality(Self::Protobuf) > quality(Self::Text) { Self::Protobuf } else { Self::Text }
    }

    /// The value of `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }

    fn is_in(self, range: &str) -> bool {
        let mut parts = range.split(';').map(str::trim);
        let kind = parts.next().unwrap_or_default();
        let has = |name: &str, value: &str| {
            parameters(range).all(|(key, given)| !key.eq_ignore_ascii_case(name) || given == value)
        };
        match self {
            Self::Text => {
                kind == "*/*"
                    || kind == "text/*"
                    || kind.eq_ignore_ascii_case("text/plain") && has("version", "0.0.4")
            }
            Self::Protobuf => {
                kind.eq_ignore_ascii_case("application/vnd.google.protobuf")
                    && has("proto", "io.prometheus.client.MetricFamily")
                    && has("encoding", "delimited")
            }
        }
    }
}

/// Whether `accept_encoding` takes gzip.
#[must_use]
pub fn accepts_gzip(accept_encoding: &str) -> bool {
    let is_gzip = |coding: &str| {
        let name = coding.split(';').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("gzip") || name == "*"
    };
    accept_encoding.split(',').filter(|coding| is_gzip(coding)).any(|coding| quality(coding) > 0.0)
}

fn parameters(range: &str) -> impl Iterator<Item = (&str, &str)> {
    let parameters = range.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    parameters.map(|(key, value)| (key.trim(), value.trim().trim_matches('"')))
}

/// How much a range is liked: `q`, or 1.
fn quality(range: &str) -> f64 {
    let q = parameters(range).find(|(key, _)| key.eq_ignore_ascii_case("q"));
    let number = |value: &str| value.parse().ok().filter(|q| (0.0..=1.0).contains(q)).unwrap_or(0.0);
    q.map_or(1.0, |(_, value)| number(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_each_scraper_what_it_likes_best() {
        for (accept, format) in [
            // Prometheus 2.42 without and with native histograms, Prometheus 3, a browser, curl.
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::Text,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Format::Protobuf,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                Format::Protobuf,
            ),
            ("text/html,application/xhtml+xml,*/*;q=0.8", Format::Text),
            ("*/*", Format::Text),
            ("", Format::Text),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
                Format::Text,
            ),
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0",
                Format::Text,
            ),
            (
                "text/plain, application/vnd.google.protobuf;proto=\"io.prometheus.client.MetricFamily\";encoding=delimited;q=0.9",
                Format::Text,
            ),
        ] {
            assert_eq!(Format::accepted(accept), format, "{accept}");
        }
    }

    #[test]
    fn compresses_for_those_who_can_read_it() {
        for (accept, gzip) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("identity", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(accept), gzip, "{accept}");
        }
    }
}
