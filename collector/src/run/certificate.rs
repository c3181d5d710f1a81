//! Picking up a renewed certificate without a restart. A broken one, or a key that belongs to another, is
//! refused, and the old one stays in use.

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use graadmeter_base::serve::{Tls, TlsError};

use crate::config;
use crate::config::TlsFiles;
use crate::limits::CERTIFICATE_WARNING;
use crate::place::country::Edition;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(10);
/// How often an end that comes near is told.
const WARN_EVERY: Duration = Duration::from_hours(24);
const DAY_SECONDS: u64 = 24 * 60 * 60;

/// The certificate in use and the files that the next one will be in.
#[derive(Debug)]
pub(super) struct Watch {
    tls: Tls,
    files: TlsFiles,
    known: (Edition, Edition),
    not_after: SystemTime,
}

impl Watch {
    /// Serves with the certificate of a configuration.
    pub(super) fn new(config: config::Tls) -> Result<Self, TlsError> {
        let not_after = config.certificate.not_after;
        let tls = Tls::new(config.certificate)?;
        Ok(Self { tls, known: config.editions, files: config.files, not_after })
    }

    /// What the listener serves with.
    pub(super) fn tls(&self) -> Tls {
        self.tls.clone()
    }

    /// Looks at the files for as long as it is polled.
    pub(super) async fn keep_fresh(mut self) {
        let mut warned: Option<Instant> = None;
        loop {
            if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) && self.warn_of_the_end() {
                warned = Some(Instant::now());
            }
            tokio::time::sleep(EVERY).await;
            let found = self.files.editions();
            // Whoever replaces them may do so one by one; the pair is tried again with the second.
            if found == self.known || found.0.is_none() || found.1.is_none() {
                continue;
            }
            self.known = found;
            if self.replace().await {
                warned = None;
            }
        }
    }

    async fn replace(&mut self) -> bool {
        let files = self.files.clone();
        match tokio::task::spawn_blocking(move || files.load()).await {
            Ok(Ok(certificate)) => {
                self.not_after = certificate.not_after;
                self.tls.replace(certificate);
                tracing::info!(path = %self.files.certificate.display(), "using the new certificate");
                return true;
            }
            Ok(Err(error)) => {
                let error = &error as &dyn Error;
                tracing::error!(error, "keeping the old certificate: the new one is broken");
            }
            Err(error) => tracing::error!(%error, "keeping the old certificate: the new one was not read"),
        }
        false
    }

    /// Says when the end is near; says so, so that it is not said too often.
    fn warn_of_the_end(&self) -> bool {
        let left = self.not_after.duration_since(SystemTime::now()).unwrap_or_default();
        let is_near = left < CERTIFICATE_WARNING;
        if is_near {
            let (path, days) = (self.files.certificate.display(), left.as_secs() / DAY_SECONDS);
            tracing::warn!(%path, days, "the certificate runs out soon: renew it");
        }
        is_near
    }
}
