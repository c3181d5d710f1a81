//! Forgetting idle cells, so that names which nobody uses any more (of a past campaign, or invented by somebody)
//! don't keep new ones out for ever.
//!
//! A Prometheus counter may only grow, or begin again at zero. So a cell is forgotten whole: on all cores at once,
//! its counts added to no other cell. Its series end; if its name comes back, they begin again at zero, which
//! `rate` and `increase` know as a reset, and nothing is counted twice. And it is forgotten only where
//! its place is needed: when its view has turned names away, and it has counted nothing for a long time.

use std::collections::HashSet;
use std::hash::Hash;

use crate::observation::SiteIndex;

use super::budget::{Budgets, View};
use super::cells::{Cells, Counted, Seconds};
use super::{Aggregate, SiteAggregate};

/// Forgets the cells of all cores that counted nothing since `before`, in views that lack room. Says how many.
pub fn forget_idle(cores: &mut [&mut Aggregate], budgets: &Budgets, before: Seconds) -> usize {
    let sites = cores.iter().map(|core| core.sites.len()).min().unwrap_or(0);
    let mut forgotten = 0;
    for site in 0..sites {
        let mut forget = Forget { cores: &mut *cores, site, budgets, before };
        forgotten += forget.view(View::Visitor, |site| &mut site.visitors)
            + forget.view(View::Page, |site| &mut site.pages)
            + forget.view(View::Check, |site| &mut site.checks)
            + forget.view(View::ThirdParty, |site| &mut site.third_parties);
    }
    forgotten
}

struct Forget<'a, 'b> {
    cores: &'a mut [&'b mut Aggregate],
    site: usize,
    budgets: &'a Budgets,
    before: Seconds,
}

impl Forget<'_, '_> {
    fn view<K: Eq + Hash + Clone, C: Counted>(
        &mut self,
        view: View,
        cells: fn(&mut SiteAggregate) -> &mut Cells<K, C>,
    ) -> usize {
        let index = SiteIndex(self.site as u16);
        if !self.budgets.was_short_of(index, view) {
            return 0;
        }
        let mut cores: Vec<_> = self.cores.iter_mut().map(|core| cells(&mut core.sites[self.site])).collect();
        let mut idle = HashSet::new();
        let mut in_use = HashSet::new();
        for (name, cell) in cores.iter().flat_map(|cells| cells.iter()) {
            let names = if cell.last < self.before { &mut idle } else { &mut in_use };
            names.insert(name.clone());
        }
        idle.retain(|name| !in_use.contains(name) && self.budgets.withdraw(index, view, name));
        for name in &idle {
            for cells in &mut cores {
                cells.remove(name);
            }
        }
        idle.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::budget::CellsMax;
    use crate::aggregate::cells::{Moment, PageName};
    use crate::aggregate::histogram::Row;
    use crate::observation::Device;

    fn name(page: &str) -> PageName<'_> {
        PageName { page, device: Device::Mobile }
    }

    fn count(core: &mut Aggregate, budgets: &Budgets, page: &str, now: u32) {
        let cells = &mut core.sites[0].pages;
        let admits = || budgets.admit(SiteIndex(0), View::Page, name(page));
        let cell = cells.at(&name(page), &PageName::OVERFLOW, Moment::at(Seconds(now)), admits);
        cell.unwrap().record(&Row::EMPTY, 0, 1);
    }

    fn pages(cores: &[Aggregate; 2]) -> [Vec<&str>; 2] {
        cores.each_ref().map(|core| {
            let mut names: Vec<_> = core.sites[0].pages.iter().map(|(key, _)| &*key.page).collect();
            names.sort_unstable();
            names
        })
    }

    /// Two cores, room for `a`, `b` and `rule` besides `other`; `a` is idle on both cores, `b` on one only.
    fn full() -> ([Aggregate; 2], Budgets) {
        let max = CellsMax { visitor: 10, page: 2 + Device::ALL.len() + 1, check: 10, third_party: 10 };
        let budgets = Budgets::new(max, std::iter::once(["rule"].into_iter()));
        let mut cores = [Aggregate::new(1), Aggregate::new(1)];
        for page in ["a", "b", "rule"] {
            for core in &mut cores {
                count(core, &budgets, page, 10);
            }
        }
        count(&mut cores[1], &budgets, "b", 100);
        (cores, budgets)
    }

    fn forget([left, right]: &mut [Aggregate; 2], budgets: &Budgets) -> usize {
        forget_idle(&mut [left, right], budgets, Seconds(50))
    }

    #[test]
    fn nothing_is_forgotten_while_there_is_room() {
        let (mut cores, budgets) = full();
        assert_eq!(forget(&mut cores, &budgets), 0);
        assert_eq!(pages(&cores), [["a", "b", "rule"]; 2]);
    }

    #[test]
    fn what_is_idle_on_all_cores_makes_room() {
        let (mut cores, budgets) = full();
        count(&mut cores[0], &budgets, "new", 100);
        assert_eq!(pages(&cores)[0], ["a", "b", "other", "rule"]);
        assert_eq!(forget(&mut cores, &budgets), 1);
        assert_eq!(
            pages(&cores),
            [vec!["b", "other", "rule"], vec!["b", "rule"]],
            "rules stay, and cells in use"
        );
        count(&mut cores[0], &budgets, "new", 101);
        count(&mut cores[0], &budgets, "a", 101);
        assert_eq!(pages(&cores)[0], ["b", "new", "other", "rule"]);
    }
}
