//! What a list without rows says: one sentence, one thing to do.

use leptos::prelude::*;

/// Nothing here, and what to do about it.
#[component]
pub fn Empty(
    /// The sentence.
    #[prop(into)]
    text: String,
    /// A link or a button.
    #[prop(optional)]
    action: Option<AnyView>,
) -> impl IntoView {
    view! {
        <div class="flex flex-col items-center gap-3 px-4 py-10 text-center" data-testid="empty">
            <p class="max-w-prose text-14 text-muted">{text}</p>
            {action}
        </div>
    }
    .into_any()
}
