//! How the page says what has just happened, without taking the place of anything.

use std::time::Duration;

use leptos::prelude::*;

/// How long a message stays.
const STAYS: Duration = Duration::from_secs(5);
/// The most messages at once; the oldest makes place.
const MOST: usize = 4;

/// The messages of the page; found in the context.
#[derive(Debug, Clone, Copy)]
pub struct Toasts(RwSignal<Vec<(u32, String)>>);

impl Toasts {
    /// Provides the messages to everything below.
    #[must_use]
    pub fn provide() -> Self {
        let toasts = Self(RwSignal::new(Vec::new()));
        provide_context(toasts);
        toasts
    }
}

/// Says something. Call it from a browser's event.
pub fn say(toasts: Option<Toasts>, text: impl Into<String>) {
    let Some(Toasts(list)) = toasts else { return };
    let text = text.into();
    let id = list
        .try_update(|list| {
            let id = list.last().map_or(1, |(id, _)| id.wrapping_add(1));
            if list.len() == MOST {
                list.remove(0);
            }
            list.push((id, text));
            id
        })
        .unwrap_or_default();
    set_timeout(
        move || {
            list.try_update(|list| list.retain(|(other, _)| *other != id));
        },
        STAYS,
    );
}

/// Where the messages are shown.
#[component]
pub fn Toaster(
    /// The messages.
    toasts: Toasts,
) -> impl IntoView {
    view! {
        <div class="fixed bottom-4 right-4 z-40 flex flex-col gap-2" role="status" aria-live="polite">
            <For each=move || toasts.0.get() key=|(id, _)| *id let((_, text))>
                <p class="animate-enter rounded-card border border-line bg-raised px-3 py-2 text-13 shadow-float" data-testid="toast">
                    {text}
                </p>
            </For>
        </div>
    }
    .into_any()
}
