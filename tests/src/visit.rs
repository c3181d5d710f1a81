//! What a browser measures of a page view: drawn from the log-normal shapes of real visitors, and consistent, as
//! a browser's own figures are (nothing paints before the first byte).

use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
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
#[allow(missing_docs)] // The beacon's keys; the last two are those of the session's landing.
pub enum Measure {
    Ttfb,
    Fcp,
    Lcp,
    Inp,
    Cls,
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

const MEASURES: usize = 14;

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
#[must_use]
pub fn view(random: &mut SmallRng) -> Values {
    let shape = if random.random() { DESKTOP_LCP } else { MOBILE_LCP };
    let mut ms = |shape: Shape| shape.distribution().sample(&mut *random).min(90_000.0);
    let (lcp, landing_lcp, inp) = (ms(shape), ms(shape), ms(INP));
    let cls = if random.random_bool(STABLE) { 0.0 } else { CLS.distribution().sample(random).min(9.0) };
    let mut between = |least: f64, most: f64| random.random_range(least..most);
    let fcp = lcp * between(0.5, 0.95);
    let ttfb = fcp * between(0.2, 0.7);
    let load = lcp * between(0.9, 1.6);
    let interactive = ttfb + (load - ttfb) * between(0.2, 0.5);
    let content_loaded = interactive + (load - interactive) * between(0.05, 0.4);
    let (dns, connect, tls) =
        (ttfb * between(0.01, 0.1), ttfb * between(0.05, 0.15), ttfb * between(0.08, 0.2));
    let response = (interactive - ttfb) * between(0.1, 0.6);
    let landing_load = landing_lcp * between(0.9, 1.6);
    [
        ttfb,
        fcp,
        lcp,
        inp,
        cls,
        dns,
        connect,
        tls,
        response,
        interactive,
        content_loaded,
        load,
        landing_lcp,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::quantile;

    #[test]
    fn the_shapes_are_those_of_the_published_quantiles() {
        for (shape, published) in
            [(DESKTOP_LCP, [1448.0, 2446.0, 5147.0]), (MOBILE_LCP, [1346.0, 2245.0, 4749.0])]
        {
            let random = SmallRng::seed_from_u64(1);
            let mut values: Vec<f64> = shape.distribution().sample_iter(random).take(200_000).collect();
            values.sort_by(f64::total_cmp);
            for (share, value) in [0.5, 0.75, 0.95].into_iter().zip(published) {
                let drawn = quantile(&values, share);
                assert!((drawn / value - 1.0).abs() < 0.02, "{}: {drawn}, not {value}", shape.name);
            }
        }
    }

    #[test]
    fn a_view_is_consistent() {
        let mut random = SmallRng::seed_from_u64(1);
        for _ in 0..10_000 {
            let [ttfb, fcp, lcp, _, cls, dns, connect, tls, response, interactive, content_loaded, load, ..] =
                view(&mut random);
            assert!(dns + connect + tls < ttfb && ttfb < fcp && fcp < lcp && cls >= 0.0);
            assert!(ttfb + response < interactive && interactive < content_loaded && content_loaded < load);
        }
    }

    #[test]
    fn numbers_have_one_width_and_keep_their_value() {
        for (value, text) in [
            (0.0, "0.00000"),
            (0.034_567, "0.03457"),
            (9.999_999, "10.0000"),
            (96.5, "96.5000"),
            (1843.2, "1843.20"),
            (9999.999, "10000.0"),
            (99_999.4, "99999.0"),
        ] {
            assert_eq!(fixed_width(value), *text.as_bytes(), "{value}");
        }
    }
}
