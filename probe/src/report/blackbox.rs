//! One run in `blackbox_exporter`'s words, so that dashboards and alerts made for it keep working.
//!
//! Unlike there, a phase that didn't end is absent, not zero. Status code, redirects and `probe_http_ssl`
//! are 0 after a failure, as there: alerts compare them.

use prometheus::{Gauge, GaugeVec, Opts, Registry};

use super::{metrics, unix_seconds};
use crate::check::assert::Verdict;
use crate::check::{Measurement, Phase};

/// The answer of `/probe`.
///
/// # Errors
///
/// When a family can't be written.
pub fn render(measured: &Measurement, verdict: &Verdict) -> prometheus::Result<Vec<u8>> {
    let page = Page(Registry::new());
    page.gauge(
        "probe_success",
        "Whether the probe succeeded.",
        f64::from(u8::from(*verdict == Verdict::Ok)),
    )?;
    page.gauge("probe_duration_seconds", "Duration of the whole probe.", measured.total.as_secs_f64())?;
    page.phases(measured)?;
    page.answer(measured)?;
    page.tls(measured)?;
    metrics::render(&page.0)
}

struct Page(Registry);

impl Page {
    fn gauge(&self, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value);
        self.0.register(Box::new(gauge))
    }

    fn info(&self, name: &str, help: &str, label: &str, value: &str) -> prometheus::Result<()> {
        let info = GaugeVec::new(Opts::new(name, help), &[label])?;
        info.with_label_values(&[value]).set(1.0);
        self.0.register(Box::new(info))
    }

    fn phases(&self, measured: &Measurement) -> prometheus::Result<()> {
        let help = "Duration of the request by phase, summed over all redirects.";
        let gauges = GaugeVec::new(Opts::new("probe_http_duration_seconds", help), &["phase"])?;
        let phases = measured.phases();
        for (phase, time) in phases.iter() {
            gauges.with_label_values(&[phase.name()]).set(time.as_secs_f64());
        }
        self.0.register(Box::new(gauges))?;
        let Some(resolve) = phases[Phase::Resolve] else { return Ok(()) };
        self.gauge("probe_dns_lookup_time_seconds", "Duration of resolving names.", resolve.as_secs_f64())
    }

    fn answer(&self, measured: &Measurement) -> prometheus::Result<()> {
        let status = measured.status().unwrap_or(0);
        self.gauge("probe_http_status_code", "The answer's status code; 0 without one.", status.into())?;
        self.gauge("probe_http_redirects", "Redirects followed.", measured.redirects() as f64)?;
        let Some(hop) = measured.last() else { return Ok(()) };
        if let Some(address) = hop.address {
            let protocol = if address.is_ipv4() { 4.0 } else { 6.0 };
            self.gauge("probe_ip_protocol", "4 or 6, the last connection's IP version.", protocol)?;
        }
        if let Some(version) = hop.http_version {
            let version = if version == "1.0" { 1.0 } else { 1.1 };
            self.gauge("probe_http_version", "The answer's HTTP version.", version)?;
        }
        if let Some(bytes) = measured.body_bytes {
            let length = measured.content_length.map_or(-1.0, |length| length as f64);
            self.gauge("probe_http_content_length", "The body's announced length; -1 without one.", length)?;
            self.gauge("probe_http_uncompressed_body_length", "Bytes of the body.", bytes as f64)?;
        }
        Ok(())
    }

    fn tls(&self, measured: &Measurement) -> prometheus::Result<()> {
        let Some(hop) = measured.last() else { return Ok(()) };
        let used = f64::from(u8::from(hop.tls_version.is_some()));
        self.gauge("probe_http_ssl", "Whether the last request went over TLS.", used)?;
        if let Some(version) = hop.tls_version {
            self.info("probe_tls_version_info", "The TLS version used.", "version", version)?;
        }
        let Some(expiry) = hop.certificate_expiry else { return Ok(()) };
        let help = "Earliest end of the certificates shown, trusted or not, in Unix time.";
        self.gauge("probe_ssl_earliest_cert_expiry", help, unix_seconds(expiry))
    }
}
