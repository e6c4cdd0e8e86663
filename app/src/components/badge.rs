//! How a small fact about a thing is shown beside its name.

use leptos::prelude::*;

/// A fact in a word or two.
#[component]
pub fn Badge(
    /// The words.
    children: Children,
) -> impl IntoView {
    view! {
        <span class="inline-flex items-center gap-1 rounded-control border border-line bg-sunken px-1.5 py-px text-12 text-soft">
            {children()}
        </span>
    }
    .into_any()
}
