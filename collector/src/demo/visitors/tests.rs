//! Holds the simulated visitors against what is known apart from them: the published quantiles, the order of
//! a page's times, and the effect that was planted.

use graadmeter_wire::{Kind, LeftOut, decode};

use super::*;

fn sessions(seed: u64, count: usize) -> impl Iterator<Item = Vec<Visit>> {
    Visitors::new(seed).unwrap().take(count)
}

fn pages(session: &[Visit]) -> impl Iterator<Item = &Beacon<'static>> {
    session.iter().map(|visit| &visit.beacon).filter(|beacon| beacon.kind == Kind::Page)
}

/// Tells the class by touch and size alone, independently of the table it was drawn from.
fn class(beacon: &Beacon<'_>) -> usize {
    let device = beacon.device.unwrap();
    match (device.touch.unwrap() > 0.0, device.w.unwrap() >= 600.0) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    }
}

const DESKTOP: usize = 0;
const MOBILE: usize = 1;

fn quantile(sorted: &[f64], q: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * q).round() as usize]
}

fn assert_near(actual: f64, expected: f64, tolerance: f64, what: &str) {
    let off = (actual / expected - 1.0).abs();
    assert!(off <= tolerance, "{what}: {actual:.4} instead of {expected:.4}");
}

#[test]
fn every_body_decodes_to_what_was_meant() {
    for visit in sessions(1, 5_000).flatten() {
        let body = serde_json::to_vec(&visit.beacon).unwrap();
        let decoded = decode(&body).unwrap();
        assert_eq!(decoded.beacon, visit.beacon);
        assert_eq!(decoded.left_out, LeftOut::default());
    }
}

#[test]
fn the_same_seed_gives_the_same_sessions() {
    let bodies = |seed| {
        sessions(seed, 50)
            .flatten()
            .map(|visit| (visit.after, serde_json::to_string(&visit.beacon).unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies(7), bodies(7));
    assert_ne!(bodies(7), bodies(8));
}

#[test]
fn everything_is_marked_as_simulated() {
    for visit in sessions(2, 2_000).flatten() {
        assert_eq!(&*visit.beacon.site, "demo-simulated");
        let url = visit.beacon.url.to_string();
        assert!(url.starts_with("https://shop.example/shop/"), "{url}");
        let path = url.strip_prefix("https://shop.example").unwrap();
        assert!(super::super::shop::page(path, None).is_some(), "the demo shop has no {path}");
    }
}

#[test]
fn lcp_has_the_published_quantiles() {
    let mut lcp = [Vec::new(), Vec::new(), Vec::new()];
    for session in sessions(3, 120_000) {
        for beacon in pages(&session) {
            lcp[class(beacon)].extend(beacon.vitals.unwrap().lcp);
        }
    }
    for values in &mut lcp {
        values.sort_unstable_by(f64::total_cmp);
    }
    // RUM Archive, ms.
    for (class, what, truth) in
        [(DESKTOP, "desktop", [1448.0, 2446.0, 5147.0]), (MOBILE, "mobile", [1346.0, 2245.0, 4749.0])]
    {
        for (q, expected) in [0.5, 0.75, 0.95].into_iter().zip(truth) {
            assert_near(quantile(&lcp[class], q), expected, 0.03, &format!("{what} p{}", q * 100.0));
        }
    }
}

#[test]
fn a_pages_times_are_in_order_and_its_phases_add_up() {
    for session in sessions(4, 20_000) {
        for (n, beacon) in pages(&session).enumerate() {
            let (timing, vitals) = (beacon.timing.unwrap(), beacon.vitals.unwrap());
            let [ttfb, fcp] = [vitals.ttfb, vitals.fcp].map(Option::unwrap);
            let phases = [timing.redirect, timing.dns, timing.connect, timing.tls].map(Option::unwrap);
            let [interactive, content_loaded, load] =
                [timing.dom_interactive, timing.dom_content_loaded, timing.load].map(Option::unwrap);
            assert_eq!(timing.ttfb, vitals.ttfb);
            assert!(
                phases.iter().all(|&phase| phase >= 0.0) && phases.iter().sum::<f64>() <= ttfb,
                "{timing:?}"
            );
            assert!(n == 0 || phases.iter().sum::<f64>() == 0.0, "the connection is open: {timing:?}");
            // Each is rounded to a tenth of a millisecond.
            assert!(ttfb + timing.response.unwrap() <= interactive + 0.11, "{timing:?}");
            assert!(interactive <= content_loaded && content_loaded <= load, "{timing:?}");
            assert!(0.0 < ttfb && ttfb <= fcp, "{vitals:?}");
            assert!(vitals.lcp.is_none_or(|lcp| fcp <= lcp), "{vitals:?}");
            assert!(vitals.inp.is_none_or(|inp| inp >= 8.0 && inp % 8.0 == 0.0), "{vitals:?}");
        }
    }
}

#[test]
fn a_session_is_told_in_order_with_its_landing() {
    for session in sessions(5, 20_000) {
        assert!(session.is_sorted_by_key(|visit| visit.after));
        let first = session[0].beacon.clone();
        for (n, beacon) in pages(&session).enumerate() {
            let told = beacon.session.clone().unwrap();
            assert_eq!(told.n as usize, n + 1);
            assert_eq!(told.id, first.session.as_ref().unwrap().id);
            assert_eq!(told.landing.is_some(), n > 0);
        }
        let later = session.iter().filter_map(|visit| visit.beacon.session.as_ref()?.landing.as_ref());
        for landing in later {
            assert_eq!(landing.lcp, first.vitals.unwrap().lcp);
            assert_eq!(landing.load, first.timing.unwrap().load);
            assert_eq!(landing.page, first.page);
            assert_eq!(landing.referrer, first.referrer);
            assert_eq!(landing.campaign, first.campaign);
        }
    }
}

#[test]
fn a_purchase_comes_from_the_last_page_and_is_paid_in_cents() {
    let mut purchases = 0;
    for session in sessions(6, 20_000) {
        let bought: Vec<_> = session.iter().filter(|visit| visit.beacon.kind == Kind::Conversion).collect();
        let thanked = pages(&session).filter(|beacon| beacon.page.as_deref() == Some("thank-you")).count();
        assert_eq!(bought.len(), thanked);
        assert!(bought.len() <= 1);
        for visit in bought {
            purchases += 1;
            assert_eq!(visit.beacon.page.as_deref(), Some("thank-you"));
            assert!(visit.beacon.session.as_ref().unwrap().landing.is_some());
            let told = serde_json::to_value(&visit.beacon).unwrap();
            let value = told["conversion"]["value"].as_str().unwrap();
            let (_, cents) = value.split_once('.').unwrap();
            assert_eq!(cents.len(), 2, "{value}");
            // The cheapest piece once, the dearest four times.
            assert!((24.5..=580.0).contains(&value.parse::<f64>().unwrap()), "{value}");
        }
    }
    assert!(purchases > 300, "{purchases}");
}

#[test]
fn devices_and_sessions_are_mixed_as_meant() {
    let mut classes = [0.0; 3];
    let (mut count, mut views, mut amsterdam, mut shifted, mut measured) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for session in sessions(9, 60_000) {
        let beacon = &session[0].beacon;
        classes[class(beacon)] += 1.0;
        count += 1.0;
        amsterdam += f64::from(u8::from(beacon.tz.as_deref() == Some("Europe/Amsterdam")));
        views += pages(&session).count() as f64;
        for cls in pages(&session).filter_map(|beacon| beacon.vitals?.cls) {
            measured += 1.0;
            shifted += f64::from(u8::from(cls > 0.0));
        }
    }
    for (share, expected) in classes.into_iter().zip([0.33, 0.60, 0.07]) {
        assert_near(share / count, expected, 0.04, "share of a device");
    }
    assert_near(amsterdam / count, 0.64, 0.02, "share of Amsterdam");
    assert_near(views / count, 3.1, 0.05, "views a session");
    assert_near(shifted / measured, 0.55, 0.03, "views that shift");
}

#[test]
fn far_away_is_slower_and_later_views_are_faster() {
    let mut by_place = [Vec::new(), Vec::new()];
    let mut by_view = [Vec::new(), Vec::new()];
    for session in sessions(10, 60_000) {
        for (n, beacon) in pages(&session).enumerate() {
            let Some(lcp) = beacon.vitals.unwrap().lcp else { continue };
            by_view[usize::from(n > 0)].push(lcp);
            let tz = beacon.tz.as_deref().unwrap();
            if !tz.starts_with("Europe/") {
                by_place[1].push(lcp);
            } else if tz == "Europe/Amsterdam" {
                by_place[0].push(lcp);
            }
        }
    }
    let median = |values: &mut Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        quantile(values, 0.5)
    };
    let [near, far] = &mut by_place;
    assert!(median(far) > 1.3 * median(near));
    let [landing, later] = &mut by_view;
    assert_near(median(later) / median(landing), 0.72, 0.03, "later views");
}

#[test]
fn pauses_have_the_asked_mean() {
    let mut visitors = Visitors::new(11).unwrap();
    let mean = Duration::from_millis(400);
    let total: Duration = (0..50_000).map(|_| visitors.pause(mean)).sum();
    assert_near(total.as_secs_f64() / 50_000.0, 0.4, 0.02, "mean pause");
}

/// Recovers the planted effect with a logistic regression on landing LCP and device, fitted from the beacons
/// alone.
#[test]
fn the_planted_effect_is_in_the_beacons() {
    let (mut rows, mut all, mut bought_all, mut by_class) = (Vec::new(), 0.0, 0.0, [[0.0; 2]; 3]);
    for session in sessions(12, 800_000) {
        let landing = &session[0].beacon;
        let bought = session.iter().any(|visit| visit.beacon.kind == Kind::Conversion);
        let class = class(landing);
        all += 1.0;
        bought_all += f64::from(u8::from(bought));
        by_class[class][usize::from(bought)] += 1.0;
        if let Some(lcp_ms) = landing.vitals.unwrap().lcp {
            let is = |other| f64::from(u8::from(class == other));
            rows.push(([1.0, is(MOBILE), is(2), lcp_ms / 1000.0], f64::from(u8::from(bought))));
        }
    }
    assert_near(bought_all / all, 0.024, 0.04, "conversion rate");
    let rate = |class: usize| by_class[class][1] / (by_class[class][0] + by_class[class][1]);
    assert!(rate(MOBILE) < 0.6 * rate(DESKTOP), "{} on mobile, {} on desktop", rate(MOBILE), rate(DESKTOP));
    let odds_ratio = logistic(&rows)[3].exp();
    // The standard error at this size is about 0.004.
    assert!((odds_ratio - 0.93).abs() < 0.015, "{odds_ratio}");
}

/// Maximum likelihood by Newton's method.
fn logistic<const K: usize>(rows: &[([f64; K], f64)]) -> [f64; K] {
    let mut beta = [0.0; K];
    for _ in 0..12 {
        let mut gradient = [0.0; K];
        let mut information = [[0.0; K]; K];
        for (x, y) in rows {
            let linear: f64 = x.iter().zip(&beta).map(|(x, b)| x * b).sum();
            let p = 1.0 / (1.0 + (-linear).exp());
            for i in 0..K {
                gradient[i] += x[i] * (y - p);
                for j in 0..K {
                    information[i][j] += x[i] * x[j] * p * (1.0 - p);
                }
            }
        }
        for (b, step) in beta.iter_mut().zip(solve(information, gradient)) {
            *b += step;
        }
    }
    beta
}

/// Gaussian elimination of a positive definite system.
fn solve<const K: usize>(mut a: [[f64; K]; K], mut b: [f64; K]) -> [f64; K] {
    for pivot in 0..K {
        for row in pivot + 1..K {
            let factor = a[row][pivot] / a[pivot][pivot];
            let above = a[pivot];
            for (here, above) in a[row].iter_mut().zip(above) {
                *here -= factor * above;
            }
            b[row] -= factor * b[pivot];
        }
    }
    for row in (0..K).rev() {
        let known: f64 = (row + 1..K).map(|column| a[row][column] * b[column]).sum();
        b[row] = (b[row] - known) / a[row][row];
    }
    b
}
