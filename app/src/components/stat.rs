//! How one number of the overview is shown: value, what it means, how it went.

use leptos::prelude::*;
use leptos_router::components::A;

use super::chart::Sparkline;

/// A number that leads to what is behind it.
#[component]
pub fn Stat(
    /// What is counted.
    label: &'static str,
    /// The number with its unit.
    #[prop(into)]
    value: Signal<String>,
    /// What it covers.
    note: &'static str,
    /// How it went, oldest first.
    #[prop(into)]
    trend: Signal<Vec<f64>>,
    /// The page behind it.
    href: &'static str,
    /// What a test holds on to.
    test_id: &'static str,
) -> impl IntoView {
    view! {
        <div class="min-w-0 rounded-card border border-line bg-raised p-4" data-testid=test_id>
            <div class="flex items-baseline justify-between gap-2">
                <h2 class="text-13 font-medium text-soft">
                    <A href=href attr:class="hover:underline">
                        {label}
                    </A>
                </h2>
                <span class="text-12 text-muted">{note}</span>
            </div>
            <p class="mt-1 text-28 font-semibold tabular-nums" data-testid="value">
                {move || value.get()}
            </p>
            <div class="mt-2 text-accent">
                <Sparkline values=trend label=format!("{label} over the last hour")/>
            </div>
        </div>
    }
    .into_any()
}
