//! What a check measured: each hop of a redirect chain, and the figures that follow from them.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use url::Url;

use super::error::CheckError;
use super::phase::{Phase, Phases};

/// One request and its answer; a redirect adds another. Each has a connection of its own, as for a
/// visitor who comes for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// What was asked for.
    pub url: Url,
    /// From the check's start until this hop's start.
    pub started: Duration,
    /// From the check's start until this hop's first byte.
    pub first_byte: Option<Duration>,
    /// How long each phase took.
    pub phases: Phases,
    /// The address that answered.
    pub address: Option<SocketAddr>,
    /// The answer's status code.
    pub status: Option<u16>,
    /// The answer's HTTP version, 1.0 or 1.1.
    pub http_version: Option<&'static str>,
    /// `TLS 1.2` or `TLS 1.3`.
    pub tls_version: Option<&'static str>,
    /// When the first of the certificates that the server showed ends, whether they are believed or not.
    pub certificate_expiry: Option<SystemTime>,
}

impl Hop {
    pub(super) fn new(url: Url, started: Duration) -> Self {
        Self {
            url,
            started,
            first_byte: None,
            phases: Phases::default(),
            address: None,
            status: None,
            http_version: None,
            tls_version: None,
            certificate_expiry: None,
        }
    }
}

/// Everything that one run of a check found out.
#[derive(Debug)]
pub struct Measurement {
    /// The requests in order; at least one.
    pub hops: Vec<Hop>,
    /// From the start to the last byte, or to the failure.
    pub total: Duration,
    /// Bytes of the last answer's body that were read.
    pub body_bytes: Option<u64>,
    /// What the last answer said of its body's length.
    pub content_length: Option<u64>,
    /// Whether the body holds the text that was looked for.
    pub body_contains: Option<bool>,
    /// Why it ended early, and in which phase.
    pub failure: Option<(Phase, CheckError)>,
}

impl Measurement {
    pub(super) fn new() -> Self {
        Self {
            hops: Vec::with_capacity(1),
            total: Duration::ZERO,
            body_bytes: None,
            content_length: None,
            body_contains: None,
            failure: None,
        }
    }

    /// The hop that gave the answer, or failed.
    #[must_use]
    pub fn last(&self) -> Option<&Hop> {
        self.hops.last()
    }

    /// Phases summed over all hops. After a failure the phase that failed and later ones are absent.
    #[must_use]
    pub fn phases(&self) -> Phases {
        let mut sum = Phases::default();
        self.hops.iter().for_each(|hop| sum.add(&hop.phases));
        if let Some((phase, _)) = &self.failure {
            sum.forget_from(*phase);
        }
        sum
    }

    /// Redirects that were followed.
    #[must_use]
    pub fn redirects(&self) -> usize {
        self.hops.len().saturating_sub(1)
    }

    /// Time spent on redirects: until the last hop began.
    #[must_use]
    pub fn redirect_time(&self) -> Option<Duration> {
        self.last().filter(|_| self.redirects() > 0).map(|hop| hop.started)
    }

    /// Time to First Byte of the last answer, from the very start, redirects included (as Navigation Timing has it).
    #[must_use]
    pub fn ttfb(&self) -> Option<Duration> {
        self.last().and_then(|hop| hop.first_byte)
    }

    /// The last answer's status code.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.last().and_then(|hop| hop.status)
    }
}
