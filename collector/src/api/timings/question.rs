//! From a query string to a question. What is wrong is told without a word of the input.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use url::form_urlencoded;

use crate::history::{By, Dimension, Question, UnixSeconds};
use crate::limits::QUANTILES_MAX;
use crate::measure::Metric;
use crate::observation::Device;

/// The grouping that is no dimension.
pub(super) const TIME: &str = "time";
/// How long before `to` a question without `from` begins.
const RANGE_SECONDS_USUAL: i64 = 86_400;
const QUANTILES_USUAL: [f64; 3] = [0.5, 0.75, 0.95];
/// The last second of the year 9999, behind which dates have no format.
const SECONDS_MAX: i64 = 253_402_300_799;

/// What can be wrong with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum WrongQuestion {
    #[error(
        "an unknown parameter; there are site, metric, by, from, to, q, device, channel, country and page"
    )]
    UnknownParameter,
    #[error("{0}: given twice")]
    Twice(&'static str),
    #[error("site: expected the id of a site, such as site=shop")]
    NoSite,
    #[error("site: nothing is stored of a site with this id; see id in [[site]] of the configuration")]
    UnknownSite,
    #[error(
        "metric: expected one of ttfb, fcp, lcp, inp, cls, load, redirect, dns, connect, tls, wait, response, \
         dom_interactive, dom_content_loaded"
    )]
    Metric,
    #[error("by: expected one of device, channel, country, page, time")]
    By,
    #[error(
        "{0}: expected seconds since 1970, or a date such as 2026-11-22T14:00:00Z, before the year 10000"
    )]
    Date(&'static str),
    #[error("from: expected a time before `to`")]
    Backwards,
    #[error(
        "q: expected 1 to {QUANTILES_MAX} numbers from 0 to 1 with commas between, such as 0.5,0.75,0.95"
    )]
    Quantiles,
    #[error("device: expected one of mobile, tablet, desktop, other")]
    Device,
}

/// Every parameter, as it was given.
const PARAMETERS: [&str; 10] =
    ["site", "metric", "by", "from", "to", "q", "device", "channel", "country", "page"];

/// Understands a query string; `now` is where a question without `to` ends.
pub(super) fn parse(query: &str, now: UnixSeconds) -> Result<Question, WrongQuestion> {
    let mut given = [const { None }; PARAMETERS.len()];
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let number = PARAMETERS.iter().position(|&known| known == key);
        let number = number.ok_or(WrongQuestion::UnknownParameter)?;
        if given[number].replace(value.into_owned()).is_some() {
            return Err(WrongQuestion::Twice(PARAMETERS[number]));
        }
    }
    let [site, metric, by, from, to, quantiles, device, channel, country, page] = given;
    let to = to.map_or(Ok(now), |to| date("to", &to))?;
    let usual = UnixSeconds(to.0.saturating_sub(RANGE_SECONDS_USUAL));
    let from = from.map_or(Ok(usual), |from| date("from", &from))?;
    if from >= to {
        return Err(WrongQuestion::Backwards);
    }
    if device.as_ref().is_some_and(|device| Device::ALL.iter().all(|known| known.name() != device)) {
        return Err(WrongQuestion::Device);
    }
    Ok(Question {
        site: site.ok_or(WrongQuestion::NoSite)?,
        metric: metric.and_then(|name| metric_of(&name)).ok_or(WrongQuestion::Metric)?,
        by: by.and_then(|name| by_of(&name)).ok_or(WrongQuestion::By)?,
        from,
        to,
        only: [device, channel, country, page],
        quantiles: quantiles.map_or(Ok(QUANTILES_USUAL.to_vec()), |list| quantiles_of(&list))?,
    })
}

fn metric_of(name: &str) -> Option<Metric> {
    Metric::ALL.into_iter().find(|metric| metric.name() == name)
}

fn by_of(name: &str) -> Option<By> {
    let dimension = Dimension::ALL.into_iter().find(|dimension| dimension.name() == name);
    dimension.map(By::Dimension).or((name == TIME).then_some(By::Time))
}

fn date(key: &'static str, text: &str) -> Result<UnixSeconds, WrongQuestion> {
    // A plus sign that nobody encoded has become a space.
    let parse = |text: &str| OffsetDateTime::parse(&text.replace(' ', "+"), &Rfc3339);
    let seconds = text.parse().ok().or_else(|| Some(parse(text).ok()?.unix_timestamp()));
    let seconds = seconds.filter(|seconds| (0..=SECONDS_MAX).contains(seconds));
    seconds.map(UnixSeconds).ok_or(WrongQuestion::Date(key))
}

fn quantiles_of(list: &str) -> Result<Vec<f64>, WrongQuestion> {
    let quantile = |text: &str| text.parse().ok().filter(|quantile| (0.0..=1.0).contains(quantile));
    let quantiles: Option<Vec<f64>> = list.split(',').take(QUANTILES_MAX + 1).map(quantile).collect();
    quantiles.filter(|quantiles| quantiles.len() <= QUANTILES_MAX).ok_or(WrongQuestion::Quantiles)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixSeconds = UnixSeconds(1_795_359_045);

    #[test]
    fn what_is_not_said_is_as_documented() {
        let question = parse("site=shop&metric=lcp&by=device", NOW).unwrap();
        assert_eq!((question.from.0, question.to), (NOW.0 - 86_400, NOW));
        assert_eq!(question.quantiles, [0.5, 0.75, 0.95]);
        assert_eq!(question.only, [const { None }; 4]);
    }

    #[test]
    fn dates_are_seconds_or_those_of_rfc_3339() {
        for (from, seconds) in [
            ("1795359045", 1_795_359_045),
            ("2026-11-22T14:50:45Z", 1_795_359_045),
            ("2026-11-22T15:50:45%2B01:00", 1_795_359_045),
            ("2026-11-22T15:50:45+01:00", 1_795_359_045),
            ("2026-11-22T14:50:45.9Z", 1_795_359_045),
        ] {
            let query = format!("site=shop&metric=cls&by=time&from={from}&to=1795359046&q=1&page=a%26b");
            let question = parse(&query, NOW).unwrap();
            assert_eq!((question.from.0, question.to.0), (seconds, 1_795_359_046), "{from}");
            assert_eq!((question.quantiles, question.only[3].as_deref()), (vec![1.0], Some("a&b")));
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        use WrongQuestion::{Backwards, By, Metric, NoSite, Quantiles, Twice, UnknownParameter};
        for (query, wrong) in [
            ("", NoSite),
            ("metric=lcp&by=device", NoSite),
            ("site=shop&by=device", Metric),
            ("site=shop&metric=LCP&by=device", Metric),
            ("site=shop&metric=lcp", By),
            ("site=shop&metric=lcp&by=moon", By),
            ("site=shop&site=shop&metric=lcp&by=page", Twice("site")),
            ("site=shop&metric=lcp&by=page&form=1", UnknownParameter),
            ("site=shop&metric=lcp&by=page&from=2&to=1", Backwards),
            ("site=shop&metric=lcp&by=page&from=1&to=1", Backwards),
            ("site=shop&metric=lcp&by=page&from=yesterday", WrongQuestion::Date("from")),
            ("site=shop&metric=lcp&by=page&to=-1", WrongQuestion::Date("to")),
            ("site=shop&metric=lcp&by=page&to=99999999999999", WrongQuestion::Date("to")),
            ("site=shop&metric=lcp&by=page&q=", Quantiles),
            ("site=shop&metric=lcp&by=page&q=75", Quantiles),
            ("site=shop&metric=lcp&by=page&q=0.5,NaN", Quantiles),
            ("site=shop&metric=lcp&by=page&q=0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0", Quantiles),
            ("site=shop&metric=lcp&by=page&device=phone", WrongQuestion::Device),
        ] {
            assert_eq!(parse(query, NOW), Err(wrong), "{query}");
        }
    }

    #[test]
    fn every_metric_is_among_those_that_the_message_names() {
        let message = WrongQuestion::Metric.to_string();
        let named: Vec<_> = message.trim_start_matches("metric: expected one of ").split(", ").collect();
        assert_eq!(named, Metric::ALL.map(Metric::name));
    }

    proptest! {
        #[test]
        fn no_input_comes_back(secret in "[A-Z]{12}", at in 0..PARAMETERS.len(), now: i64) {
            let query = format!("{}={secret}", PARAMETERS[at]);
            if let Err(wrong) = parse(&query, UnixSeconds(now)) {
                prop_assert!(!wrong.to_string().contains(&secret));
            }
            let wrong = parse(&format!("{secret}=1"), UnixSeconds(now)).unwrap_err();
            prop_assert!(!wrong.to_string().contains(&secret));
        }
    }
}
