//! How many cells a site's views may have, whatever names come in.
//!
//! Budgets are shared by all cores, but asked only when a core meets a name for the first time; so a
//! usual beacon touches no lock here. The names of the site's own page rules are admitted from the start:
//! invented names can't crowd them out.

use std::collections::HashSet;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ahash::RandomState;

use crate::observation::{Device, SiteIndex};

use super::cells::{CheckName, PageName};
use super::{OVERFLOW, OVERFLOW_VISITOR};

/// A view, each with a budget of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum View {
    /// Device, channel, country.
    Visitor,
    /// Device, page.
    Page,
    /// Check, region, device of probes.
    Check,
    /// Hosts of third parties.
    ThirdParty,
}

impl View {
    /// Every view, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Visitor, Self::Page, Self::Check, Self::ThirdParty];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Page => "page",
            Self::Check => "synthetic",
            Self::ThirdParty => "third_party",
        }
    }
}

/// Cells that each view of a site may have, besides the one for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellsMax {
    /// Of the visitor view.
    pub visitor: usize,
    /// Of the page view.
    pub page: usize,
    /// Of probes.
    pub check: usize,
    /// Hosts of third parties.
    pub third_party: usize,
}

/// The budgets of all sites.
#[derive(Debug)]
pub struct Budgets {
    sites: Vec<[Budget; View::ALL.len()]>,
}

impl Budgets {
    /// Budgets for sites of which each is given by the names of its page rules.
    #[must_use]
    pub fn new<'a, Names: Iterator<Item = &'a str>>(
        max: CellsMax,
        sites: impl Iterator<Item = Names>,
    ) -> Self {
        let of_site = |names| {
            let mut budgets = [max.visitor, max.page, max.check, max.third_party].map(Budget::new);
            for name in names {
                for device in Device::ALL {
                    budgets[View::Page as usize].reserve(PageName { page: name, device });
                }
            }
            // The cells for the rest are always there.
            budgets[View::Visitor as usize].reserve(OVERFLOW_VISITOR);
            budgets[View::Page as usize].reserve(PageName::OVERFLOW);
            budgets[View::Check as usize].reserve(CheckName::OVERFLOW);
            budgets[View::ThirdParty as usize].reserve(OVERFLOW);
            budgets
        };
        Self { sites: sites.map(of_site).collect() }
    }

    /// Whether a site may have the cell `key`; says once when it may not.
    pub(super) fn admit(&self, site: SiteIndex, view: View, key: impl Hash) -> bool {
        let Some(budget) = self.sites.get(usize::from(site.0)).map(|views| &views[view as usize]) else {
            return false;
        };
        let admitted = budget.admit(key);
        if !admitted && !budget.was_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                view = view.name(),
                cells = budget.cells_max,
                "a view is full: further cells are counted as \"other\"; see [limits] in the configuration"
            );
        }
        admitted
    }

    /// Whether a view has met names that it could not admit since this was last asked.
    pub(super) fn was_short_of(&self, site: SiteIndex, view: View) -> bool {
        let budget = self.sites.get(usize::from(site.0)).map(|views| &views[view as usize]);
        budget.is_some_and(|budget| budget.is_short.swap(false, Ordering::Relaxed))
    }

    /// Whether a view may do without the cell `key`, which is then admitted no longer.
    pub(super) fn withdraw(&self, site: SiteIndex, view: View, key: impl Hash) -> bool {
        let budget = self.sites.get(usize::from(site.0)).map(|views| &views[view as usize]);
        budget.is_some_and(|budget| budget.withdraw(key))
    }
}

/// The budget of one view of one site.
#[derive(Debug)]
struct Budget {
    cells_max: usize,
    hasher: RandomState,
    /// Names that are always admitted, within the budget or not.
    reserved: HashSet<u64, RandomState>,
    /// Keyed hashes of what is admitted; the names themselves are with the cells.
    admitted: Mutex<HashSet<u64, RandomState>>,
    /// Whether names were turned away, since it was last asked, and ever.
    is_short: AtomicBool,
    was_told: AtomicBool,
}

impl Budget {
    fn new(cells_max: usize) -> Self {
        Self {
            cells_max,
            hasher: RandomState::new(),
            reserved: HashSet::default(),
            admitted: Mutex::default(),
            is_short: AtomicBool::new(false),
            was_told: AtomicBool::new(false),
        }
    }

    fn admit(&self, key: impl Hash) -> bool {
        let hash = self.hasher.hash_one(key);
        if self.reserved.contains(&hash) {
            return true;
        }
        let mut admitted = self.admitted();
        let room = self.cells_max.saturating_sub(self.reserved.len());
        let is_admitted = admitted.contains(&hash) || admitted.len() < room && admitted.insert(hash);
        if !is_admitted {
            self.is_short.store(true, Ordering::Relaxed);
        }
        is_admitted
    }

    fn reserve(&mut self, key: impl Hash) {
        self.reserved.insert(self.hasher.hash_one(key));
    }

    fn withdraw(&self, key: impl Hash) -> bool {
        self.admitted().remove(&self.hasher.hash_one(key))
    }

    fn admitted(&self) -> MutexGuard<'_, HashSet<u64, RandomState>> {
        // A set of numbers is whole after any panic.
        self.admitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budgets(page: usize, names: &[&'static str]) -> Budgets {
        let max = CellsMax { visitor: 10, page, check: 10, third_party: 10 };
        Budgets::new(max, std::iter::once(names.iter().copied()))
    }

    fn mobile(page: &str) -> PageName<'_> {
        PageName { page, device: Device::Mobile }
    }

    #[test]
    fn what_is_withdrawn_makes_room() {
        let budgets = budgets(2, &[]);
        let admit = |page| budgets.admit(SiteIndex(0), View::Page, mobile(page));
        assert!(admit("a") && !budgets.was_short_of(SiteIndex(0), View::Page));
        assert!(!admit("b") && budgets.was_short_of(SiteIndex(0), View::Page));
        assert!(!budgets.was_short_of(SiteIndex(0), View::Page), "it is said once");
        assert!(budgets.withdraw(SiteIndex(0), View::Page, mobile("a")));
        assert!(admit("b") && !admit("a"));
    }

    #[test]
    fn a_budget_is_kept() {
        // One cell is the reserved one for the rest.
        let budgets = budgets(3, &[]);
        let admit = |page| budgets.admit(SiteIndex(0), View::Page, mobile(page));
        assert_eq!(["a", "b", "c", "a", "d"].map(admit), [true, true, false, true, false]);
    }

    #[test]
    fn names_of_rules_are_never_crowded_out() {
        let budgets = budgets(5, &["product"]);
        for number in 0..100 {
            budgets.admit(SiteIndex(0), View::Page, mobile(&number.to_string()));
        }
        let tablet = PageName { page: "product", device: Device::Tablet };
        assert!(budgets.admit(SiteIndex(0), View::Page, tablet));
        assert!(!budgets.withdraw(SiteIndex(0), View::Page, tablet), "nor are they given up");
    }
}
