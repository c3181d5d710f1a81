//! What a browser measures of a page view: drawn from the log-normal shapes of real visitors, and consistent, as
//! a browser's own figures are (nothing paints before the first byte).

use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use rand_distr::{Distribution, LogNormal};

/// A log-normal distribution by its median and the standard deviation of its logarithm.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// What it is.
    pub name: &'static str,
    /// Half of the values are below.
    pub median: f64,
    /// Standard deviation of the logarithm.
    pub sigma: f64,
}

/// LCP in ms of visitors with desktops: 1448 / 2446 / 5147 at p50 / p75 / p95 (RUM Archive, 59 million page loads).
pub const DESKTOP_LCP: Shape = Shape { name: "LCP, desktop", median: 1448.0, sigma: 0.774 };
/// LCP in ms of visitors with phones: 1346 / 2245 / 4749 at p50 / p75 / p95 (the same source).
pub const MOBILE_LCP: Shape = Shape { name: "LCP, mobile", median: 1346.0, sigma: 0.762 };
/// INP in ms.
pub const INP: Shape = Shape { name: "INP", median: 72.0, sigma: 0.9 };
/// CLS, where there is any.
pub const CLS: Shape = Shape { name: "CLS", median: 0.03, sigma: 1.3 };
/// Share of views whose layout never shifts.
const STABLE: f64 = 0.3;

impl Shape {
    /// The distribution.
    #[must_use]
    pub fn distribution(self) -> LogNormal<f64> {
        LogNormal::new(self.median.ln(), self.sigma).expect("sigma is positive")
    }
}

/// What is measured, by its place in a [`Visit`].
#[derive(Debug, Clone, Copy)]
#[repr(usize)]
pub enum Measure {
    Ttfb,
    Fcp,
    Lcp,
    Inp,
    Cls,
    Redirect,
    Dns,
    Connect,
    Tls,
    Response,
    DomInteractive,
    DomContentLoaded,
    Load,
    LandingLcp,
    LandingLoad,
}

const MEASURES: usize = 15;

/// The values of one view, by [`Measure`].
pub type Values = [f64; MEASURES];

/// Bytes of a number in a prepared request: digits and a point.
pub const WIDTH: usize = 7;

/// The values of one view, all of one width.
pub type Visit = [[u8; WIDTH]; MEASURES];

/// How many different views are drawn beforehand.
const VIEWS: usize = 1 << 15;

/// Views that are drawn beforehand: half of them on phones.
#[derive(Debug, Clone)]
pub struct Visits(Arc<[Visit]>);

impl Visits {
    /// Views of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        Self((0..VIEWS).map(|_| view(&mut random).map(fixed_width)).collect())
    }

    /// One of them.
    #[must_use]
    pub fn any(&self, random: u32) -> &Visit {
        &self.0[random as usize % VIEWS]
    }
}

/// The values of one view, in milliseconds; CLS has no unit.
pub fn view(random: &mut SmallRng) -> Values {
    let shape = if random.next_u32() % 2 == 0 { DESKTOP_LCP } else { MOBILE_LCP };
    let mut ms = |shape: Shape| shape.distribution().sample(&mut *random).min(90_000.0);
    let (lcp, landing_lcp, inp) = (ms(shape), ms(shape), ms(INP));
    let cls = if random.random_bool(STABLE) { 0.0 } else { CLS.distribution().sample(random).min(9.0) };
    let mut share = |least: f64, most: f64| random.random_range(least..most);
    let fcp = lcp * share(0.5, 0.95);
    let ttfb = fcp * share(0.2, 0.7);
    let load = lcp * share(0.9, 1.6);
    let interactive = ttfb + (load - ttfb) * share(0.2, 0.5);
    let content_loaded = interactive + (load - interactive) * share(0.05, 0.4);
    let (dns, connect, tls) = (ttfb * share(0.01, 0.1), ttfb * share(0.05, 0.15), ttfb * share(0.08, 0.2));
    let response = (interactive - ttfb) * share(0.1, 0.6);
    let landing_load = landing_lcp * share(0.9, 1.6);
    [
        ttfb, fcp, lcp, inp, cls, 0.0, dns, connect, tls, response, interactive, content_loaded, load, landing_lcp,
        landing_load,
    ]
}

/// A number of 0 to 99,999 in exactly [`WIDTH`] bytes, with as many decimals as fit.
fn fixed_width(value: f64) -> [u8; WIDTH] {
    let value = value.clamp(0.0, 99_999.0);
    let digits = if value < 10.0 { 1 } else { value.log10() as usize + 1 };
    let text = format!("{value:.*}", WIDTH - 1 - digits);
    // Rounding up may have added a digit; then the last decimal goes.
    text.as_bytes()[..WIDTH].try_into().expect("at least as wide")
}
