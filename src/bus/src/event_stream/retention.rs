//! How is the log kept from growing for ever? Its oldest events are forgotten, in steps so small that nobody waits long for one.

use std::time::Duration;

use baton_domain::time::Timestamp;
use baton_domain::wire::live::KeepEvents;
use baton_storage::{EventStore, Retention, StoreError};

/// Events of one step. Writers wait while a step is written: some milliseconds.
const STEP: u32 = 1_000;
/// The pause after a step, so that forgetting much takes no more than a part of the store's time.
const PAUSE: Duration = Duration::from_millis(10);
/// Seconds of a day.
const DAY: u64 = 86_400;

/// Forgets what is not kept; gives how many events that were.
pub(super) async fn forget(store: &dyn EventStore, keep: KeepEvents, now: Timestamp) -> Result<u64, StoreError> {
    let retention = retention(keep, now);
    if retention == Retention::default() {
        return Ok(0);
    }
    let mut events = 0;
    loop {
        let step = store.forget_events(retention, STEP).await?;
        events += step.events;
        if !step.more {
            return Ok(events);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn retention(keep: KeepEvents, now: Timestamp) -> Retention {
    let age = |days: u32| Duration::from_secs(u64::from(days) * DAY);
    Retention { count: keep.count, since: keep.days.map(|days| now.minus(age(days))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_back_from_now() {
        let now = Timestamp::from_millis(10 * 86_400_000);
        let keep = KeepEvents { count: Some(7), days: Some(9) };
        assert_eq!(retention(keep, now), Retention { count: Some(7), since: Some(Timestamp::from_millis(86_400_000)) });
        assert_eq!(retention(KeepEvents::default(), now), Retention::default());
    }
}
