//! The order of a beacon's stages, and nothing else.

use std::time::Duration;

use ahash::RandomState;
use graadmeter_wire::{Beacon, Decoded, Kind, Source, WireError, decode, decode_sale};
use hashbrown::HashMap;

use crate::admit::duplicates::Duplicates;
use crate::admit::limiter::ClientLimiter;
use crate::admit::{robots, signature};
use crate::aggregate::budget::Budgets;
use crate::aggregate::cells::Seconds;
use crate::arrival::Arrival;
use crate::config::{Config, Conversions, Robots, Site};
use crate::outcome::Outcome;
use crate::place::Placer;
use crate::place::channel::Sources;
use crate::place::country::Geography;
use crate::tally::Tallies;

/// Everything that a beacon meets on its way; shared by all cores.
#[derive(Debug)]
pub struct Pipeline {
    sites: HashMap<String, Site, RandomState>,
    placer: Placer,
    limiter: ClientLimiter,
    duplicates: Duplicates,
    budgets: Budgets,
    tallies: Tallies,
}

impl Pipeline {
    /// The pipeline of a configuration, for so many cores.
    #[must_use]
    pub fn new(config: Config, cores: usize) -> Self {
        let page_names = |site: &Site| {
            let names: Vec<_> = site.places.pages.iter().map(|rule| rule.name.clone()).collect();
            names
        };
        let names: Vec<_> = config.sites.iter().map(page_names).collect();
        Self {
            budgets: Budgets::new(
                config.limits.cells,
                names.iter().map(|names| names.iter().map(String::as_str)),
            ),
            tallies: Tallies::new(cores, config.sites.len()),
            sites: config.sites.into_iter().map(|site| (site.id.clone(), site)).collect(),
            placer: Placer { geography: Geography::new(config.geo.database), sources: Sources::new() },
            limiter: ClientLimiter::new(config.limits.client, config.limits.clients_watched),
            duplicates: Duplicates::new(config.limits.reports_remembered),
        }
    }

    /// Takes one body through all stages, on the core with this number.
    ///
    /// `now` is the time since any fixed moment.
    ///
    /// # Errors
    ///
    /// When the body is no beacon.
    pub fn handle(
        &self,
        body: &[u8],
        arrival: &Arrival<'_>,
        now: Duration,
        core: usize,
    ) -> Result<Outcome, WireError> {
        // Before decoding, so that a flood costs little.
        if !self.limiter.allows(arrival.client, now) {
            return Ok(Outcome::Limited);
        }
        let decoded = decode(body)?;
        let beacon = &decoded.beacon;
        let Some(site) = self.sites.get(&*beacon.site) else { return Ok(Outcome::UnknownSite) };
        if let Some(refusal) = self.judge(beacon, arrival, site, now) {
            return Ok(refusal);
        }
        self.count(&decoded, arrival, site, now, core);
        Ok(Outcome::Accepted)
    }

    /// Takes one sale that a shop's server reports through all stages, on the core with this number.
    ///
    /// `signature` is the header, `now` the time since any fixed moment, `unix_now` since the Unix epoch.
    ///
    /// # Errors
    ///
    /// When the body is no sale.
    pub fn handle_sale(
        &self,
        body: &[u8],
        signature: &str,
        now: Duration,
        unix_now: Duration,
        core: usize,
    ) -> Result<Outcome, WireError> {
        let sale = decode_sale(body)?;
        let Some(site) = self.sites.get(&*sale.site) else { return Ok(Outcome::UnknownSite) };
        let secret = site.secret.as_ref();
        let Some(signed) = secret.and_then(|secret| signature::verify(signature, body, &secret.0, unix_now))
        else {
            return Ok(Outcome::Unsigned);
        };
        let decoded = Decoded::new(sale.into_beacon(signed.id));
        if !self.is_new(&decoded.beacon, site, now) {
            return Ok(Outcome::Duplicate);
        }
        self.count(&decoded, &Arrival::NOBODY, site, now, core);
        Ok(Outcome::Accepted)
    }

    /// The last stages: place and aggregate.
    fn count(&self, decoded: &Decoded<'_>, arrival: &Arrival<'_>, site: &Site, now: Duration, core: usize) {
        let observation = self.placer.place(&decoded.beacon, arrival, &site.places);
        let mut tally = self.tallies.of_core(core);
        tally.aggregate.record(&observation, &self.budgets, Seconds::of(now));
        tally.leave_out(decoded.left_out);
    }

    /// Why a beacon of a known site does not count, if it doesn't.
    fn judge(
        &self,
        beacon: &Beacon<'_>,
        arrival: &Arrival<'_>,
        site: &Site,
        now: Duration,
    ) -> Option<Outcome> {
        if !site.origins.allow(arrival.origin, beacon.url.parts()) {
            return Some(Outcome::OriginNotAllowed);
        }
        // A probe is a robot, and says so.
        if beacon.source == Source::Rum && site.robots == Robots::Exclude && robots::is_robot(beacon, arrival)
        {
            return Some(Outcome::Bot);
        }
        if beacon.kind == Kind::Conversion && site.conversions == Conversions::Signed {
            return Some(Outcome::Unsigned);
        }
        // After the questions above: strangers don't use up a site's share. Before the last one, so that what is
        // turned away is not remembered as counted.
        if !site.limiter.allows(now) {
            return Some(Outcome::Limited);
        }
        (!self.is_new(beacon, site, now)).then_some(Outcome::Duplicate)
    }

    /// Whether neither this report nor its order was counted before.
    fn is_new(&self, beacon: &Beacon<'_>, site: &Site, now: Duration) -> bool {
        let site = site.places.index;
        let order = beacon.conversion.as_ref().and_then(|conversion| conversion.order.as_ref());
        let order = order.and_then(|order| order.word()).filter(|_| beacon.kind == Kind::Conversion);
        self.duplicates.is_new((site, beacon.kind, beacon.id.as_bytes()), now)
            && order.is_none_or(|order| self.duplicates.is_new((site, order), now))
    }

    /// What tells countries.
    #[must_use]
    pub fn geography(&self) -> &Geography {
        &self.placer.geography
    }

    /// What all cores have counted.
    #[must_use]
    pub fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    /// The budgets of cells.
    #[must_use]
    pub fn budgets(&self) -> &Budgets {
        &self.budgets
    }

    /// The sites, in the order of their numbers.
    #[must_use]
    pub fn sites(&self) -> Vec<&Site> {
        let mut sites: Vec<_> = self.sites.values().collect();
        sites.sort_by_key(|site| site.places.index);
        sites
    }
}
