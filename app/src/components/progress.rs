//! How far something is, while it says so.

use leptos::prelude::*;

/// A bar with words.
#[component]
pub fn Progress(
    /// 0 to 1, and what is being done; nothing is shown without it.
    #[prop(into)]
    state: Signal<Option<(f64, String)>>,
) -> impl IntoView {
    move || {
        state.get().map(|(fraction, message)| {
            let percent = (fraction.clamp(0.0, 1.0) * 100.0).round();
            view! {
                <div class="space-y-1" data-testid="progress">
                    <div class="flex justify-between gap-2 text-12 text-soft">
                        <span class="min-w-0 whitespace-pre-wrap break-words">{message}</span>
                        <span class="tabular-nums">{format!("{percent:.0} %")}</span>
                    </div>
                    <div
                        class="h-1.5 w-full overflow-hidden rounded-full bg-line"
                        role="progressbar"
                        aria-label="Progress"
                        aria-valuemin="0"
                        aria-valuemax="100"
                        aria-valuenow=format!("{percent:.0}")
                    >
                        <div class="h-full bg-running transition-[width] duration-150" style=format!("width:{percent:.0}%")></div>
                    </div>
                </div>
            }
        })
    }
}
