use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use proptest::prelude::*;
use rusqlite::Connection;
use tempfile::TempDir;

use super::compact::Upkeep;
use super::rollup::Rollups;
use super::schema::prepare;
use super::store::add;
use super::*;
use crate::limits::{GROUPS_MAX, NEW_NAMES_PER_DAY_MAX, ROLLUPS_MAX, ROLLUPS_WAITING_MAX};
use crate::measure::{Measures, Metric, Micros};
use crate::observation::{Channel, Country, Device, Event, Observation, SiteIndex, ThirdParties, Visitor};

const NOON: i64 = 1_795_348_800; // 2026-11-22T12:00:00Z
const DAY: i64 = 86_400;
const ALL_TIME: (i64, i64) = (NOON - 1_000 * DAY, NOON + 1_000 * DAY);

/// A page view as the tests tell it.
#[derive(Debug, Clone)]
struct View {
    at: i64,
    device: Device,
    channel: &'static str,
    country: &'static str,
    page: String,
    lcp: u32,
}

impl View {
    fn record(&self, rollups: &mut Rollups) {
        self.give(|observation| rollups.record("shop", self.channel, UnixSeconds(self.at), observation));
    }

    fn feed(&self, feed: &mut Feed) {
        self.give(|observation| feed.record("shop", self.channel, UnixSeconds(self.at), observation));
    }

    fn give(&self, take: impl FnOnce(&Observation<'_>)) {
        let mut measures = Measures::default();
        measures.set(Metric::Lcp, Some(Micros(self.lcp)));
        let country = Country::from_code(self.country).unwrap();
        let visitor = Visitor { device: self.device, channel: Channel(0), country };
        let third_party = ThirdParties::Told(&[]);
        let event = Event::View { visitor, page: &self.page, lands: true, measures, errors: 0, third_party };
        take(&Observation { site: SiteIndex(0), weight: 1, event });
    }

    fn name(&self, dimension: Dimension) -> &str {
        match dimension {
            Dimension::Device => self.device.name(),
            Dimension::Channel => self.channel,
            Dimension::Country => self.country,
            Dimension::Page => &self.page,
        }
    }
}

fn view(at: i64, page: &str, lcp: u32) -> View {
    View { at, device: Device::Mobile, channel: "email", country: "NL", page: page.to_owned(), lcp }
}

/// A history in a folder of its own.
struct History {
    folder: TempDir,
    connection: Connection,
}

impl History {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Connection::open(folder.path().join("history.db")).unwrap();
        let settings =
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF";
        connection.execute_batch(settings).unwrap();
        prepare(&mut connection).unwrap();
        Self { folder, connection }
    }

    fn add<'v>(&mut self, views: impl IntoIterator<Item = &'v View>) {
        let mut rollups = Rollups::new();
        views.into_iter().for_each(|view| view.record(&mut rollups));
        let transaction = self.connection.transaction().unwrap();
        add(&transaction, &rollups).unwrap();
        transaction.commit().unwrap();
    }

    /// Does all upkeep that is due, and returns in how many steps.
    fn compact(&mut self, now: i64) -> usize {
        let mut upkeep = Upkeep::new(KEPT);
        let mut steps = 0;
        while upkeep.step(&mut self.connection, UnixSeconds(now)).unwrap() {
            steps += 1;
        }
        steps
    }

    fn ask(&self, question: &Question) -> Timings {
        Reader::new(&self.folder.path().join("history.db")).timings(question).unwrap()
    }

    fn rows(&self, table: &str) -> usize {
        let sql = format!("SELECT count(*) FROM {table}");
        self.connection.query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap() as usize
    }
}

const KEPT: Retention = Retention {
    minutes: Duration::from_hours(2),
    hours: Duration::from_hours(2 * 24),
    days: Duration::from_hours(10 * 24),
};

fn question(by: By, (from, to): (i64, i64)) -> Question {
    Question {
        site: "shop".to_owned(),
        metric: Metric::Lcp,
        by,
        from: UnixSeconds(from),
        to: UnixSeconds(to),
        only: [const { None }; 4],
        quantiles: vec![0.5, 0.75, 0.95],
    }
}

/// The values of all views that a question is about, by group, sorted.
fn expected(
    views: &[View],
    dimension: Dimension,
    only: Option<(Dimension, &str)>,
) -> BTreeMap<String, Vec<u32>> {
    let mut groups = BTreeMap::<String, Vec<u32>>::new();
    for view in views.iter().filter(|view| only.is_none_or(|(other, name)| view.name(other) == name)) {
        groups.entry(view.name(dimension).to_owned()).or_default().push(view.lcp);
    }
    for values in groups.values_mut() {
        values.sort_unstable();
    }
    groups
}

fn assert_answers(timings: &Timings, expected: &BTreeMap<String, Vec<u32>>) {
    assert_eq!(timings.groups.len(), expected.len(), "{timings:?}");
    for group in &timings.groups {
        let GroupName::Name(name) = &group.name else { panic!("{group:?}") };
        let values = &expected[name];
        assert_eq!(group.count, values.len() as u64, "{name}");
        for (percent, found) in [50, 75, 95].into_iter().zip(&group.quantiles) {
            let exact = f64::from(values[(percent * values.len()).div_ceil(100) - 1]);
            let error = (f64::from(found.0) - exact).abs();
            assert!(error <= 0.01 * exact, "p{percent} of {name}: {found:?} is not {exact}");
        }
    }
}

fn views() -> impl Strategy<Value = Vec<View>> {
    let device = proptest::sample::select(Device::ALL.to_vec());
    let channel = proptest::sample::select(vec!["email", "direct", "affiliate"]);
    let country = proptest::sample::select(vec!["NL", "BE", "ZZ"]);
    let page = proptest::sample::select(vec!["home", "product", "other"]);
    let view = (NOON - 5 * DAY..NOON, device, channel, country, page, 0..5_000_000_u32);
    let view = view.prop_map(|(at, device, channel, country, page, lcp)| View {
        at,
        device,
        channel,
        country,
        page: page.to_owned(),
        lcp,
    });
    proptest::collection::vec(view, 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_question_is_answered_from_all_views_whatever_was_compacted(
        views in views(), batches in 1..5_usize, moments in proptest::collection::vec(-5 * DAY..DAY, 4),
    ) {
        let mut history = History::new();
        for (batch, moment) in views.chunks(views.len().div_ceil(batches)).zip(moments) {
            history.add(batch);
            history.compact(NOON + moment);
        }
        for dimension in Dimension::ALL {
            let mut question = question(By::Dimension(dimension), ALL_TIME);
            assert_answers(&history.ask(&question), &expected(&views, dimension, None));
            for other in Dimension::ALL {
                let name = views[0].name(other);
                question.only = Dimension::ALL.map(|one| (one == other).then(|| name.to_owned()));
                assert_answers(&history.ask(&question), &expected(&views, dimension, Some((other, name))));
            }
        }
        let days = history.ask(&question(By::Time, ALL_TIME));
        let mut counts = BTreeMap::<i64, u64>::new();
        for view in &views {
            *counts.entry(Span::Day.start(UnixSeconds(view.at)).0).or_default() += 1;
        }
        let found = days.groups.iter().map(|group| match group.name {
            GroupName::Time(start) => (start.0, group.count),
            GroupName::Name(_) => panic!("{group:?}"),
        });
        prop_assert_eq!(found.collect::<BTreeMap<_, _>>(), counts);
        prop_assert_eq!(days.step, Some(Span::Day));
    }

    #[test]
    fn compaction_changes_no_answer_at_its_granularity(views in views(), moment in -5 * DAY..2 * DAY) {
        let mut history = History::new();
        history.add(&views);
        let ask = |history: &History| {
            let ranges = (-5..1).map(|day| (NOON + day * DAY - DAY / 2, NOON + day * DAY + DAY / 2));
            let questions = ranges.map(|range| question(By::Dimension(Dimension::Page), range));
            questions.map(|question| history.ask(&question).groups).collect::<Vec<_>>()
        };
        let before = ask(&history);
        history.compact(NOON + moment);
        prop_assert_eq!(ask(&history), before);
    }
}

#[test]
fn spans_become_coarser_and_end() {
    let mut history = History::new();
    history.add(&[view(NOON, "home", 1_000), view(NOON + 60, "home", 2_000)]);
    let rows = |history: &History| Span::ALL.map(|span| history.rows(span.table()) / 5);
    assert_eq!(rows(&history), [2, 0, 0]);
    // The hour ends at one; two hours later its minutes are due, and not before.
    assert_eq!(history.compact(NOON + 3 * 3_600 - 1), 0);
    assert!(history.compact(NOON + 3 * 3_600) > 0);
    assert_eq!(rows(&history), [0, 1, 0]);
    history.compact(NOON + 60 * 3_600 - 1);
    assert_eq!(rows(&history), [0, 1, 0]);
    history.compact(NOON + 60 * 3_600);
    assert_eq!(rows(&history), [0, 0, 1]);
    assert_eq!(history.ask(&question(By::Dimension(Dimension::Page), ALL_TIME)).groups[0].count, 2);
    history.compact(NOON + 10 * DAY + DAY / 2 - 1);
    assert_eq!((rows(&history), history.rows("history_name")), ([0, 0, 1], 6));
    history.compact(NOON + 10 * DAY + DAY / 2);
    assert_eq!(rows(&history), [0, 0, 0]);
    history.compact(NOON + 11 * DAY + DAY / 2);
    assert_eq!(history.rows("history_name"), 0);
}

#[test]
fn what_is_deleted_gives_its_room_back() {
    let mut history = History::new();
    for minute in 0..100 {
        let pages: Vec<_> = (0..20).map(|page| view(NOON + 60 * minute, &page.to_string(), 1_000)).collect();
        history.add(&pages);
    }
    let pages = |history: &History| {
        history.connection.query_row("PRAGMA page_count", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let full = pages(&history);
    history.compact(NOON + 20 * DAY);
    assert!(pages(&history) < full / 4, "{} of {full} pages", pages(&history));
}

#[test]
fn the_answer_tells_the_range_that_it_is_about() {
    let mut history = History::new();
    history.add(&[
        view(NOON - 3 * DAY, "home", 1_000),
        view(NOON - DAY, "home", 2_000),
        view(NOON - 61, "home", 3_000),
    ]);
    history.compact(NOON);
    let by = By::Dimension(Dimension::Device);
    // A minute is stored at the end, an hour at the beginning, and the day before that.
    let hours = history.ask(&question(by, (NOON - DAY + 1_000, NOON - 90)));
    assert_eq!((hours.from.0, hours.to.0, hours.groups[0].count), (NOON - DAY, NOON - 60, 2));
    let days = history.ask(&question(by, (NOON - 3 * DAY + 1, NOON - DAY)));
    assert_eq!((days.from.0, days.to.0, days.groups[0].count), (NOON - 3 * DAY - DAY / 2, NOON - DAY, 1));
    let all = history.ask(&question(by, ALL_TIME));
    assert_eq!((all.from.0, all.to.0), (NOON - 3 * DAY - DAY / 2, ALL_TIME.1));
}

#[test]
fn groups_of_time_are_as_fine_as_the_range_and_what_is_stored_allow() {
    let mut history = History::new();
    history.add(&[
        view(NOON - 4 * 3_600, "home", 1_000),
        view(NOON - 60, "home", 2_000),
        view(NOON, "home", 3_000),
    ]);
    let step = |history: &History, from| history.ask(&question(By::Time, (from, NOON + 60))).step;
    assert_eq!(step(&history, NOON - 5 * 3_600), Some(Span::Minute));
    assert_eq!(step(&history, NOON - DAY), Some(Span::Minute), "nothing is stored before");
    history.compact(NOON);
    assert_eq!(step(&history, NOON - 5 * 3_600), Some(Span::Hour));
    assert_eq!(step(&history, NOON - 120), Some(Span::Minute));
}

#[test]
fn nothing_is_lost_past_a_budget_and_the_largest_keep_their_names() {
    let mut history = History::new();
    let most = ROLLUPS_MAX[Span::Minute as usize] as usize;
    let many: Vec<_> = (0..most + 100).map(|page| view(NOON, &format!("p{page}"), 1_000)).collect();
    let known = [view(NOON, "product", 2_000), view(NOON, "product", 2_000)];
    history.add(known.iter().chain(&many));
    history.add(&[view(NOON, "another", 1_000)]);
    assert!(history.rows("history_minute") <= 2 * (most + 1) + 3);
    let pages = history.ask(&question(By::Dimension(Dimension::Page), ALL_TIME));
    let count = |name: &str| {
        let named = |group: &&Group| group.name == GroupName::Name(name.to_owned());
        pages.groups.iter().find(named).map(|group| group.count)
    };
    assert_eq!((count("product"), count("another")), (Some(2), None));
    assert!((GROUPS_MAX - 1..=GROUPS_MAX).contains(&pages.groups.len()), "{}", pages.groups.len());
    assert_eq!(pages.groups.iter().map(|group| group.count).sum::<u64>(), most as u64 + 103);
}

#[test]
fn new_names_have_a_limit_each_day() {
    let mut history = History::new();
    let most = NEW_NAMES_PER_DAY_MAX as usize;
    for minute in 0..=i64::from(NEW_NAMES_PER_DAY_MAX) / 1_000 {
        let names: Vec<_> =
            (0..1_000).map(|page| view(NOON + 60 * minute, &format!("{minute}-{page}"), 1)).collect();
        history.add(&names);
    }
    assert_eq!(history.rows("history_name"), most);
    history.add(&[view(NOON + DAY, "tomorrow", 1)]);
    assert_eq!(history.rows("history_name"), most + 1);
}

#[test]
fn rollups_in_memory_have_a_limit() {
    let mut rollups = Rollups::new();
    for page in 0..ROLLUPS_WAITING_MAX + 100 {
        view(NOON, &page.to_string(), 1_000).record(&mut rollups);
    }
    assert_eq!(rollups.len(), ROLLUPS_WAITING_MAX + 1);
    view(NOON, "0", 1_000).record(&mut rollups);
    assert_eq!(rollups.len(), ROLLUPS_WAITING_MAX + 1);
    rollups.clear();
    assert!(rollups.len() == 0);
}

#[test]
fn conversions_count_with_their_visitor_and_no_page() {
    let mut history = History::new();
    let country = Country::from_code("NL").unwrap();
    let visitor = Visitor { device: Device::Mobile, channel: Channel(0), country };
    let event = Event::Conversion { visitor, value: None, landing: None };
    let mut rollups = Rollups::new();
    let observation = Observation { site: SiteIndex(0), weight: 3, event };
    rollups.record("shop", "email", UnixSeconds(NOON), &observation);
    view(NOON, "home", 1_000).record(&mut rollups);
    let transaction = history.connection.transaction().unwrap();
    add(&transaction, &rollups).unwrap();
    transaction.commit().unwrap();
    let counted = history.connection.query_row(
        "SELECT views, sessions, conversions FROM history_minute JOIN history_name ON device = history_name.id
         WHERE name = 'mobile' AND channel = 0",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    );
    assert_eq!(counted, Ok((1, 1, 3)));
    assert_eq!(history.ask(&question(By::Dimension(Dimension::Page), ALL_TIME)).groups.len(), 1);
}

#[test]
fn a_damaged_rollup_is_told_and_left_where_it_is() {
    let mut history = History::new();
    history.add(&[view(NOON, "home", 1_000)]);
    history.connection.execute("UPDATE history_minute SET metrics = x'789c00'", []).unwrap();
    let reader = Reader::new(&history.folder.path().join("history.db"));
    let error = reader.timings(&question(By::Time, ALL_TIME)).unwrap_err();
    assert!(matches!(error, HistoryError::Damaged { table: "history_minute", .. }), "{error}");
    assert!(Upkeep::new(KEPT).step(&mut history.connection, UnixSeconds(NOON + 10 * DAY)).is_err());
    assert_eq!(history.rows("history_minute"), 5);
}

#[test]
fn what_was_fed_is_known_when_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.db");
    let mut feed = Feed::open(&file, KEPT).unwrap();
    assert_eq!(feed.fed(), 0);
    for (batch, views) in [(3, 2), (4, 0), (9, 1)] {
        (0..views).for_each(|_| view(NOON, "home", 1_000).feed(&mut feed));
        feed.save(batch).unwrap();
        drop(feed);
        feed = Feed::open(&file, KEPT).unwrap();
        assert_eq!(feed.fed(), batch);
    }
    let all = feed.reader().timings(&question(By::Time, ALL_TIME)).unwrap();
    assert_eq!(all.groups[0].count, 3);
    assert!(feed.counts().disk_bytes.load(Ordering::Relaxed) > 0);
}

#[test]
fn what_can_not_be_saved_is_counted_again_from_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.db");
    let mut feed = Feed::open(&file, KEPT).unwrap();
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    view(NOON, "home", 1_000).feed(&mut feed);
    assert!(feed.save(1).is_err());
    assert_eq!((feed.fed(), feed.counts().failures.load(Ordering::Relaxed)), (0, 1));
    other.execute_batch("ROLLBACK").unwrap();
    view(NOON, "home", 1_000).feed(&mut feed);
    feed.save(1).unwrap();
    let all = feed.reader().timings(&question(By::Time, ALL_TIME)).unwrap();
    assert_eq!((feed.fed(), all.groups[0].count), (1, 1));
}

#[test]
fn a_damaged_rollup_is_set_aside_and_all_else_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("history.db");
    let mut feed = Feed::open(&file, KEPT).unwrap();
    let ask = |feed: &Feed, by| feed.reader().timings(&question(by, ALL_TIME));
    for (batch, page) in [(1, "home"), (2, "product"), (3, "home"), (4, "basket")] {
        view(NOON, page, 1_000).feed(&mut feed);
        feed.save(batch).unwrap();
        if batch == 2 {
            let damage = "UPDATE history_minute SET metrics = x'789c00'
                          WHERE page = (SELECT id FROM history_name WHERE name = 'home')";
            Connection::open(&file).unwrap().execute(damage, []).unwrap();
            assert!(
                ask(&feed, By::Dimension(Dimension::Page)).is_err(),
                "no answer is better than a wrong one"
            );
        }
    }
    let pages = ask(&feed, By::Dimension(Dimension::Page)).unwrap();
    let counts: BTreeMap<_, _> = pages.groups.iter().map(|group| (&group.name, group.count)).collect();
    assert_eq!((counts.len(), counts.values().sum::<u64>(), pages.damaged), (3, 3, 1));
    assert_eq!(ask(&feed, By::Dimension(Dimension::Device)).unwrap().damaged, 0);

    let later = UnixSeconds(NOON + DAY);
    let damage = "UPDATE history_minute SET metrics = x'789c00' WHERE rowid % 2 = 0";
    Connection::open(&file).unwrap().execute(damage, []).unwrap();
    while feed.keep_up(later).unwrap() {}
    let left = Connection::open(&file)
        .unwrap()
        .query_row("SELECT count(*) FROM history_minute", [], |row| row.get(0));
    assert_eq!(left, Ok(0), "all that can be has become hours");
    assert!(feed.counts().damaged.load(Ordering::Relaxed) > 2);
}

#[test]
fn an_unknown_name_has_no_groups() {
    let history = History::new();
    let reader = Reader::new(&history.folder.path().join("history.db"));
    assert!(!reader.knows("shop").unwrap());
    assert!(history.ask(&question(By::Time, ALL_TIME)).groups.is_empty());
}
