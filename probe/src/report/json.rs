//! Results of `check --json`, for machines: one JSON document.
//!
//! Keys are only ever added. Durations are milliseconds with fractions, times are Unix seconds; what wasn't
//! there has no key.

use serde_json::{Map, Value, json};

use super::beacon::ms;
use super::unix_seconds;
use crate::check::Measurement;
use crate::check::assert::{Measure, Verdict};
use crate::oneshot::{Checked, Worst};

/// All results and their common verdict.
#[must_use]
pub fn render(checked: &[Checked], region: &str) -> String {
    let worst = Worst::of(checked);
    let checks: Vec<_> = checked.iter().map(check).collect();
    let document = json!({ "verdict": worst.name(), "region": region, "checks": checks });
    format!("{document:#}\n")
}

fn check(checked: &Checked) -> Value {
    let mut entry = Map::new();
    entry.insert("url".to_owned(), checked.url.as_str().into());
    entry.insert("verdict".to_owned(), Worst::of_one(&checked.verdict).name().into());
    entry.insert("outcome".to_owned(), checked.verdict.outcome().name().into());
    facts(&mut entry, &checked.measured);
    match &checked.verdict {
        Verdict::Ok => {}
        Verdict::OverBudget(overruns) => {
            let overruns = overruns.iter().map(|overrun| {
                let budget = overrun.budget;
                json!({ "measure": budget.measure.name(), "limit_ms": ms(budget.limit), "actual_ms": ms(overrun.actual) })
            });
            entry.insert("over_budget".to_owned(), overruns.collect());
        }
        Verdict::Failed(_, why) => {
            entry.insert("error".to_owned(), why.as_str().into());
        }
    }
    entry.into()
}

fn facts(entry: &mut Map<String, Value>, measured: &Measurement) {
    let last = measured.last();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            entry.insert(key.to_owned(), value);
        }
    };
    put("final_url", last.map(|hop| hop.url.as_str().into()));
    put("address", last.and_then(|hop| hop.address).map(|address| address.to_string().into()));
    put("status", measured.status().map(Value::from));
    put("redirects", Some(measured.redirects().into()));
    put("body_bytes", measured.body_bytes.map(Value::from));
    put("tls_version", last.and_then(|hop| hop.tls_version).map(Value::from));
    let expiry = last.and_then(|hop| hop.certificate_expiry);
    put("certificate_expiry_unix_seconds", expiry.map(|expiry| unix_seconds(expiry).into()));
    let times = Measure::ALL
        .iter()
        .filter_map(|measure| Some((measure.name().to_owned(), ms(measure.of(measured)?).into())));
    put("times_ms", Some(Value::Object(times.collect())));
}
