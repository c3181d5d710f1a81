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
    let claimed = by_form_factors(arrival.hint_form_factors.unwrap_or_default(), screen)
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

    fn is_touched(self) -> bool {
        matches!(self, Self::PhoneTouch | Self::LargeTouch | Self::Touch)
    }
}

/// `Sec-CH-UA-Form-Factors` (User-Agent Client Hints, section 3.4): every way in which the device is used.
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
    match (claim, screen) {
        (Claim::Elsewhere, _) => Some(Device::Other),
        // Small tablets of many makers say that they are mobile; no phone is as large.
        (Claim::Tablet, _) | (Claim::Phone, Screen::LargeTouch) => Some(Device::Tablet),
        (Claim::Phone, _) | (Claim::Android, Screen::PhoneTouch) => Some(Device::Mobile),
        // A television box: every phone and tablet can be touched.
        (Claim::Android, Screen::NoTouch) => Some(Device::Other),
        (Claim::Android, _) => Some(Device::Tablet),
        // No Mac has a touch screen: an iPad, or an iPhone that was asked for desktop pages.
        (Claim::Mac, Screen::PhoneTouch) => Some(Device::Mobile),
        (Claim::Mac, screen) if screen.is_touched() => Some(Device::Tablet),
        (Claim::Mac | Claim::Desktop, _) => Some(Device::Desktop),
        (Claim::Unknown, _) => None,
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
