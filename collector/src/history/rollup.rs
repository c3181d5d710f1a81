//! Observations of some time, rolled up in memory until they are written: by minute, site and all four dimensions.

use ahash::RandomState;
use hashbrown::HashMap;

use super::cell::Cell;
use super::dimension::PerDimension;
use super::{Span, UnixSeconds};
use crate::limits::ROLLUPS_WAITING_MAX;
use crate::observation::{Event, Observation, Visitor};

/// The name of what came past a limit, and of pages that nobody named.
pub(super) const OTHER: &str = "other";
/// The page of a conversion, which nobody knows.
pub(super) const NO_PAGE: &str = "";

/// Roll-ups of bounded number.
#[derive(Debug, Default)]
pub(super) struct Rollups {
    /// The names of all cells; a cell says them by their place here.
    names: Vec<Box<str>>,
    numbers: HashMap<Box<str>, u32, RandomState>,
    cells: HashMap<Key, Cell, RandomState>,
}

/// What tells the roll-ups of a batch apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    pub minute: UnixSeconds,
    pub site: u32,
    pub names: PerDimension<u32>,
}

impl Rollups {
    /// None yet.
    #[must_use]
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Counts one observation of a site, made at a time; `channel` is the name of its visitor's channel.
    ///
    /// Checks of probes have no visitor, and are not part of the history.
    pub(super) fn record(
        &mut self,
        site: &str,
        channel: &str,
        at: UnixSeconds,
        observation: &Observation<'_>,
    ) {
        let weight = observation.weight;
        match &observation.event {
            Event::View { visitor, page, lands, measures, errors: _, third_party: _ } => {
                let page = if page.is_empty() { OTHER } else { page };
                self.cell(at, site, names(visitor, channel, page)).view(*lands, measures, weight);
            }
            Event::Conversion { visitor, .. } => {
                self.cell(at, site, names(visitor, channel, NO_PAGE)).conversion(weight);
            }
            Event::Check { .. } => {}
        }
    }

    /// How many roll-ups there are.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Forgets all, and keeps the memory for the next.
    pub(super) fn clear(&mut self) {
        self.names.clear();
        self.numbers.clear();
        self.cells.clear();
    }

    /// All names, by their numbers.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|name| &**name)
    }

    /// All roll-ups, in no order.
    pub(super) fn cells(&self) -> impl Iterator<Item = (&Key, &Cell)> {
        self.cells.iter()
    }

    /// The cell that counts what has these names: where there is no room for another, that of `other`.
    fn cell(&mut self, at: UnixSeconds, site: &str, names: PerDimension<&str>) -> &mut Cell {
        let minute = Span::Minute.start(at);
        let is_full = self.cells.len() >= ROLLUPS_WAITING_MAX;
        let is_known =
            |this: &Self| this.known(minute, site, names).is_some_and(|key| this.cells.contains_key(&key));
        let names = if is_full && !is_known(self) { [OTHER; 4] } else { names };
        let key = Key { minute, site: self.number(site), names: names.map(|name| self.number(name)) };
        self.cells.entry(key).or_default()
    }

    fn known(&self, minute: UnixSeconds, site: &str, names: PerDimension<&str>) -> Option<Key> {
        let number = |name: &str| self.numbers.get(name).copied();
        let [device, channel, country, page] = names.map(number);
        Some(Key { minute, site: number(site)?, names: [device?, channel?, country?, page?] })
    }

    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32; // five for each cell at the most
        self.names.push(name.into());
        self.numbers.insert(name.into(), number);
        number
    }
}

fn names<'a>(visitor: &'a Visitor, channel: &'a str, page: &'a str) -> PerDimension<&'a str> {
    [visitor.device.name(), channel, visitor.country.code(), page]
}
