//! What is said at an address where nothing is.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::button::Kind;

/// The page for addresses that do not exist.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::server_fns::serve::set_page_status(404);
    view! {
        <Title text="Not found"/>
        <main class="mx-auto max-w-xl space-y-4 p-8">
            <h1 class="text-20 font-semibold">"There is nothing at this address"</h1>
            <p class="text-soft" data-testid="error" data-code="REQUEST-005">
                "It may have been mistyped, or what it led to is gone."
            </p>
            <a class=Kind::Primary.class() href="/">
                "Go to the overview"
            </a>
        </main>
    }
    .into_any()
}
