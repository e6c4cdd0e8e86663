//! What a part of a page is put into.

use leptos::prelude::*;

/// A framed part of a page with its heading.
#[component]
pub fn Card(
    /// The heading.
    #[prop(into)]
    title: String,
    /// Whether the content goes to the frame's edge, as a table does.
    #[prop(optional)]
    flush: bool,
    /// What stands at the right of the heading.
    #[prop(optional)]
    aside: Option<AnyView>,
    /// What a test holds on to.
    #[prop(optional_no_strip, into)]
    test_id: Option<&'static str>,
    /// The content.
    children: Children,
) -> impl IntoView {
    let body = if flush { "min-w-0" } else { "min-w-0 px-4 pb-4" };
    view! {
        <section class="min-w-0 rounded-card border border-line bg-raised" data-testid=test_id>
            <div class="flex flex-wrap items-center justify-between gap-2 px-4 py-3">
                <h2 class="text-14 font-semibold">{title}</h2>
                {aside}
            </div>
            <div class=body>{children()}</div>
        </section>
    }
    .into_any()
}
