//! The body of a sale that a shop's server reports.

#![no_main]

use graadmeter_fuzz::wire;
use graadmeter_wire::{Decoded, HexId};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    match graadmeter_wire::decode_sale(body) {
        Ok(sale) => {
            wire::accepted(body);
            if let Some(longer) = wire::for_serde_json(body) {
                assert_eq!(
                    Ok(&sale),
                    graadmeter_wire::decode_sale(&longer).as_ref(),
                    "serde_json reads it so"
                );
            }
            wire::survives(&Decoded::new(sale.into_beacon(HexId::from(7))).beacon);
        }
        Err(error) => wire::refused(body, &error),
    }
});
