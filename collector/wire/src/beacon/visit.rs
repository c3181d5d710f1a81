//! The visit that a view belongs to: its session, how that began, and what it bought.

use serde::de::{Deserializer, Error, Unexpected};
use serde::{Deserialize, Serialize};

use crate::id::HexId;
use crate::limits::{CAMPAIGN_BYTES_MAX, NAME_BYTES_MAX, ORDER_BYTES_MAX, SESSION_VIEWS_MAX, URL_BYTES_MAX};
use crate::money::{Amount, Currency};
use crate::object;
use crate::text::Text;

/// Views of one visitor without a long pause.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session<'a> {
    /// Random, made by the browser for this session.
    pub id: HexId,
    /// The view's number in the session; 1 is the landing.
    #[serde(deserialize_with = "view_number")]
    pub n: u32,
    /// How the session began; sent from the second view on and with every conversion.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub landing: Option<Landing<'a>>,
}

fn view_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let n = u32::deserialize(deserializer)?;
    if (1..=SESSION_VIEWS_MAX).contains(&n) {
        return Ok(n);
    }
    Err(D::Error::invalid_value(Unexpected::Unsigned(n.into()), &"a whole number from 1 to 100000"))
}

/// The first view of a session: the exposure that conversion is related to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Landing<'a> {
    /// Largest Contentful Paint in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lcp: Option<f64>,
    /// End of the load event in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Where the visitor came from.
    #[serde(borrow, rename = "ref", default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Text<'a, URL_BYTES_MAX>>,
    /// The page group, in the page's own word.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub page: Option<Text<'a, NAME_BYTES_MAX>>,
    /// Campaign parameters.
    #[serde(borrow, default, deserialize_with = "object::optional", skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign<'a>>,
}

/// Campaign parameters (`utm_*`) and which ad network's click id was there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Campaign<'a> {
    /// `utm_source`
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Text<'a, CAMPAIGN_BYTES_MAX>>,
    /// `utm_medium`
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<Text<'a, CAMPAIGN_BYTES_MAX>>,
    /// `utm_campaign`
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<'a, CAMPAIGN_BYTES_MAX>>,
    /// Name of the click id parameter (`gclid`), never its value.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub click: Option<Text<'a, CAMPAIGN_BYTES_MAX>>,
}

/// A purchase or another goal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversion<'a> {
    /// What it brought, exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Amount>,
    /// In which currency; the site's when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The shop's order number: the same order counts once.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Text<'a, ORDER_BYTES_MAX>>,
    /// Whether this is the session's first conversion; taken as true when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<bool>,
}
