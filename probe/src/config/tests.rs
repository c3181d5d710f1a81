//! The configuration, from the outside: what is taken, what is refused, and how that is told.

use super::*;
use crate::check::assert::{Budget, StatusRule};
use crate::check::{self, Method};

fn parse(text: &str) -> Result<Config, Vec<String>> {
    Config::parse(text, Path::new("/nowhere"), Roots::new(Vec::new()))
        .map_err(|mistakes| mistakes.0.iter().map(ToString::to_string).collect())
}

#[test]
fn little_is_enough() {
    let text = "[[check]]\nname = 'home'\nsite = 'shop'\nurl = 'https://www.shop.example/'\n";
    let config = parse(text).unwrap();
    assert_eq!((config.region.as_str(), config.concurrency, config.checks.len()), ("local", 32, 1));
    assert!(config.collector.is_none());
    let check = &config.checks[0];
    assert_eq!((check.interval, check.request.timeout), (Duration::from_mins(1), Duration::from_secs(10)));
    assert_eq!(check.request.method, Method::Get);
    assert_eq!(check.expected, Expectations { status: StatusRule::Below400, budgets: Vec::new() });
    assert!(check.request.follow_redirects && check.request.body_contains.is_none() && check.page.is_none());
}

#[test]
fn everything_can_be_said() {
    let text = r#"
region = "eu-west"
concurrency = 4
probe_targets = ["WWW.shop.example"]
[collector]
url = "https://collector.example/rum/"
timeout = "5s"
queue = 10
[defaults]
site = "shop"
interval = "30s"
timeout = "2s"
budget = { ttfb = "800ms", total = "3s" }
[[check]]
name = "home"
url = "https://www.shop.example/?q=1"
page = "home"
method = "HEAD"
status = ["2xx", 304]
follow_redirects = false
budget = { total = "1s" }
[[check]]
name = "search"
url = "https://www.shop.example/s"
site = "other"
status = 200
body_contains = "Results"
body_bytes_max = 1_000
interval = "5m"
"#;
    let config = parse(text).unwrap();
    assert_eq!((config.region.as_str(), config.concurrency), ("eu-west", 4));
    let collector = config.collector.as_ref().unwrap();
    assert_eq!(collector.endpoint.as_str(), "https://collector.example/rum/v1/beacon");
    assert_eq!((collector.timeout, collector.queue), (Duration::from_secs(5), 10));
    let [home, search] = &config.checks[..] else { panic!("two checks") };
    assert_eq!(
        (home.site.as_str(), home.page.as_deref(), home.request.method),
        ("shop", Some("home"), Method::Head)
    );
    assert_eq!(home.expected.status.to_string(), "2xx or 304");
    let budget = |text: &str| text.parse::<Budget>().unwrap();
    assert_eq!(home.expected.budgets, [budget("ttfb=800ms"), budget("total=1s")]);
    assert!(!home.request.follow_redirects);
    assert_eq!(search.expected.budgets, [budget("ttfb=800ms"), budget("total=3s")]);
    assert_eq!((search.site.as_str(), search.interval), ("other", Duration::from_mins(5)));
    assert_eq!(search.request.body_contains.as_deref(), Some("Results"));
    assert_eq!((search.request.body_bytes_max, search.request.timeout), (1000, Duration::from_secs(2)));
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = r#"regoin = "eu"
probe_targets = ["shop.example", "https://shop.example"]
concurrency = 0
[collector]
timeout = "soon"
[[check]]
name = "home"
url = "www.shop.example"
site = "a shop"
status = [200, 99]
budget = { ttfb = "800", speed = "1s" }
[[check]]
url = "https://me:secret@www.shop.example/"
site = "shop"
timeout = "10s"
interval = "5s"
method = "POST"
ca_file = "missing.pem"
body_contains = ""
follow_redirects = "yes"
"#;
    let mistakes = parse(text).unwrap_err();
    let expected = [
        "line 1: regoin: unknown key; did you mean `region`?",
        "line 2: probe_targets: `https://shop.example` is no host; write its name without scheme and port",
        "line 3: concurrency: 0 is not between 1 and 1024",
        "line 4: collector.url: is required, such as url = \"https://",
        "line 5: collector.timeout: `soon` is no time such as \"800ms\" or \"30s\"",
        "line 8: check.url: `www.shop.example` is no absolute URL; write it as `https://www.shop.example/`",
        "line 9: check.site: expected a site id: 1 to 64 letters, digits, dots, dashes and underscores",
        "line 10: check.status: `99` is no status; write a code from 100 to 599, or a class as \"2xx\"",
        "line 11: check.budget.speed: unknown key; known here: redirect, dns, connect, tls, wait, ttfb, transfer, total",
        "line 11: check.budget.ttfb: `800` is no time such as \"800ms\" or \"30s\"",
        "line 12: check.name: is required, such as name = ",
        "line 12: check.timeout: is longer than the interval: a run could not end before the next",
        "line 13: check.url: the URL holds a user name or password, which would be reported",
        "line 17: check.method: expected \"GET\" or \"HEAD\"; a check must not change anything",
        "line 18: check.ca_file: /nowhere/missing.pem: ",
        "line 19: check.body_contains: expected 1 to 1024 bytes",
        "line 20: check.follow_redirects: invalid type: string \"yes\", expected a boolean",
    ];
    assert_eq!(mistakes.len(), expected.len(), "{mistakes:#?}");
    for (mistake, expected) in mistakes.iter().zip(expected) {
        assert!(mistake.starts_with(expected), "{mistake}\nexpected: {expected}");
    }
}

#[test]
fn checks_of_one_site_have_names_of_their_own() {
    let check = "[[check]]\nname = 'home'\nsite = 'shop'\nurl = 'http://shop.example/'\n";
    let mistakes = parse(&check.repeat(2)).unwrap_err();
    assert_eq!(mistakes, ["line 5: check.name: a second check `home` of site `shop`; names are unique"]);
}

#[test]
fn a_check_needs_its_site_from_somewhere() {
    let check = "[[check]]\nname = 'home'\nurl = 'http://shop.example/'\n";
    let mistakes = parse(check).unwrap_err();
    assert_eq!(mistakes, ["line 1: check.site: is required, such as site = \"shop\", here or in [defaults]"]);
    assert_eq!(parse(&format!("{check}[defaults]\nsite = 'shop'\n")).unwrap().checks[0].site, "shop");
}

#[test]
fn a_list_of_statuses_has_one_at_least() {
    let check = "[[check]]\nname = 'home'\nsite = 'shop'\nurl = 'http://shop.example/'\nstatus = []\n";
    assert_eq!(parse(check).unwrap_err(), ["line 1: check.status: is empty, so no answer could be right"]);
}

#[test]
fn an_empty_list_of_targets_lets_nobody_probe() {
    let config = parse("probe_targets = []\n").unwrap();
    assert!(!config.probe_hosts(true).allow("any.example"));
}

#[test]
fn every_error_of_syntax_is_told() {
    let mistakes = parse("region = \n[[check]\n").unwrap_err();
    assert!(mistakes.iter().any(|mistake| mistake.starts_with("line 1: ")), "{mistakes:?}");
    assert!(mistakes.iter().any(|mistake| mistake.starts_with("line 2: ")), "{mistakes:?}");
}

#[test]
fn strangers_may_probe_listed_hosts_only() {
    let check = "[[check]]\nname = 'home'\nsite = 'shop'\nurl = 'http://shop.example/'\n";
    let open = parse(check).unwrap();
    let nothing = parse("").unwrap();
    assert!(nothing.checks.is_empty() && nothing.probe_hosts(true).allow("any.example"));
    assert!(open.probe_hosts(true).allow("any.example"));
    assert!(!open.probe_hosts(false).allow("any.example"));
    let listed =
        parse(&format!("probe_targets = ['Shop.example', '::1', '[::2]', '192.0.2.1']\n{check}")).unwrap();
    for loopback in [true, false] {
        for url in ["https://SHOP.example/", "http://[::1]:80/", "http://[::2]/", "http://192.0.2.1/"] {
            assert!(listed.probe_hosts(loopback).allow(check::host(&url.parse().unwrap())), "{url}");
        }
        assert!(!listed.probe_hosts(loopback).allow("any.example"));
    }
}

#[test]
fn a_collector_is_named_by_its_address_or_endpoint() {
    for given in ["http://127.0.0.1:8787", "http://127.0.0.1:8787/", "http://127.0.0.1:8787/v1/beacon?x=1"] {
        assert_eq!(endpoint(given).unwrap().as_str(), "http://127.0.0.1:8787/v1/beacon");
    }
}
