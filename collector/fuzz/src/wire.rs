//! What must hold of everything that is decoded, and of everything that is refused.

use graadmeter_wire::{Beacon, Decoded, WireError, decode, limits};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Every word that an error is made of: keys, and what is said of them.
const WORDS: &str = "
    body v site id kind url ref page channel nav session n landing lcp load campaign source medium name click device w h
    dpr touch memory ect mobile webdriver tz variant region check rate timing redirect dns connect tls ttfb response
    dom_interactive dom_content_loaded vitals fcp inp cls third_party host count bytes ms conversion value currency
    order first context stage cause target until marks errors two numbers
    longer than not UTF valid JSON line column required but missing given twice expected something else
    a an the of at most and or one with without to from in as such above least
    number whole boolean string sequence object text control characters letters digits dots dashes underscores
    hexadecimal version absolute http https URL exact decimal ISO code EUR effective connection type 4g
    conversion navigate reload back_forward bfcache prerender soft rum probe";

/// Longest number in an error: columns, lines and limits have no more digits.
const DIGITS_MAX: usize = 6;

/// Refused bodies are told in our own words only, and only what is no JSON is said to be none.
pub fn refused(body: &[u8], error: &WireError) {
    let told = error.to_string();
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    for word in told.split(|letter| !is_of_word(letter)).filter(|word| !word.is_empty()) {
        let is_number = word.len() <= DIGITS_MAX && word.bytes().all(|byte| byte.is_ascii_digit());
        assert!(
            is_number || WORDS.split_whitespace().any(|known| known == word),
            "{word:?} is not ours: {told}"
        );
    }
    let marks = told.chars().filter(|&letter| !is_of_word(letter));
    assert!(marks.clone().all(|mark| " .,:()[]\"-".contains(mark)), "not our marks: {told}");
    assert!(told.len() <= 200, "too long: {told}");
    match error {
        WireError::TooLong => assert!(body.len() > limits::BODY_BYTES_MAX),
        WireError::NotUtf8 => assert!(str::from_utf8(body).is_err()),
        WireError::NotJson { .. } => {
            assert!(serde_json::from_slice::<Value>(body).is_err(), "it is JSON: {told}")
        }
        WireError::Missing { .. } | WireError::Twice { .. } | WireError::Unexpected { .. } => {}
    }
}

/// What is accepted is JSON. Its grammar is asked for, not its values: keys that we don't know may hold numbers that no
/// float can be, and be nested deeper than a tree of them is built.
pub fn accepted(body: &[u8]) {
    assert!(body.len() <= limits::BODY_BYTES_MAX);
    assert!(str::from_utf8(body).is_ok());
    let read = serde_json::from_slice::<IgnoredAny>(body);
    assert!(read.is_ok(), "accepted, but {read:?}");
}

/// The same object with one more key, which nobody knows and which is written with an escape: so it is not simple, and
/// `serde_json` alone reads it. `None` if that is too long.
#[must_use]
pub fn for_serde_json(object: &[u8]) -> Option<Vec<u8>> {
    let inside = object.trim_ascii_end().strip_suffix(b"}").expect("an object was accepted");
    let longer = [inside, br#","\u007a":0}"#].concat();
    (longer.len() <= limits::BODY_BYTES_MAX).then_some(longer)
}

/// A beacon is possible in every value, and the same when it is written and read again.
pub fn survives(beacon: &Beacon<'_>) {
    let first = serde_json::to_value(beacon).expect("a beacon can be written");
    let written = first.to_string();
    if written.len() > limits::BODY_BYTES_MAX {
        return; // `1e5` is written as `100000.0`
    }
    let Decoded { beacon, left_out } =
        decode(written.as_bytes()).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert!(left_out.is_empty(), "{written}");
    let second = serde_json::to_value(&beacon).expect("a beacon can be written");
    assert!(are_same(&first, &second), "{first}\n{second}");
}

/// The same, but for the last bits of a float: serde_json's fast way of reading may be off by one.
fn are_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| are_same(value, other)))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| are_same(one, other))
        }
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => (one - other).abs() <= one.abs() * 4.0 * f64::EPSILON,
            _ => one == other,
        },
        _ => one == other,
    }
}
