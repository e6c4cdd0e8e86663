//! How a text is copied.

use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::button::Kind;
use super::icon::{Icon, Sign};

/// Copies a text and says so.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: Signal<String>,
    /// What is copied, in words: "Copy as curl".
    label: &'static str,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let copy = move |_| {
        let done = window().navigator().clipboard().write_text(&text.get_untracked());
        spawn_local(async move {
            if wasm_bindgen_futures::JsFuture::from(done).await.is_ok() {
                copied.try_set(true);
                set_timeout(
                    move || {
                        copied.try_set(false);
                    },
                    Duration::from_secs(2),
                );
            }
        });
    };
    view! {
        <button type="button" class=format!("{} needs-script", Kind::Quiet.class()) on:click=copy data-testid=test_id>
            <Icon sign=Signal::derive(move || if copied.get() { Sign::Check } else { Sign::Copy })/>
            <span aria-live="polite">{move || if copied.get() { "Copied" } else { label }}</span>
        </button>
    }
    .into_any()
}
