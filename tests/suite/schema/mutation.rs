//! Beacons that are almost right: fixtures with a few values changed, at the edges of what each key takes.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::wire_format::bodies;

/// A valid fixture with up to three of its values, at any depth, replaced, removed or added.
pub(super) fn mutated_beacon() -> impl Strategy<Value = Value> {
    let valid: Vec<Value> =
        bodies("valid").iter().map(|(_, body)| serde_json::from_slice(body).expect("JSON")).collect();
    let change = prop_oneof![
        5 => any::<prop::sample::Index>().prop_map(Change::ToEdge),
        4 => any_value().prop_map(Change::To),
        1 => Just(Change::Removal),
        2 => (prop::sample::select(KEYS), any_value()).prop_map(|(key, value)| Change::Addition(key, value)),
    ];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), change), 0..=3);
    (prop::sample::select(valid), changes).prop_map(|(mut beacon, changes)| {
        for (place, change) in changes {
            mutate(&mut beacon, place, change);
        }
        beacon
    })
}

/// What is done to one value.
#[derive(Debug, Clone)]
enum Change {
    /// Just inside or just outside of what its key allows.
    ToEdge(prop::sample::Index),
    To(Value),
    Removal,
    /// Another key beside it.
    Addition(&'static str, Value),
}

const KEYS: &[&str] = &[
    "v",
    "site",
    "id",
    "kind",
    "url",
    "ref",
    "page",
    "channel",
    "nav",
    "session",
    "n",
    "landing",
    "campaign",
    "source",
    "medium",
    "name",
    "click",
    "device",
    "w",
    "h",
    "dpr",
    "touch",
    "memory",
    "ect",
    "mobile",
    "webdriver",
    "tz",
    "variant",
    "stage",
    "cause",
    "target",
    "until",
    "marks",
    "errors",
    "region",
    "check",
    "rate",
    "timing",
    "dns",
    "ttfb",
    "response",
    "dom_interactive",
    "load",
    "vitals",
    "fcp",
    "lcp",
    "inp",
    "cls",
    "third_party",
    "host",
    "count",
    "bytes",
    "ms",
    "conversion",
    "value",
    "currency",
    "order",
    "first",
    "other",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0), Just(1), Just(-1), Just(100_000), Just(100_001), any::<i64>()]
            .prop_map(Value::from),
        prop_oneof![Just(0.5), Just(0.0001), Just(0.00009), Just(1.5), Just(1e300), -1e7..1e7]
            .prop_map(fraction),
        prop::sample::select(WORDS).prop_map(Value::from),
        "[a-zA-Z0-9 ._:/?#@%-]{0,70}".prop_map(Value::from),
        "\\PC{0,40}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "https?://[a-z:@]{0,4}[a-z0-9.]{0,6}(:[0-9a-z]{0,3})?[/?#@:]{0,3}[a-z \u{7f}é]{0,3}"
            .prop_map(Value::from),
        "-?[0-9]{0,14}(\\.[0-9]{0,7})?".prop_map(Value::from),
        "[0-9a-fA-Fg]{14,66}".prop_map(Value::from),
        (prop::sample::select(&["a", "é", "注", "🛒"][..]), 16..200_usize)
            .prop_map(|(a, n)| a.repeat(n).into()),
    ];
    leaf.prop_recursive(2, 8, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(KEYS), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

const WORDS: &[&str] = &[
    "page",
    "conversion",
    "navigate",
    "bfcache",
    "rum",
    "probe",
    "4g",
    "5g",
    "EUR",
    "USD",
    "eur",
    "ABC",
    "59.95",
    "0123456789abcdef",
    "https://a.example/",
    "HTTP://A",
    "http://:80",
    "ftp://a",
    "",
    "shop",
    "a b",
];

/// A number that is not whole: `1.0` is a whole number to a schema, but not written as one (see the `$comment`).
fn fraction(number: f64) -> Value {
    let number = if number.fract() == 0.0 && number.abs() < 1e15 { number + 0.5 } else { number };
    Value::from(number)
}

fn mutate(beacon: &mut Value, place: prop::sample::Index, change: Change) {
    let mut pointers = Vec::new();
    collect_pointers(beacon, String::new(), &mut pointers);
    let pointer = &pointers[place.index(pointers.len())];
    let (parent, key) = pointer.rsplit_once('/').expect("not the root");
    let beside = beacon.pointer_mut(parent).and_then(Value::as_object_mut);
    match (change, beside) {
        (Change::Removal, Some(keys)) => _ = keys.remove(key),
        (Change::Addition(key, value), Some(keys)) => _ = keys.insert(key.to_owned(), value),
        (Change::To(value), _) => replace(beacon, pointer, value),
        (Change::ToEdge(edge), _) => {
            let mut edges = edges(key);
            replace(beacon, pointer, edges.swap_remove(edge.index(edges.len())));
        }
        (Change::Removal | Change::Addition(..), None) => {} // an entry of a list has no keys beside it
    }
}

fn replace(beacon: &mut Value, pointer: &str, value: Value) {
    *beacon.pointer_mut(pointer).expect("collected just now") = value;
}

/// Values at the edges of what a key takes.
fn edges(key: &str) -> Vec<Value> {
    let long = |letter: &str, bytes: usize| json!(letter.repeat(bytes / letter.len()));
    let around = |bytes| {
        vec![json!(""), long("x", bytes), long("x", bytes + 1), long("é", bytes), long("é", bytes + 2)]
    };
    let address = |bytes: usize| json!(format!("https://a.example/{}", "x".repeat(bytes - 18)));
    match key {
        "v" => vec![json!(0), json!(1), json!(2), json!(1.5)],
        "site" => [around(64), vec![json!("a.b-c_D9"), json!("a b"), json!("é"), json!("a/b")]].concat(),
        "id" => [15, 16, 64, 65].map(|digits| long("F", digits)).into_iter().chain([long("g", 16)]).collect(),
        "kind" => vec![json!("page"), json!("conversion"), json!("Page"), json!("")],
        "nav" => vec![json!("soft"), json!("back_forward"), json!("backforward"), json!("")],
        "url" => [URLS.iter().map(|url| json!(url)).collect(), vec![address(4096), address(4097)]].concat(),
        "ref" => [around(4096), vec![json!("android-app://x"), json!("a\u{85}b")]].concat(),
        "tz" => around(64),
        "page" | "stage" | "channel" | "variant" | "region" | "check" | "target" | "medium" | "name"
        | "click" | "order" => around(192),
        "source" => [around(192), vec![json!("rum"), json!("probe")]].concat(),
        "until" => {
            vec![json!([1, 2]), json!([1]), json!([1, 2, 3]), json!([]), json!([null, 1]), json!(["1", 2])]
        }
        "marks" => vec![
            json!({"x".repeat(192): 1}),
            json!({"x".repeat(193): 1}),
            json!({"a\u{85}": 1}),
            json!({"": -1}),
        ],
        "host" => around(253),
        "n" => [0, 1, 100_000, 100_001].map(Value::from).into(),
        "rate" => {
            [0.0, 0.000_099, 0.0001, 0.5, 1.0001].map(Value::from).into_iter().chain([json!(1)]).collect()
        }
        "value" => {
            ["0", "-0.000001", "0.0000001", "5.", ".5", "1e3", "+1", "1000000000000"].map(Value::from).into()
        }
        "currency" => ["EUR", "eur", "EURO", "EU", "ZZZ"].map(Value::from).into(),
        "ect" => vec![json!("5g"), json!(""), json!(4)],
        "mobile" | "webdriver" | "first" => vec![json!(true), json!(false), json!(1)],
        _ => vec![
            json!(-1),
            json!(0),
            json!(1e300),
            json!("1"),
            json!(true),
            Value::Null,
            json!([]),
            json!({}),
        ],
    }
}

const URLS: &[&str] = &[
    "http://a",
    "HTTP://A",
    "hTTpS://a/",
    "https://a:80",
    "https://:80",
    "https://:80/",
    "https://:",
    "https://a:b",
    "https://:b",
    "https://[::1]:8/",
    "https://u@a",
    "https://u:p@a/",
    "https://u@",
    "https://u@:80",
    "https://@a",
    "https://a@b@c/",
    "https://a?x",
    "https://?x",
    "https://#x",
    "https:///x",
    "https://a/b?c#d?e",
    "https://a/@",
    "https://a/b c",
    "https://a\u{7f}",
    "https://a/\u{85}",
    "https://é/ö",
    "https:/a",
    "https//a",
    "ftp://a",
    "//a",
    "",
    " https://a",
    "https://a ",
    "httpss://a",
    "xhttps://a",
];

fn collect_pointers(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(keys) => {
            keys.iter()
                .for_each(|(key, value)| collect_pointers(value, format!("{pointer}/{key}"), pointers));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, value)| collect_pointers(value, format!("{pointer}/{n}"), pointers));
        }
        _ => {}
    }
    if !pointer.is_empty() {
        pointers.push(pointer);
    }
}
