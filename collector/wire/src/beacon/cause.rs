//! Where vitals came from: the element, and what the time went into.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::key::{Key, LeftOut};
use crate::limits::NAME_BYTES_MAX;
use crate::object;
use crate::text::Text;

/// Where vitals came from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Cause<'a> {
    /// The largest paint: when its resource was requested, and when it had come, since the navigation's start.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub lcp: Option<Part<'a>>,
    /// The slowest interaction: when its first handler began, and when the last one ended, since the input.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub inp: Option<Part<'a>>,
    /// What moved most in the worst burst.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub cls: Option<Part<'a>>,
}

/// Which element it was, and two moments on the way, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Part<'a> {
    /// A short CSS selector.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text<'a, NAME_BYTES_MAX>>,
    /// The two moments.
    #[serde(default, deserialize_with = "two", skip_serializing_if = "Option::is_none")]
    pub until: Option<[f64; 2]>,
}

/// serde's own arrays take a third number for broken JSON.
fn two<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[f64; 2]>, D::Error> {
    let Some(moments) = Option::<Vec<f64>>::deserialize(deserializer)? else { return Ok(None) };
    let wrong = |moments: Vec<f64>| D::Error::invalid_length(moments.len(), &"two numbers");
    moments.try_into().map(Some).map_err(wrong)
}

impl Cause<'_> {
    pub(super) fn leave_out_impossible(&mut self, left_out: &mut LeftOut) {
        for part in [&mut self.lcp, &mut self.inp, &mut self.cls].into_iter().flatten() {
            for moment in part.until.unwrap_or_default() {
                let mut kept = Some(moment);
                Key::CauseUntil.keep_possible(&mut kept, left_out);
                if kept.is_none() {
                    // One without the other tells of no phase.
                    part.until = None;
                }
            }
        }
    }
}
