//! What stands at the top of every page: its name, what it is, what can be done with it.

use leptos::prelude::*;
use leptos_meta::Title;

/// The head of a page.
#[component]
pub fn PageHead(
    /// The page's name, also in the browser's tab.
    #[prop(into)]
    title: String,
    /// What stands beside the name.
    #[prop(optional)]
    facts: Option<AnyView>,
    /// What can be done.
    #[prop(optional)]
    actions: Option<AnyView>,
) -> impl IntoView {
    view! {
        <Title text=title.clone()/>
        <header class="flex flex-wrap items-center justify-between gap-3">
            <div class="flex min-w-0 flex-wrap items-center gap-3">
                <h1 class="min-w-0 break-words text-20 font-semibold">{title}</h1>
                {facts}
            </div>
            <div class="flex flex-wrap items-center gap-2">{actions}</div>
        </header>
    }
    .into_any()
}
