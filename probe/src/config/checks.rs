//! The sections `[defaults]` and `[[check]]`.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use graadmeter_wire::SiteId;

use super::reader::Section;
use super::roots::Roots;
use super::{Check, INTERVAL_DEFAULT, TIMEOUT_DEFAULT, page_url, word};
use crate::check::assert::{Budget, Expectations, Measure, StatusRule};
use crate::check::tls::Trust;
use crate::check::{Hosts, Method, Request};
use crate::limits;

const INTERVALS: RangeInclusive<Duration> = limits::INTERVAL_MIN..=limits::INTERVAL_MAX;
const TIMEOUTS: RangeInclusive<Duration> = limits::TIMEOUT_MIN..=limits::TIMEOUT_MAX;

/// What holds for each check that doesn't say otherwise.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    site: Option<String>,
    interval: Duration,
    timeout: Duration,
    method: Method,
    follow_redirects: bool,
    body_bytes_max: u64,
    status: StatusRule,
    budgets: Vec<Budget>,
    trust: Trust,
}

impl Defaults {
    pub(super) fn read(section: Option<&Section>, folder: &Path, roots: &mut Roots) -> Self {
        let built_in = Self {
            site: None,
            interval: INTERVAL_DEFAULT,
            timeout: TIMEOUT_DEFAULT,
            method: Method::Get,
            follow_redirects: true,
            body_bytes_max: limits::BODY_BYTES_DEFAULT,
            status: StatusRule::default(),
            budgets: Vec::new(),
            trust: roots.trust(),
        };
        let Some(section) = section else { return built_in };
        let given = built_in.overridden(section, folder, roots);
        section.close();
        given
    }

    /// The same with what `section` says instead.
    fn overridden(&self, section: &Section, folder: &Path, roots: &mut Roots) -> Self {
        Self {
            site: section.text("site", site).or_else(|| self.site.clone()),
            interval: section.duration("interval", INTERVALS).unwrap_or(self.interval),
            timeout: section.duration("timeout", TIMEOUTS).unwrap_or(self.timeout),
            method: section.text("method", method).unwrap_or(self.method),
            follow_redirects: section.boolean("follow_redirects").unwrap_or(self.follow_redirects),
            body_bytes_max: section
                .whole("body_bytes_max", 1..=limits::BODY_BYTES_MAX)
                .unwrap_or(self.body_bytes_max),
            status: status(section).unwrap_or_else(|| self.status.clone()),
            budgets: budgets(section, &self.budgets),
            trust: roots.trust_also(section, folder).unwrap_or_else(|| self.trust.clone()),
        }
    }
}

/// Reads one `[[check]]`; nothing if it lacks what it needs, which is noted.
pub(super) fn read(
    section: &Section,
    defaults: &Defaults,
    folder: &Path,
    roots: &mut Roots,
) -> Option<Check> {
    let name = section.required("name", |given| super::name(given).map_err(|error| error.to_string()));
    let url = section.required("url", |given| page_url(given).map_err(|error| error.to_string()));
    let page = word(section, "page");
    let body_contains = section.text("body_contains", needle);
    let own = defaults.overridden(section, folder, roots);
    if own.site.is_none() && !section.has("site") {
        section.mistake("`site` is missing, here and in `[defaults]`");
    }
    if own.timeout > own.interval {
        section.mistake("`timeout` is longer than `interval`: a run could not end before the next");
    }
    if body_contains.is_some() && own.method == Method::Head {
        section.mistake("`body_contains` with `method = \"HEAD\"`: there is no body");
    }
    section.close();
    let request = Request {
        url: url?,
        method: own.method,
        timeout: own.timeout,
        follow_redirects: own.follow_redirects,
        body_bytes_max: own.body_bytes_max,
        body_contains,
        hosts: Hosts::Any,
        trust: own.trust,
    };
    let expected = Expectations { status: own.status, budgets: own.budgets };
    Some(Check { name: name?, site: own.site?, page, interval: own.interval, request, expected })
}

fn site(given: &str) -> Result<String, String> {
    SiteId::new(given).map(|site| site.to_string()).ok_or_else(|| format!("expected {}", SiteId::SHAPE))
}

fn method(given: &str) -> Result<Method, String> {
    match given {
        "GET" => Ok(Method::Get),
        "HEAD" => Ok(Method::Head),
        _ => Err("expected \"GET\" or \"HEAD\"; a check must not change anything".to_owned()),
    }
}

fn needle(given: &str) -> Result<Arc<str>, String> {
    if (1..=limits::NEEDLE_BYTES_MAX).contains(&given.len()) {
        return Ok(given.into());
    }
    Err(format!("expected 1 to {} bytes", limits::NEEDLE_BYTES_MAX))
}

/// `status = 200`, `"2xx"`, or a list of either.
fn status(section: &Section) -> Option<StatusRule> {
    let words = section.words("status")?;
    let ranges = words
        .iter()
        .map(|word| word.check(|given| StatusRule::range(given).map_err(|error| error.to_string())));
    let ranges = ranges.collect::<Option<Vec<_>>>()?;
    if ranges.is_empty() {
        section.mistake("`status` is empty, so no answer could be right");
        return None;
    }
    Some(StatusRule::In(ranges))
}

/// The `budget` table: its entries replace those of the same name in `defaults`.
fn budgets(section: &Section, defaults: &[Budget]) -> Vec<Budget> {
    let mut budgets = defaults.to_vec();
    let Some(table) = section.section("budget") else { return budgets };
    for measure in Measure::ALL {
        let given = table.duration(measure.name(), Duration::from_micros(1)..=limits::TIMEOUT_MAX);
        let Some(limit) = given else { continue };
        budgets.retain(|budget| budget.measure != measure);
        budgets.push(Budget { measure, limit });
    }
    table.close();
    budgets
}
