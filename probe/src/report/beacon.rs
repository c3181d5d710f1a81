//! A run of a check as a beacon of the wire format.
//!
//! Timings are meant as by Navigation Timing Level 2: `redirect` is what came before the last request, and
//! `dns`, `connect` and `tls` are that request's own, so that nothing is counted twice.

use std::time::Duration;

use graadmeter_wire::{Beacon, HexId, HttpUrl, Kind, Navigation, SiteId, Source, Text, Timing, Vitals};
use url::Url;

use crate::check::{Measurement, Phase};
use crate::config::Check;

/// Why a result can't be a beacon. Configuration lets no such check through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the check's {0} doesn't fit the wire format")]
pub struct BeaconError(&'static str);

/// The beacon of a run that got its answer.
///
/// # Errors
///
/// When a name or the URL of the check doesn't fit the wire format.
pub fn beacon<'a>(
    check: &'a Check,
    region: &'a str,
    id: u128,
    measured: &Measurement,
) -> Result<Beacon<'a>, BeaconError> {
    let site = SiteId::new(check.site.as_str()).ok_or(BeaconError("site"))?;
    let url = HttpUrl::new(page(&check.request.url)).ok_or(BeaconError("url"))?;
    let mut beacon = Beacon::new(site, HexId::from(id), Kind::Page, url);
    beacon.source = Source::Probe;
    beacon.nav = Some(Navigation::Navigate);
    beacon.region = Some(Text::new(region).ok_or(BeaconError("region"))?);
    beacon.check = Some(Text::new(check.name.as_str()).ok_or(BeaconError("name"))?);
    beacon.page = check.page.as_deref().map(|page| Text::new(page).ok_or(BeaconError("page"))).transpose()?;
    beacon.timing = Some(timing(measured));
    beacon.vitals = Some(Vitals { ttfb: measured.ttfb().map(ms), ..Vitals::default() });
    Ok(beacon)
}

fn timing(measured: &Measurement) -> Timing {
    let last = |phase| measured.last().and_then(|hop| hop.phases[phase]).map(ms);
    Timing {
        redirect: measured.redirect_time().map(ms),
        dns: last(Phase::Resolve),
        connect: last(Phase::Connect),
        tls: last(Phase::Tls),
        ttfb: measured.ttfb().map(ms),
        response: last(Phase::Transfer),
        load: Some(ms(measured.total)),
        ..Timing::default()
    }
}

/// The URL without query and fragment, as the wire asks.
fn page(url: &Url) -> String {
    let mut page = url.clone();
    page.set_query(None);
    page.set_fragment(None);
    page.into()
}

/// Milliseconds with fractions, in full microseconds: finer digits are noise.
pub(super) fn ms(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
