//! Which kind of device: Client Hints first, then the user agent, then touch and size.
//!
//! Client Hints are believed where they say something: `Sec-CH-UA-Mobile: ?0` without a platform is what a
//! browser with an overridden user agent sends, and says nothing. What no hint and no user agent says, the screen
//! does: an iPad claims to be a Mac, a phone whose visitor asked for desktop pages claims to be a computer, and a
//! television box claims no more than Android.
//!
//! A phone that folds is a phone while its browser says so, and a tablet when unfolded in a browser that says only
//! that it is Android.

use graadmeter_wire as wire;

use crate::agent::{Agent, Claim};
use crate::arrival::Arrival;
use crate::observation::Device;

/// Shortest side, in CSS pixels, from which a touch screen is a tablet: Android's own limit (`sw600dp`).
const TABLET_SIDE_MIN: f64 = 600.0;

/// Tells the kind of device from the request and from what the page's script saw.
#[must_use]
pub fn place(arrival: &Arrival<'_>, facts: Option<&wire::Device>) -> Device {
    let claim = Agent::of(arrival.user_agent).claim;
    if claim == Claim::Elsewhere {
        return Device::Other;
    }
    let screen = facts.map_or(Screen::Unknown, Screen::of);
    let mobile = facts.and_then(|facts| facts.mobile).or(arrival.hint_mobile);
    let claimed = arrival
        .hint_form_factors
        .and_then(|form_factors| by_form_factors(form_factors, screen))
        .or_else(|| by_hints(mobile, arrival.hint_platform.unwrap_or_default(), screen))
        .or_else(|| by_claim(claim, screen));
    match (claimed, screen) {
        // No computer has a touch screen as small as a phone's.
        (Some(Device::Desktop), Screen::PhoneTouch) => Device::Mobile,
        (Some(device), _) => device,
        (None, _) => by_screen(screen).unwrap_or(Device::Other),
    }
}

/// What the page's script saw of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    /// Touched, and as small as a phone's.
    PhoneTouch,
    /// Touched, and larger.
    LargeTouch,
    /// Touched, of unknown size.
    Touch,
    /// Not touched.
    NoTouch,
    Unknown,
}

impl Screen {
    fn of(facts: &wire::Device) -> Self {
        match (facts.touch, facts.w.zip(facts.h)) {
            (Some(points), _) if points <= 0.0 => Self::NoTouch,
            (Some(_), Some((w, h))) if w.min(h) < TABLET_SIDE_MIN => Self::PhoneTouch,
            (Some(_), Some(_)) => Self::LargeTouch,
            (Some(_), None) => Self::Touch,
            (None, _) => Self::Unknown,
        }
    }
}

/// `Sec-CH-UA-Form-Factors` (User-Agent Client Hints): every way in which the device is used.
fn by_form_factors(form_factors: &str, screen: Screen) -> Option<Device> {
    let has = |word: &str| form_factors.split(',').any(|factor| factor.trim().trim_matches('"') == word);
    if has("Automotive") || has("Watch") || has("XR") {
        return Some(Device::Other);
    }
    match (has("Mobile"), has("Tablet") || has("EInk")) {
        (true, true) if screen == Screen::LargeTouch => Some(Device::Tablet),
        (true, _) => Some(Device::Mobile),
        (false, true) => Some(Device::Tablet),
        (false, false) => has("Desktop").then_some(Device::Desktop),
    }
}

fn by_hints(mobile: Option<bool>, platform: &str, screen: Screen) -> Option<Device> {
    match (mobile?, platform) {
        (true, _) => Some(Device::Mobile),
        (false, "Android") if screen == Screen::NoTouch => Some(Device::Other),
        (false, "Android") => Some(Device::Tablet),
        (false, "Windows" | "macOS" | "Linux" | "Chrome OS" | "Chromium OS") => Some(Device::Desktop),
        (false, _) => None,
    }
}

fn by_claim(claim: Claim, screen: Screen) -> Option<Device> {
    Some(match claim {
        Claim::Unknown => return None,
        Claim::Elsewhere => Device::Other,
        Claim::Tablet => Device::Tablet,
        Claim::Phone => phone(screen),
        Claim::Android => android(screen),
        Claim::Mac => mac(screen),
        Claim::Desktop => Device::Desktop,
    })
}

/// Small tablets of many makers say that they are mobile; no phone is as large.
fn phone(screen: Screen) -> Device {
    if screen == Screen::LargeTouch { Device::Tablet } else { Device::Mobile }
}

/// A tablet, unless it is as small as a phone or, like a television box, can't be touched.
fn android(screen: Screen) -> Device {
    match screen {
        Screen::PhoneTouch => Device::Mobile,
        Screen::NoTouch => Device::Other,
        _ => Device::Tablet,
    }
}

/// No Mac has a touch screen: an iPad has, and an iPhone that was asked for desktop pages.
fn mac(screen: Screen) -> Device {
    match screen {
        Screen::PhoneTouch => Device::Mobile,
        Screen::LargeTouch | Screen::Touch => Device::Tablet,
        Screen::NoTouch | Screen::Unknown => Device::Desktop,
    }
}

fn by_screen(screen: Screen) -> Option<Device> {
    match screen {
        Screen::PhoneTouch => Some(Device::Mobile),
        Screen::LargeTouch => Some(Device::Tablet),
        Screen::NoTouch => Some(Device::Desktop),
        Screen::Touch | Screen::Unknown => None,
    }
}

#[cfg(test)]
mod tests;
