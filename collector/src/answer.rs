//! The body of an answer: what the listeners, the script and the demo's pages have in common.

mod pieces;

use bytes::Bytes;
use http_body_util::{Either, Full};

pub use self::pieces::{PieceSender, Pieces};

/// A body that is there at once, or one that comes in pieces.
pub type Body = Either<Full<Bytes>, Pieces>;

/// A body that is there at once.
pub fn whole(bytes: impl Into<Bytes>) -> Body {
    Either::Left(Full::new(bytes.into()))
}
