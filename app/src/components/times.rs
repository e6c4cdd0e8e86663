//! How instants and spans are shown: the same text from server and browser first, then counting.

use baton_domain::time::Timestamp;
use leptos::prelude::*;

use crate::format;
use crate::live::Now;
use crate::reactive::memo;

fn now() -> Option<Timestamp> {
    use_context::<Now>().and_then(|now| now.0.get())
}

/// When something happened: `3 min ago`, exact on hover.
#[component]
pub fn RelativeTime(
    /// When.
    #[prop(into)]
    at: Signal<Timestamp>,
) -> impl IntoView {
    let text = memo(move |_| match now() {
        Some(now) => format::ago(at.get(), now),
        None => format::instant(at.get()),
    });
    view! {
        <time datetime=move || at.get().to_string() title=move || format::instant(at.get()) class="whitespace-nowrap">
            {text}
        </time>
    }
    .into_any()
}

/// How long something took, or has taken until now.
#[component]
pub fn Elapsed(
    /// Its beginning; nothing is shown without one.
    #[prop(into)]
    from: Signal<Option<Timestamp>>,
    /// Its end, once it has one.
    #[prop(into)]
    to: Signal<Option<Timestamp>>,
) -> impl IntoView {
    let text = memo(move |_| match (from.get(), to.get().or_else(now)) {
        (Some(from), Some(to)) => format::between(from, to),
        _ => "–".to_owned(),
    });
    view! { <span class="whitespace-nowrap tabular-nums">{text}</span> }
}
