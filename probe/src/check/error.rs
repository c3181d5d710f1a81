//! Every way in which a check can fail to get its answer: what happened, and where it helps, what to do.

use std::io;
use std::time::Duration;

use super::outcome::Outcome;
use super::phase::Phase;
use super::tls::TlsError;
use crate::limits;

/// Why a site gave no complete answer.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The name has no address.
    #[error("the name `{host}` can't be resolved: {source}")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The name is known, but without any address.
    #[error("the name `{host}` has no address")]
    NoAddress {
        /// The name.
        host: String,
    },
    /// None of its addresses takes a connection.
    #[error("can't connect to {address}: {source}")]
    Connect {
        /// The address that was tried last.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// No TLS connection came about, or its certificate isn't believed.
    #[error("TLS with `{host}` failed: {source}")]
    Tls {
        /// The host that was asked for.
        host: String,
        /// Why.
        source: TlsError,
    },
    /// The time is over.
    #[error("no complete answer within {}: the time ended while {}", humantime::format_duration(*timeout), phase.doing())]
    Timeout {
        /// Time that the check had.
        timeout: Duration,
        /// What it was doing.
        phase: Phase,
    },
    /// The server answers something else than HTTP, or stops in the middle.
    #[error("the answer is broken: {source}")]
    Http {
        /// What hyper said.
        source: hyper::Error,
    },
    /// A body without end, or a larger one than the check reads.
    #[error("the body is longer than {limit} bytes; set `body_bytes_max` if that is right")]
    BodyTooLarge {
        /// Bytes that the check would have read.
        limit: u64,
    },
    /// Redirects in a circle, or nearly.
    #[error("more than {} redirects", limits::REDIRECTS_MAX)]
    TooManyRedirects,
    /// A redirect to nowhere.
    #[error("a redirect ({status}) whose `Location` is {reason}")]
    BadRedirect {
        /// The redirect's status code.
        status: u16,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The host isn't one that the caller may have checked.
    #[error("the host `{host}` isn't in `probe_targets`")]
    HostNotAllowed {
        /// The host.
        host: String,
    },
}

impl CheckError {
    /// The failure in one word, for the label `outcome`.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Resolve { .. } | Self::NoAddress { .. } => Outcome::Dns,
            Self::Connect { .. } => Outcome::Connect,
            Self::Tls { .. } => Outcome::Tls,
            Self::Timeout { .. } => Outcome::Timeout,
            Self::Http { .. } => Outcome::Http,
            Self::BodyTooLarge { .. } => Outcome::BodyTooLarge,
            Self::TooManyRedirects | Self::BadRedirect { .. } => Outcome::Redirect,
            Self::HostNotAllowed { .. } => Outcome::NotAllowed,
        }
    }
}
