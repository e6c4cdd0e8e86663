//! When is a page of topics read anew? A moment after an event of a topic or a subscription.

use baton_domain::id::EventSeq;
use leptos::prelude::*;

use super::SETTLE;
use crate::live::{Body, Notice, Refresh, use_live};
use crate::reactive::effect;

/// Calls `on` after something has changed since `as_of`. Shows nothing.
#[component]
pub(super) fn Follow(as_of: EventSeq, on: Callback<()>) -> impl IntoView {
    let live = use_live();
    let refresh = StoredValue::new(Refresh::default());
    effect(move || {
        live.follow(as_of, None, move |notice| {
            let changed = match notice {
                Notice::Event(event) => matches!(event.body, Body::Topic),
                Notice::Stale => true,
                Notice::Transient(_) => false,
            };
            if changed && let Some(refresh) = refresh.try_get_value() {
                refresh.after(SETTLE, move || {
                    on.try_run(());
                });
            }
        });
    });
}
