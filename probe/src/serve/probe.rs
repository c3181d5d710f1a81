//! `/probe?target=URL[&module=http_2xx]`: one check on demand, answered in `blackbox_exporter`'s words.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use tracing::debug;
use url::form_urlencoded;

use super::{App, exposition, text};
use crate::check::assert::{Expectations, StatusRule, judge};
use crate::check::{self, Method, http};
use crate::config::{TIMEOUT_DEFAULT, page_url};
use crate::limits::{BODY_BYTES_DEFAULT, SCRAPE_MARGIN, TIMEOUT_MAX, TIMEOUT_MIN};
use crate::report::blackbox;

/// The only module: any 2xx is a success.
const MODULE: &str = "http_2xx";
/// How long Prometheus waits for the answer, in seconds.
const SCRAPE_TIMEOUT: &str = "X-Prometheus-Scrape-Timeout-Seconds";

pub(super) async fn answer(app: &App, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let query = request.uri().query().unwrap_or_default();
    let parameter =
        |name: &str| form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|pair| pair.1);
    if parameter("module").is_some_and(|module| module != MODULE) {
        return text(StatusCode::BAD_REQUEST, "unknown module; there is `http_2xx`");
    }
    let Some(target) = parameter("target").filter(|target| !target.is_empty()) else {
        return text(StatusCode::BAD_REQUEST, "name what to check: /probe?target=https://www.shop.example/");
    };
    let Ok(url) = page_url(&with_scheme(target)) else {
        return text(
            StatusCode::BAD_REQUEST,
            "the target is no http or https URL without user name and password",
        );
    };
    if !app.hosts.allow(check::host(&url)) {
        return text(
            StatusCode::FORBIDDEN,
            "the target's host isn't in `probe_targets` of this probe's configuration",
        );
    }
    let Ok(_place) = app.probes.try_acquire() else {
        return text(StatusCode::SERVICE_UNAVAILABLE, "too many probes at once");
    };
    let request = check::Request {
        url,
        method: Method::Get,
        timeout: time_allowed(request),
        follow_redirects: true,
        body_bytes_max: BODY_BYTES_DEFAULT,
        body_contains: None,
        hosts: app.hosts.clone(),
        trust: app.trust.clone(),
    };
    let measured = http::measure(&request).await;
    let verdict = judge(&measured, &Expectations { status: StatusRule::success(), budgets: Vec::new() });
    debug!(outcome = verdict.outcome().name(), "probed on demand");
    exposition(blackbox::render(&measured, &verdict))
}

/// A target without a scheme is taken as plain HTTP, as `blackbox_exporter` does.
fn with_scheme(target: Cow<'_, str>) -> Cow<'_, str> {
    if target.contains("://") { target } else { format!("http://{target}").into() }
}

/// A little less than Prometheus waits, if it says; never more than the default.
fn time_allowed<B>(request: &Request<B>) -> Duration {
    let said = request.headers().get(SCRAPE_TIMEOUT).and_then(|said| said.to_str().ok()?.parse().ok());
    let waits =
        said.and_then(|seconds: f64| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(TIMEOUT_MAX);
    waits.saturating_sub(SCRAPE_MARGIN).clamp(TIMEOUT_MIN, TIMEOUT_DEFAULT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_comes_before_prometheus_gives_up() {
        let allowed = |said: Option<&str>| {
            let mut request = Request::new(());
            if let Some(said) = said {
                request.headers_mut().insert(SCRAPE_TIMEOUT, said.parse().unwrap());
            }
            time_allowed(&request)
        };
        assert_eq!(allowed(Some("5")), Duration::from_millis(4500));
        assert_eq!(allowed(None), TIMEOUT_DEFAULT);
        assert_eq!(allowed(Some("600")), TIMEOUT_DEFAULT);
        assert_eq!(allowed(Some("0.1")), TIMEOUT_MIN);
        for odd in ["-1", "NaN", "soon"] {
            assert_eq!(allowed(Some(odd)), TIMEOUT_DEFAULT, "{odd}");
        }
    }
}
