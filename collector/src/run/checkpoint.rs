//! Checkpoints of the journal, every so often, and at the end.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::task::spawn_blocking;

use crate::pipeline::Pipeline;

/// Stores the cells every so often, for as long as it is polled.
pub(super) async fn keep_short(pipeline: Arc<Pipeline>, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        store(&pipeline).await;
    }
}

/// Stores the cells, on a thread of its own: the disk may be slow.
pub(super) async fn store(pipeline: &Arc<Pipeline>) {
    let pipeline = Arc::clone(pipeline);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let _ended = spawn_blocking(move || pipeline.checkpoint(now)).await;
}
