//! Inserting a batch exactly once, however often it is tried.
//!
//! An insert whose answer got lost may have been done, and may even still be going on. Only the server can tell, at the
//! moment when it adds the part. It does, in two ways: it knows the batch's token again (since 21.12, and in tables that
//! are not replicated since 22.2) or, in replicated tables of any version, the bytes of the block. For the latter the
//! column `batch` makes the blocks of any two batches differ, even if their observations are the same.

use std::io::{self, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::client::{Body, Client};
use super::columns::{TABLE, columns};
use super::{ClickHouseError, Rows, Settings};
use crate::limits::{CLICKHOUSE_INSERT_MAX, CLICKHOUSE_QUERY_MAX};

/// Inserts batches, one at a time.
#[derive(Debug)]
pub struct Sink {
    client: Client,
    insert: String,
    /// What the server can do, once it has told.
    server: Option<Server>,
}

/// What differs between versions: the settings that it knows.
#[derive(Debug, Default)]
struct Server {
    tokens: bool,
    asynchronous: bool,
}

const TOKEN: &str = "insert_deduplication_token";
const ASYNCHRONOUS: &str = "async_insert";

impl Sink {
    /// Nothing is asked of the server before the first batch.
    ///
    /// # Errors
    ///
    /// When a setting can't be used.
    pub fn new(settings: &Settings) -> Result<Self, ClickHouseError> {
        let names: Vec<_> = columns().map(|(name, _)| format!("`{name}`")).collect();
        let insert = format!("INSERT INTO {TABLE} ({}) FORMAT RowBinary", names.join(", "));
        Ok(Self { client: Client::new(settings)?, insert, server: None })
    }

    /// Inserts a batch and waits until it is in the table, on the shard that it belongs to.
    ///
    /// A token belongs to one batch, and each attempt to send that must have the same rows, after a restart too. So who
    /// may be killed between two attempts keeps on disk, before the first, which observations the batch is made of.
    ///
    /// It works on the calling thread for some ten milliseconds if the rows are [full](Rows::is_full), to compress them.
    ///
    /// # Errors
    ///
    /// When it is not known to be there. If that [may change by itself](ClickHouseError::is_retryable), send it again
    /// after a while.
    pub async fn send(&mut self, token: &str, rows: &Rows) -> Result<(), ClickHouseError> {
        let sent = self.try_send(token, rows).await;
        if sent.is_err() {
            // Who comes back may be another version.
            self.server = None;
        }
        sent
    }

    async fn try_send(&mut self, token: &str, rows: &Rows) -> Result<(), ClickHouseError> {
        if rows.is_empty() {
            return Ok(());
        }
        let server = match self.server.take() {
            Some(server) => server,
            None => self.ask().await?,
        };
        let mut parameters = vec![
            ("query", &*self.insert),
            // Through a `Distributed` table, done means done on the shard.
            ("insert_distributed_sync", "1"),
            ("insert_deduplicate", "1"),
        ];
        if server.tokens {
            parameters.push((TOKEN, token));
        }
        if server.asynchronous {
            // It would gather blocks of several inserts, and answer before they are in the table.
            parameters.push((ASYNCHRONOUS, "0"));
        }
        let body = compressed(batch(token), rows)
            .map_err(|error| ClickHouseError::Setup(format!("can't compress: {error}")))?;
        self.client.post(&parameters, Body::Gzip(body), CLICKHOUSE_INSERT_MAX).await?;
        self.server = Some(server);
        Ok(())
    }

    /// Asks what the server can do.
    async fn ask(&self) -> Result<Server, ClickHouseError> {
        let query = format!(
            "SELECT name AS told FROM system.settings WHERE name IN ('{TOKEN}', '{ASYNCHRONOUS}') UNION ALL \
             SELECT concat('engine ', engine) AS told FROM system.tables \
             WHERE database = currentDatabase() AND name = '{TABLE}' FORMAT TabSeparated"
        );
        let answer = self.client.post(&[], Body::Statement(query), CLICKHOUSE_QUERY_MAX).await?;
        let answer = String::from_utf8_lossy(&answer);
        let knows = |word: &str| answer.lines().any(|line| line == word);
        let engine = answer.lines().find_map(|line| line.strip_prefix("engine "));
        let server = Server { tokens: knows(TOKEN), asynchronous: knows(ASYNCHRONOUS) };
        match engine {
            None => Err(ClickHouseError::NoTable),
            Some(engine) if engine.ends_with("MergeTree") && !is_replicated(engine) && !server.tokens => {
                Err(ClickHouseError::Forgetful)
            }
            Some(_) => Ok(server),
        }
    }
}

/// `Shared` is what the vendor's own cloud makes of it.
fn is_replicated(engine: &str) -> bool {
    engine.starts_with("Replicated") || engine.starts_with("Shared")
}

/// The column `batch`: a number for each token.
fn batch(token: &str) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&Sha256::digest(token)[..8]);
    u64::from_le_bytes(first)
}

/// All rows, each with the number of its batch behind it.
fn compressed(batch: u64, rows: &Rows) -> io::Result<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(rows.bytes() / 2), Compression::fast());
    for row in rows.each() {
        encoder.write_all(row)?;
        encoder.write_all(&batch.to_le_bytes())?;
    }
    Ok(encoder.finish()?.into())
}
