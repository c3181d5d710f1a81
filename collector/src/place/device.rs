//! Which kind of device: Client Hints first, then the user agent, then touch and size.
//!
//! Client Hints are believed where they say something: `Sec-CH-UA-Mobile: ?0` without a platform is what a
//! browser with an overridden user agent sends, and says nothing. A phone whose visitor asked for desktop pages
//! claims to be a desktop in both; its small touch screen tells.

use graadmeter_wire as wire;

use crate::arrival::Arrival;
use crate::observation::Device;

/// Shortest side, in CSS pixels, from which a touch screen is a tablet.
const TABLET_SIDE_MIN: f64 = 600.0;

/// Tells the kind of device from the request and from what the page's script saw.
#[must_use]
pub fn place(arrival: &Arrival<'_>, facts: Option<&wire::Device>) -> Device {
    let mobile = facts.and_then(|facts| facts.mobile).or(arrival.hint_mobile);
    let claimed = by_hints(mobile, arrival.hint_platform, arrival.user_agent)
        .or_else(|| by_user_agent(arrival.user_agent, facts));
    let seen = facts.and_then(by_screen);
    match (claimed, seen) {
        (Some(Device::Desktop), Some(Device::Mobile)) => Device::Mobile,
        _ => claimed.or(seen).unwrap_or(Device::Other),
    }
}

fn by_hints(mobile: Option<bool>, platform: Option<&str>, user_agent: &str) -> Option<Device> {
    match (mobile?, platform.unwrap_or_default()) {
        (true, _) => Some(Device::Mobile),
        (false, "Android") if is_television(user_agent) => Some(Device::Other),
        (false, "Android") => Some(Device::Tablet),
        (false, "Windows" | "macOS" | "Linux" | "Chrome OS" | "Chromium OS") => Some(Device::Desktop),
        (false, _) => None,
    }
}

fn by_user_agent(agent: &str, facts: Option<&wire::Device>) -> Option<Device> {
    let has = |word: &str| agent.contains(word);
    if is_television(agent) {
        Some(Device::Other)
    } else if has("iPad")
        || has("Tablet")
        || has("PlayBook")
        || (has("Android") || has("Silk/")) && !has("Mobi")
    {
        Some(Device::Tablet)
    } else if has("Mobi") || has("iPhone") || has("iPod") || has("Opera Mini") {
        Some(Device::Mobile)
    } else if has("Macintosh") && facts.and_then(|facts| facts.touch).is_some_and(|points| points > 1.0) {
        // Safari on an iPad says that it is a Mac, but no Mac has a touch screen.
        Some(Device::Tablet)
    } else if has("Windows NT") || has("Macintosh") || has("X11") || has("CrOS") || has("Linux") {
        Some(Device::Desktop)
    } else {
        None
    }
}

fn is_television(agent: &str) -> bool {
    [
        "SmartTV",
        "SMART-TV",
        "Smart TV",
        "Web0S",
        "webOS.TV",
        "AppleTV",
        "Apple TV",
        "GoogleTV",
        "Android TV",
        "BRAVIA",
        "AFT",
        "CrKey",
        "HbbTV",
        "PlayStation",
        "Xbox",
        "Nintendo",
    ]
    .iter()
    .any(|word| agent.contains(word))
}

fn by_screen(facts: &wire::Device) -> Option<Device> {
    let shortest_side = facts.w?.min(facts.h?);
    let is_touch = facts.touch? > 0.0;
    Some(match (is_touch, shortest_side >= TABLET_SIDE_MIN) {
        (true, true) => Device::Tablet,
        (true, false) => Device::Mobile,
        (false, _) => Device::Desktop,
    })
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    const ANDROID: &str =
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0";
    const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15";

    fn placed(
        user_agent: &str,
        mobile: Option<bool>,
        platform: Option<&str>,
        facts: Option<wire::Device>,
    ) -> Device {
        let arrival = Arrival {
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
            origin: None,
            user_agent,
            hint_mobile: mobile,
            hint_platform: platform,
            country: None,
        };
        place(&arrival, facts.as_ref())
    }

    fn screen(w: f64, h: f64, touch: f64) -> wire::Device {
        wire::Device { w: Some(w), h: Some(h), touch: Some(touch), ..Default::default() }
    }

    #[test]
    fn client_hints_come_first() {
        assert_eq!(placed(MAC, Some(true), Some("Android"), None), Device::Mobile);
        assert_eq!(placed(ANDROID, Some(false), Some("Android"), None), Device::Tablet);
        assert_eq!(placed(ANDROID, Some(false), Some("Windows"), None), Device::Desktop);
        let facts = wire::Device { mobile: Some(true), ..Default::default() };
        assert_eq!(placed("", None, None, Some(facts)), Device::Mobile);
    }

    #[test]
    fn empty_hints_say_nothing() {
        let phone = format!("{ANDROID} Mobile Safari/537.36");
        assert_eq!(placed(&phone, Some(false), Some(""), None), Device::Mobile);
        assert_eq!(placed(&phone, Some(false), None, None), Device::Mobile);
    }

    #[test]
    fn the_user_agent_comes_second() {
        for (agent, device) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1",
                Device::Mobile,
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 Version/12.1 Mobile/15E148 Safari/604.1",
                Device::Tablet,
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
                Device::Tablet,
            ),
            ("Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", Device::Mobile),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:153.0) Gecko/20100101 Firefox/153.0",
                Device::Desktop,
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
                Device::Desktop,
            ),
            (
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/108.0 Safari/537.36",
                Device::Other,
            ),
            ("curl/8.5.0", Device::Other),
            ("", Device::Other),
        ] {
            assert_eq!(placed(agent, None, None, None), device, "{agent}");
        }
    }

    #[test]
    fn an_ipad_is_no_mac() {
        assert_eq!(placed(MAC, None, None, Some(screen(1024.0, 1366.0, 5.0))), Device::Tablet);
        assert_eq!(placed(MAC, None, None, Some(screen(1440.0, 900.0, 0.0))), Device::Desktop);
    }

    #[test]
    fn a_phone_that_asks_for_desktop_pages_is_a_phone() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(
            placed(agent, Some(false), Some("Linux"), Some(screen(390.0, 844.0, 5.0))),
            Device::Mobile
        );
        assert_eq!(
            placed(agent, Some(false), Some("Linux"), Some(screen(1920.0, 1080.0, 10.0))),
            Device::Desktop
        );
        assert_eq!(
            placed(agent, Some(false), Some("Linux"), Some(screen(390.0, 844.0, 0.0))),
            Device::Desktop
        );
    }

    #[test]
    fn the_screen_comes_last() {
        assert_eq!(placed("", None, None, Some(screen(390.0, 844.0, 5.0))), Device::Mobile);
        assert_eq!(placed("", None, None, Some(screen(820.0, 1180.0, 5.0))), Device::Tablet);
        assert_eq!(placed("", None, None, Some(screen(1920.0, 1080.0, 0.0))), Device::Desktop);
    }
}
