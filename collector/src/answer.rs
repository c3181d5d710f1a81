//! The body of an answer: what the listeners, the script and the demo's pages have in common.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{Either, Full};

/// A body that is there at once, or (for the demo's slow pages) one that comes in pieces.
pub type Body = Either<Full<Bytes>, BoxBody<Bytes, Infallible>>;

/// A body that is there at once.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(bytes.into()))
}
