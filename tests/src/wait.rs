//! Waiting with a deadline, so that a slow machine makes a test slower and not red.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How long a test waits for what should happen soon.
pub const SOON: Duration = Duration::from_mins(1);

const PAUSE: Duration = Duration::from_millis(25);

/// Asks until the answer is `Ok`, and panics with the last `Err` after `limit`.
pub async fn until<T, E: Debug>(
    limit: Duration,
    what: &str,
    mut ask: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let deadline = Instant::now() + limit;
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(last) if Instant::now() >= deadline => {
                panic!("waited {limit:?} in vain until {what}; at last: {last:#?}")
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}
