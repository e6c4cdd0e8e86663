//! Why has no agent taken a task yet? What was found of the agents, in words.

use baton_domain::wire::task::{Rejection, TaskDetail};
use leptos::prelude::*;

use crate::components::card::Card;
use crate::reactive::memo;

/// The card; nothing for a task that is not held up.
#[component]
pub(super) fn HeldUp(detail: RwSignal<TaskDetail>) -> impl IntoView {
    let reasons = memo(move |_| detail.with(|detail| detail.held_up.clone()));
    move || {
        let reasons = reasons.get();
        if reasons.is_empty() {
            return ().into_any();
        }
        let lines: Vec<_> = reasons
            .iter()
            .filter(|fell| fell.reason != "skill")
            .map(|fell| view! { <li data-testid="held-up" data-reason=fell.reason.clone()>{words(fell)}</li> })
            .collect();
        let none = lines.is_empty().then_some("No agent has the skill any more; the task waits until one comes.");
        view! {
            <Card title="Why it waits">
                <ul class="text-13 text-soft">{lines}</ul>
                {none.map(|text| view! { <p class="text-13 text-soft">{text}</p> })}
            </Card>
        }
        .into_any()
    }
}

fn words(fell: &Rejection) -> String {
    let agents = if fell.count == 1 { "1 agent has the skill".to_owned() } else { format!("{} agents have the skill", fell.count) };
    let why = match fell.reason.as_str() {
        "labels" => "and lacks a label that the task wants",
        "refused" => "and refused the task",
        "not_running" => "but no server or worker that runs carries it; the task waits until one comes",
        "draining" => "and takes no more work",
        "unhealthy" => "but no instance is in order",
        "circuit_open" => "but failed too much and is left alone for a while",
        "no_slot" => "and all slots are taken",
        "no_capacity" => "but its host has not enough left",
        other => return format!("{agents}: {other}."),
    };
    format!("{agents} {why}.")
}
