//! The families of visitors and probes, straight from the cores' cells.
//!
//! A scrape of ten thousand cells has a hundred thousand series, and nearly each of their parts waits for memory. So a
//! few neighbouring series are read together, for which the processor waits at the same time. They are copied, and
//! encoded when the core's lock is free again: it is held for a few microseconds, and so hardly keeps a beacon waiting.

mod family;
mod view;
mod writer;

use std::io;

use crate::aggregate::Host;
use crate::aggregate::cell::{Landing, PageCell, VisitorCell};
use crate::aggregate::cells::{CheckKey, PageKey};
use crate::aggregate::histogram::Distribution;
use crate::config::Site;
use crate::observation::Visitor;

use super::catalog::{
    CHECK, CHECKS, CONVERSION_LANDING_LCP, CONVERSION_LANDING_LOAD, CONVERSIONS, HOST, METRICS, Metrics,
    PAGE, PAGE_ERRORS, PAGE_VIEWS, SESSION_LANDING_LCP, SESSION_LANDING_LOAD, SESSIONS, THIRD_PARTY, VISITOR,
};
use super::encode::{Created, Encode};
use super::names::AllNames;

use self::view::View;

pub(super) use self::writer::Writer;

/// Writes every family of the cells with these names; the program started at `started`.
pub(super) fn write<E: Encode>(
    names: &AllNames,
    sites: &[&Site],
    started: Created,
    mut writer: Writer<'_, E>,
) -> io::Result<()> {
    let AllNames { visitors, pages, checks, third_parties } = names;
    let visitors = &View::new::<E, _>(visitors, |site| &site.visitors, sites, VISITOR, visitor_labels);
    let pages = &View::new::<E, _>(pages, |site| &site.pages, sites, PAGE, page_labels);
    let checks = &View::new::<E, _>(checks, |site| &site.checks, sites, CHECK, check_labels);
    let hosts = &View::new::<E, _>(third_parties, |site| &site.third_parties, sites, HOST, host_labels);

    writer.counters(&PAGE_VIEWS, visitors, |cell| cell.views)?;
    writer.counters(&SESSIONS, visitors, |cell| cell.sessions)?;
    writer.counters(&CONVERSIONS, visitors, |cell| cell.conversions)?;
    writer.conversion_values(visitors)?;
    for (landing, of_sessions, of_conversions) in [
        (Landing::Lcp, &SESSION_LANDING_LCP, &CONVERSION_LANDING_LCP),
        (Landing::Load, &SESSION_LANDING_LOAD, &CONVERSION_LANDING_LOAD),
    ] {
        writer.distributions(
            visitors,
            &[(of_sessions, false), (of_conversions, true)],
            |cell, converted| {
                landed(
                    cell,
                    if converted { cell.conversion_landing(landing) } else { cell.session_landing(landing) },
                )
            },
        )?;
    }
    let of_visitors: Vec<_> = METRICS
        .iter()
        .filter_map(|Metrics { metric, visitor, .. }| Some((visitor.as_ref()?, *metric)))
        .collect();
    writer.distributions(visitors, &of_visitors, VisitorCell::distribution)?;
    writer.counters(&PAGE_ERRORS, pages, |cell| cell.errors)?;
    writer.distributions(
        pages,
        &METRICS.each_ref().map(|each| (&each.page, each.metric)),
        PageCell::distribution,
    )?;
    let synthetic = METRICS.each_ref().map(|each| (&each.synthetic, each.metric));
    writer.distributions(checks, &synthetic, PageCell::distribution)?;
    writer.distributions(hosts, &[(&THIRD_PARTY, ())], |host, ()| Some(host.0.distribution()))?;
    writer.counters(&CHECKS, checks, |cell| cell.views)?;
    writer.handling(started)
}

/// A conversion curve divides those of conversions by those of sessions, so both have the same series.
fn landed<'a>(cell: &VisitorCell, distribution: Distribution<'a>) -> Option<Distribution<'a>> {
    (cell.sessions + cell.conversions > 0).then_some(distribution)
}

fn visitor_labels<'a>(site: &'a Site, visitor: &'a Visitor) -> [&'a str; 4] {
    [&site.id, visitor.device.name(), site.places.channels.name(visitor.channel), visitor.country.code()]
}

fn page_labels<'a>(site: &'a Site, key: &'a PageKey) -> [&'a str; 3] {
    [&site.id, key.device.name(), &key.page]
}

fn check_labels<'a>(site: &'a Site, key: &'a CheckKey) -> [&'a str; 4] {
    [&site.id, &key.check, &key.region, key.device.name()]
}

fn host_labels<'a>(site: &'a Site, host: &'a Host) -> [&'a str; 2] {
    [&site.id, host]
}
