//! Quantiles of the collector's histograms, one and eight merged, against exact order statistics.

use graadmeter_collector::aggregate::histogram::Histogram;
use graadmeter_collector::measure::{Metric, Micros};
use graadmeter_tests::statistics::quantile;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::Distribution;

use crate::session::Session;
use graadmeter_tests::visit::{CLS, DESKTOP_LCP, INP, MOBILE_LCP, Shape};

const VALUES: usize = 1_000_000;
const COLLECTORS: usize = 8;
const QUANTILES: [f64; 13] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.6, 0.75, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999];
const BAR: f64 = 0.01;

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    // Millionths of the base unit in one unit of the shape: milliseconds, and the score of CLS.
    for (shape, metric, millionths) in [
        (DESKTOP_LCP, Metric::Lcp, 1e3),
        (MOBILE_LCP, Metric::Lcp, 1e3),
        (INP, Metric::Inp, 1e3),
        (CLS, Metric::Cls, 1e6),
    ] {
        let values = draw(shape, millionths);
        let one = histogram(metric, values.iter().copied());
        let mut merged = Histogram::new(metric.scale());
        for part in 0..COLLECTORS {
            merged.merge(&histogram(metric, values.iter().copied().skip(part).step_by(COLLECTORS)));
        }
        let mut sorted = values;
        sorted.sort_unstable();
        for (how, histogram) in [("one", &one), ("eight merged", &merged)] {
            let (error, at) = worst(histogram, &sorted);
            session.table.judge(
                &format!("quantiles: {}, {how}", shape.name),
                "within 1 %",
                &format!("{:.2} %", 100.0 * error),
                &format!("worst at p{}", 100.0 * at),
                error <= BAR,
            );
        }
    }
}

fn draw(shape: Shape, millionths: f64) -> Vec<u32> {
    let mut random = SmallRng::seed_from_u64(6);
    let values = shape.distribution().sample_iter(&mut random).take(VALUES);
    values.map(|value| (value * millionths).round() as u32).collect()
}

fn histogram(metric: Metric, values: impl Iterator<Item = u32>) -> Histogram {
    let mut histogram = Histogram::new(metric.scale());
    values.for_each(|value| histogram.record(Micros(value), 1));
    histogram
}

/// The largest relative error of any quantile, and which.
fn worst(histogram: &Histogram, sorted: &[u32]) -> (f64, f64) {
    let errors = QUANTILES.map(|share| {
        let told = histogram.quantile(share).expect("it has values").0;
        let exact = f64::from(quantile(sorted, share));
        ((f64::from(told) - exact).abs() / exact, share)
    });
    errors.into_iter().max_by(|a, b| a.0.total_cmp(&b.0)).expect("there are quantiles")
}
