//! Simulated visitors of the demo shop, so that charts have something to show before anybody has clicked.
//!
//! They come as whole sessions, made from a seed and nothing else: no clock, no network. Their shapes are
//! real ones (page speeds by device as published by the RUM Archive, see [`speed`]) and so is what is planted
//! in them: each second of the landing's Largest Contentful Paint multiplies the odds of a purchase by
//! [`ODDS_RATIO_PER_SECOND`]. So whatever Graadmeter says about these visitors can be held against the truth.

mod people;
mod route;
mod session;
mod speed;

use std::time::Duration;

use graadmeter_wire::{Beacon, HttpUrl, SiteId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use thiserror::Error;

use route::Places;
use session::Draft;
use speed::Speeds;

/// The site that simulated visitors report to, so that they are never mistaken for real ones.
pub const SITE: &str = "demo-simulated";

/// Where their pages are said to stand. The host is reserved for examples and answers nobody.
pub const ORIGIN: &str = "https://shop.example";

/// What a second of the landing's LCP does to the odds of a purchase: the planted truth.
pub const ODDS_RATIO_PER_SECOND: f64 = 0.93;

/// The generator's own addresses are wrong: a mistake in this program.
#[derive(Debug, Error)]
pub enum VisitorsError {
    /// The name is no site id.
    #[error("the simulated visitors' site {0:?} is no site id")]
    Site(&'static str),
    /// A page's address is no URL.
    #[error("the simulated visitors' page {0:?} is no URL")]
    Url(String),
}

/// One request of a simulated browser.
#[derive(Debug, Clone)]
pub struct Visit {
    /// When it is sent, counted from the session's start.
    pub after: Duration,
    /// Value of `User-Agent`.
    pub user_agent: &'static str,
    /// User-Agent Client Hints: header name in lower case, value. Empty for browsers without them.
    pub client_hints: &'static [(&'static str, &'static str)],
    /// The body, yet to be serialised.
    pub beacon: Beacon<'static>,
}

/// An endless row of sessions, each a row of visits in the order of [`Visit::after`].
pub struct Visitors {
    rng: SmallRng,
    site: SiteId<'static>,
    places: Places,
    speeds: Speeds,
}

impl Visitors {
    /// The same seed gives the same sessions.
    ///
    /// # Errors
    ///
    /// When a name in this program is no site id or no URL, which its tests rule out.
    pub fn new(seed: u64) -> Result<Self, VisitorsError> {
        Ok(Self {
            rng: SmallRng::seed_from_u64(seed),
            site: SiteId::new(SITE).ok_or(VisitorsError::Site(SITE))?,
            places: Places::new()?,
            speeds: Speeds::new(),
        })
    }

    /// How long to wait for the next session when `mean` lies between two on average: exponential, as
    /// visitors who know nothing of each other arrive.
    pub fn pause(&mut self, mean: Duration) -> Duration {
        // 1 - random() lies in (0, 1], so its logarithm is finite.
        mean.mul_f64(-(1.0 - self.rng.random::<f64>()).ln())
    }
}

impl Iterator for Visitors {
    type Item = Vec<Visit>;

    fn next(&mut self) -> Option<Vec<Visit>> {
        Some(Draft::new(&mut self.rng, &self.places, &self.speeds).into_visits(&self.site))
    }
}

fn url(path: &str) -> Result<HttpUrl<'static>, VisitorsError> {
    let url = format!("{ORIGIN}{path}");
    HttpUrl::new(url.clone()).ok_or(VisitorsError::Url(url))
}

/// Rounds to a number of decimals, as browsers do with what they measure.
fn rounded(value: f64, decimals: i32) -> f64 {
    let factor = 10_f64.powi(decimals);
    (value * factor).round() / factor
}

#[cfg(test)]
mod tests;
