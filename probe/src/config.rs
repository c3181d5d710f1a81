//! The configuration: one TOML file, read into what the probe runs by, all mistakes told at once.
//!
//! This module alone reads files and the environment (`SSL_CERT_FILE`, `SSL_CERT_DIR`). Every key, its
//! meaning and default stand in the probe's README.

mod checks;
pub mod roots;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use graadmeter_base::settings::{self, Mistakes, Section, SettingsError};
use graadmeter_wire::Text;
use graadmeter_wire::limits::{NAME_BYTES_MAX, URL_BYTES_MAX};
use url::{Host, Url};

use self::roots::Roots;
use crate::check::assert::Expectations;
use crate::check::tls::Trust;
use crate::check::{Hosts, Request};
use crate::limits::{CONCURRENCY_MAX, CONFIG_BYTES_MAX, QUEUE_MAX, TIMEOUT_MAX, TIMEOUT_MIN};

/// Where the probe stands when it isn't told.
pub const REGION_DEFAULT: &str = "local";
/// Time that a check has when it isn't told.
pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(10);
const INTERVAL_DEFAULT: Duration = Duration::from_mins(1);
const CONCURRENCY_DEFAULT: usize = 32;
const QUEUE_DEFAULT: usize = 1000;

/// What a probe does: the validated form of its file.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the probe stands: the label `region`.
    pub region: String,
    /// Checks that run at once.
    pub concurrency: usize,
    /// Hosts that `/probe` may check; when there are none, it depends on the listening address.
    pub probe_targets: Option<Arc<[String]>>,
    /// Who is told the results.
    pub collector: Option<Collector>,
    /// What is checked.
    pub checks: Vec<Check>,
    /// Whose certificates are believed, where a check doesn't say more.
    pub trust: Trust,
}

/// The collector that results are reported to.
#[derive(Debug, Clone)]
pub struct Collector {
    /// Where beacons are posted.
    pub endpoint: Url,
    /// Time that one report has.
    pub timeout: Duration,
    /// Reports that may wait.
    pub queue: usize,
    /// Whose certificates are believed.
    pub trust: Trust,
}

/// One `[[check]]`.
#[derive(Debug, Clone)]
pub struct Check {
    /// Its name: the label `check`.
    pub name: String,
    /// The site it belongs to: the label `site`.
    pub site: String,
    /// The page group that reports name.
    pub page: Option<String>,
    /// Time between its runs.
    pub interval: Duration,
    /// What is asked.
    pub request: Request,
    /// What is expected.
    pub expected: Expectations,
}

impl Config {
    /// Reads and validates `path`; paths of files that it names are relative to it.
    ///
    /// # Errors
    ///
    /// When the file can't be read, or with everything that is wrong in it.
    pub fn load(path: &Path) -> Result<Self, SettingsError> {
        settings::load(path, CONFIG_BYTES_MAX, |file, folder| Self::read(file, folder, &mut Roots::system()))
    }

    /// Validates `text`. Files that it names are looked for from `folder`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it.
    pub fn parse(text: &str, folder: &Path, mut roots: Roots) -> Result<Self, Mistakes> {
        settings::parse(text, |file| Self::read(file, folder, &mut roots))
    }

    fn read(file: &mut Section<'_, '_>, folder: &Path, roots: &mut Roots) -> Self {
        let region = file.text("region", name).unwrap_or_else(|| REGION_DEFAULT.to_owned());
        let concurrency = file.number("concurrency", 1..=CONCURRENCY_MAX as u64);
        let targets = file.one_or_list_with("probe_targets", |host: String| target(&host));
        let collector = file.optional_section("collector", |section| collector(section, folder, roots));
        Self {
            region,
            concurrency: concurrency.map_or(CONCURRENCY_DEFAULT, |number| number as usize),
            probe_targets: targets.map(Arc::from),
            collector: collector.flatten(),
            checks: checks::read_all(file, folder, roots),
            trust: roots.trust(),
        }
    }

    /// Which hosts `/probe` may check. Anyone who reaches a listener that isn't on loopback could use it to
    /// look around in the probe's network, so there it checks listed hosts only.
    #[must_use]
    pub fn probe_hosts(&self, listens_on_loopback: bool) -> Hosts {
        match &self.probe_targets {
            Some(hosts) => Hosts::Only(Arc::clone(hosts)),
            None if listens_on_loopback => Hosts::Any,
            None => Hosts::Only(Arc::new([])),
        }
    }
}

fn collector(section: &mut Section<'_, '_>, folder: &Path, roots: &mut Roots) -> Option<Collector> {
    section.require("url", "\"https://collector.shop.example\"");
    let endpoint = section.text("url", endpoint);
    let timeout = section.duration("timeout", TIMEOUT_MIN..=TIMEOUT_MAX).unwrap_or(TIMEOUT_DEFAULT);
    let queue = section.number("queue", 1..=QUEUE_MAX as u64).map_or(QUEUE_DEFAULT, |number| number as usize);
    let trust = roots.trust_also(section, folder).unwrap_or_else(|| roots.trust());
    Some(Collector { endpoint: endpoint?, timeout, queue, trust })
}

/// The collector's beacon endpoint, from the address of the collector or the endpoint itself.
fn endpoint(given: &str) -> Result<Url, UrlError> {
    let mut url = page_url(given)?;
    url.set_query(None);
    let base = url.path().trim_end_matches('/');
    let path = if base.ends_with("/v1/beacon") { base.to_owned() } else { format!("{base}/v1/beacon") };
    url.set_path(&path);
    Ok(url)
}

/// A host of `probe_targets`, as [`crate::check::host`] would write it.
fn target(given: &str) -> Result<String, String> {
    let host = given.parse().map_or_else(|_| Host::parse(given), |address| Ok(Host::Ipv6(address)));
    let host = host.map_err(|_| format!("`{given}` is no host; write its name without scheme and port"))?;
    Ok(host.to_string().trim_matches(['[', ']']).to_owned())
}

/// Why a text can't be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to {NAME_BYTES_MAX} bytes without control characters")]
pub struct NameError;

/// Takes a region, check or page name that the wire will take.
///
/// # Errors
///
/// When it is empty, too long, or has control characters.
pub fn name(given: &str) -> Result<String, NameError> {
    let text = Text::<NAME_BYTES_MAX>::new(given).ok_or(NameError)?;
    text.word().map(str::to_owned).ok_or(NameError)
}

/// Why a text is no URL that can be checked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Not absolute, or of another scheme.
    #[error("`{0}` is no absolute URL; write it as `https://www.shop.example/`")]
    NotAbsolute(String),
    /// It holds a secret. So it isn't repeated.
    #[error("the URL holds a user name or password, which would be reported")]
    Secret,
    /// The wire takes no such long one.
    #[error("the URL is longer than {URL_BYTES_MAX} bytes")]
    TooLong,
}

/// Takes an absolute `http` or `https` URL without user name and password.
///
/// # Errors
///
/// When it is something else.
pub fn page_url(given: &str) -> Result<Url, UrlError> {
    let absolute = || UrlError::NotAbsolute(given.to_owned());
    let url: Url = given.parse().map_err(|_| absolute())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Secret);
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(absolute());
    }
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(UrlError::TooLong);
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
