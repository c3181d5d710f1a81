//! One request to ClickHouse's HTTP interface and its answer, within limits.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Response, StatusCode, redirect};
use rustls::{ClientConfig, RootCertStore};

use super::{ClickHouseError, Settings};
use crate::limits::{CLICKHOUSE_ANSWER_BYTES_MAX, CLICKHOUSE_CONNECT_MAX};

const USER: HeaderName = HeaderName::from_static("x-clickhouse-user");
const KEY: HeaderName = HeaderName::from_static("x-clickhouse-key");
const CODE: HeaderName = HeaderName::from_static("x-clickhouse-exception-code");

/// Keeps connections open between requests.
#[derive(Debug, Clone)]
pub(super) struct Client {
    http: reqwest::Client,
    url: reqwest::Url,
    database: Arc<str>,
}

/// What a request carries besides its parameters.
#[derive(Debug)]
pub(super) enum Body {
    /// The statement itself.
    Statement(String),
    /// Data of an insert, compressed.
    Gzip(Bytes),
    /// A form with external tables, whose parts `boundary` separates.
    Form { boundary: &'static str, parts: String },
}

impl Client {
    /// # Errors
    ///
    /// When a setting can't be sent, or an https URL has no root certificate to trust.
    pub(super) fn new(settings: &Settings) -> Result<Self, ClickHouseError> {
        let http = reqwest::Client::builder()
            .connect_timeout(CLICKHOUSE_CONNECT_MAX)
            .default_headers(who(settings)?)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(tls(settings)?)
            .build()
            .map_err(|error| ClickHouseError::Setup(error.to_string()))?;
        Ok(Self { http, url: settings.url.clone(), database: settings.database.to_string().into() })
    }

    /// Has a statement done, and gives what it answers.
    ///
    /// # Errors
    ///
    /// When it isn't done. What was sent may have been done all the same if nobody answered.
    pub(super) async fn post(
        &self,
        parameters: &[(&str, &str)],
        body: Body,
        time_max: Duration,
    ) -> Result<Vec<u8>, ClickHouseError> {
        let mut url = self.url.clone();
        // The status is told when all is done, so that a failure on the way isn't behind a status of success.
        url.query_pairs_mut()
            .append_pair("database", &self.database)
            .append_pair("wait_end_of_query", "1")
            .extend_pairs(parameters);
        let request = self.http.post(url).timeout(time_max);
        let request = match body {
            Body::Statement(sql) => request.body(sql),
            Body::Gzip(bytes) => request.header(CONTENT_ENCODING, "gzip").body(bytes),
            Body::Form { boundary, parts } => {
                request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}")).body(parts)
            }
        };
        let response = request.send().await.map_err(|error| ClickHouseError::of_request(&error))?;
        let status = response.status();
        let code = response.headers().get(CODE).and_then(|code| code.to_str().ok()?.parse().ok());
        let answer = read(response).await?;
        if status == StatusCode::OK && code.is_none() {
            return Ok(answer);
        }
        Err(ClickHouseError::of_answer(status.as_u16(), code, &answer))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, ClickHouseError> {
    let mut answer = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| ClickHouseError::of_request(&error))? {
        if answer.len() + piece.len() > CLICKHOUSE_ANSWER_BYTES_MAX {
            return Err(ClickHouseError::Unreadable(format!(
                "more than {CLICKHOUSE_ANSWER_BYTES_MAX} bytes"
            )));
        }
        answer.extend_from_slice(&piece);
    }
    Ok(answer)
}

fn who(settings: &Settings) -> Result<HeaderMap, ClickHouseError> {
    let wrong =
        |what: &str| ClickHouseError::Setup(format!("the {what} has characters that HTTP can't send"));
    let mut headers = HeaderMap::new();
    headers.insert(USER, HeaderValue::from_str(&settings.user).map_err(|_| wrong("user's name"))?);
    if let Some(password) = &settings.password {
        let mut key = HeaderValue::from_bytes(&password.0).map_err(|_| wrong("password"))?;
        key.set_sensitive(true);
        headers.insert(KEY, key);
    }
    Ok(headers)
}

/// Trusts what the system trusts; plain HTTP needs nothing of it.
fn tls(settings: &Settings) -> Result<ClientConfig, ClickHouseError> {
    let mut roots = RootCertStore::empty();
    if settings.url.scheme() == "https" {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            let why = "no root certificate to trust: install ca-certificates, or set SSL_CERT_FILE";
            return Err(ClickHouseError::Setup(why.to_owned()));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClickHouseError::Setup(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
