//! How the states that a task went through are shown, with the time between them.

use baton_domain::task::TaskState;
use baton_domain::time::Timestamp;
use baton_domain::wire::task::TimelineEntry;
use leptos::prelude::*;

use super::pill::StatePill;
use super::times::Elapsed;
use crate::format;

/// The states of a task, oldest first.
#[component]
pub fn Timeline(
    /// The states.
    #[prop(into)]
    entries: Signal<Vec<TimelineEntry>>,
) -> impl IntoView {
    // An entry's row shows how long its state lasted, which only the next entry tells.
    let ends = move |seq: i64| {
        entries.with(|entries| {
            let at = entries.iter().position(|entry| entry.seq.0 == seq)?;
            match entries.get(at + 1) {
                Some(next) => Some(next.at),
                None => entries.get(at).filter(|entry| entry.state.is_terminal()).map(|entry| entry.at),
            }
        })
    };
    view! {
        <ol class="space-y-0" data-testid="timeline">
            <For each=move || entries.get() key=|entry| entry.seq.0 let(entry)>
                <Step entry=entry.clone() end=Signal::derive({
                    let seq = entry.seq.0;
                    move || ends(seq)
                })/>
            </For>
        </ol>
    }
    .into_any()
}

#[component]
fn Step(entry: TimelineEntry, end: Signal<Option<Timestamp>>) -> impl IntoView {
    let lasts = !entry.state.is_terminal();
    let from = Some(entry.at);
    let reason = entry.reason.clone().filter(|reason| reason != entry.state.as_str());
    let attempt = (entry.attempt > 1 || entry.state == TaskState::Running).then(|| format!("attempt {}", entry.attempt));
    view! {
        <li
            class="grid animate-enter grid-cols-[5.5rem_1fr_auto] items-center gap-2 border-l-2 border-line py-1.5 pl-3"
            data-testid="timeline-entry"
            data-state=entry.state.as_str()
        >
            <time class="font-mono text-12 text-muted" datetime=entry.at.to_string() title=format::instant(entry.at)>
                {format::clock(entry.at)}
            </time>
            <div class="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
                <StatePill state=entry.state/>
                {attempt.map(|attempt| view! { <span class="text-12 text-muted">{attempt}</span> })}
                {reason.map(|reason| view! { <code class="break-all font-mono text-12 text-muted">{reason}</code> })}
                <span class="truncate text-12 text-muted">{entry.actor.clone()}</span>
            </div>
            <span class="text-12 text-soft">{lasts.then(|| view! { <Elapsed from to=end/> })}</span>
        </li>
    }
    .into_any()
}
