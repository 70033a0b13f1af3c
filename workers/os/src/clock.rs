//! The machine's clock. In: nothing. Out: `contract::ports::Clock`. Never: an order of events (clocks
//! differ).

use contract::Timestamp;
use contract::ports::Clock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the port that everybody else takes"
        )]
        let now = SystemTime::now();
        // A clock before 1970 is a machine whose clock was never set; it reads as 1970.
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

#[cfg(test)]
mod tests {
    use super::SystemClock;
    use contract::Timestamp;
    use contract::ports::Clock as _;

    #[test]
    fn it_is_past_the_day_this_was_written() {
        assert!(SystemClock.now() > Timestamp::parse("2026-11-22T00:00:00Z").unwrap());
    }
}
