//! Who does a task that several do, what each answered, and whether they agree? What was decided where they do not is on the decision's own page.

use baton_domain::id::DecisionId;
use baton_domain::wire::task::{TaskDetail, TaskVoteView, TaskVoterView};
use leptos::prelude::*;
use serde_json::Value;

use crate::components::card::Card;
use crate::components::pill::state_word;
use crate::components::table::{CELL, Column, NAME, Table};

/// The card; nothing for a task that one agent does.
#[component]
pub(super) fn Voters(detail: RwSignal<TaskDetail>) -> impl IntoView {
    // Drawn from what it borrows: to keep a copy and to compare it would cost more of the program than all that is drawn.
    move || detail.with(|detail| detail.decide.as_deref().map(|vote| card(vote, detail.summary.decision_id)))
}

fn card(vote: &TaskVoteView, decision: Option<DecisionId>) -> AnyView {
    let agreed = match vote.agreed {
        Some(true) => "All answers are the same: nothing had to be decided.",
        Some(false) => "The answers differ, or too few have answered.",
        None => "Nobody knows yet whether the answers are the same.",
    };
    let columns = vec![Column::Text("Who"), Column::Text("Task"), Column::Text("Answer")];
    let rows: Vec<_> = vote.voters.iter().map(row).collect();
    let decision = decision.map(|decision| format!("/decisions/{decision}"));
    view! {
        <Card title="Voters" flush=true test_id="voters">
            <Table label="Voters" columns test_id="task-voters">
                {rows}
            </Table>
            <p class="p-3 text-13 text-soft">
                <span data-testid="agreed">{agreed}</span>
                {decision
                    .map(|href| view! { " " <a class="text-accent underline" href=href data-testid="voters-decision">"See the decision"</a> })}
            </p>
        </Card>
    }
    .into_any()
}

fn row(voter: &TaskVoterView) -> AnyView {
    let answer = match (&voter.answer, &voter.failure) {
        (Some(Value::String(answer)), _) => answer.clone(),
        (Some(answer), _) => answer.to_string(),
        (None, Some(failure)) => failure.code.clone(),
        // One that is too large to be shown here stands on the voter's own task.
        (None, None) => String::new(),
    };
    view! {
        <tr data-testid="task-voter">
            <th scope="row" class=NAME>{voter.name.clone()}</th>
            <td class=CELL>
                <a class="text-accent hover:underline" href=format!("/tasks/{}", voter.task_id) data-testid="voter-task">
                    {voter.state.map_or("forgotten", state_word)}
                </a>
            </td>
            <td class=CELL>
                <span class="line-clamp-3 break-all" data-testid="voter-answer">{answer}</span>
            </td>
        </tr>
    }
    .into_any()
}
