//! What a beacon costs, against nginx's empty 204 for the same request: CPU time, throughput, latency.
//!
//! Both servers have core 0, the generator core 1. Slices alternate, so that whatever else the machine does, and
//! however fast it is just now, meets both alike; the ratio of each pair of slices is one sample.

use std::time::Duration;

use graadmeter_tests::statistics::median;

use crate::beacons::page_views;
use crate::load::{Length, Load, Pace, Report};
use crate::scrape::{TEXT, assert_accepted, scrape};
use crate::server::{Collector, Nginx, Server, pin};
use crate::session::Session;
use crate::table::Table;
use graadmeter_tests::requests::Requests;

/// Different requests, each sent again and again with another id and client.
const REQUESTS: usize = 4096;
const CONNECTIONS: usize = 64;
const PAIRS: usize = 10;

/// One slice: its load, and CPU time per request.
struct Slice {
    report: Report,
    cpu_us: f64,
}

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    let slice = Duration::from_millis(if session.quick { 400 } else { 1500 });
    let (collector, nginx) = (Collector::on(&[0]), Nginx::on(&[0]));
    pin(&[1]);
    let mut requests = Requests::evenly(page_views(REQUESTS, 1), 1);
    let mut loads = [Load::new(collector.address(), CONNECTIONS), Load::new(nginx.address(), CONNECTIONS)];
    let mut sent = 0;
    let mut measure = |server: &dyn Server, load: &mut Load| {
        let before = server.cpu();
        let report = load.run(&mut requests, Pace::Saturating, Length::Time(slice));
        report.assert_clean();
        let cpu_us = server.cpu().saturating_sub(before).as_secs_f64() * 1e6 / report.accepted as f64;
        Slice { report, cpu_us }
    };

    let [to_collector, to_nginx] = &mut loads;
    let mut pairs = Vec::new();
    // The first pair warms up.
    for pair in 0..=PAIRS {
        let ours = measure(&collector, to_collector);
        sent += ours.report.accepted;
        let theirs = measure(&nginx, to_nginx);
        if pair > 0 {
            pairs.push((ours, theirs));
        }
    }
    tell(&mut session.table, &pairs);

    let most = median(pairs.iter().map(|(ours, _)| ours.report.rate()));
    let calm = Duration::from_secs(if session.quick { 2 } else { 15 });
    let report = to_collector.run(
        &mut requests,
        Pace::PerSecond { rate: 0.8 * most, spins: true },
        Length::Time(calm),
    );
    report.assert_clean();
    sent += report.accepted;
    let p99 = report.latency_ms(0.99);
    let others = [0.5, 0.9, 0.999].map(|quantile| format!("{:.2}", report.latency_ms(quantile))).join(" / ");
    session.table.judge(
        "ingest: p99 at 80 % load",
        "≤ 5 ms",
        &format!("{p99:.2} ms"),
        &format!("p50 / p90 / p99.9 {others} ms at {:.0}/s", report.rate()),
        p99 <= 5.0,
    );

    assert_accepted(&scrape(collector.admin(), TEXT, "identity").body, sent);
}

fn tell(table: &mut Table, pairs: &[(Slice, Slice)]) {
    let of = |figure: fn(&Slice) -> f64, ours: bool| {
        median(pairs.iter().map(|(a, b)| figure(if ours { a } else { b })))
    };
    let ratio = |figure: fn(&Slice) -> f64| median(pairs.iter().map(|(a, b)| figure(a) / figure(b)));
    let spread = |figure: fn(&Slice) -> f64| {
        let ratios = || pairs.iter().map(|(a, b)| figure(a) / figure(b));
        format!("{:.2}–{:.2}", ratios().fold(f64::MAX, f64::min), ratios().fold(0.0, f64::max))
    };
    let cpu: fn(&Slice) -> f64 = |slice| slice.cpu_us;
    let rate: fn(&Slice) -> f64 = |slice| slice.report.rate();
    let own: fn(&Slice) -> f64 = |slice| slice.report.own_share();

    let cpu_ratio = ratio(cpu);
    table.judge(
        "ingest: CPU per beacon",
        "≤ 1.25 × nginx",
        &format!("{:.2} × ({:.2} µs)", cpu_ratio, of(cpu, true)),
        &format!("nginx {:.2} µs; pairs {}", of(cpu, false), spread(cpu)),
        cpu_ratio <= 1.25,
    );
    let rate_ratio = ratio(rate);
    table.judge(
        "ingest: throughput against nginx",
        "≥ 0.8 × nginx",
        &format!("{rate_ratio:.2} ×"),
        &format!("nginx {:.0}/s; pairs {}", of(rate, false), spread(rate)),
        rate_ratio >= 0.8,
    );
    let most = of(rate, true);
    table.judge(
        "ingest: throughput on one core",
        "≥ 25,000/s",
        &format!("{most:.0}/s"),
        "",
        most >= 25_000.0,
    );
    table.note(
        "ingest: the generator's use of its own core",
        &format!("{:.0} %", 100.0 * of(own, true)),
        &format!("{:.0} % against nginx; near 100 % nginx is faster than told", 100.0 * of(own, false)),
    );
}
