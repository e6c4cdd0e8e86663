//! How a log is read while it grows: levels, a filter, and the newest line in sight.

use baton_domain::wire::trace::{Level, LogLine};
use leptos::html;
use leptos::prelude::*;
use serde_json::Value;

use super::field::CONTROL;
use crate::format;
use crate::reactive::{effect, memo};

/// The most lines that are drawn; the newest win.
pub const DRAWN: usize = 2_000;

/// Log lines, oldest first.
#[component]
pub fn LogView(
    /// The lines.
    lines: RwSignal<Vec<LogLine>>,
) -> impl IntoView {
    let level = RwSignal::new(Level::Debug);
    let text = RwSignal::new(String::new());
    let follows = RwSignal::new(true);
    let frame = NodeRef::<html::Div>::new();
    let shown = memo(move |_| {
        let (level, text) = (level.get(), text.get().to_lowercase());
        lines.with(|lines| {
            let fits = |line: &&LogLine| line.level >= level && (text.is_empty() || line.message.to_lowercase().contains(&text));
            let mut fitting: Vec<LogLine> = lines.iter().rev().filter(fits).take(DRAWN).cloned().collect();
            fitting.reverse();
            fitting
        })
    });
    effect(move || {
        shown.track();
        if follows.get()
            && let Some(frame) = frame.get()
        {
            frame.set_scroll_top(frame.scroll_height());
        }
    });
    let choose = move |event| level.set(Level::parse(&event_target_value(&event)).unwrap_or(Level::Debug));
    view! {
        <div class="space-y-2" data-testid="log">
            <div class="needs-script flex flex-wrap items-center gap-2 text-13">
                <label class="flex items-center gap-1.5">
                    <span class="text-soft">"Level"</span>
                    <select class=format!("{CONTROL} w-auto") on:change=choose>
                        {Level::ALL.iter().map(|level| view! { <option value=level.as_str()>{level.as_str()}</option> }).collect_view()}
                    </select>
                </label>
                <label class="flex min-w-0 flex-1 items-center gap-1.5">
                    <span class="text-soft">"Contains"</span>
                    <input class=CONTROL type="search" on:input=move |event| text.set(event_target_value(&event))/>
                </label>
                <label class="flex items-center gap-1.5">
                    <input type="checkbox" checked=true on:change=move |event| follows.set(event_target_checked(&event))/>
                    <span>"Follow"</span>
                </label>
            </div>
            <div
                node_ref=frame
                class="max-h-96 overflow-auto rounded-control border border-line bg-sunken p-2 font-mono text-12 leading-5"
                role="log"
                aria-label="Log lines"
                tabindex="0"
            >
                {move || shown.with(Vec::is_empty).then(|| view! { <p class="px-1 text-muted">"No lines."</p> })}
                <For each=move || shown.get() key=|line| line.seq let(line)>
                    <Line line/>
                </For>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Line(line: LogLine) -> impl IntoView {
    let colour = match line.level {
        Level::Debug => "text-muted",
        Level::Info => "text-running",
        Level::Warn => "text-warning",
        Level::Error => "text-danger",
    };
    let fields = match &line.fields {
        Value::Null => None,
        Value::Object(fields) if fields.is_empty() => None,
        fields => Some(fields.to_string()),
    };
    view! {
        <div
            class="flex gap-2 px-1"
            data-testid="log-line"
            data-level=line.level.as_str()
        >
            <time class="shrink-0 text-muted" datetime=line.at.to_string()>
                {format::clock(line.at)}
            </time>
            <span class=format!("w-10 shrink-0 {colour}")>{line.level.as_str()}</span>
            <span class="min-w-0 whitespace-pre-wrap break-words">
                {line.message.clone()} " " {fields.map(|fields| view! { <span class="text-muted">{fields}</span> })}
            </span>
        </div>
    }
    .into_any()
}
