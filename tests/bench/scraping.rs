//! Scrapes of a full collector while it takes beacons: how long they take, and what visitors feel of them.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use graadmeter_tests::statistics::median;

use crate::filled::Filled;
use crate::load::{Length, Pace, Report};
use crate::scrape::{NATIVE, Scrape, TEXT, scrape, scrape_head};
use crate::server::Collector;
use crate::session::Session;

/// Slices with scrapes, and as many without.
const PAIRS: usize = 4;
/// From the beginning of a scrape to that of the next, if it is done by then.
const INTERVAL: Duration = Duration::from_secs(1);
/// Native scrapes without load, whose CPU time is taken together.
const WITHOUT_LOAD: u32 = 20;
/// What the scraper reads at a time.
const READ_BYTES: usize = 256 * 1024;
const BAR_MS: f64 = 150.0;
const BAR_P99: f64 = 2.0;

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    let slice = Duration::from_secs(if session.quick { 2 } else { 5 });
    let Figures { alone, beside, scrapes, native, text } =
        session.with_filled(|filled| measure(filled, slice));

    let took_ms = median(scrapes.iter().map(|scrape| scrape.took.as_secs_f64() * 1e3));
    let slowest = scrapes.iter().map(|scrape| scrape.took).max().unwrap_or_default();
    let last = scrapes.last().expect("a slice has a scrape");
    let is_native = last.kind().contains("protobuf");
    session.table.judge(
        "scrape: native, at half load",
        "< 150 ms",
        &if is_native {
            format!("{took_ms:.0} ms")
        } else {
            format!("not native: {}, {took_ms:.0} ms", last.kind())
        },
        &format!("{} scrapes, slowest {:.0} ms, {}", scrapes.len(), slowest.as_secs_f64() * 1e3, told(last)),
        is_native && took_ms < BAR_MS,
    );
    let (without, with) = (alone.latency_ms(0.99), beside.latency_ms(0.99));
    session.table.judge(
        "scrape: ingest p99 beside scrapes",
        "≤ 2 × without",
        &format!("{:.2} × ({with:.2} ms)", with / without),
        &format!("without {without:.2} ms; at {:.0}/s", alone.rate()),
        with <= BAR_P99 * without,
    );
    let took_ms = median(native.scrapes.iter().map(|scrape| scrape.took.as_secs_f64() * 1e3));
    session.table.note(
        "scrape: native, without load",
        &format!("{took_ms:.0} ms"),
        &format!("{:.0} ms of the collector's CPU time", native.cpu.as_secs_f64() * 1e3),
    );
    for scrape in text {
        session.table.note(
            "scrape: classic text, without load",
            &format!("{:.0} ms", scrape.took.as_secs_f64() * 1e3),
            &told(&scrape),
        );
    }
}

/// What was seen: the load alone and beside scrapes, those scrapes, and some without load.
struct Figures {
    alone: Report,
    beside: Report,
    scrapes: Vec<Scrape>,
    native: WithoutLoad,
    /// Compressed, and not.
    text: [Scrape; 2],
}

/// Native scrapes one after the other, and the CPU time of one.
struct WithoutLoad {
    scrapes: Vec<Scrape>,
    cpu: Duration,
}

fn measure(filled: &mut Filled, slice: Duration) -> Figures {
    let most = filled.load.run(&mut filled.requests, Pace::Saturating, Length::Time(slice));
    most.assert_clean();
    filled.sent += most.accepted;
    let pace = Pace::PerSecond { rate: most.rate() / 2.0, spins: false };
    let (mut alone, mut beside, mut scrapes) = (Report::empty(), Report::empty(), Vec::new());
    for _ in 0..PAIRS {
        alone.add(&run_slice(filled, pace, slice));
        beside.add(&beside_scrapes(filled, pace, slice, &mut scrapes));
    }
    filled.sent += alone.accepted + beside.accepted;
    let admin = filled.collector.admin();
    let native = native_without_load(&filled.collector);
    let text = ["gzip", "identity"].map(|encoding| scrape(admin, TEXT, encoding));
    Figures { alone, beside, scrapes, native, text }
}

fn native_without_load(collector: &Collector) -> WithoutLoad {
    let mut buffer = vec![0; READ_BYTES];
    let before = collector.cpu_of_all_time();
    let scrapes = (0..WITHOUT_LOAD).map(|_| scrape_native(collector.admin(), &mut buffer)).collect();
    let cpu = collector.cpu_of_all_time().saturating_sub(before) / WITHOUT_LOAD;
    WithoutLoad { scrapes, cpu }
}

fn run_slice(filled: &mut Filled, pace: Pace, slice: Duration) -> Report {
    let report = filled.load.run(&mut filled.requests, pace, Length::Time(slice));
    report.assert_clean();
    report
}

fn beside_scrapes(filled: &mut Filled, pace: Pace, slice: Duration, scrapes: &mut Vec<Scrape>) -> Report {
    let (admin, done) = (filled.collector.admin(), AtomicBool::new(false));
    thread::scope(|scope| {
        let reader = scope.spawn(|| scrape_until(admin, &done));
        let report = run_slice(filled, pace, slice);
        done.store(true, Ordering::Relaxed);
        scrapes.extend(reader.join().expect("the scraper"));
        report
    })
}

fn scrape_until(admin: SocketAddr, done: &AtomicBool) -> Vec<Scrape> {
    let (mut scrapes, mut buffer) = (Vec::new(), vec![0; READ_BYTES]);
    while !done.load(Ordering::Relaxed) {
        let next = Instant::now() + INTERVAL;
        scrapes.push(scrape_native(admin, &mut buffer));
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    scrapes
}

/// Scrapes as Prometheus does when native histograms are on.
fn scrape_native(admin: SocketAddr, buffer: &mut [u8]) -> Scrape {
    scrape_head(admin, NATIVE, "gzip", buffer)
}

fn told(scrape: &Scrape) -> String {
    format!("{:.2} MB of {}", scrape.bytes as f64 / 1e6, scrape.kind())
}
