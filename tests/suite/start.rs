//! Does the program start when it should, refuse when it should, and say why?

use std::fs;
use std::time::Duration;

use graadmeter_tests::beacon::{Beacon, DESKTOP, ORIGIN};
use graadmeter_tests::collector::{Collector, SHOP, run};
use graadmeter_tests::raw_http::get;
use serde_json::json;

#[tokio::test]
async fn check_config_tells_every_mistake_with_its_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wrong = "\
[limits]
beacons_per_minute_per_clent = 5

[proxies]
trusted = [\"10.0.0.0/33\"]

[[site]]
id = \"my shop\"
origins = [\"www.shop.example\"]
currency = \"EURO\"
robots = \"maybe\"
colour = \"red\"

[[site.page]]
name = \"product\"
path = \"/p/**\"
stage = \"curiosity\"
";
    fs::write(folder.path().join("wrong.toml"), wrong).expect("a temporary file");
    let ended = run(&["check-config", "wrong.toml"], folder.path()).await;
    assert_eq!(ended.status.code(), Some(1), "{}", ended.text());
    let mistakes = [
        (2, "beacons_per_minute_per_clent"),
        (5, "trusted"),
        (8, "id"),
        (9, "origins"),
        (10, "currency"),
        (11, "robots"),
        (12, "colour"),
        (17, "stage"),
    ];
    for (line, word) in mistakes {
        let numbered = [format!("line {line}"), format!(":{line}:"), format!(":{line} ")];
        let told =
            ended.lines.iter().any(|said| said.contains(word) && numbered.iter().any(|at| said.contains(at)));
        assert!(told, "line {line}, {word:?}, is not told in\n{}", ended.text());
    }
    assert!(
        ended.text().contains("beacons_per_minute_per_client"),
        "a slip of the pen is met with a suggestion"
    );
}

#[tokio::test]
async fn check_config_tells_names_that_the_script_can_not_have() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, report_to, said) in [
        ("pulse.js", "/a/p", [Some("such as \"/a/pulse.js\""), None]),
        ("/a/pulse", "/a/p/", [Some("does not end in a name with .js"), Some("between single slashes")]),
        ("/beacon-more.js", "/v1/conversion", [Some("choose another"), Some("choose another")]),
        ("/a/pulse.js", "/a/pulse-more.js", [None, Some("choose another")]),
        ("/a/pulse.js", "/metrics", [None, Some("choose another")]),
        ("/a/../pulse.js", "/%61", [Some("letters, digits"), Some("letters, digits")]),
        (&format!("/{}.js", "a".repeat(200)), "/a/p", [Some("128"), None]),
        ("/a/pulse.js", "/a/p", [None, None]),
    ] {
        let text = format!("[script]\npath = \"{path}\"\nreport_to = \"{report_to}\"\n{SHOP}");
        fs::write(folder.path().join("names.toml"), text).expect("a temporary file");
        let ended = run(&["check-config", "names.toml"], folder.path()).await;
        let mistakes = said.iter().flatten().count();
        assert_eq!(ended.status.code(), Some(i32::from(mistakes > 0)), "{}", ended.text());
        for (line, word) in [2, 3].into_iter().zip(said) {
            let told = ended.lines.iter().find(|said| said.contains(&format!("line {line}:")));
            match word {
                Some(word) => assert!(told.is_some_and(|said| said.contains(word)), "{}", ended.text()),
                None => assert_eq!(told, None),
            }
        }
    }
}

#[tokio::test]
async fn check_config_takes_what_serve_takes() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("right.toml"), SHOP).expect("a temporary file");
    let ended = run(&["check-config", "right.toml"], folder.path()).await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.text());
}

#[tokio::test]
async fn check_config_of_what_is_no_toml_or_no_file_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("broken.toml"), "[limits]\n\nbeacons = = 1\n").expect("a temporary file");
    let broken = run(&["check-config", "broken.toml"], folder.path()).await;
    assert_eq!(broken.status.code(), Some(1), "{}", broken.text());
    assert!(broken.text().contains("line 3") || broken.text().contains(":3"), "{}", broken.text());
    let missing = run(&["check-config", "missing.toml"], folder.path()).await;
    assert_ne!(missing.status.code(), Some(0));
    assert!(missing.text().contains("missing.toml"), "{}", missing.text());
}

#[tokio::test]
async fn serve_refuses_a_wrong_configuration() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("wrong.toml"), "[limts]\n").expect("a temporary file");
    let arguments =
        ["serve", "--config", "wrong.toml", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let ended = run(&arguments, folder.path()).await;
    assert_ne!(ended.status.code(), Some(0));
    assert!(ended.text().contains("limts"), "{}", ended.text());
}

#[tokio::test]
async fn it_does_not_go_public_without_sites() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = ["serve", "--listen", "0.0.0.0:0", "--admin-listen", "127.0.0.1:0"];
    let ended = run(&arguments, folder.path()).await;
    assert_ne!(ended.status.code(), Some(0), "{}", ended.text());
    assert!(ended.text().contains("site"), "it says what is missing: {}", ended.text());
}

#[tokio::test]
async fn the_admin_listener_does_not_go_public_by_accident() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("shop.toml"), SHOP).expect("a temporary file");
    let arguments =
        ["serve", "--config", "shop.toml", "--listen", "127.0.0.1:0", "--admin-listen", "0.0.0.0:0"];
    let ended = run(&arguments, folder.path()).await;
    assert_ne!(ended.status.code(), Some(0), "{}", ended.text());
    assert!(ended.text().contains("admin"), "it says what to set: {}", ended.text());
}

#[tokio::test]
async fn without_configuration_it_takes_site_default_from_anywhere_and_says_so() {
    let collector = Collector::serve_unconfigured().await;
    let beacon = Beacon::page().with("/site", json!("default"));
    assert_ne!(ORIGIN, "http://localhost");
    assert_eq!(collector.send_from(DESKTOP, &beacon).await.status, 204);
    assert_eq!(collector.send(&Beacon::page()).await.status, 403, "and no other");
    assert!(collector.lines().iter().any(|line| line.contains("default")), "{:#?}", collector.lines());
}

#[tokio::test]
async fn it_tells_its_health() {
    let collector = Collector::serve(SHOP).await;
    for (path, word) in [("/healthz", "ok"), ("/readyz", "ready")] {
        let response = get(collector.admin, path).await;
        assert_eq!((response.status, response.text().trim()), (200, word), "{path}");
    }
    assert_eq!(get(collector.admin, "/nothing").await.status, 404);
}

#[tokio::test]
async fn it_ends_by_itself_when_told_and_idle() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::page(), Beacon::page()]).await;
    collector.terminate();
    let ended =
        tokio::time::timeout(Duration::from_secs(10), collector.ended()).await.expect("nothing to wait for");
    assert_eq!((ended.status.code(), &ended.logged("stopped")["accepted"]), (Some(0), &json!(2)));
}
