//! Every metric once: name, help, labels. The only place that spells a metric's name.
//!
//! Names follow the Prometheus conventions: base units, `_seconds`, `_total` for counters. CLS has no unit
//! and is a `_score`.

use crate::measure::Metric;

/// A family of metrics.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    pub name: &'static str,
    pub help: &'static str,
    pub labels: &'static [&'static str],
}

/// Labels of the visitor view.
pub(super) const VISITOR: &[&str] = &["site", "device", "channel", "country"];
/// Labels of the page view.
pub(super) const PAGE: &[&str] = &["site", "device", "page"];
/// Labels of probes.
pub(super) const CHECK: &[&str] = &["site", "check", "region", "device"];
/// Labels of third parties.
pub(super) const HOST: &[&str] = &["site", "host"];
/// The label that a sum of money has besides.
pub(super) const CURRENCY: &str = "currency";

const fn family(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Family {
    Family { name, help, labels }
}

/// Page views of visitors.
pub(super) const PAGE_VIEWS: Family = family("rum_page_views_total", VISITOR, "Page views of visitors.");
/// Sessions that began.
pub(super) const SESSIONS: Family = family("rum_sessions_total", VISITOR, "Sessions of visitors that began.");
/// Conversions.
pub(super) const CONVERSIONS: Family = family("rum_conversions_total", VISITOR, "Conversions of visitors.");
/// Value of conversions.
pub(super) const CONVERSION_VALUE: Family = family(
    "rum_conversion_value_total",
    &["site", "device", "channel", "country", CURRENCY],
    "Value of conversions, in the currency's own unit; XXX when no currency is known.",
);
/// Landing LCP of all sessions.
pub(super) const SESSION_LANDING_LCP: Family = family(
    "rum_session_landing_lcp_seconds",
    VISITOR,
    "Largest Contentful Paint of the first page view of all sessions.",
);
/// Landing LCP of converting sessions.
pub(super) const CONVERSION_LANDING_LCP: Family = family(
    "rum_conversion_landing_lcp_seconds",
    VISITOR,
    "Largest Contentful Paint of the first page view of sessions that converted.",
);
/// Landing load of all sessions.
pub(super) const SESSION_LANDING_LOAD: Family = family(
    "rum_session_landing_load_seconds",
    VISITOR,
    "Load time of the first page view of all sessions, for browsers without LCP too.",
);
/// Landing load of converting sessions.
pub(super) const CONVERSION_LANDING_LOAD: Family = family(
    "rum_conversion_landing_load_seconds",
    VISITOR,
    "Load time of the first page view of sessions that converted, for browsers without LCP too.",
);
/// Time of third parties.
pub(super) const THIRD_PARTY: Family =
    family("rum_third_party_seconds", HOST, "Time that a page view spent on another host's content.");
/// Errors of pages' scripts.
pub(super) const PAGE_ERRORS: Family =
    family("rum_page_errors_total", PAGE, "JavaScript errors and unhandled rejections in page views.");
/// Checks of probes.
pub(super) const CHECKS: Family =
    family("synthetic_page_views_total", CHECK, "Page views of probes that measured something.");
/// Stage of a page group.
pub(super) const PAGE_STAGE: Family = family(
    "graadmeter_page_stage_info",
    &["site", "page", "stage"],
    "Step of the buying path that a page group belongs to, as configured; always 1.",
);
/// Outcomes of beacons.
pub(super) const BEACONS: Family =
    family("graadmeter_beacons_total", &["outcome"], "Requests to the beacon endpoint by how they ended.");
/// Open connections.
pub(super) const CONNECTIONS: Family =
    family("graadmeter_connections", &[], "Connections of the public listener that are open now.");
/// Connections that were closed.
pub(super) const CONNECTIONS_CLOSED: Family = family(
    "graadmeter_connections_closed_total",
    &["reason"],
    "Connections of the public listener that were closed, or not let in, before their client wished.",
);
/// Values that were left out.
pub(super) const LEFT_OUT: Family = family(
    "graadmeter_values_left_out_total",
    &["key"],
    "Measured values that can't be, left out of beacons that were otherwise kept.",
);
/// Handling time.
pub(super) const HANDLING: Family = family(
    "graadmeter_beacon_handling_seconds",
    &[],
    "Time from the last byte of a beacon to its outcome, without the network.",
);
/// Cells in memory.
pub(super) const CELLS: Family =
    family("graadmeter_cells", &[], "Cells of all views of all sites in memory.");
/// Cells past the budget.
pub(super) const CELLS_OVERFLOWED: Family = family(
    "graadmeter_cells_overflowed_total",
    &["view"],
    "Observations counted in the cell \"other\" because the view's budget of cells was used up.",
);
/// Commits of the journal.
pub(super) const JOURNAL_COMMITS: Family = family(
    "graadmeter_journal_commits_total",
    &[],
    "Transactions in which accepted beacons were stored; under load many share one.",
);
/// Commits that failed.
pub(super) const JOURNAL_FAILURES: Family = family(
    "graadmeter_journal_failures_total",
    &[],
    "Transactions and syncs of the journal that failed: the disk is full, read-only or broken.",
);
/// What was stored.
pub(super) const JOURNAL_BYTES: Family = family(
    "graadmeter_journal_entry_bytes_total",
    &[],
    "Bytes of accepted beacons that were stored, before what the database adds.",
);
/// What is stored.
pub(super) const JOURNAL_DISK: Family =
    family("graadmeter_journal_disk_bytes", &[], "Bytes of the journal's files.");
/// What could not be written.
pub(super) const HISTORY_FAILURES: Family = family(
    "graadmeter_history_failures_total",
    &[],
    "Transactions of the history that failed; what they were about is tried again.",
);
/// What the disk has changed.
pub(super) const HISTORY_DAMAGED: Family = family(
    "graadmeter_history_damaged_total",
    &[],
    "Roll-ups of the history that were damaged, and are set aside.",
);
/// What is stored.
pub(super) const HISTORY_DISK: Family =
    family("graadmeter_history_disk_bytes", &[], "Bytes of the history's files.");
/// What was sent.
pub(super) const CLICKHOUSE_ROWS: Family =
    family("graadmeter_clickhouse_rows_total", &[], "Observations that ClickHouse has taken.");
/// What could not be sent.
pub(super) const CLICKHOUSE_FAILURES: Family = family(
    "graadmeter_clickhouse_failures_total",
    &[],
    "Attempts to insert that failed; what they were about is sent again.",
);
/// What is not sent any more.
pub(super) const CLICKHOUSE_DROPPED: Family = family(
    "graadmeter_clickhouse_dropped_total",
    &[],
    "Observations that were given up, since more waited than clickhouse.spool_bytes_max.",
);
/// What is to be sent.
pub(super) const CLICKHOUSE_WAITING: Family =
    family("graadmeter_clickhouse_waiting_bytes", &[], "Bytes that wait in the journal for ClickHouse.");
/// The build.
pub(super) const BUILD_INFO: Family =
    family("graadmeter_build_info", &["version"], "Version of the collector; always 1.");

/// The families of one metric in the three views.
pub(super) struct Metrics {
    pub metric: Metric,
    /// By device, channel, country; the phases are in the page view only.
    pub visitor: Option<Family>,
    /// By device and page.
    pub page: Family,
    /// By check, region, device.
    pub synthetic: Family,
}

const fn vital(
    metric: Metric,
    visitor: &'static str,
    page: &'static str,
    synthetic: &'static str,
    help: &'static str,
) -> Metrics {
    Metrics { visitor: Some(family(visitor, VISITOR, help)), ..phase(metric, page, synthetic, help) }
}

const fn phase(metric: Metric, page: &'static str, synthetic: &'static str, help: &'static str) -> Metrics {
    Metrics {
        metric,
        visitor: None,
        page: family(page, PAGE, help),
        synthetic: family(synthetic, CHECK, help),
    }
}

/// Every metric's families, in the order of [`Metric::ALL`].
pub(super) const METRICS: [Metrics; Metric::ALL.len()] = [
    vital(
        Metric::Ttfb,
        "rum_ttfb_seconds",
        "rum_page_ttfb_seconds",
        "synthetic_ttfb_seconds",
        "Time to First Byte.",
    ),
    vital(
        Metric::Fcp,
        "rum_fcp_seconds",
        "rum_page_fcp_seconds",
        "synthetic_fcp_seconds",
        "First Contentful Paint.",
    ),
    vital(
        Metric::Lcp,
        "rum_lcp_seconds",
        "rum_page_lcp_seconds",
        "synthetic_lcp_seconds",
        "Largest Contentful Paint.",
    ),
    vital(
        Metric::Inp,
        "rum_inp_seconds",
        "rum_page_inp_seconds",
        "synthetic_inp_seconds",
        "Interaction to Next Paint.",
    ),
    vital(
        Metric::Cls,
        "rum_cls_score",
        "rum_page_cls_score",
        "synthetic_cls_score",
        "Cumulative Layout Shift.",
    ),
    vital(
        Metric::Load,
        "rum_load_seconds",
        "rum_page_load_seconds",
        "synthetic_load_seconds",
        "Navigation start to the end of the load event.",
    ),
    phase(
        Metric::Redirect,
        "rum_page_redirect_seconds",
        "synthetic_redirect_seconds",
        "Following redirects.",
    ),
    phase(Metric::Dns, "rum_page_dns_seconds", "synthetic_dns_seconds", "Resolving the name."),
    phase(
        Metric::Connect,
        "rum_page_connect_seconds",
        "synthetic_connect_seconds",
        "Connecting, without TLS.",
    ),
    phase(Metric::Tls, "rum_page_tls_seconds", "synthetic_tls_seconds", "TLS handshake."),
    phase(
        Metric::Wait,
        "rum_page_wait_seconds",
        "synthetic_wait_seconds",
        "Request to the first byte: mostly the server's share.",
    ),
    phase(
        Metric::Response,
        "rum_page_response_seconds",
        "synthetic_response_seconds",
        "First byte to the last.",
    ),
    phase(
        Metric::DomInteractive,
        "rum_page_dom_interactive_seconds",
        "synthetic_dom_interactive_seconds",
        "Navigation start until the document is parsed.",
    ),
    phase(
        Metric::DomContentLoaded,
        "rum_page_dom_content_loaded_seconds",
        "synthetic_dom_content_loaded_seconds",
        "Navigation start to the end of DOMContentLoaded.",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn metrics_are_in_order_and_named_once() {
        assert!(METRICS.iter().map(|views| views.metric).eq(Metric::ALL));
        let visitors = METRICS.iter().filter_map(|views| views.visitor);
        assert_eq!(visitors.clone().count(), Metric::OF_VISITORS);
        let names: Vec<_> =
            METRICS.iter().flat_map(|views| [views.page, views.synthetic]).chain(visitors).collect();
        let unique: BTreeSet<_> = names.iter().map(|family| family.name).collect();
        assert_eq!(unique.len(), names.len());
    }
}
