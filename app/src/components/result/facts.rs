//! How do a few figures of a result stand beside one another?

use leptos::prelude::*;

/// Names and their values in a row that wraps.
pub(super) fn facts(pairs: Vec<(&'static str, String)>) -> AnyView {
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div class="min-w-0">
                    <dt class="text-12 text-muted">{name}</dt>
                    <dd class="font-mono text-13 tabular-nums break-words">{value}</dd>
                </div>
            }
        })
        .collect();
    view! { <dl class="flex flex-wrap gap-x-8 gap-y-2">{pairs}</dl> }.into_any()
}

/// The title of a part of the result.
pub(super) fn heading(text: impl Into<String>) -> AnyView {
    view! { <h3 class="text-13 font-semibold">{text.into()}</h3> }.into_any()
}

/// A remark in small type.
pub(super) fn remark(text: impl Into<String>) -> AnyView {
    view! { <p class="text-12 text-muted">{text.into()}</p> }.into_any()
}
