//! The families of visitors and probes.

use prometheus::proto::MetricFamily;
use rust_decimal::prelude::ToPrimitive;

use crate::aggregate::cell::{PageCell, VisitorCell};
use crate::aggregate::histogram::Histogram;
use crate::aggregate::{Aggregate, SiteAggregate};
use crate::config::Site;
use crate::observation::Visitor;

use super::build::Builder;
use super::catalog::{
    CHECKS, CONVERSION_LANDING_LCP, CONVERSION_LANDING_LOAD, CONVERSION_VALUE, CONVERSIONS, Family, METRICS,
    PAGE_VIEWS, SESSION_LANDING_LCP, SESSION_LANDING_LOAD, SESSIONS, THIRD_PARTY, Views,
};

/// Every family of visitors and probes.
pub(super) fn catalogue() -> impl Iterator<Item = Family> {
    let of_metrics =
        METRICS.iter().flat_map(|views| views.visitor.into_iter().chain([views.page, views.synthetic]));
    let counts = COUNTS.iter().map(|count| count.family);
    let landings = LANDINGS.iter().map(|landing| landing.family);
    of_metrics.chain(counts).chain(landings).chain([CONVERSION_VALUE, THIRD_PARTY, CHECKS])
}

/// What was counted of visitors and probes.
pub(super) fn families(sites: &[&Site], aggregate: &Aggregate) -> Vec<MetricFamily> {
    let sites: Vec<_> = sites.iter().copied().zip(&aggregate.sites).collect();
    let mut families = visitor_families(&sites);
    families.extend(METRICS.iter().flat_map(|views| distributions(views, &sites)));
    families.extend([third_parties(&sites), checks(&sites)]);
    families
}

type Sites<'a> = [(&'a Site, &'a SiteAggregate)];

/// A counter of the visitor view.
struct Count {
    family: Family,
    of: fn(&VisitorCell) -> u64,
}

const COUNTS: [Count; 3] = [
    Count { family: PAGE_VIEWS, of: |cell| cell.views },
    Count { family: SESSIONS, of: |cell| cell.sessions },
    Count { family: CONVERSIONS, of: |cell| cell.conversions },
];

/// A distribution of landings in the visitor view.
struct Landing {
    family: Family,
    of: fn(&VisitorCell) -> &Histogram,
}

const LANDINGS: [Landing; 4] = [
    Landing { family: SESSION_LANDING_LCP, of: |cell| &cell.session_landings.lcp },
    Landing { family: CONVERSION_LANDING_LCP, of: |cell| &cell.conversion_landings.lcp },
    Landing { family: SESSION_LANDING_LOAD, of: |cell| &cell.session_landings.load },
    Landing { family: CONVERSION_LANDING_LOAD, of: |cell| &cell.conversion_landings.load },
];

fn visitor_families(sites: &Sites<'_>) -> Vec<MetricFamily> {
    let mut counts = COUNTS.map(|count| (Builder::counter(count.family), count.of));
    let mut landings = LANDINGS.map(|landing| (Builder::histogram(landing.family), landing));
    let mut values = Builder::counter(CONVERSION_VALUE);
    for (site, visitor, cell) in visitors(sites) {
        let labels = labels(site, visitor);
        for (builder, of) in &mut counts {
            builder.value(&labels, of(cell) as f64);
        }
        for (builder, landing) in &mut landings {
            let histogram = (landing.of)(cell);
            // A conversion curve divides one by the other, so both have the same series from the start.
            if cell.sessions + cell.conversions > 0 {
                builder.distribution(&labels, histogram);
            }
        }
        for (currency, value) in &cell.values {
            let [site, device, channel, country] = labels;
            values.value(
                &[site, device, channel, country, currency.code()],
                value.to_f64().unwrap_or(f64::MAX),
            );
        }
    }
    let counts = counts.into_iter().map(|(builder, _)| builder.finish());
    let landings = landings.into_iter().map(|(builder, _)| builder.finish());
    counts.chain(landings).chain([values.finish()]).collect()
}

fn distributions(views: &Views, sites: &Sites<'_>) -> Vec<MetricFamily> {
    let mut pages = Builder::histogram(views.page);
    for (labels, cell) in page_cells(sites) {
        if let Some(histogram) = cell.distributions.get(views.metric) {
            pages.distribution(&labels, histogram);
        }
    }
    let mut checks = Builder::histogram(views.synthetic);
    for (labels, cell) in check_cells(sites) {
        if let Some(histogram) = cell.distributions.get(views.metric) {
            checks.distribution(&labels, histogram);
        }
    }
    let of_visitors = views.visitor.map(|family| {
        let mut builder = Builder::histogram(family);
        for (site, visitor, cell) in visitors(sites) {
            if let Some(histogram) = cell.distributions.get(views.metric) {
                builder.distribution(&labels(site, visitor), histogram);
            }
        }
        builder
    });
    of_visitors.into_iter().chain([pages, checks]).map(Builder::finish).collect()
}

fn checks(sites: &Sites<'_>) -> MetricFamily {
    let mut builder = Builder::counter(CHECKS);
    for (labels, cell) in check_cells(sites) {
        builder.value(&labels, cell.views as f64);
    }
    builder.finish()
}

fn third_parties(sites: &Sites<'_>) -> MetricFamily {
    let mut builder = Builder::histogram(THIRD_PARTY);
    for (site, aggregate) in sites {
        for (host, histogram) in &aggregate.third_parties {
            builder.distribution(&[&site.id, host], histogram);
        }
    }
    builder.finish()
}

fn visitors<'a>(sites: &'a Sites<'a>) -> impl Iterator<Item = (&'a Site, &'a Visitor, &'a VisitorCell)> {
    sites.iter().flat_map(|&(site, aggregate)| {
        aggregate.visitors.iter().map(move |(visitor, cell)| (site, visitor, cell))
    })
}

fn labels<'a>(site: &'a Site, visitor: &'a Visitor) -> [&'a str; 4] {
    [&site.id, visitor.device.name(), site.places.channels.name(visitor.channel), visitor.country.code()]
}

fn page_cells<'a>(sites: &'a Sites<'a>) -> impl Iterator<Item = ([&'a str; 3], &'a PageCell)> {
    sites.iter().flat_map(|&(site, aggregate)| {
        aggregate.pages.iter().flat_map(move |(page, cells)| {
            cells.iter().map(move |(device, cell)| ([&*site.id, device.name(), page], cell))
        })
    })
}

fn check_cells<'a>(sites: &'a Sites<'a>) -> impl Iterator<Item = ([&'a str; 4], &'a PageCell)> {
    sites.iter().flat_map(|&(site, aggregate)| {
        aggregate.checks.iter().flat_map(move |(check, regions)| {
            regions.iter().flat_map(move |(region, cells)| {
                cells.iter().map(move |(device, cell)| ([&*site.id, check, region, device.name()], cell))
            })
        })
    })
}
