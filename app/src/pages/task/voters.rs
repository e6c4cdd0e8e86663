//! Who does a task that several do, what each answered, whether they agree, and what was decided where they do not?

use baton_domain::wire::decision::DecisionSummary;
use baton_domain::wire::task::{TaskDetail, TaskVoterView};
use leptos::prelude::*;
use serde_json::Value;

use crate::components::card::Card;
use crate::components::pill::state_word;
use crate::components::table::{CELL, Column, NAME, Table};
use crate::reactive::memo;

/// The most letters of an answer in the table; the voter's own task has all of it.
const SHOWN: usize = 200;

/// The card; nothing for a task that one agent does.
#[component]
pub(super) fn Voters(detail: RwSignal<TaskDetail>) -> impl IntoView {
    let shown = memo(move |_| detail.with(|detail| detail.decide.as_deref().cloned()));
    move || {
        let Some(vote) = shown.get() else { return ().into_any() };
        let agreed = match vote.agreed {
            Some(true) => "All answers are the same: nothing had to be decided.",
            Some(false) => "The answers differ, or too few have answered.",
            None => "Nobody knows yet whether the answers are the same.",
        };
        let columns = vec![Column::Text("Who"), Column::Text("Task"), Column::Text("Answer")];
        let rows: Vec<_> = vote.voters.into_iter().map(row).collect();
        let terms = format!("Decided by {} where they differ; {} must answer. ", vote.rule.replace('_', " "), vote.quorum);
        view! {
            <Card title="Voters" flush=true test_id="voters">
                <Table label="Voters" columns test_id="task-voters">
                    {rows}
                </Table>
                <div class="space-y-1 p-3 text-13 text-soft">
                    <p>{terms} <span data-testid="agreed">{agreed}</span></p>
                    {vote.decision.map(decision)}
                </div>
            </Card>
        }
        .into_any()
    }
}

fn row(voter: TaskVoterView) -> AnyView {
    let name = match voter.agent_id {
        Some(agent) => view! { <a class="text-accent hover:underline" href=format!("/agents/{agent}")>{voter.name}</a> }.into_any(),
        None => voter.name.into_any(),
    };
    let state = voter.state.map_or("forgotten", state_word);
    let answer = match (voter.answer, voter.failure) {
        (Some(answer), _) => words(&answer),
        (None, Some(failure)) => format!("none: {}", failure.code),
        (None, None) => String::new(),
    };
    view! {
        <tr data-testid="task-voter">
            <th scope="row" class=NAME>{name}</th>
            <td class=CELL>
                <a class="text-accent hover:underline" href=format!("/tasks/{}", voter.task_id) data-testid="voter-task">{state}</a>
            </td>
            <td class=CELL data-testid="voter-answer">{answer}</td>
        </tr>
    }
    .into_any()
}

/// The decision and its verdict.
fn decision(decision: DecisionSummary) -> AnyView {
    let verdict = decision.verdict.and_then(|verdict| verdict.answer).map(|answer| format!(": {}", words(&answer)));
    view! {
        <p>
            "Their answers opened "
            <a class="text-accent hover:underline" href=format!("/decisions/{}", decision.id) data-testid="voters-decision">
                "a decision"
            </a>
            {format!(", which is {}{}", decision.state.as_str(), verdict.unwrap_or_default())}
        </p>
    }
    .into_any()
}

/// An answer as far as it has room.
fn words(answer: &Value) -> String {
    let whole = answer.as_str().map_or_else(|| answer.to_string(), str::to_owned);
    let shown: String = whole.chars().take(SHOWN).collect();
    if shown.len() < whole.len() { format!("{shown}…") } else { shown }
}
