//! Who the simulated visitors are: their devices and browsers, where they live, and what brought them.

use graadmeter_wire::{Campaign, Device, EffectiveType, Text};
use rand::Rng;

/// A row of a table from which rows are drawn in proportion to their weights.
pub(super) trait Weighted {
    fn weight(&self) -> f64;
}

/// Draws a row of a table.
pub(super) fn pick<'t, T: Weighted, const ROWS: usize>(rng: &mut impl Rng, table: &'t [T; ROWS]) -> &'t T {
    let mut left = rng.random::<f64>() * table.iter().map(Weighted::weight).sum::<f64>();
    let found = table.iter().position(|row| {
        left -= row.weight();
        left < 0.0
    });
    // Rounding can leave a crumb beyond the last row.
    &table[found.unwrap_or(ROWS - 1)]
}

/// The three kinds of device that people shop with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Mobile,
    Tablet,
    Desktop,
}

/// Which vitals a browser engine measures; TTFB and FCP all of them do.
#[derive(Clone, Copy)]
pub(super) struct Measures {
    pub(super) lcp: bool,
    pub(super) inp: bool,
    pub(super) cls: bool,
}

const CHROMIUM: Measures = Measures { lcp: true, inp: true, cls: true };
const FIREFOX: Measures = Measures { lcp: true, inp: true, cls: false };
/// Safari since 26.2.
const WEBKIT: Measures = Measures { lcp: true, inp: true, cls: false };
const OLD_WEBKIT: Measures = Measures { lcp: false, inp: false, cls: false };

type Hints = &'static [(&'static str, &'static str)];

const BRANDS: (&str, &str) =
    ("sec-ch-ua", r#""Chromium";v="156", "Google Chrome";v="156", "Not_A Brand";v="24""#);
const EDGE_BRANDS: (&str, &str) =
    ("sec-ch-ua", r#""Chromium";v="156", "Microsoft Edge";v="156", "Not_A Brand";v="24""#);
const IS_MOBILE: (&str, &str) = ("sec-ch-ua-mobile", "?1");
const NOT_MOBILE: (&str, &str) = ("sec-ch-ua-mobile", "?0");

const ANDROID_MOBILE: Hints = &[BRANDS, IS_MOBILE, ("sec-ch-ua-platform", r#""Android""#)];
const ANDROID_TABLET: Hints = &[BRANDS, NOT_MOBILE, ("sec-ch-ua-platform", r#""Android""#)];
const WINDOWS: Hints = &[BRANDS, NOT_MOBILE, ("sec-ch-ua-platform", r#""Windows""#)];
const WINDOWS_EDGE: Hints = &[EDGE_BRANDS, NOT_MOBILE, ("sec-ch-ua-platform", r#""Windows""#)];
const MAC: Hints = &[BRANDS, NOT_MOBILE, ("sec-ch-ua-platform", r#""macOS""#)];

/// A device with its browser.
pub(super) struct Profile {
    /// Percent of sessions.
    share: f64,
    pub(super) class: Class,
    pub(super) user_agent: &'static str,
    pub(super) client_hints: Hints,
    /// Width and height of the screen in CSS pixels, device pixels to each, touch points.
    screen: (f64, f64, f64, f64),
    /// GiB, told by Chromium only.
    memory: Option<f64>,
    pub(super) measures: Measures,
}

impl Weighted for Profile {
    fn weight(&self) -> f64 {
        self.share
    }
}

impl Profile {
    /// What the page's script tells of the device.
    pub(super) fn facts(&self, slow_network: bool) -> Device {
        let (w, h, dpr, touch) = self.screen;
        let is_chromium = self.memory.is_some();
        let ect = if slow_network { EffectiveType::ThreeG } else { EffectiveType::FourG };
        Device {
            w: Some(w),
            h: Some(h),
            dpr: Some(dpr),
            touch: Some(touch),
            memory: self.memory,
            ect: is_chromium.then_some(ect),
            mobile: is_chromium.then_some(self.class == Class::Mobile),
            webdriver: None,
        }
    }
}

/// 60 % mobile, 33 % desktop, 7 % tablet.
pub(super) const PROFILES: [Profile; 12] = [
    Profile {
        share: 25.0,
        class: Class::Mobile,
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, \
                     like Gecko) Version/26.4 Mobile/15E148 Safari/604.1",
        client_hints: &[],
        screen: (393.0, 852.0, 3.0, 5.0),
        memory: None,
        measures: WEBKIT,
    },
    Profile {
        share: 3.0,
        class: Class::Mobile,
        user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, \
                     like Gecko) Version/17.6 Mobile/15E148 Safari/604.1",
        client_hints: &[],
        screen: (375.0, 667.0, 2.0, 5.0),
        memory: None,
        measures: OLD_WEBKIT,
    },
    Profile {
        share: 16.0,
        class: Class::Mobile,
        user_agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/156.0.0.0 Mobile Safari/537.36",
        client_hints: ANDROID_MOBILE,
        screen: (412.0, 915.0, 2.63, 5.0),
        memory: Some(8.0),
        measures: CHROMIUM,
    },
    Profile {
        share: 11.0,
        class: Class::Mobile,
        user_agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/156.0.0.0 Mobile Safari/537.36",
        client_hints: ANDROID_MOBILE,
        screen: (360.0, 800.0, 2.0, 5.0),
        memory: Some(4.0),
        measures: CHROMIUM,
    },
    Profile {
        share: 5.0,
        class: Class::Mobile,
        user_agent: "Mozilla/5.0 (Android 15; Mobile; rv:154.0) Gecko/154.0 Firefox/154.0",
        client_hints: &[],
        screen: (412.0, 892.0, 2.63, 5.0),
        memory: None,
        measures: FIREFOX,
    },
    Profile {
        share: 15.0,
        class: Class::Desktop,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/156.0.0.0 Safari/537.36",
        client_hints: WINDOWS,
        screen: (1920.0, 1080.0, 1.0, 0.0),
        memory: Some(8.0),
        measures: CHROMIUM,
    },
    Profile {
        share: 6.0,
        class: Class::Desktop,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
        client_hints: WINDOWS_EDGE,
        screen: (1536.0, 864.0, 1.25, 0.0),
        memory: Some(8.0),
        measures: CHROMIUM,
    },
    Profile {
        share: 4.0,
        class: Class::Desktop,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/156.0.0.0 Safari/537.36",
        client_hints: MAC,
        screen: (1512.0, 982.0, 2.0, 0.0),
        memory: Some(8.0),
        measures: CHROMIUM,
    },
    Profile {
        share: 5.0,
        class: Class::Desktop,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
                     Gecko) Version/26.4 Safari/605.1.15",
        client_hints: &[],
        screen: (1440.0, 900.0, 2.0, 0.0),
        memory: None,
        measures: WEBKIT,
    },
    Profile {
        share: 3.0,
        class: Class::Desktop,
        user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:154.0) Gecko/20100101 Firefox/154.0",
        client_hints: &[],
        screen: (1920.0, 1080.0, 1.0, 0.0),
        memory: None,
        measures: FIREFOX,
    },
    // An iPad says that it is a Mac; only its touch points tell.
    Profile {
        share: 4.5,
        class: Class::Tablet,
        user_agent: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like \
                     Gecko) Version/26.4 Safari/605.1.15",
        client_hints: &[],
        screen: (820.0, 1180.0, 2.0, 5.0),
        memory: None,
        measures: WEBKIT,
    },
    Profile {
        share: 2.5,
        class: Class::Tablet,
        user_agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                     Chrome/156.0.0.0 Safari/537.36",
        client_hints: ANDROID_TABLET,
        screen: (800.0, 1280.0, 2.0, 5.0),
        memory: Some(4.0),
        measures: CHROMIUM,
    },
];

/// Where visitors live. The imaginary server stands in Amsterdam.
pub(super) struct Zone {
    /// Percent of sessions.
    share: f64,
    /// IANA time zone.
    pub(super) name: &'static str,
    /// Factor on every loading time.
    pub(super) slower: f64,
    /// Usual round trip to the shop's server.
    pub(super) round_trip_ms: f64,
}

impl Weighted for Zone {
    fn weight(&self) -> f64 {
        self.share
    }
}

const fn zone(share: f64, name: &'static str, slower: f64, round_trip_ms: f64) -> Zone {
    Zone { share, name, slower, round_trip_ms }
}

pub(super) const ZONES: [Zone; 10] = [
    zone(64.0, "Europe/Amsterdam", 1.0, 14.0),
    zone(13.0, "Europe/Brussels", 1.02, 18.0),
    zone(9.0, "Europe/Berlin", 1.05, 24.0),
    zone(4.0, "Europe/Paris", 1.05, 23.0),
    zone(4.0, "Europe/London", 1.06, 26.0),
    zone(2.0, "Europe/Madrid", 1.15, 42.0),
    zone(2.0, "America/New_York", 1.4, 95.0),
    zone(0.8, "America/Los_Angeles", 1.65, 150.0),
    zone(0.6, "Asia/Tokyo", 1.9, 235.0),
    zone(0.6, "Australia/Sydney", 2.1, 270.0),
];

/// What brought a visitor.
pub(super) struct Arrival {
    /// Percent of sessions.
    share: f64,
    pub(super) referrer: Option<&'static str>,
    /// `utm_source`, `utm_medium`, `utm_campaign` and the name of a click id.
    campaign: [Option<&'static str>; 4],
    /// Added to the log-odds of a purchase: some channels bring people who know what they want.
    pub(super) intent: f64,
}

impl Weighted for Arrival {
    fn weight(&self) -> f64 {
        self.share
    }
}

impl Arrival {
    pub(super) fn campaign(&self) -> Option<Campaign<'static>> {
        let [source, medium, name, click] = self.campaign.map(|word| word.and_then(Text::new));
        let campaign = Campaign { source, medium, name, click };
        (campaign != Campaign::default()).then_some(campaign)
    }
}

const fn arrival(
    share: f64,
    referrer: Option<&'static str>,
    campaign: [Option<&'static str>; 4],
    intent: f64,
) -> Arrival {
    Arrival { share, referrer, campaign, intent }
}

const NO_CAMPAIGN: [Option<&str>; 4] = [None; 4];

pub(super) const ARRIVALS: [Arrival; 15] = [
    arrival(22.0, None, NO_CAMPAIGN, 0.25),
    arrival(26.0, Some("https://www.google.com/"), NO_CAMPAIGN, 0.0),
    arrival(3.0, Some("https://www.bing.com/"), NO_CAMPAIGN, 0.0),
    arrival(2.0, Some("https://duckduckgo.com/"), NO_CAMPAIGN, 0.0),
    arrival(
        11.0,
        Some("https://www.google.com/"),
        [Some("google"), Some("cpc"), Some("stoneware-search"), Some("gclid")],
        0.15,
    ),
    // Auto-tagged: a click id and no campaign parameters.
    arrival(4.0, Some("https://www.google.com/"), [None, None, None, Some("gclid")], 0.15),
    arrival(6.0, Some("https://www.instagram.com/"), NO_CAMPAIGN, -0.6),
    arrival(3.0, Some("https://www.pinterest.com/"), NO_CAMPAIGN, -0.5),
    arrival(
        6.0,
        Some("https://m.facebook.com/"),
        [Some("facebook"), Some("paid_social"), Some("reed-season"), Some("fbclid")],
        -0.45,
    ),
    arrival(6.0, None, [Some("newsletter"), Some("email"), Some("kiln-opening"), None], 0.45),
    arrival(3.0, Some("https://blog.home-and-table.example/"), NO_CAMPAIGN, -0.1),
    arrival(
        3.0,
        Some("https://gifts.example/"),
        [Some("gifts"), Some("affiliate"), Some("autumn"), None],
        0.2,
    ),
    arrival(
        2.0,
        Some("https://news.example/"),
        [Some("news"), Some("display"), Some("reed-season"), None],
        -0.8,
    ),
    arrival(2.0, Some("https://www.youtube.com/"), NO_CAMPAIGN, -0.4),
    arrival(1.0, Some("https://shopping.google.com/"), NO_CAMPAIGN, 0.3),
];
