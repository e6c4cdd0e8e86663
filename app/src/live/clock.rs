//! What time it is on the page: unknown on the server and while the page is taken over, so that both draw the same.

use std::time::Duration;

use baton_domain::time::Timestamp;
use leptos::prelude::*;

/// The time as the page shows it, to the second; `None` until the page is live.
#[derive(Clone, Debug)]
pub struct Now(pub ArcRwSignal<Option<Timestamp>>);

impl Default for Now {
    fn default() -> Self {
        Self(ArcRwSignal::new(None))
    }
}

/// The browser's clock, in milliseconds since the epoch.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "a whole number of milliseconds, far below 2^53")]
pub fn now_millis() -> i64 {
    js_sys::Date::now() as i64
}

/// Keeps `now` going; call it once, in an effect.
pub fn tick_every_second(now: &Now) {
    let set = {
        let now = now.0.clone();
        move || now.set(Some(Timestamp::from_millis(now_millis())))
    };
    set();
    if let Ok(handle) = set_interval_with_handle(set, Duration::from_secs(1)) {
        on_cleanup(move || handle.clear());
    }
}
