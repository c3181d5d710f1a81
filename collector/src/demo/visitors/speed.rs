//! How fast a simulated page is.
//!
//! The anchor is Largest Contentful Paint, log-normal with the quantiles of the RUM Archive (Akamai mPulse,
//! 59 M visible page loads; p50, p75, p95 in ms): desktop 1448, 2446, 5147; mobile 1346, 2245, 4749. It
//! publishes no tablets, so these get a shape between the two. Distance makes pages slower and a warm cache
//! makes later views faster; both are taken out of the spread again, so that the whole keeps the published
//! quantiles. Every other time of the view is a part of its LCP or follows it, so their order is right by
//! construction.

use graadmeter_wire::{Timing, Vitals};
use rand::Rng;
use rand_distr::StandardNormal;

use super::people::{Class, Measures, Weighted, ZONES, Zone};
use super::rounded;
use super::route::GOES_ON;

/// How much faster a later view is than a landing: fonts, style and scripts are in the cache.
const LATER_FACTOR: f64 = 0.72;

/// Share of views that are landings, when sessions are geometric.
const LANDINGS: f64 = 1.0 - GOES_ON;

const LCP_MS_MIN: f64 = 60.0;
const LCP_MS_MAX: f64 = 120_000.0;

/// Median and log-standard deviation.
struct Shape {
    median: f64,
    sigma: f64,
}

/// LCP in ms. Each sigma is the mean of those that p75 and p95 ask for.
fn lcp_shape(class: Class) -> Shape {
    match class {
        Class::Mobile => Shape { median: 1346.0, sigma: 0.762 },
        Class::Tablet => Shape { median: 1400.0, sigma: 0.767 },
        Class::Desktop => Shape { median: 1448.0, sigma: 0.774 },
    }
}

/// INP in ms: phones are slower to answer.
fn inp_shape(class: Class) -> Shape {
    match class {
        Class::Mobile => Shape { median: 96.0, sigma: 0.85 },
        Class::Tablet => Shape { median: 80.0, sigma: 0.85 },
        Class::Desktop => Shape { median: 48.0, sigma: 0.8 },
    }
}

const CLS_SHAPE: Shape = Shape { median: 0.035, sigma: 1.3 };

/// What a view measured, before the browser's engine leaves out what it doesn't know.
pub(super) struct View {
    timing: Timing,
    vitals: Vitals,
    pub(super) lcp_ms: f64,
    pub(super) load_ms: f64,
}

impl View {
    pub(super) fn timing(&self) -> Timing {
        self.timing
    }

    pub(super) fn vitals(&self, measures: Measures) -> Vitals {
        Vitals {
            lcp: self.vitals.lcp.filter(|_| measures.lcp),
            inp: self.vitals.inp.filter(|_| measures.inp),
            cls: self.vitals.cls.filter(|_| measures.cls),
            ..self.vitals
        }
    }
}

/// Draws speeds; knows how much of the spread distance and caching already explain.
pub(super) struct Speeds {
    zone_log_mean: f64,
    explained_variance: f64,
}

impl Speeds {
    pub(super) fn new() -> Self {
        let weights: f64 = ZONES.iter().map(Weighted::weight).sum();
        let mean_of = |value: &dyn Fn(&Zone) -> f64| {
            ZONES.iter().map(|zone| zone.weight() * value(zone)).sum::<f64>() / weights
        };
        let zone_log_mean = mean_of(&|zone| zone.slower.ln());
        let zone_variance = mean_of(&|zone| (zone.slower.ln() - zone_log_mean).powi(2));
        let cache_variance = LANDINGS * (1.0 - LANDINGS) * LATER_FACTOR.ln().powi(2);
        Self { zone_log_mean, explained_variance: zone_variance + cache_variance }
    }

    /// The speed of one view.
    pub(super) fn view(&self, rng: &mut impl Rng, class: Class, zone: &Zone, is_landing: bool) -> View {
        let lcp_ms = self.lcp_ms(rng, class, zone, is_landing);
        let fcp_ms = if rng.random_bool(0.2) { lcp_ms } else { lcp_ms * rng.random_range(0.45..0.98) };
        let first_byte_ms = fcp_ms * rng.random_range(0.25..0.7);
        let network = Network::new(rng, first_byte_ms, zone, is_landing);
        let ttfb_ms = network.ttfb_ms();
        let response_ms = (fcp_ms - ttfb_ms) * rng.random_range(0.05..0.4);
        let dom_interactive_ms = ttfb_ms + response_ms + (lcp_ms - ttfb_ms) * rng.random_range(0.1..0.7);
        let dom_content_loaded_ms = dom_interactive_ms + log_normal(rng, &Shape { median: 35.0, sigma: 0.9 });
        let load_ms =
            dom_content_loaded_ms.max(lcp_ms * rng.random_range(0.8..1.5)) + rng.random_range(1.0..60.0);
        let ms = |value: f64| Some(rounded(value, 1));
        View {
            timing: Timing {
                redirect: ms(network.redirect_ms),
                dns: ms(network.dns_ms),
                connect: ms(network.connect_ms),
                tls: ms(network.tls_ms),
                ttfb: ms(ttfb_ms),
                response: ms(response_ms),
                dom_interactive: ms(dom_interactive_ms),
                dom_content_loaded: ms(dom_content_loaded_ms),
                load: ms(load_ms),
            },
            vitals: Vitals {
                ttfb: ms(ttfb_ms),
                fcp: ms(fcp_ms),
                lcp: ms(lcp_ms),
                inp: inp_ms(rng, class),
                cls: Some(cls(rng)),
            },
            lcp_ms: rounded(lcp_ms, 1),
            load_ms: rounded(load_ms, 1),
        }
    }

    fn lcp_ms(&self, rng: &mut impl Rng, class: Class, zone: &Zone, is_landing: bool) -> f64 {
        let shape = lcp_shape(class);
        let position = if is_landing { 0.0 } else { LATER_FACTOR.ln() };
        let position_mean = (1.0 - LANDINGS) * LATER_FACTOR.ln();
        let shift = zone.slower.ln() - self.zone_log_mean + position - position_mean;
        let sigma = (shape.sigma.powi(2) - self.explained_variance).sqrt();
        log_normal(rng, &Shape { median: shape.median * shift.exp(), sigma }).clamp(LCP_MS_MIN, LCP_MS_MAX)
    }
}

/// The way to the first byte; its parts add up to TTFB.
#[expect(clippy::struct_field_names, reason = "units stand in names")]
struct Network {
    redirect_ms: f64,
    dns_ms: f64,
    connect_ms: f64,
    tls_ms: f64,
    wait_ms: f64,
}

impl Network {
    /// Splits a time to first byte. Later views find the connection open.
    fn new(rng: &mut impl Rng, ttfb_ms: f64, zone: &Zone, is_landing: bool) -> Self {
        let mut part = |median: f64, share_max: f64| {
            log_normal(rng, &Shape { median, sigma: 0.35 }).min(ttfb_ms * share_max)
        };
        let (redirect_ms, dns_ms, connect_ms, tls_ms) = if is_landing {
            let (dns, connect) = (part(12.0, 0.1), part(zone.round_trip_ms, 0.2));
            let (tls, redirect) =
                (part(zone.round_trip_ms * 1.3, 0.25), part(zone.round_trip_ms + 40.0, 0.2));
            (if rng.random_bool(0.08) { redirect } else { 0.0 }, dns, connect, tls)
        } else {
            (0.0, 0.0, 0.0, 0.0)
        };
        // Rounded before they are added up, so that the reported parts fit the reported sum.
        let [redirect_ms, dns_ms, connect_ms, tls_ms] =
            [redirect_ms, dns_ms, connect_ms, tls_ms].map(|part| rounded(part, 1));
        let wait_ms = ttfb_ms - redirect_ms - dns_ms - connect_ms - tls_ms;
        Self { redirect_ms, dns_ms, connect_ms, tls_ms, wait_ms: rounded(wait_ms, 1) }
    }

    fn ttfb_ms(&self) -> f64 {
        self.redirect_ms + self.dns_ms + self.connect_ms + self.tls_ms + self.wait_ms
    }
}

/// Nothing where nobody touched the page; else in steps of 8 ms, as Event Timing rounds.
fn inp_ms(rng: &mut impl Rng, class: Class) -> Option<f64> {
    let touched = rng.random_bool(0.65);
    let inp_ms = log_normal(rng, &inp_shape(class)).min(20_000.0);
    touched.then(|| ((inp_ms / 8.0).round() * 8.0).max(8.0))
}

/// Nearly half of all views don't shift at all.
fn cls(rng: &mut impl Rng) -> f64 {
    if rng.random_bool(0.45) { 0.0 } else { rounded(log_normal(rng, &CLS_SHAPE).min(4.0), 4) }
}

fn log_normal(rng: &mut impl Rng, shape: &Shape) -> f64 {
    shape.median * (shape.sigma * rng.sample::<f64, _>(StandardNormal)).exp()
}

/// How long somebody looks at a page before he leaves it, in seconds.
pub(super) fn stay_seconds(rng: &mut impl Rng) -> f64 {
    log_normal(rng, &Shape { median: 14.0, sigma: 0.9 }).clamp(1.0, 600.0)
}
