//! Does the decoder read the fixtures as their names say?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use graadmeter_tests::wire_fixtures;
use graadmeter_wire::{Beacon, decode};

pub(crate) fn bodies(folder: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(wire_fixtures().join(folder)).expect("the fixtures");
    let mut bodies: Vec<(String, Vec<u8>)> = entries
        .map(|entry| entry.expect("a fixture"))
        .map(|entry| {
            (entry.file_name().into_string().expect("UTF-8"), fs::read(entry.path()).expect("a file"))
        })
        .collect();
    bodies.sort();
    assert!(!bodies.is_empty(), "no fixtures in {folder}");
    bodies
}

fn index<T: serde::de::DeserializeOwned>(file: &str) -> BTreeMap<String, T> {
    serde_json::from_slice(&fs::read(wire_fixtures().join(file)).expect("an index")).expect("an index")
}

#[test]
fn every_valid_body_is_a_beacon_and_keeps_what_it_says() {
    for (name, body) in bodies("valid") {
        let decoded = decode(&body).unwrap_or_else(|error| panic!("{name}: {error}"));
        if !decoded.left_out.is_empty() {
            continue;
        }
        let written = serde_json::to_vec(&decoded.beacon).expect("a beacon can be written");
        let again = decode(&written).unwrap_or_else(|error| panic!("{name}, written again: {error}"));
        assert_eq!(again, decoded, "{name}");
    }
}

#[test]
fn the_example_of_the_format_loses_nothing() {
    let body = fs::read(wire_fixtures().join("valid/every-key.json")).expect("a fixture");
    let given: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    let decoded = decode(&body).expect("a beacon");
    let mut written = serde_json::to_value(&decoded.beacon).expect("a beacon can be written");
    // The two defaults need not be written.
    written["source"] = "rum".into();
    written["rate"] = 1.into();
    assert_eq!(numbers_as_floats(written), numbers_as_floats(given));
}

#[test]
fn every_invalid_body_is_refused_by_the_name_of_its_key() {
    let keys: BTreeMap<String, String> = index("invalid-keys.json");
    let mut files = BTreeSet::new();
    for folder in ["invalid", "invalid-text"] {
        for (name, body) in bodies(folder) {
            let name = format!("{folder}/{name}");
            let error = decode(&body).expect_err(&name);
            assert_eq!(error.key(), keys[&name], "{name}: {error}");
            files.insert(name);
        }
    }
    assert!(files.iter().eq(keys.keys()), "the index names files that are not there");
}

#[test]
fn an_impossible_value_is_left_out_and_the_rest_is_kept() {
    let left_out: BTreeMap<String, BTreeSet<String>> = index("left-out.json");
    let nothing = BTreeSet::new();
    for (name, body) in bodies("valid") {
        let decoded = decode(&body).expect(&name);
        let keys: BTreeSet<String> = decoded.left_out.keys().map(|key| key.name().to_owned()).collect();
        assert_eq!(&keys, left_out.get(&name).unwrap_or(&nothing), "{name}");
        assert_eq!(kept(&decoded.beacon), kept_by_hand(&body, &keys), "{name}");
    }
}

#[test]
fn an_error_never_repeats_what_was_sent() {
    let secret = "jane@shop.example";
    let wrong = [
        format!(r#"{{"v":1,"site":"{secret}"}}"#),
        format!(r#"{{"v":"{secret}"}}"#),
        format!(r#"{{"{secret}":1}}"#),
        format!(r#"{{"v":1,"site":"s","id":"{secret}"}}"#),
        format!(r#"{{"v":1,"site":"s","id":"0123456789abcdef","kind":"{secret}"}}"#),
        format!(r#"{{"v":1,"site":"s","id":"0123456789abcdef","kind":"page","url":"{secret}"}}"#),
        format!(r#"{{"vitals":{{"lcp":"{secret}"}}}}"#),
        format!(r#"{{"vitals":{{"lcp":", expected {secret}"}}}}"#),
        format!(r#"{{"kind":"x, expected {secret}"}}"#),
        format!(r#"{{"tz":"x` at line 1, expected {secret}\u0000"}}"#),
        format!(r#"{{"session":["{secret}"]}}"#),
        format!(r#"{{"conversion":{{"currency":"{secret}"}}}}"#),
        secret.to_owned(),
    ];
    for body in wrong {
        let error = decode(body.as_bytes()).expect_err(&body).to_string();
        assert!(!error.contains("jane") && !error.contains("expected x"), "{body}: {error}");
    }
}

/// The measured values that a beacon has, by their names on the wire.
fn kept(beacon: &Beacon) -> BTreeSet<String> {
    measured(&serde_json::to_value(beacon).expect("a beacon can be written"))
}

fn kept_by_hand(body: &[u8], left_out: &BTreeSet<String>) -> BTreeSet<String> {
    let body = serde_json::from_slice(body).expect("JSON");
    measured(&body).into_iter().filter(|name| !left_out.contains(name)).collect()
}

fn measured(beacon: &serde_json::Value) -> BTreeSet<String> {
    let groups = [
        ("vitals", "/vitals", &["ttfb", "fcp", "lcp", "inp", "cls"][..]),
        (
            "timing",
            "/timing",
            &[
                "redirect",
                "dns",
                "connect",
                "tls",
                "ttfb",
                "response",
                "dom_interactive",
                "dom_content_loaded",
                "load",
            ],
        ),
        ("session.landing", "/session/landing", &["lcp", "load"]),
        ("device", "/device", &["w", "h", "dpr", "touch", "memory"]),
        ("conversion", "/conversion", &["value"]),
    ];
    let mut names = BTreeSet::new();
    for (group, pointer, keys) in groups {
        let has =
            |key: &&&str| beacon.pointer(&format!("{pointer}/{key}")).is_some_and(|value| !value.is_null());
        names.extend(keys.iter().filter(has).map(|key| format!("{group}.{key}")));
    }
    names.extend(beacon.get("errors").filter(|errors| !errors.is_null()).map(|_| "errors".to_owned()));
    names
}

fn numbers_as_floats(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value::{Array, Number, Object};
    match value {
        Number(number) => number.as_f64().into(),
        Array(items) => items.into_iter().map(numbers_as_floats).collect(),
        Object(keys) => keys.into_iter().map(|(key, value)| (key, numbers_as_floats(value))).collect(),
        other => other,
    }
}
