//! Every limit of the wire format in one place: what a collector accepts and a beacon keeps to.

/// Largest body in bytes, both as sent and after decompression.
pub const BODY_BYTES_MAX: usize = 16 * 1024;

/// Longest site id in bytes.
pub const SITE_BYTES_MAX: usize = 64;
/// Fewest hexadecimal digits of an id.
pub const ID_DIGITS_MIN: usize = 16;
/// Most hexadecimal digits of an id.
pub const ID_DIGITS_MAX: usize = 64;
/// Longest URL or referrer in bytes.
pub const URL_BYTES_MAX: usize = 4096;
/// Longest name of a page group, stage, channel, variant, mark, element, region or check in bytes: 64 UTF-16 units, which
/// is what a browser counts, are as many bytes at most.
pub const NAME_BYTES_MAX: usize = 192;
/// Longest campaign parameter in bytes.
pub const CAMPAIGN_BYTES_MAX: usize = 192;
/// Longest IANA time zone name in bytes (the longest real one has 30).
pub const TIME_ZONE_BYTES_MAX: usize = 64;
/// Longest host name in bytes (RFC 1035, section 2.3.4).
pub const HOST_BYTES_MAX: usize = 253;
/// Longest order number in bytes.
pub const ORDER_BYTES_MAX: usize = 192;
/// Most third-party hosts in one beacon; further ones are left out and counted.
pub const THIRD_PARTIES_MAX: usize = 32;
/// Most marks in one beacon; further ones are left out and counted.
pub const MARKS_MAX: usize = 16;

/// Number of views after which a session is no longer believed.
pub const SESSION_VIEWS_MAX: u32 = 100_000;
/// Smallest share of sessions that may report, so that one beacon never counts more than 10,000 times.
pub const RATE_MIN: f64 = 0.0001;

/// Longest phase, load or paint in milliseconds: ten minutes.
pub const TIMING_MS_MAX: f64 = 600_000.0;
/// Longest Interaction to Next Paint in milliseconds: one minute.
pub const INP_MS_MAX: f64 = 60_000.0;
/// Largest Cumulative Layout Shift.
pub const CLS_MAX: f64 = 100.0;
/// Largest side of a screen in CSS pixels.
pub const SCREEN_SIDE_MAX: f64 = 100_000.0;
/// Largest device pixel ratio.
pub const PIXEL_RATIO_MAX: f64 = 100.0;
/// Most touch points.
pub const TOUCH_POINTS_MAX: f64 = 256.0;
/// Largest device memory in GiB.
pub const MEMORY_GIB_MAX: f64 = 1024.0;
/// Most requests to one third-party host in one view.
pub const THIRD_PARTY_REQUESTS_MAX: f64 = 10_000.0;
/// Most bytes from one third-party host in one view.
pub const THIRD_PARTY_BYTES_MAX: f64 = 1e10;
/// Most JavaScript errors of one view.
pub const ERRORS_MAX: f64 = 10_000.0;
/// An amount of money is less than this: twelve digits before the point.
pub const AMOUNT_MAX: f64 = 1e12;
/// Most decimals of an amount of money.
pub const AMOUNT_DECIMALS_MAX: u32 = 6;
