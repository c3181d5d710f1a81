//! Times that contradict each other in a way that no browser's can: somebody made them up.
//!
//! A rule stands here only if a specification fixes the order and no engine is known to break it, for a wrong
//! one would silently drop customers. What is *not* a contradiction, though it looks like one:
//!
//! * a largest paint before the first one: Chromium reports an image's load in place of its paint when the
//!   image's server withholds that (web-vitals#260);
//! * a load event before the end of `DOMContentLoaded`: `document.open()` after the load ends parsing a second
//!   time (HTML, "the end", which sets the second moment anew);
//! * a first byte after everything else: browsers have reported a first byte in the future (web-vitals#162);
//! * phases of zero length: connections are reused, and privacy modes round to 100 ms.

use graadmeter_wire::{Beacon, Navigation, Source};

/// By how much two moments of one page can be rounded apart: Firefox's `resistFingerprinting` gives every moment
/// as a multiple of 100 ms, up or down.
const ROUNDING_MS: f64 = 200.0;

/// Whether a view's times can't be of one page load. Only of a load as such: a page that was prerendered or came
/// back from a cache counts from the visit, so its moments may coincide or be missing.
#[must_use]
pub fn contradict(beacon: &Beacon<'_>) -> bool {
    let is_load = matches!(beacon.nav, Some(Navigation::Navigate | Navigation::Reload));
    if !is_load || beacon.source == Source::Probe {
        return false;
    }
    let timing = beacon.timing.unwrap_or_default();
    let fcp = beacon.vitals.and_then(|vitals| vitals.fcp);
    // HTML, "the end": parsing ends with the document being interactive, then fires `DOMContentLoaded`, and only then
    // can `load` fire. HTML, "current document readiness": the first of these moments is set only while it is 0,
    // so whatever happens later, it stays the earliest.
    let interactive_too_late = is_after(timing.dom_interactive, timing.dom_content_loaded)
        || is_after(timing.dom_interactive, timing.load);
    // Paint Timing, "first contentful paint": it needs content of this document, of which nothing is known before
    // its first byte. A wrong first byte (web-vitals#162) lies after the other moments too, and is spared.
    let is_first_byte_sound =
        !is_after(timing.ttfb, timing.dom_interactive) && timing.dom_interactive.is_some();
    let painted_too_early = is_first_byte_sound && is_after(timing.ttfb, fcp);
    interactive_too_late || painted_too_early
}

fn is_after(moment_ms: Option<f64>, other_ms: Option<f64>) -> bool {
    matches!((moment_ms, other_ms), (Some(moment), Some(other)) if moment > other + ROUNDING_MS)
}

#[cfg(test)]
mod tests {
    use graadmeter_wire::{HexId, HttpUrl, Kind, SiteId, Timing, Vitals};
    use proptest::prelude::*;

    use super::*;

    fn load(nav: Navigation, [ttfb, fcp, interactive, content, load]: [f64; 5]) -> Beacon<'static> {
        let (site, id) = (SiteId::new("shop").unwrap(), HexId::parse("5e0c1f00aabbccdd").unwrap());
        let mut beacon = Beacon::new(site, id, Kind::Page, HttpUrl::UNKNOWN);
        beacon.nav = Some(nav);
        beacon.vitals = Some(Vitals { fcp: Some(fcp), ..Vitals::default() });
        beacon.timing = Some(Timing {
            ttfb: Some(ttfb),
            dom_interactive: Some(interactive),
            dom_content_loaded: Some(content),
            load: Some(load),
            ..Timing::default()
        });
        beacon
    }

    #[test]
    fn made_up_times_contradict() {
        for times in [
            [100.0, 400.0, 900.0, 500.0, 1_500.0], // interactive after DOMContentLoaded
            [100.0, 400.0, 900.0, 950.0, 300.0],   // interactive after the load
            [900.0, 100.0, 950.0, 980.0, 1_500.0], // painted before the first byte
        ] {
            assert!(contradict(&load(Navigation::Navigate, times)), "{times:?}");
            assert!(contradict(&load(Navigation::Reload, times)), "{times:?}");
            for other in
                [Navigation::BackForward, Navigation::Bfcache, Navigation::Prerender, Navigation::Soft]
            {
                assert!(!contradict(&load(other, times)), "{other:?} {times:?}");
            }
        }
    }

    #[test]
    fn real_quirks_do_not() {
        for times in [
            [0.0, 0.0, 0.0, 0.0, 0.0],                // rounded to 100 ms, from a cache
            [200.0, 100.0, 200.0, 100.0, 100.0],      // rounded up and down
            [184.0, 912.0, 700.0, 2_900.0, 1_632.0],  // document.open() after the load
            [90_000.0, 912.0, 700.0, 820.0, 1_632.0], // a first byte in the future
        ] {
            assert!(!contradict(&load(Navigation::Navigate, times)), "{times:?}");
        }
    }

    proptest! {
        /// Any page load: moments in their order, each rounded to a grid of up to 100 ms in either direction.
        #[test]
        fn no_page_load_contradicts_itself(
            steps in prop::array::uniform4(0.0..20_000.0f64),
            paint in 0.0..20_000.0f64,
            grid in prop::sample::select(vec![0.005, 0.1, 1.0, 16.67, 100.0]),
            up in prop::array::uniform5(any::<bool>()),
        ) {
            let ttfb = steps[0];
            let interactive = ttfb + steps[1];
            let content = interactive + steps[2];
            let moments = [ttfb, ttfb + paint, interactive, content, content + steps[3]];
            let mut rounded = moments;
            for (moment, up) in rounded.iter_mut().zip(up) {
                let cells = *moment / grid;
                *moment = grid * if up { cells.ceil() } else { cells.floor() };
            }
            prop_assert!(!contradict(&load(Navigation::Navigate, rounded)), "{rounded:?}");
        }

        /// Leaving out what a browser does not measure never makes a robot of it.
        #[test]
        fn missing_times_do_not_contradict(times in prop::array::uniform5(0.0..60_000.0f64), kept in 0..5usize) {
            let mut beacon = load(Navigation::Navigate, times);
            let mut timing = beacon.timing.unwrap();
            let mut only = Timing::default();
            match kept {
                0 => only.ttfb = timing.ttfb.take(),
                1 => only.dom_interactive = timing.dom_interactive.take(),
                2 => only.dom_content_loaded = timing.dom_content_loaded.take(),
                _ => only.load = timing.load.take(),
            }
            beacon.timing = Some(only);
            prop_assert!(!contradict(&beacon));
        }
    }
}
