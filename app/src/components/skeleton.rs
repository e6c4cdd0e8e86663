//! What is shown while data is on its way.

use leptos::prelude::*;

/// A page that is on its way.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="animate-pulse-slow space-y-3 p-4" role="status">
            <span class="sr-only">"Loading"</span>
            <div class="h-7 w-1/3 rounded-control bg-sunken"></div>
            <div class="h-24 rounded-card bg-sunken"></div>
            <div class="h-64 rounded-card bg-sunken"></div>
        </div>
    }
    .into_any()
}
