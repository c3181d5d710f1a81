//! Real servers on loopback for the tests: a site that does what a script says, TLS with certificates of
//! its own, a collector that keeps what it is sent. All end when they are dropped.

mod collector;
mod site;
mod tls;

pub(crate) use self::collector::FakeCollector;
pub(crate) use self::site::{DELAY, Far, Site, Step, send};
pub(crate) use self::tls::{Authority, TlsSite};

use std::path::Path;
use std::time::Duration;

use crate::check::tls::Trust;
use crate::check::{Hosts, Method, Request};
use crate::config::Config;
use crate::config::roots::Roots;

/// A GET of `url` with ten seconds' time and nobody trusted.
pub(crate) fn request(url: &str) -> Request {
    Request {
        url: url.parse().unwrap(),
        method: Method::Get,
        timeout: Duration::from_secs(10),
        follow_redirects: true,
        body_bytes_max: 100_000,
        body_contains: None,
        hosts: Hosts::Any,
        trust: Trust::new([]),
    }
}

/// A configuration without any trusted roots.
pub(crate) fn config(text: &str) -> Config {
    Config::parse(text, Path::new("/nowhere"), Roots::new(Vec::new())).unwrap()
}
