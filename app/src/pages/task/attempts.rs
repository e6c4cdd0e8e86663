//! Every attempt of a task: who worked, how it ended, and why this agent.

use baton_domain::wire::task::{AttemptOutcome, AttemptView, TaskDetail};
use leptos::prelude::*;

use crate::components::badge::Badge;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::times::Elapsed;
use crate::components::why_table::WhyTable;
use crate::reactive::memo;

/// The attempts, the newest open.
#[component]
pub(super) fn Attempts(detail: RwSignal<TaskDetail>) -> impl IntoView {
    let attempts = memo(move |_| detail.with(|detail| detail.attempts.clone()));
    let content = move || {
        let attempts = attempts.get();
        if attempts.is_empty() {
            let text = detail.with(|detail| match (detail.decide.is_some(), detail.summary.state.is_terminal()) {
                (true, _) => "Several do this task: each has its attempts on a task of its own.",
                (false, true) => "It ended before an agent was chosen.",
                (false, false) => "No agent has been chosen yet.",
            });
            return view! { <Empty text/> }.into_any();
        }
        let last = attempts.len() - 1;
        attempts.into_iter().enumerate().rev().map(|(index, attempt)| draw(attempt, index == last)).collect_view().into_any()
    };
    view! { <Card title="Attempts, and why this agent">{content}</Card> }
}

fn draw(attempt: AttemptView, open: bool) -> impl IntoView {
    let outcome = attempt.outcome.map_or("at work", outcome_word);
    let failure = attempt
        .failure
        .map(|failure| view! { <p class="text-13"><code class="font-mono text-danger">{failure.code}</code> " " {failure.message}</p> });
    let mut agent = attempt.agent.name;
    if let Some(version) = &attempt.explanation.version {
        agent.push(' ');
        agent.push_str(version);
    }
    view! {
        <details class="border-t border-line py-2 first:border-t-0" open=open data-testid="attempt">
            <summary class="flex flex-wrap items-center gap-2 text-13">
                <span class="font-medium">{format!("Attempt {}", attempt.number)}</span>
                <Badge>{outcome}</Badge>
                <span class="text-muted">{agent}</span>
                <span class="text-muted">
                    <Elapsed from=attempt.started_at to=attempt.ended_at/>
                </span>
            </summary>
            <div class="space-y-2 pt-2">
                {failure}
                <WhyTable explanation=attempt.explanation/>
            </div>
        </details>
    }
    .into_any()
}

const fn outcome_word(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Completed => "completed",
        AttemptOutcome::Failed => "failed",
        AttemptOutcome::TimedOut => "timed out",
        AttemptOutcome::Canceled => "canceled",
        AttemptOutcome::Lost => "worker lost",
        AttemptOutcome::HandedBack => "handed back",
        AttemptOutcome::Paused => "paused",
        AttemptOutcome::Refused => "refused",
    }
}
