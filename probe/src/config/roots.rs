//! Root certificates: the system's (or `SSL_CERT_FILE`'s, `SSL_CERT_DIR`'s), and those of a `ca_file`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use graadmeter_base::settings::Section;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::check::tls::Trust;

/// The system's roots, and what was made of them: checks with the same `ca_file` share one store.
pub struct Roots {
    system: Vec<CertificateDer<'static>>,
    trust: Trust,
    with_file: HashMap<PathBuf, Trust>,
}

impl Roots {
    /// Reads the system's roots. What can't be read is left out; if nothing is left, HTTPS checks say so.
    #[must_use]
    pub fn system() -> Self {
        Self::new(rustls_native_certs::load_native_certs().certs)
    }

    /// Takes `system` for the system's roots.
    #[must_use]
    pub fn new(system: Vec<CertificateDer<'static>>) -> Self {
        let trust = Trust::new(system.iter().cloned());
        Self { system, trust, with_file: HashMap::new() }
    }

    /// Believes the system's roots.
    #[must_use]
    pub fn trust(&self) -> Trust {
        self.trust.clone()
    }

    /// Believes those of the section's `ca_file`, too, if it names one.
    pub(super) fn trust_also(&mut self, section: &mut Section<'_, '_>, folder: &Path) -> Option<Trust> {
        section.text("ca_file", |given| self.with(&folder.join(given)))
    }

    fn with(&mut self, path: &Path) -> Result<Trust, String> {
        if let Some(trust) = self.with_file.get(path) {
            return Ok(trust.clone());
        }
        let unreadable = |error| format!("{}: {error}", path.display());
        let own = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let own = own.map_err(unreadable)?;
        if own.is_empty() {
            return Err(format!("{} holds no certificate in PEM form", path.display()));
        }
        let trust = Trust::new(self.system.iter().cloned().chain(own));
        self.with_file.insert(path.to_owned(), trust.clone());
        Ok(trust)
    }
}
