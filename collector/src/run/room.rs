//! Making room for new names: cells that have counted nothing for a day are forgotten where their view is full.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::aggregate::cells::Seconds;
use crate::limits::CELL_IDLE_MAX;
use crate::pipeline::Pipeline;

/// How often it is seen to.
const EVERY: Duration = Duration::from_mins(1);

/// Makes room for as long as it is polled.
pub(super) async fn make_room(pipeline: Arc<Pipeline>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let before = now.saturating_sub(CELL_IDLE_MAX);
        let forgotten = pipeline.tallies().forget_idle(pipeline.budgets(), Seconds::of(before));
        if forgotten > 0 {
            tracing::info!(
                forgotten,
                "forgot cells that counted nothing for a day, to make room for new ones"
            );
        }
    }
}
