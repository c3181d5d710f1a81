//! Does the published JSON Schema say exactly what the decoder does?

mod mutation;

use std::fs;

use graadmeter_tests::repository;
use graadmeter_wire::{Currency, Key, decode};
use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError, Validator};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use self::mutation::mutated_beacon;
use crate::wire_format::bodies;

fn schema() -> Value {
    let file = repository().join("collector/wire/beacon.v1.schema.json");
    serde_json::from_slice(&fs::read(file).expect("the schema")).expect("JSON")
}

/// The schema, with `maxLength` in bytes: what its `$comment` says that a JSON Schema can't.
fn validator() -> Validator {
    jsonschema::options().with_keyword("maxLength", max_bytes).build(&schema()).expect("a schema")
}

struct MaxBytes(usize);

#[allow(clippy::unnecessary_wraps)] // the signature that jsonschema wants
fn max_bytes<'a>(
    _: &'a Map<String, Value>,
    limit: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(MaxBytes(limit.as_u64().expect("a length") as usize)))
}

impl<'i> Keyword<'i> for MaxBytes {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if self.is_valid(instance) { Ok(()) } else { Err(ValidationError::custom("too many bytes")) }
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_str().is_none_or(|text| text.len() <= self.0)
    }
}

#[test]
fn is_a_schema_of_draft_2020_12() {
    assert!(jsonschema::draft202012::meta::is_valid(&schema()));
    assert!(jsonschema::draft202012::new(&schema()).is_ok());
}

#[test]
fn takes_the_valid_fixtures_and_refuses_the_others() {
    let validator = validator();
    let is_valid = |body: &[u8]| serde_json::from_slice(body).is_ok_and(|body| validator.is_valid(&body));
    for (name, body) in bodies("valid") {
        assert!(is_valid(&body), "{name}");
    }
    for (name, body) in bodies("invalid") {
        assert!(!is_valid(&body), "{name}");
    }
}

#[test]
fn believes_the_same_ranges() {
    let schema = schema();
    for key in Key::ALL {
        let pointer = match key {
            // Not numbers: how many entries, and digits of a decimal.
            Key::ThirdParty | Key::Marks | Key::ConversionValue => continue,
            Key::CauseUntil => Some("/$defs/part/properties/until".to_owned()),
            Key::MarksMs => Some("/$defs/marks/additionalProperties".to_owned()),
            Key::Errors => Some("/properties/errors".to_owned()),
            _ => key.name().rsplit_once('.').map(|(group, key)| {
                format!("/$defs/{}/properties/{key}", group.rsplit('.').next().unwrap_or(group))
            }),
        };
        let description =
            schema.pointer(&(pointer.expect("a group") + "/description")).and_then(Value::as_str);
        let believed = format!("Believed from 0 to {}.", key.max());
        assert!(description.is_some_and(|text| text.ends_with(&believed)), "{}: {description:?}", key.name());
    }
}

#[test]
fn knows_the_same_currencies() {
    let schema = schema();
    let listed = schema
        .pointer("/$defs/conversion/properties/currency/enum")
        .and_then(Value::as_array)
        .expect("a list");
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes =
        letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    for code in codes {
        let is_listed = listed.contains(&json!(code));
        assert_eq!(is_listed, Currency::from_code(&code).is_some(), "{code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_the_decoder_on_mutated_beacons(body in mutated_beacon()) {
        thread_local!(static VALIDATOR: Validator = validator());
        let text = body.to_string();
        prop_assume!(text.len() <= graadmeter_wire::limits::BODY_BYTES_MAX);
        let decoded = decode(text.as_bytes());
        let is_valid = VALIDATOR.with(|validator| validator.is_valid(&body));
        prop_assert_eq!(is_valid, decoded.is_ok(), "{} {:?}", text, decoded);
    }
}
