//! One check: what is asked of a site, what was measured, and what that is worth.
//!
//! [`http`] measures and does all the I/O; [`assert`] judges, purely. Other kinds of check stand beside
//! `http` and end in the same [`Measurement`] and verdict.

pub mod assert;
mod body;
mod error;
pub mod http;
mod measure;
mod outcome;
mod phase;
mod resolve;
mod stream;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use self::error::CheckError;
pub use self::measure::{Hop, Measurement};
pub use self::outcome::Outcome;
pub use self::phase::{Phase, Phases};

/// A request that changes nothing at the site.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// The page with its body.
    #[default]
    Get,
    /// The head only.
    Head,
}

/// The host of a URL, an IPv6 address without its brackets.
#[must_use]
pub fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_matches(['[', ']'])
}

/// Which hosts a check may speak to, its redirects included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Hosts {
    /// Every host.
    #[default]
    Any,
    /// These only, written as [`host`] writes them. So a stranger who names the target can't reach the probe's own network.
    Only(Arc<[String]>),
}

impl Hosts {
    /// Whether `host` may be spoken to.
    #[must_use]
    pub fn allow(&self, host: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(hosts) => hosts.iter().any(|allowed| allowed == host),
        }
    }
}

/// What is asked of a site, and within which bounds.
#[derive(Debug, Clone)]
pub struct Request {
    /// An absolute `http` or `https` URL.
    pub url: Url,
    /// How it is asked for.
    pub method: Method,
    /// The longest that everything together may take, redirects included.
    pub timeout: Duration,
    /// Whether redirects are followed, or are the answer themselves.
    pub follow_redirects: bool,
    /// Bytes of body after which the check gives up.
    pub body_bytes_max: u64,
    /// Text that is looked for in the body.
    pub body_contains: Option<Arc<str>>,
    /// Hosts that it may speak to.
    pub hosts: Hosts,
    /// Whose certificates are believed.
    pub trust: tls::Trust,
}
