//! What the fuzz targets in `fuzz_targets/` have in common. Each of them takes any bytes and asserts what must hold
//! whatever a stranger sends; that nothing panics, overflows or hangs is asserted by running it.
//!
//! ```text
//! cd collector
//! cargo fuzz run --sanitizer none decode                     # until it finds something, or Ctrl-C
//! cargo fuzz run --sanitizer none decode fuzz/artifacts/…    # what it found, again
//! ```
//!
//! Without a sanitizer, and so on the stable toolchain: address sanitizers find what `unsafe` code does to memory, and
//! none of the code here has any. Found inputs are kept in `corpus/`, so that a run of some seconds begins where longer
//! ones ended. Structured inputs are text, a field a line (`Fields`) or a request a line (`Request`), and not drawn from
//! bytes by a derived trait: so a person can read and write them, and they keep their meaning when a type changes.

pub mod exposition;
pub mod wire;

use std::net::IpAddr;
use std::str::Split;
use std::time::Duration;

use graadmeter_collector::arrival::Arrival;

/// The fields of a structured input, a line each; those that are missing are empty.
#[derive(Debug, Clone)]
pub struct Fields<'a>(Split<'a, char>);

impl<'a> Fields<'a> {
    /// Of an input, if it is text.
    #[must_use]
    pub fn of(input: &'a [u8]) -> Option<Self> {
        str::from_utf8(input).ok().map(|text| Self(text.split('\n')))
    }

    /// The next field.
    pub fn text(&mut self) -> &'a str {
        self.0.next().unwrap_or_default()
    }

    /// The next field, if it is there and not empty.
    pub fn word(&mut self) -> Option<&'a str> {
        Some(self.text()).filter(|text| !text.is_empty())
    }

    /// The next field as a truth, or none.
    pub fn truth(&mut self) -> Option<bool> {
        match self.text() {
            "?1" => Some(true),
            "?0" => Some(false),
            _ => None,
        }
    }

    /// The next field as a number, or none.
    pub fn number(&mut self) -> Option<f64> {
        self.text().parse().ok()
    }

    /// All further fields.
    pub fn rest(self) -> impl Iterator<Item = &'a str> {
        self.0
    }
}

/// A request to the pipeline, one line: its fields between tabs, its body last.
#[derive(Debug)]
pub struct Request<'a> {
    /// When it arrives.
    pub at: Duration,
    /// What it tells besides its body.
    pub arrival: Arrival<'a>,
    /// `Graadmeter-Signature`; a request that has one is a sale.
    pub signature: Option<&'a str>,
    /// The body.
    pub body: &'a str,
}

impl<'a> Request<'a> {
    /// Reads a line: seconds, client, origin, country, mobile, platform, form factors, user agent, signature, body.
    #[must_use]
    pub fn of(line: &'a str) -> Self {
        let mut fields = line.splitn(10, '\t');
        let mut word = || fields.next().filter(|text| !text.is_empty());
        Self {
            at: Duration::from_secs(word().and_then(|text| text.parse::<u32>().ok()).unwrap_or(0).into()),
            arrival: Arrival {
                client: word().and_then(|text| text.parse().ok()).unwrap_or(IpAddr::from([192, 0, 2, 1])),
                origin: word(),
                country: word(),
                hint_mobile: word().map(|text| text == "?1"),
                hint_platform: word(),
                hint_form_factors: word(),
                user_agent: word().unwrap_or_default(),
            },
            signature: word(),
            body: word().unwrap_or_default(),
        }
    }
}
