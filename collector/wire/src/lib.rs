//! The wire format between everything that measures (beacon, probe, a shop's server) and the collector.
//!
//! This crate holds the types of a beacon, their limits and their errors, and nothing else: no clock,
//! no sockets, no files. So the probe, the tests and the fuzzers speak exactly the format that the
//! collector reads.
//!
//! A body becomes a [`Beacon`] by [`decode`], which is total: any bytes give either a beacon or a
//! [`WireError`] that names the key at fault and never repeats what was sent. Strings borrow from the
//! body where JSON allows, so a usual beacon costs one allocation at most (its third-party list).
//!
//! # History
//!
//! Version 1 is the only one. Keys are only ever added to it: a newer beacon works with an older
//! collector, because an unknown key is ignored. Added since its first draft: `device.webdriver`, `stage`, `cause`, `marks`, `errors`;
//! names, campaign parameters and order numbers may be longer (192 bytes). Fixtures that pin the format stand in
//! `tests/fixtures/wire/v1`, its JSON Schema in `collector/wire/beacon.v1.schema.json`.

mod beacon;
mod decode;
mod eight;
mod error;
mod id;
mod json;
mod key;
pub mod limits;
mod money;
mod object;
mod sale;
mod text;
mod url;
mod word;

pub use crate::beacon::{
    Beacon, Campaign, Cause, Conversion, Device, EffectiveType, Kind, Landing, MarkName, Marks, Navigation,
    Part, Rate, Session, Source, ThirdParty, Timing, Version, Vitals,
};
pub use crate::decode::{Decoded, decode, decode_sale};
pub use crate::error::WireError;
pub use crate::id::HexId;
pub use crate::key::{Key, LeftOut};
pub use crate::money::{Amount, Currency};
pub use crate::sale::{Context, Sale};
pub use crate::text::{SiteId, Text};
pub use crate::url::{HttpUrl, UrlParts};
