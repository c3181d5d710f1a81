use serde_json::{Value, json};

use super::*;
use crate::history::{Feed, Retention};
use crate::measure::Measures;
use crate::observation::{Channel, Country, Device, Event, Observation, SiteIndex, ThirdParties, Visitor};

/// A history of a minute in which phones had an LCP of 1 to 100 ms, and a tablet a CLS of 0.1.
fn history(path: &std::path::Path) {
    let mut feed = Feed::open(path, Retention::default()).unwrap();
    let mut record = |device, metric, value| {
        let mut measures = Measures::default();
        measures.set(metric, Some(value));
        let visitor = Visitor { device, channel: Channel(0), country: Country::from_code("NL").unwrap() };
        let event = Event::View {
            visitor,
            page: "home",
            lands: true,
            measures,
            errors: 0,
            third_party: ThirdParties::Told(&[]),
        };
        let observation = Observation { site: SiteIndex(0), weight: 1, event };
        feed.record("shop", "email", UnixSeconds(1_795_359_045), &observation);
    };
    for ms in 1..=100 {
        record(Device::Mobile, Metric::Lcp, Micros(1_000 * ms));
    }
    record(Device::Tablet, Metric::Cls, Micros(100_000));
    feed.save(1).unwrap();
}

async fn ask(query: &str) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.db");
    history(&path);
    let room = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let source = Source::History(Reader::new(&path));
    let answered = source.answer(query, UnixSeconds(1_795_359_100), room).await;
    answered.map(|json| json.parse().unwrap()).map_err(|wrong| wrong.to_string())
}

#[tokio::test]
async fn answers_in_milliseconds() {
    let answer = ask("site=shop&metric=lcp&by=device&q=0.75").await.unwrap();
    let p75 = answer["groups"][0]["quantiles"]["0.75"].as_f64().unwrap();
    assert!((p75 - 75.0).abs() <= 0.75, "{p75}");
    let expected = json!({
        "site": "shop", "metric": "lcp", "by": "device", "unit": "ms",
        "from": "2026-11-22T14:50:00Z", "to": "2026-11-22T14:52:00Z",
        "groups": [{ "name": "mobile", "count": 100, "quantiles": { "0.75": p75 } }],
        "damaged": 0,
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn groups_of_time_have_dates_and_a_score_has_no_unit() {
    let answer = ask("site=shop&metric=cls&by=time&device=tablet&page=home").await.unwrap();
    assert_eq!((&answer["unit"], &answer["step"]), (&json!("score"), &json!("minute")));
    assert_eq!(answer["groups"][0]["name"], json!("2026-11-22T14:50:00Z"));
    let median = answer["groups"][0]["quantiles"]["0.5"].as_f64().unwrap();
    assert!((median - 0.1).abs() <= 0.001, "{median}");
}

#[tokio::test]
async fn an_unknown_site_is_told_and_not_repeated() {
    let wrong = ask("site=SECRET&metric=lcp&by=device").await.unwrap_err();
    assert!(wrong.starts_with("site:") && !wrong.contains("SECRET"), "{wrong}");
}

#[tokio::test]
async fn a_name_that_never_came_has_no_groups() {
    assert_eq!(ask("site=shop&metric=lcp&by=time&channel=sms").await.unwrap()["groups"], json!([]));
}

#[tokio::test]
async fn a_database_that_is_not_there_is_storage_failing() {
    let folder = tempfile::tempdir().unwrap();
    let timings = Timings::new(Source::History(Reader::new(&folder.path().join("history.db"))));
    assert_eq!(
        timings.answer("site=shop&metric=lcp&by=time").await.status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert_eq!(timings.answer("site=shop").await.status(), StatusCode::BAD_REQUEST);
}
