//! Who votes, how much each counts, and what became of what they were asked?

use baton_domain::wire::decision::{DecisionRequestView, VoterView};
use leptos::prelude::*;

use super::decision::Data;
use super::words::points;
use crate::components::card::Card;
use crate::components::table::{CELL, Column, NAME, NUMBER, Table};
use crate::reactive::memo;

/// The voters, the judge and who writes.
#[component]
pub(super) fn Voters(data: RwSignal<Data>) -> impl IntoView {
    let shown = memo(move |_| {
        data.with(|data| {
            let detail = &data.detail;
            (detail.voters.clone(), detail.requests.clone(), detail.judge.clone(), detail.synthesizer.clone())
        })
    });
    let rows = move || {
        let (voters, requests, judge, synthesizer) = shown.get();
        let voters = voters.into_iter().map(|voter| (voter, "voter"));
        let others = judge.into_iter().map(|judge| (judge, "judge")).chain(synthesizer.into_iter().map(|agent| (agent, "writes")));
        voters.chain(others).map(|(voter, part)| row(voter, part, &requests)).collect_view()
    };
    let columns = vec![Column::Text("Who"), Column::Number("Counts"), Column::Text("Asked for")];
    view! {
        <Card title="Voters" flush=true>
            <Table label="Voters" columns test_id="voters">
                {rows}
            </Table>
        </Card>
    }
    .into_any()
}

fn row(voter: VoterView, part: &'static str, requests: &[DecisionRequestView]) -> AnyView {
    let of_it = |request: &&DecisionRequestView| match part {
        "judge" => request.kind == "judge",
        "writes" => request.kind == "synthesis",
        _ => request.voter.as_deref() == Some(voter.voter.as_str()),
    };
    let asked: Vec<_> = requests.iter().filter(of_it).map(asked).collect();
    let name = match voter.sample {
        Some(sample) if sample > 1 => format!("{} ({sample})", voter.name),
        _ => voter.name.clone(),
    };
    let name = match voter.agent_id {
        Some(agent) => view! { <a class="text-accent hover:underline" href=format!("/agents/{agent}")>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let notes = [Some(part).filter(|part| *part != "voter"), voter.gone.then_some("gone")];
    let notes: Vec<String> = notes.into_iter().flatten().map(str::to_owned).chain(voter.family).collect();
    view! {
        <tr data-testid="voter-row" data-voter=voter.voter>
            <th scope="row" class=NAME>
                {name}
                <span class="block text-12 font-normal text-muted">{notes.join(", ")}</span>
            </th>
            <td class=NUMBER>{if part == "voter" { points(voter.weight) } else { "–".to_owned() }}</td>
            <td class=format!("{CELL} text-soft")>
                <ul>{asked}</ul>
            </td>
        </tr>
    }
    .into_any()
}

fn asked(request: &DecisionRequestView) -> AnyView {
    let status = match request.status.as_str() {
        "pending" => "awaited",
        other => other,
    };
    let code = request.code.clone().map(|code| {
        view! {
            " "
            <a class="font-mono text-12 underline" href=format!("/docs/errors/{code}") rel="external">
                {code.clone()}
            </a>
        }
    });
    let task = request.task_id.map(|task| {
        view! {
            " "
            <a class="text-accent hover:underline" href=format!("/tasks/{task}")>
                "task"
                <span class="sr-only">{format!(" of {}", request.request)}</span>
            </a>
        }
    });
    view! {
        <li class="whitespace-nowrap" data-status=request.status.clone()>
            {format!("{}: {status}", request.kind)}
            {code}
            {task}
        </li>
    }
    .into_any()
}
