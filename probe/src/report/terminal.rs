//! Results of `check` for people: a table of phases with a bar each, then what is wrong, if anything.

use std::fmt::Write;
use std::time::Duration;

use super::beacon::ms;
use crate::check::assert::{Budget, Measure, Verdict};
use crate::check::{Measurement, Phase};
use crate::oneshot::Checked;

/// Width of the longest bar, in characters.
const BAR_WIDTH: f64 = 40.0;

/// One result as text of several lines.
#[must_use]
pub fn render(checked: &Checked, budgets: &[Budget]) -> String {
    let mut text = String::new();
    // Writing to a `String` can't fail.
    let _ = write(&mut text, checked, budgets);
    text
}

fn write(text: &mut String, checked: &Checked, budgets: &[Budget]) -> std::fmt::Result {
    let measured = &checked.measured;
    writeln!(text, "{}", checked.url)?;
    if let Some(hop) = measured.last().filter(|_| measured.redirects() > 0) {
        let redirects = if measured.redirects() == 1 { "redirect" } else { "redirects" };
        writeln!(text, "  → {} ({} {redirects})", hop.url, measured.redirects())?;
    }
    facts(text, measured)?;
    writeln!(text)?;
    phases(text, measured, budgets)?;
    writeln!(text)?;
    verdict(text, &checked.verdict)
}

fn facts(text: &mut String, measured: &Measurement) -> std::fmt::Result {
    let Some(hop) = measured.last() else { return Ok(()) };
    let mut facts = Vec::new();
    facts.extend(hop.status.map(|status| format!("status {status}")));
    facts.extend(hop.address.map(|address| address.to_string()));
    facts.extend(hop.tls_version.map(str::to_owned));
    facts.extend(measured.body_bytes.map(|bytes| format!("{bytes} bytes")));
    let day =
        |expiry| humantime::format_rfc3339_seconds(expiry).to_string().chars().take(10).collect::<String>();
    facts.extend(hop.certificate_expiry.map(|expiry| format!("certificate until {}", day(expiry))));
    if facts.is_empty() { Ok(()) } else { writeln!(text, "  {}", facts.join(" · ")) }
}

fn phases(text: &mut String, measured: &Measurement, budgets: &[Budget]) -> std::fmt::Result {
    let phases = measured.phases();
    let longest = phases.iter().map(|(_, time)| time).max().unwrap_or_default();
    for phase in Phase::ALL {
        let Some(time) = phases[phase] else { continue };
        row(text, Measure::of_phase(phase), time, &bar(time, longest), budgets)?;
    }
    for measure in [Measure::Redirect, Measure::Ttfb, Measure::Total] {
        let Some(time) = measure.of(measured) else { continue };
        row(text, measure, time, "", budgets)?;
    }
    Ok(())
}

fn row(
    text: &mut String,
    measure: Measure,
    time: Duration,
    bar: &str,
    budgets: &[Budget],
) -> std::fmt::Result {
    let of = budgets.iter().find(|budget| budget.measure == measure);
    let note = of.map_or(String::new(), |budget| {
        let sign = if time > budget.limit { "over" } else { "within" };
        format!("{sign} budget of {}", humantime::format_duration(budget.limit))
    });
    let notes = [bar, &note].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ");
    writeln!(text, "{}", format!("  {:<9}{:>11.1} ms  {notes}", measure.name(), ms(time)).trim_end())
}

fn bar(time: Duration, longest: Duration) -> String {
    let share = time.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
    "▇".repeat((share * BAR_WIDTH).round() as usize)
}

fn verdict(text: &mut String, verdict: &Verdict) -> std::fmt::Result {
    match verdict {
        Verdict::Ok => writeln!(text, "  ok"),
        Verdict::Failed(_, why) => writeln!(text, "  error: {why}"),
        Verdict::OverBudget(overruns) => {
            for overrun in overruns {
                let (measure, limit) =
                    (overrun.budget.measure.name(), humantime::format_duration(overrun.budget.limit));
                writeln!(text, "  over budget: {measure} took {:.1} ms, budget {limit}", ms(overrun.actual))?;
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::assert::{Expectations, judge};
    use crate::check::http;
    use crate::oneshot::check;
    use crate::report::json;
    use crate::testing::{DELAY, Site, Step, request, send};

    #[tokio::test]
    async fn a_slow_answer_says_which_budget_and_by_how_much() {
        let page = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let site = Site::answering(vec![Step::Wait(DELAY), send(page)]).await;
        let budgets = vec!["ttfb=100ms".parse().unwrap(), "dns=200ms".parse().unwrap()];
        let expected = Expectations { budgets: budgets.clone(), ..Expectations::default() };
        let checked = check(&request(&site.url()), &expected).await;
        let text = render(&checked, &budgets);
        assert!(
            text.starts_with(&format!("{}\n  status 200 · {} · 5 bytes\n", site.url(), site.address)),
            "{text}"
        );
        let row =
            |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap().to_owned();
        assert!(row("wait").ends_with(&"▇".repeat(40)), "the longest phase has the longest bar: {text}");
        assert!(
            row("ttfb").ends_with("over budget of 100ms") && row("dns").ends_with("within budget of 200ms")
        );
        assert!(
            row("over budget:").contains("ttfb took 5") && row("over budget:").ends_with("budget 100ms"),
            "{text}"
        );
        assert!(!text.contains("tls"), "{text}");
    }

    #[tokio::test]
    async fn json_leaves_out_what_was_not_there() {
        let site = Site::answering(vec![send("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")]).await;
        let request = request(&site.url());
        let measured = http::measure(&request).await;
        let verdict = judge(&measured, &Expectations::default());
        let checked = [Checked { url: request.url, measured, verdict }];
        let json: serde_json::Value = serde_json::from_str(&json::render(&checked, "here")).unwrap();
        assert_eq!((&json["verdict"], &json["region"]), (&"error".into(), &"here".into()));
        let first = &json["checks"][0];
        assert_eq!((&first["status"], &first["outcome"]), (&404.into(), &"status".into()));
        assert_eq!(first["error"], "status 404, expected below 400");
        assert!(first["times_ms"]["wait"].is_number() && first["times_ms"].get("tls").is_none(), "{json}");
    }
}
