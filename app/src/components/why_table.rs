//! How the choice of an agent is explained: the candidates, their score terms, and why others fell.

use baton_domain::wire::task::Explanation;
use leptos::prelude::*;

use super::badge::Badge;
use super::table::{CELL, Column, NAME, NUMBER, Table};

/// Why this agent.
#[component]
pub fn WhyTable(
    /// The explanation.
    explanation: Explanation,
) -> impl IntoView {
    let rows: Vec<_> = explanation
        .candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| {
            let terms: Vec<_> = candidate
                .terms
                .iter()
                .map(|term| {
                    let tip = format!("{} seen, counts {}", number(term.value), number(term.weight));
                    view! { <span class="mr-2 whitespace-nowrap" title=tip>{term.name.clone()} " " {number(term.value * term.weight)}</span> }
                })
                .collect();
            view! {
                <tr>
                    <th scope="row" class=NAME>
                        {candidate.agent.name.clone()}
                        {(index == 0).then(|| view! { " " <Badge>"chosen"</Badge> })}
                    </th>
                    <td class=NUMBER>{number(candidate.score)}</td>
                    <td class=format!("{CELL} font-mono text-12 text-soft")>{terms}</td>
                </tr>
            }
        })
        .collect();
    let columns = vec![Column::Text("Agent"), Column::Number("Score"), Column::Text("Terms")];
    let fallen: Vec<String> = explanation.rejected.iter().map(|fell| format!("{} by {}", fell.count, fell.reason)).collect();
    view! {
        <div class="min-w-0 space-y-2" data-testid="candidates">
            <Table label="Candidates" columns>{rows}</Table>
            <p class="text-12 text-muted">
                "Strategy " <code class="font-mono">{explanation.strategy.clone()}</code>
                {if fallen.is_empty() { "; nobody else fell.".to_owned() } else { format!("; out of the question: {}.", fallen.join(", ")) }}
            </p>
        </div>
    }
    .into_any()
}

fn number(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
