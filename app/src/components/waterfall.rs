//! How the spans of a task are shown: each as a bar at its time.

use std::collections::HashMap;

use baton_domain::id::SpanId;
use baton_domain::wire::trace::{SpanView, Trace};
use leptos::prelude::*;

use super::empty::Empty;
use crate::format;

/// The most spans that are drawn.
const DRAWN: usize = 500;
/// The deepest indentation.
const DEEPEST: usize = 8;

/// The spans of a task, and its coded errors.
#[component]
pub fn Waterfall(
    /// The trace.
    #[prop(into)]
    trace: Signal<Trace>,
) -> impl IntoView {
    move || trace.with(draw)
}

fn draw(trace: &Trace) -> AnyView {
    if trace.spans.is_empty() && trace.errors.is_empty() {
        return view! { <Empty text="No spans yet: they appear as the task runs."/> }.into_any();
    }
    let errors: Vec<_> = trace
        .errors
        .iter()
        .map(|error| {
            view! {
                <li class="break-words">
                    <code class="font-mono text-danger">{error.code.clone()}</code> " " {error.message.clone()}
                    {error.retryable.then_some(" (another attempt could succeed)")}
                </li>
            }
        })
        .collect();
    let rows = rows(&trace.spans);
    let rest = (trace.spans.len() > DRAWN).then(|| format!("and {} more spans", trace.spans.len() - DRAWN));
    view! {
        {(!errors.is_empty()).then(|| view! { <ul class="mb-3 space-y-1 text-13">{errors}</ul> })}
        <ul class="space-y-1 text-12" data-testid="trace">
            {rows}
        </ul>
        {rest.map(|rest| view! { <p class="mt-2 text-12 text-muted">{rest}</p> })}
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "microseconds of a task are far below 2^53")]
fn rows(spans: &[SpanView]) -> Vec<AnyView> {
    let begin = spans.iter().map(|span| span.started_at.as_millis() * 1_000).min().unwrap_or_default();
    let end = spans.iter().map(|span| span.started_at.as_millis() * 1_000 + span.duration_us).max().unwrap_or_default();
    let whole = (end - begin).max(1) as f64;
    let parents: HashMap<SpanId, Option<SpanId>> = spans.iter().map(|span| (span.id, span.parent_id)).collect();
    let depth = |span: &SpanView| {
        let mut depth = 0;
        let mut parent = span.parent_id;
        while let Some(id) = parent.filter(|_| depth < DEEPEST) {
            depth += 1;
            parent = parents.get(&id).copied().flatten();
        }
        depth
    };
    spans
        .iter()
        .take(DRAWN)
        .map(|span| {
            let left = 100.0 * (span.started_at.as_millis() * 1_000 - begin) as f64 / whole;
            let width = (100.0 * span.duration_us as f64 / whole).max(0.4);
            let colour = if span.ok { "bg-running" } else { "bg-danger" };
            let took = format::millis(span.duration_us as f64 / 1_000.0);
            view! {
                <li class="grid grid-cols-[minmax(5rem,30%)_1fr_4.5rem] items-center gap-2" data-testid="span" title=span.attributes.to_string()>
                    <span class="truncate font-mono" style=format!("padding-left:{}px", depth(span) * 12)>
                        {span.name.clone()}
                        {(!span.ok).then_some(" (failed)")}
                    </span>
                    <span class="relative h-3 rounded-sm bg-sunken">
                        <span
                            class=format!("absolute inset-y-0 rounded-sm {colour}")
                            style=format!("left:{:.2}%;width:{:.2}%", left.min(99.6), width.min(100.0 - left.min(99.6)))
                        ></span>
                    </span>
                    <span class="text-right tabular-nums text-soft">{took}</span>
                </li>
            }
            .into_any()
        })
        .collect()
}
