//! How source text and commands are shown.

use leptos::prelude::*;

use super::copy_button::CopyButton;

/// Text in its own lines, scrolled in its own frame.
#[component]
pub fn CodeView(
    /// The text.
    #[prop(into)]
    text: Signal<String>,
    /// What it is, for those who do not see it.
    label: &'static str,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    view! {
        <div class="relative min-w-0 rounded-control border border-line bg-sunken">
            <pre
                class="max-h-96 overflow-auto p-3 pr-24 font-mono text-12 leading-5 text-text"
                tabindex="0"
                role="group"
                aria-label=label
                data-testid=test_id
            >
                <code>{move || text.get()}</code>
            </pre>
            <div class="absolute right-1.5 top-1.5">
                <CopyButton text label="Copy"/>
            </div>
        </div>
    }
    .into_any()
}
