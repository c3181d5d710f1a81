//! The history of a month: what it takes on disk, how soon it answers, and for how long it keeps others from writing.
//!
//! A mid-size shop has a million page views a day. Its month is written through the library with a simulated clock, a
//! minute at a time, with all upkeep that is due.

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use graadmeter_collector::history::{
    By, Dimension, Feed, GroupName, Question, Reader, Retention, Timings, UnixSeconds,
};
use graadmeter_collector::measure::{Measures, Metric, Micros};
use graadmeter_collector::observation::{
    Channel, Country, Device, Event, Observation, SiteIndex, ThirdParties, Visitor,
};
use graadmeter_collector::place::channel::Standard;
use graadmeter_tests::statistics::{median, quantile};
use graadmeter_tests::visit::{Measure, Values, view};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, Zipf};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::session::Session;

const DAYS: u64 = 30;
const VIEWS_PER_DAY: f64 = 1e6;
const MINUTES_PER_DAY: i64 = 24 * 60;
const START: i64 = 1_793_491_200; // 2026-11-01T00:00:00Z
const DISK_BAR_GIB: f64 = 2.0;
const ANSWER_BAR: Duration = Duration::from_millis(200);
/// How often a question is asked; the median counts.
const ASKED: usize = 9;
const COUNTRIES: [&str; 20] = [
    "NL", "BE", "DE", "FR", "GB", "US", "ES", "PL", "IT", "AT", "CH", "SE", "DK", "IE", "LU", "PT", "CZ",
    "NO", "FI", "TR",
];
const PAGES: [&str; 12] = [
    "product", "category", "home", "search", "cart", "checkout", "payment", "thanks", "account", "service",
    "blog", "other",
];
/// How many of the standard channels bring anybody.
const CHANNELS: usize = 12;

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    let days = session.scaled(DAYS).cast_signed();
    let mut month = Month::new();
    for minute in 0..days * MINUTES_PER_DAY {
        month.minute(UnixSeconds(START + 60 * minute));
    }
    month.judge(session, days);
}

/// A shop's month in the making.
struct Month {
    folder: TempDir,
    feed: Feed,
    shop: Shop,
    views: u64,
    /// LCP of all views, by a device's number: what the answer is compared with.
    lcp: [Vec<u32>; Device::ALL.len()],
    recording: Duration,
    adding: Vec<Duration>,
    upkeep_times: Vec<Duration>,
}

impl Month {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let feed = Feed::open(&path(&folder), Retention::default()).expect("a history");
        Self {
            folder,
            feed,
            shop: Shop::new(),
            views: 0,
            lcp: [const { Vec::new() }; Device::ALL.len()],
            recording: Duration::ZERO,
            adding: Vec::new(),
            upkeep_times: Vec::new(),
        }
    }

    /// A minute's views, and the upkeep that is due at its end.
    fn minute(&mut self, start: UnixSeconds) {
        let views: Vec<_> = (0..views_in(start)).map(|_| self.shop.view()).collect();
        let begun = Instant::now();
        for view in &views {
            view.record(start, &mut self.feed);
        }
        self.recording += begun.elapsed();
        let begun = Instant::now();
        self.feed.save(start.0.cast_unsigned()).expect("room for a minute");
        self.adding.push(begun.elapsed());
        let now = UnixSeconds(start.0 + 60);
        loop {
            let begun = Instant::now();
            let is_more = self.feed.keep_up(now).expect("upkeep");
            self.upkeep_times.push(begun.elapsed());
            if !is_more {
                break;
            }
        }
        for view in views {
            self.views += 1;
            let lcp = view.measures.get(Metric::Lcp).expect("every view has it");
            self.lcp[view.visitor.device as usize].push(lcp.0);
        }
    }

    fn judge(mut self, session: &mut Session, days: i64) {
        let gib = self.feed.counts().disk_bytes.load(Ordering::Relaxed) as f64 / f64::from(1 << 30);
        let connection = Connection::open(path(&self.folder)).expect("the history");
        let rows = ["minute", "hour", "day"].map(|span| {
            let sql = format!("SELECT count(*) FROM history_{span}");
            connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).expect("a table")
        });
        let [minutes, hours, whole_days] = rows;
        session.table.judge(
            &format!("history: disk after {days} days, {:.1} million views", self.views as f64 / 1e6),
            &format!("≤ {DISK_BAR_GIB} GiB"),
            &format!("{gib:.2} GiB"),
            &format!("{minutes} roll-ups of minutes, {hours} of hours, {whole_days} of days"),
            gib <= DISK_BAR_GIB,
        );
        self.judge_answers(session, days);
        let each =
            |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64() * 1e6 / self.views as f64;
        let (adding, upkeep) = (each(&self.adding), each(&self.upkeep_times));
        let recording = self.recording.as_secs_f64() * 1e6 / self.views as f64;
        session.table.note(
            "history: time per view",
            &format!("{:.1} µs", recording + adding + upkeep),
            &format!("{recording:.1} to record, {adding:.1} to write, {upkeep:.1} for upkeep"),
        );
        for (what, times) in
            [("minute that is saved", &mut self.adding), ("step of upkeep", &mut self.upkeep_times)]
        {
            times.sort_unstable();
            let [usual, rare, longest] = [0.5, 0.999, 1.0].map(|share| quantile(times, share));
            session.table.note(
                &format!("history: time of a {what}"),
                &format!("{rare:.1?} at p99.9"),
                &format!("median {usual:.1?}, longest {longest:.1?}"),
            );
        }
    }

    fn judge_answers(&mut self, session: &mut Session, days: i64) {
        let reader = Reader::new(&path(&self.folder));
        let by_device = question(By::Dimension(Dimension::Device), days, None);
        let (took, answer) = ask(&reader, &by_device);
        session.table.judge(
            &format!("history: p75 of {days} days by device"),
            &format!("< {} ms", ANSWER_BAR.as_millis()),
            &format!("{took:.1?}"),
            "",
            took < ANSWER_BAR,
        );
        let error = self.worst_error(&answer);
        let measured = format!("{:.2} %", 100.0 * error);
        session.table.judge("history: those percentiles", "within 1 %", &measured, "exact", error <= 0.01);
        for (what, question) in [
            ("by page", question(By::Dimension(Dimension::Page), days, None)),
            ("by country", question(By::Dimension(Dimension::Country), days, None)),
            ("by time, of phones", question(By::Time, days, Some("mobile"))),
            ("by page, of phones", question(By::Dimension(Dimension::Page), days, Some("mobile"))),
        ] {
            let (took, _) = ask(&reader, &question);
            session.table.note(&format!("history: p75 of {days} days {what}"), &format!("{took:.1?}"), "");
        }
    }

    /// The largest relative error of an answer by device, against order statistics of all values.
    fn worst_error(&mut self, answer: &Timings) -> f64 {
        assert_eq!(answer.groups.iter().map(|group| group.count).sum::<u64>(), self.views, "views were lost");
        let mut worst = 0.0_f64;
        for group in &answer.groups {
            let named = |device: &Device| group.name == GroupName::Name(device.name().to_owned());
            let device = Device::ALL.into_iter().find(named).expect("a device");
            let values = &mut self.lcp[device as usize];
            values.sort_unstable();
            for (share, found) in QUANTILES.into_iter().zip(&group.quantiles) {
                let exact = f64::from(quantile(values, share));
                worst = worst.max((f64::from(found.0) / exact - 1.0).abs());
            }
        }
        worst
    }
}

const QUANTILES: [f64; 3] = [0.5, 0.75, 0.95];

fn path(folder: &TempDir) -> PathBuf {
    Path::join(folder.path(), "history.db")
}

fn question(by: By, days: i64, device: Option<&str>) -> Question {
    Question {
        site: "shop".to_owned(),
        metric: Metric::Lcp,
        by,
        from: UnixSeconds(START),
        to: UnixSeconds(START + days * MINUTES_PER_DAY * 60),
        only: [device.map(str::to_owned), None, None, None],
        quantiles: QUANTILES.to_vec(),
    }
}

/// The median time of an answer, and the last one.
fn ask(reader: &Reader, question: &Question) -> (Duration, Timings) {
    let answers: Vec<_> = (0..ASKED)
        .map(|_| {
            let begun = Instant::now();
            let answer = reader.timings(question).expect("an answer");
            (begun.elapsed(), answer)
        })
        .collect();
    let took = median(answers.iter().map(|(took, _)| took.as_secs_f64()));
    let last = answers.into_iter().last().expect("it was asked").1;
    (Duration::from_secs_f64(took), last)
}

/// A shop's visitors: most come from few countries and channels, and see few kinds of pages.
struct Shop {
    random: SmallRng,
    measured: Vec<Measures>,
}

struct View {
    visitor: Visitor,
    page: &'static str,
    lands: bool,
    measures: Measures,
}

impl Shop {
    fn new() -> Self {
        let mut random = SmallRng::seed_from_u64(7);
        let measured = (0..1 << 17).map(|_| measures(&view(&mut random), &mut random)).collect();
        Self { random, measured }
    }

    fn view(&mut self) -> View {
        let device = match self.random.random_range(0..100) {
            ..62 => Device::Mobile,
            62..95 => Device::Desktop,
            95..99 => Device::Tablet,
            _ => Device::Other,
        };
        let country = COUNTRIES[self.zipf(COUNTRIES.len(), 1.6)];
        let channel = Channel(self.zipf(CHANNELS, 1.0) as u16);
        View {
            visitor: Visitor { device, channel, country: Country::from_code(country).expect("two letters") },
            page: PAGES[self.zipf(PAGES.len(), 1.0)],
            lands: self.random.random_bool(0.3),
            measures: self.measured[self.random.random_range(0..self.measured.len())],
        }
    }

    fn zipf(&mut self, count: usize, exponent: f64) -> usize {
        let zipf = Zipf::new(count as f64, exponent).expect("at least one");
        zipf.sample(&mut self.random) as usize - 1
    }
}

/// How many views a minute has: four times as many in the evening as at night.
fn views_in(start: UnixSeconds) -> usize {
    let of_day = start.0.rem_euclid(60 * MINUTES_PER_DAY) as f64 / (60 * MINUTES_PER_DAY) as f64;
    let share = 1.0 - 0.6 * (TAU * (of_day + 0.15)).cos();
    (VIEWS_PER_DAY / MINUTES_PER_DAY as f64 * share).round() as usize
}

impl View {
    fn record(&self, at: UnixSeconds, feed: &mut Feed) {
        let Self { visitor, page, lands, measures, .. } = *self;
        let event =
            Event::View { visitor, page, lands, measures, errors: 0, third_party: ThirdParties::Told(&[]) };
        let channel = Standard::ALL[usize::from(visitor.channel.0)].name();
        feed.record("shop", channel, at, &Observation { site: SiteIndex(0), weight: 1, event });
    }
}

/// What a browser measures: all phases, but an interaction with two views of three.
fn measures(values: &Values, random: &mut SmallRng) -> Measures {
    let mut measures = Measures::default();
    let ms = |measure: Measure| Micros::from_ms(values[measure as usize]);
    for (metric, value) in [
        (Metric::Ttfb, ms(Measure::Ttfb)),
        (Metric::Fcp, ms(Measure::Fcp)),
        (Metric::Lcp, ms(Measure::Lcp)),
        (Metric::Cls, Micros::from_score(values[Measure::Cls as usize])),
        (Metric::Load, ms(Measure::Load)),
        (Metric::Dns, ms(Measure::Dns)),
        (Metric::Connect, ms(Measure::Connect)),
        (Metric::Tls, ms(Measure::Tls)),
        (Metric::Response, ms(Measure::Response)),
        (Metric::DomInteractive, ms(Measure::DomInteractive)),
        (Metric::DomContentLoaded, ms(Measure::DomContentLoaded)),
    ] {
        measures.set(metric, Some(value));
    }
    let wait = values[Measure::Ttfb as usize] * random.random_range(0.3..0.7);
    measures.set(Metric::Wait, Some(Micros::from_ms(wait)));
    let interacts = random.random_bool(2.0 / 3.0);
    measures.set(Metric::Inp, interacts.then(|| ms(Measure::Inp)));
    measures
}
