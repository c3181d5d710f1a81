//! The order of a beacon's stages, and nothing else.

use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use ahash::RandomState;
use graadmeter_wire::{Beacon, Decoded, Kind, Source, WireError, decode, decode_sale};
use hashbrown::HashMap;

use crate::admit::duplicates::Duplicates;
use crate::admit::limiter::ClientLimiter;
use crate::admit::{robots, signature};
use crate::aggregate::budget::Budgets;
use crate::aggregate::cells::{Moment, Seconds};
use crate::arrival::Arrival;
use crate::config::{Config, Conversions, Robots, Site};
use crate::journal::entry::Entry;
use crate::journal::{self, Checkpoints, Earlier, Journal, JournalError, Opened, Outgoing, Reading, Ticket};
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
    journal: Option<(Journal, Mutex<Checkpoints>)>,
    /// The Unix time of the moment since which times are told.
    started: Duration,
}

/// The hashes of what must not count twice.
#[derive(Debug, Clone, Copy)]
struct Reports {
    report: u64,
    order: Option<u64>,
}

/// How a report went through the stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// To its end.
    Ended(Outcome),
    /// It ends so if the journal stores this batch, its own or, if it came before, that of the first; if not, as
    /// [`Outcome::NotStored`].
    Waits(Outcome, Ticket),
}

impl Pipeline {
    /// The pipeline of a configuration, for so many cores. Times are told since `started`, which is Unix time.
    #[must_use]
    pub fn new(config: Config, cores: usize, started: Duration) -> Self {
        Self::with_hash_keys(config, cores, started, rand::random())
    }

    /// A pipeline that goes on where a journal ended, and writes it.
    ///
    /// # Errors
    ///
    /// When the journal can't be read or written.
    pub fn resume(
        config: Config,
        cores: usize,
        started: Duration,
        opened: Opened,
    ) -> Result<Self, JournalError> {
        let all_cores = cores.max(opened.cores()?);
        let mut pipeline = Self::with_hash_keys(config, all_cores, started, opened.hash_keys());
        let (checkpoints, other_sites) = opened.restore(&pipeline.tallies, &pipeline.sites())?;
        if !other_sites.is_empty() {
            tracing::warn!(sites = ?other_sites, "sites that are not configured any more are left out");
        }
        pipeline.tallies.readmit(&pipeline.budgets);
        opened.replay(&pipeline.sites(), |earlier| pipeline.count_again(earlier))?;
        let journal = opened.write(&pipeline.sites(), cores)?;
        pipeline.journal = Some((journal, Mutex::new(checkpoints)));
        Ok(pipeline)
    }

    fn with_hash_keys(config: Config, cores: usize, started: Duration, hash_keys: [u64; 4]) -> Self {
        Self {
            budgets: config.budgets(),
            tallies: Tallies::new(cores, config.sites.len()),
            sites: config.sites.into_iter().map(|site| (site.id.clone(), site)).collect(),
            placer: Placer { geography: Geography::new(config.geo.database), sources: Sources::new() },
            limiter: ClientLimiter::new(config.limits.client, config.limits.clients_watched),
            duplicates: Duplicates::new(config.limits.reports_remembered, hash_keys),
            journal: None,
            started,
        }
    }

    /// Has the memory come that knows a client of whom a body comes next.
    pub fn expect(&self, client: IpAddr) {
        self.limiter.expect(client);
    }

    /// Takes one body through all stages, on the core with this number.
    ///
    /// `now` is the time since the start.
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
    ) -> Result<Handled, WireError> {
        // Before decoding, so that a flood costs little.
        if !self.limiter.allows(arrival.client, now) {
            return Ok(Handled::Ended(Outcome::Limited));
        }
        let decoded = decode(body)?;
        let beacon = &decoded.beacon;
        let Some(site) = self.sites.get(&*beacon.site) else {
            return Ok(Handled::Ended(Outcome::UnknownSite));
        };
        if let Some(refusal) = judge(beacon, arrival, site, now) {
            return Ok(Handled::Ended(refusal));
        }
        Ok(self.accept(&decoded, arrival, site, now, core))
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
    ) -> Result<Handled, WireError> {
        let sale = decode_sale(body)?;
        let Some(site) = self.sites.get(&*sale.site) else {
            return Ok(Handled::Ended(Outcome::UnknownSite));
        };
        let secret = site.secret.as_ref();
        let Some(signed) = secret.and_then(|secret| signature::verify(signature, body, &secret.0, unix_now))
        else {
            return Ok(Handled::Ended(Outcome::Unsigned));
        };
        let decoded = Decoded::new(sale.into_beacon(signed.id));
        Ok(self.accept(&decoded, &Arrival::NOBODY, site, now, core))
    }

    /// The last stages: count once, place, and aggregate, at once or when the journal has it.
    fn accept(
        &self,
        decoded: &Decoded<'_>,
        arrival: &Arrival<'_>,
        site: &Site,
        now: Duration,
        core: usize,
    ) -> Handled {
        let reports = self.reports(&decoded.beacon, site);
        self.duplicates.expect(reports.report);
        let observation = self.placer.place(&decoded.beacon, arrival, &site.places);
        // From here on until it is in the journal's hands: a copy on another core waits, and then finds it there.
        let accepting = self.journal.as_ref().map(|(journal, _)| journal.accepting(core));
        if let Some(known) = self.known(&reports, now) {
            drop(accepting);
            return self.again(known);
        }
        let now = Seconds::of(self.started + now);
        let Some(mut accepting) = accepting else {
            let mut tally = self.tallies.of_core(core);
            tally.count(&observation, &self.budgets, decoded.left_out, Moment::at(now));
            return Handled::Ended(Outcome::Accepted);
        };
        let admitted = self.tallies.of_core(core).aggregate.admitted(&observation, &self.budgets);
        let Reports { report, order } = reports;
        let left_out = decoded.left_out;
        let entry = Entry { unix_seconds: now.0, report, order, left_out, admitted, observation };
        if let Some(ticket) = accepting.accept(&entry) {
            Handled::Waits(Outcome::Accepted, ticket)
        } else {
            self.forget(&entry);
            Handled::Ended(Outcome::Overloaded)
        }
    }

    /// A report that came before, and is known by this hash. While it is not certain that the first one is stored, nobody
    /// is told that it was counted.
    fn again(&self, known: u64) -> Handled {
        let Some((journal, _)) = &self.journal else { return Handled::Ended(Outcome::Duplicate) };
        match journal.find_unsettled(known) {
            Some(ticket) => Handled::Waits(Outcome::Duplicate, ticket),
            None if self.duplicates.knows(known) => Handled::Ended(Outcome::Duplicate),
            // It was lost a moment ago.
            None => Handled::Ended(Outcome::NotStored),
        }
    }

    /// Whether the journal has stored a batch, as soon as that is known. Without a journal everything is lost at once.
    pub fn poll_stored(&self, ticket: Ticket, context: &mut Context<'_>) -> Poll<bool> {
        self.journal.as_ref().map_or(Poll::Ready(false), |(journal, _)| journal.poll_stored(ticket, context))
    }

    /// Stores and counts what a core accepts, for as long as it is polled; at once over if there is no journal.
    pub async fn keep_journal(&self, core: usize) {
        if let Some((journal, _)) = &self.journal {
            journal.keep(core, |entries, batch| self.settle(core, entries, batch)).await;
        }
    }

    /// The way from the journal, if there is one, to another store.
    ///
    /// # Errors
    ///
    /// When the journal can't be opened once more, or read.
    pub fn outgoing(&self) -> Option<Result<Outgoing, JournalError>> {
        self.journal.as_ref().map(|(journal, _)| journal.outgoing())
    }

    /// Reads the journal, if there is one, beside all that goes on.
    ///
    /// # Errors
    ///
    /// When it can't be opened once more.
    pub fn read_journal(&self) -> Option<Result<Reading, JournalError>> {
        self.journal.as_ref().map(|(journal, _)| journal.read())
    }

    /// Stores what the cells have counted, so that the journal stays short; it takes its time, but nobody's else. Batches after
    /// `fed` stay in the journal.
    pub fn checkpoint(&self, unix_now: Duration, fed: u64) {
        let Some((journal, checkpoints)) = &self.journal else { return };
        let mut checkpoints = checkpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let stored = journal.checkpoint(&mut checkpoints, &self.tallies, &self.sites(), unix_now, fed);
        if let Err(error) = stored {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a checkpoint can't be stored; the journal is kept until it can"
            );
        }
    }

    /// Counts a batch that is stored; makes one that is lost forgotten, so that it counts when it is sent again.
    fn settle(&self, core: usize, entries: &[u8], batch: Option<u64>) {
        let counted = match batch {
            Some(batch) => {
                let mut tally = self.tallies.of_core(core);
                journal::for_each_entry(entries, |entry| {
                    let moment = Moment { now: Seconds(entry.unix_seconds), batch };
                    tally.count(&entry.observation, &entry.admitted, entry.left_out, moment);
                })
            }
            None => journal::for_each_entry(entries, |entry| {
                self.forget(entry);
                self.tallies.of_core(core).outcomes[Outcome::NotStored] += 1;
            }),
        };
        if let Err(error) = counted {
            tracing::error!(%error, "what was just written can't be read");
        }
    }

    /// Does not know a report any more that was not counted in the end.
    fn forget(&self, entry: &Entry<'_>) {
        self.duplicates.forget(entry.report);
        entry.order.into_iter().for_each(|order| self.duplicates.forget(order));
    }

    /// Counts a batch of an earlier run.
    fn count_again(&self, earlier: Earlier<'_>) {
        let counted = earlier.count(&self.tallies, &self.budgets, |entry| {
            let ago = self.started.saturating_sub(Duration::from_secs(entry.unix_seconds.into()));
            self.duplicates.remember(entry.report, ago);
            entry.order.into_iter().for_each(|order| self.duplicates.remember(order, ago));
        });
        if let Err(error) = counted {
            tracing::error!(%error, batch = earlier.batch, "a batch of the journal is left out from here on");
        }
    }

    /// By what a report is known again.
    fn reports(&self, beacon: &Beacon<'_>, site: &Site) -> Reports {
        let site = site.places.index;
        let order = beacon.conversion.as_ref().and_then(|conversion| conversion.order.as_ref());
        let order = order.and_then(|order| order.word()).filter(|_| beacon.kind == Kind::Conversion);
        Reports {
            report: self.duplicates.hash((site, beacon.kind, beacon.id.as_bytes())),
            order: order.map(|order| self.duplicates.hash((site, order))),
        }
    }

    /// By which hash this report, or another of its order, is known already; from now on it is.
    fn known(&self, reports: &Reports, now: Duration) -> Option<u64> {
        let Reports { report, order } = *reports;
        if !self.duplicates.is_new(report, now) {
            return Some(report);
        }
        let known = order.filter(|&order| !self.duplicates.is_new(order, now));
        if known.is_some() {
            // It is not counted itself, and has to be if the order's first report is lost and this one is sent again.
            self.duplicates.forget(report);
        }
        known
    }

    /// What the journal has counted, if there is one.
    #[must_use]
    pub fn journal_counts(&self) -> Option<&journal::Counts> {
        self.journal.as_ref().map(|(journal, _)| journal.counts())
    }

    /// Whether what is accepted can be kept, as far as the last attempt has shown.
    #[must_use]
    pub fn can_keep(&self) -> bool {
        self.journal_counts().is_none_or(|counts| !counts.is_failing.load(Ordering::Relaxed))
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

/// Why a beacon of a known site does not count, whether it came before or not; if it does, nothing.
fn judge(beacon: &Beacon<'_>, arrival: &Arrival<'_>, site: &Site, now: Duration) -> Option<Outcome> {
    if !site.origins.allow(arrival.origin, beacon.url.parts()) {
        return Some(Outcome::OriginNotAllowed);
    }
    // A probe is a robot, and says so.
    if beacon.source == Source::Rum && site.robots == Robots::Exclude && robots::is_robot(beacon, arrival) {
        return Some(Outcome::Bot);
    }
    if beacon.kind == Kind::Conversion && site.conversions == Conversions::Signed {
        return Some(Outcome::Unsigned);
    }
    // After the questions above: strangers don't use up a site's share.
    (!site.limiter.allows(now)).then_some(Outcome::Limited)
}
