//! Picking up a new edition of the geo database without a restart. A broken one is refused, and the old one
//! stays in use.

use std::sync::Arc;
use std::time::Duration;

use crate::pipeline::Pipeline;
use crate::place::country::{Database, edition};

/// How often the file is looked at.
const EVERY: Duration = Duration::from_secs(10);

/// Looks at the file for as long as it is polled; returns at once if there is none.
pub(super) async fn keep_fresh(pipeline: Arc<Pipeline>) {
    let Some(database) = pipeline.geography().database() else { return };
    let path = database.path().to_owned();
    let mut known = database.edition();
    loop {
        tokio::time::sleep(EVERY).await;
        let found = edition(&path);
        if found.is_none() || found == known {
            continue;
        }
        known = found;
        let file = path.clone();
        match tokio::task::spawn_blocking(move || Database::open(&file)).await {
            Ok(Ok(database)) => {
                pipeline.geography().replace_database(database);
                tracing::info!(path = %path.display(), "using the new geo database");
            }
            Ok(Err(error)) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "keeping the old geo database: the new one is broken");
            }
            Err(error) => tracing::error!(%error, "keeping the old geo database: the new one was not read"),
        }
    }
}
