//! What the numbers of a run stand for. Entries have numbers of sites and channels, which a changed configuration gives to
//! others; so each run of the program notes its names once.

use serde::{Deserialize, Serialize};

use crate::config::Site;
use crate::observation::{Channel, Event, Observation, SiteIndex, Visitor};
use crate::place::channel::Standard;

/// The names of a run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Names {
    sites: Vec<SiteNames>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SiteNames {
    id: String,
    channels: Vec<String>,
}

/// Today's numbers of a run's names, by the run's own numbers.
#[derive(Debug)]
pub(super) struct Numbers(Vec<Option<SiteNumbers>>);

#[derive(Debug)]
struct SiteNumbers {
    site: SiteIndex,
    channels: Vec<Channel>,
}

impl Names {
    /// Those of the sites of today, in the order of their numbers.
    pub(super) fn of(sites: &[&Site]) -> Self {
        let names = |site: &&Site| {
            let channels = site.places.channels.names().map(str::to_owned).collect();
            SiteNames { id: site.id.clone(), channels }
        };
        Self { sites: sites.iter().map(names).collect() }
    }

    pub(super) fn parse(json: &str) -> serde_json::Result<Self> {
        serde_json::from_str(json)
    }

    pub(super) fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The names of an observation's site, and of its visitor's channel if it has one.
    pub(super) fn of_observation(&self, observation: &Observation<'_>) -> Option<(&str, &str)> {
        let site = self.sites.get(usize::from(observation.site.0))?;
        let channel = match observation.event {
            Event::View { visitor, .. } | Event::Conversion { visitor, .. } => {
                let name = site.channels.get(usize::from(visitor.channel.0));
                name.map_or(Standard::Other.name(), String::as_str)
            }
            Event::Check { .. } => "",
        };
        Some((&site.id, channel))
    }

    /// The numbers that the sites of today give to these names. A channel that is gone is counted as `other`.
    pub(super) fn numbers(&self, sites: &[&Site]) -> Numbers {
        let numbers = |names: &SiteNames| {
            let index = sites.iter().position(|site| site.id == names.id)?;
            let known: Vec<_> = sites[index].places.channels.names().collect();
            let number = |name: &String| known.iter().position(|known| known == name);
            let channel = |name| Channel(number(name).map_or(Standard::Other as u16, |number| number as u16));
            Some(SiteNumbers {
                site: SiteIndex(index as u16),
                channels: names.channels.iter().map(channel).collect(),
            })
        };
        Numbers(self.sites.iter().map(numbers).collect())
    }
}

impl Numbers {
    /// An event with today's numbers; nothing if its site is gone.
    pub(super) fn renumber<'a>(
        &self,
        site: SiteIndex,
        mut event: Event<'a>,
    ) -> Option<(SiteIndex, Event<'a>)> {
        let numbers = self.0.get(usize::from(site.0))?.as_ref()?;
        if let Event::View { visitor, .. } | Event::Conversion { visitor, .. } = &mut event {
            let Visitor { channel: Channel(number), .. } = *visitor;
            visitor.channel =
                numbers.channels.get(usize::from(number)).copied().unwrap_or(Channel(Standard::Other as u16));
        }
        Some((numbers.site, event))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::measure::Measures;
    use crate::observation::{Country, Device, ThirdParties};

    const BEFORE: &str = r#"
        [[site]]
        id = "gone"
        origins = ["*"]
        [[site]]
        id = "shop"
        origins = ["*"]
        [[site.channel]]
        name = "old"
        medium = "old"
        [[site.channel]]
        name = "partner"
        medium = "partner"
    "#;
    const TODAY: &str = r#"
        [[site]]
        id = "shop"
        origins = ["*"]
        [[site.channel]]
        name = "partner"
        medium = "partner"
        [[site]]
        id = "new"
        origins = ["*"]
    "#;

    fn config(text: &str) -> Config {
        Config::parse(text, Path::new(".")).unwrap()
    }

    fn view(channel: Channel) -> Event<'static> {
        Event::View {
            visitor: Visitor { device: Device::Mobile, channel, country: Country::UNKNOWN },
            page: "home",
            lands: true,
            measures: Measures::default(),
            errors: 0,
            third_party: ThirdParties::Told(&[]),
        }
    }

    #[test]
    fn sites_and_channels_are_found_again_by_their_names() {
        let (before, today) = (config(BEFORE), config(TODAY));
        let json = Names::of(&before.sites.iter().collect::<Vec<_>>()).to_json().unwrap();
        let numbers = Names::parse(&json).unwrap().numbers(&today.sites.iter().collect::<Vec<_>>());
        let channel = |config: &Config, site: usize, name: &str| {
            let mut names = config.sites[site].places.channels.names();
            Channel(names.position(|known| known == name).unwrap() as u16)
        };
        let renumbered = |name| numbers.renumber(SiteIndex(1), view(channel(&before, 1, name))).unwrap();
        for (was, is) in [("email", "email"), ("partner", "partner"), ("old", "other")] {
            assert_eq!(renumbered(was), (SiteIndex(0), view(channel(&today, 0, is))), "{was}");
        }
        assert_eq!(numbers.renumber(SiteIndex(0), view(Channel(0))), None);
        assert_eq!(numbers.renumber(SiteIndex(9), view(Channel(0))), None);
    }
}
