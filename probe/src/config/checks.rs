//! The sections `[defaults]` and `[[check]]`.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use graadmeter_base::settings::{Section, Word};
use graadmeter_wire::SiteId;

use super::roots::Roots;
use super::{Check, INTERVAL_DEFAULT, TIMEOUT_DEFAULT, page_url};
use crate::check::assert::{Budget, Expectations, Measure, StatusRule};
use crate::check::tls::Trust;
use crate::check::{Hosts, Method, Request};
use crate::limits;

const INTERVALS: RangeInclusive<Duration> = limits::INTERVAL_MIN..=limits::INTERVAL_MAX;
const TIMEOUTS: RangeInclusive<Duration> = limits::TIMEOUT_MIN..=limits::TIMEOUT_MAX;

/// What holds for each check that doesn't say otherwise.
#[derive(Debug, Clone)]
struct Defaults {
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
    fn built_in(roots: &Roots) -> Self {
        Self {
            site: None,
            interval: INTERVAL_DEFAULT,
            timeout: TIMEOUT_DEFAULT,
            method: Method::Get,
            follow_redirects: true,
            body_bytes_max: limits::BODY_BYTES_DEFAULT,
            status: StatusRule::default(),
            budgets: Vec::new(),
            trust: roots.trust(),
        }
    }

    /// The same with what `section` says instead.
    fn overridden(&self, section: &mut Section<'_, '_>, folder: &Path, roots: &mut Roots) -> Self {
        Self {
            site: section.text("site", site).or_else(|| self.site.clone()),
            interval: section.duration("interval", INTERVALS).unwrap_or(self.interval),
            timeout: section.duration("timeout", TIMEOUTS).unwrap_or(self.timeout),
            method: section.text("method", method).unwrap_or(self.method),
            follow_redirects: section.take("follow_redirects").unwrap_or(self.follow_redirects),
            body_bytes_max: section
                .number("body_bytes_max", 1..=limits::BODY_BYTES_MAX)
                .unwrap_or(self.body_bytes_max),
            status: status(section).unwrap_or_else(|| self.status.clone()),
            budgets: budgets(section, &self.budgets),
            trust: roots.trust_also(section, folder).unwrap_or_else(|| self.trust.clone()),
        }
    }
}

/// Reads `[defaults]` and every `[[check]]`. What can't be read is left out, which is noted.
pub(super) fn read_all(file: &mut Section<'_, '_>, folder: &Path, roots: &mut Roots) -> Vec<Check> {
    let built_in = Defaults::built_in(roots);
    let defaults = file.section("defaults", |section| built_in.overridden(section, folder, roots));
    let mut seen = BTreeSet::new();
    let checks = file.sections("check", |section| {
        let check = read(section, &defaults, folder, roots)?;
        if !seen.insert((check.site.clone(), check.name.clone())) {
            let (site, name) = (&check.site, &check.name);
            section.mistake("name", format!("a second check `{name}` of site `{site}`; names are unique"));
        }
        Some(check)
    });
    if checks.len() > limits::CHECKS_MAX {
        file.mistake("check", format!("more than {}: split them over several probes", limits::CHECKS_MAX));
    }
    checks.into_iter().flatten().collect()
}

fn read(
    section: &mut Section<'_, '_>,
    defaults: &Defaults,
    folder: &Path,
    roots: &mut Roots,
) -> Option<Check> {
    section.require("name", "\"home\"");
    section.require("url", "\"https://www.shop.example/\"");
    if defaults.site.is_none() {
        section.require("site", "\"shop\", here or in [defaults]");
    }
    let name = section.text("name", super::name);
    let url = section.text("url", page_url);
    let page = section.text("page", super::name);
    let body_contains = section.text("body_contains", needle);
    let own = defaults.overridden(section, folder, roots);
    if own.timeout > own.interval {
        section.mistake("timeout", "is longer than the interval: a run could not end before the next");
    }
    if body_contains.is_some() && own.method == Method::Head {
        section.mistake("body_contains", "goes with method = \"GET\" only: without it there is no body");
    }
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
fn status(section: &mut Section<'_, '_>) -> Option<StatusRule> {
    let ranges = section.one_or_list_with("status", |word: Word| StatusRule::range(&word.to_string()))?;
    if ranges.is_empty() {
        section.mistake("status", "is empty, so no answer could be right");
        return None;
    }
    Some(StatusRule::In(ranges))
}

/// The `budget` table: its entries replace those of the same name in `defaults`.
fn budgets(section: &mut Section<'_, '_>, defaults: &[Budget]) -> Vec<Budget> {
    let mut budgets = defaults.to_vec();
    section.section("budget", |table| {
        for measure in Measure::ALL {
            let given = table.duration(measure.name(), Duration::from_micros(1)..=limits::TIMEOUT_MAX);
            let Some(limit) = given else { continue };
            budgets.retain(|budget| budget.measure != measure);
            budgets.push(Budget { measure, limit });
        }
    });
    budgets
}
