//! The body of a beacon.

#![no_main]

use graadmeter_fuzz::wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    match graadmeter_wire::decode(body) {
        Ok(decoded) => {
            wire::accepted(body);
            if let Some(longer) = wire::for_serde_json(body) {
                assert_eq!(Ok(&decoded), graadmeter_wire::decode(&longer).as_ref(), "serde_json reads it so");
            }
            wire::survives(&decoded.beacon);
        }
        Err(error) => wire::refused(body, &error),
    }
});
