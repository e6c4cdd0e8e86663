//! How does a part of a form fold away without scripts, and open by itself when something in it is wrong?

use leptos::html;
use leptos::prelude::*;

use crate::reactive::{effect, memo};

/// The classes of a fold that stands in a frame of its own.
pub const FRAMED: &str = "rounded-control border border-line p-3";

/// A part of a form that folds away. Once it was open, it stays as whoever fills it in leaves it.
#[must_use]
pub fn fold(class: &'static str, summary: String, test_id: String, shown: bool, wrong: Signal<bool>, content: AnyView) -> AnyView {
    let open = memo(move |before: Option<&bool>| before == Some(&true) || shown || wrong.get());
    let node = NodeRef::<html::Details>::new();
    // It may have been closed since: what a later try finds wrong shall not hide in it.
    effect(move || {
        let wrong = wrong.get();
        if let Some(node) = node.get_untracked().filter(|_| wrong) {
            node.set_open(true);
        }
    });
    view! {
        <details class=class data-testid=test_id open=move || open.get() node_ref=node>
            <summary class="text-13 font-medium">{summary}</summary>
            <div class="mt-3 grid min-w-0 gap-4">{content}</div>
        </details>
    }
    .into_any()
}
