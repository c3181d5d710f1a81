//! Making room for new names: cells that have counted nothing for a day are forgotten where their view is full.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::aggregate::cells::Seconds;
use crate::limits::CELL_IDLE_MAX;
use crate::pipeline::Pipeline;

/// How often it is seen to.
const EVERY: Duration = Duration::from_mins(1);

/// Makes room for as long as it is polled; `started` is when the cells' seconds began.
pub(super) async fn make_room(pipeline: Arc<Pipeline>, started: Instant) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(before) = started.elapsed().checked_sub(CELL_IDLE_MAX) else { continue };
        let forgotten = pipeline.tallies().forget_idle(pipeline.budgets(), Seconds::of(before));
        if forgotten > 0 {
            tracing::info!(
                forgotten,
                "forgot cells that counted nothing for a day, to make room for new ones"
            );
        }
    }
}
