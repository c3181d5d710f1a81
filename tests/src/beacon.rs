//! Beacons as real browsers send them, made from JSON so that a test can also send what the types refuse.

use rand::Rng;
use serde_json::{Value, json};

use crate::raw_http::Request;

/// The origin that the tests' shop allows.
pub const ORIGIN: &str = "https://www.shop.example";

/// Chrome on Windows.
pub const DESKTOP: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/// Chrome on an Android phone.
pub const PHONE: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36";
/// Chrome on an Android tablet: no `Mobile`.
pub const TABLET: &str = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
/// Safari on an iPhone.
pub const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
/// Safari on a Mac, and on an iPad, which says that it is one.
pub const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";
/// Google's crawler.
pub const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// A beacon in the making.
#[derive(Debug, Clone)]
pub struct Beacon(pub Value);

impl Beacon {
    /// A landing's page view on site `shop`: an id, a session, a page name, and nothing measured yet.
    #[must_use]
    pub fn page() -> Self {
        Self(json!({
            "v": 1, "site": "shop", "id": random_id(), "kind": "page", "url": format!("{ORIGIN}/p/123"),
            "page": "product", "nav": "navigate", "session": {"id": random_id(), "n": 1}, "tz": "Europe/Amsterdam",
        }))
    }

    /// A later view of a session that began with `landing`.
    #[must_use]
    pub fn later_view(landing: impl Into<Value>) -> Self {
        Self::page().with("/session", json!({"id": random_id(), "n": 2, "landing": landing.into()}))
    }

    /// A purchase in a session that began with `landing`.
    #[must_use]
    pub fn purchase(value: &str, order: &str, landing: impl Into<Value>) -> Self {
        Self::later_view(landing)
            .with("/kind", json!("conversion"))
            .with("/page", json!("thank-you"))
            .with("/conversion", json!({"value": value, "currency": "EUR", "order": order, "first": true}))
    }

    /// What a probe reports of one check.
    #[must_use]
    pub fn probe() -> Self {
        Self(json!({
            "v": 1, "site": "shop", "id": random_id(), "kind": "page", "url": format!("{ORIGIN}/p/123"),
            "source": "probe", "region": "eu-west", "check": "product",
        }))
    }

    /// Sets the value at a JSON pointer, making objects on the way.
    #[must_use]
    pub fn with(mut self, pointer: &str, value: Value) -> Self {
        let mut place = &mut self.0;
        for key in pointer.split('/').skip(1) {
            place = &mut place[key];
        }
        *place = value;
        self
    }

    /// Takes a top-level key away.
    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.0.as_object_mut().expect("a beacon is an object").remove(key);
        self
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.0.to_string().into_bytes()
    }

    /// The request that a browser with this user agent makes of it.
    #[must_use]
    pub fn from(&self, user_agent: &str) -> Request {
        post(user_agent).body(self.body())
    }

    /// The same with one more header.
    #[must_use]
    pub fn from_with(&self, user_agent: &str, name: &str, value: &str) -> Request {
        post(user_agent).header(name, value).body(self.body())
    }
}

/// `POST /v1/beacon` as `sendBeacon` makes it, still without its body.
#[must_use]
pub fn post(user_agent: &str) -> Request {
    Request::new("POST", "/v1/beacon")
        .header("Origin", ORIGIN)
        .header("User-Agent", user_agent)
        .header("Content-Type", "text/plain;charset=UTF-8")
}

/// 32 random hexadecimal digits.
#[must_use]
pub fn random_id() -> String {
    format!("{:032x}", rand::rng().random::<u128>())
}
