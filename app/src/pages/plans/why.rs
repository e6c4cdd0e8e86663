//! Why is a plan as it is? How each part of the goal was understood, what was taken for granted, and what it is done with.

use baton_domain::wire::plan::{PlanClause, PlanDetail, PlanInputKind};
use leptos::prelude::*;

use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::json_tree::JsonTree;
use crate::reactive::memo;

/// The explanation.
#[component]
pub(super) fn Why(detail: RwSignal<PlanDetail>) -> impl IntoView {
    let shown = memo(move |_| {
        detail.with(|detail| (detail.clauses.clone(), detail.assumptions.clone(), detail.summary.by_model, detail.summary.edited))
    });
    let content = move || {
        let (clauses, assumptions, by_model, edited) = shown.get();
        let made = if by_model { "A language model made it; it was checked like any other." } else { "It was made by rules alone." };
        let edited = edited.then_some(" It was edited since: this explains what it was before.");
        let clauses: Vec<_> = clauses.into_iter().map(clause).collect();
        let assumptions: Vec<_> = assumptions.into_iter().map(|text| view! { <li>{text}</li> }).collect();
        view! {
            <p class="text-13 text-soft">{made} {edited}</p>
            {(!clauses.is_empty()).then(|| view! { <ol class="space-y-3">{clauses}</ol> })}
            {(!assumptions.is_empty())
                .then(|| {
                    view! {
                        <div>
                            <h3 class="text-13 font-medium">"Taken for granted"</h3>
                            <ul class="list-disc space-y-1 pl-4 text-13" data-testid="assumptions">
                                {assumptions}
                            </ul>
                        </div>
                    }
                })}
        }
    };
    view! {
        <Card title="Why it is so" test_id="explanation">
            <div class="space-y-3">{content}</div>
        </Card>
        <Inputs detail/>
    }
    .into_any()
}

/// A part of the goal with the skill that does it, and those that would have fitted too.
fn clause(clause: PlanClause) -> AnyView {
    let bar = |score: f64| format!("width:{:.0}%", (score * 100.0).clamp(0.0, 100.0));
    let line = |skill: String, score: f64, chosen: bool| {
        let (text, colour) = if chosen { ("font-medium text-text", "bg-accent") } else { ("text-soft", "bg-line-strong") };
        view! {
            <li class="grid grid-cols-[minmax(8rem,45%)_1fr_3rem] items-center gap-2 text-12">
                <code class=format!("truncate font-mono {text}")>{skill}</code>
                <span class="h-1.5 rounded-sm bg-sunken" aria-hidden="true">
                    <span class=format!("block h-full rounded-sm {colour}") style=bar(score)></span>
                </span>
                <span class="text-right tabular-nums text-muted">{format!("{score:.2}")}</span>
            </li>
        }
        .into_any()
    };
    let rules = (!clause.rules.is_empty()).then(|| format!("Rules: {}", clause.rules.join(", ")));
    let others: Vec<_> = clause.runners_up.into_iter().map(|other| line(other.skill, other.score, false)).collect();
    let skill = clause.skill.clone();
    view! {
        <li class="space-y-1 border-t border-line pt-3 first:border-t-0 first:pt-0" data-testid="clause" data-skill=skill>
            <blockquote class="border-l-2 border-accent pl-2 text-13">{clause.clause}</blockquote>
            <ul class="space-y-1">{line(clause.skill, clause.score, true)} {others}</ul>
            {rules.map(|rules| view! { <p class="text-12 text-muted">{rules}</p> })}
        </li>
    }
    .into_any()
}

/// What the goal was given.
#[component]
fn Inputs(detail: RwSignal<PlanDetail>) -> impl IntoView {
    let inputs = detail.with_untracked(|detail| detail.inputs.clone());
    let rows: Vec<_> = inputs
        .into_iter()
        .map(|(name, input)| {
            let value = match (input.kind, input.value.as_str()) {
                (PlanInputKind::Artifact, Some(id)) => view! {
                    <a class="break-all font-mono text-12 text-accent hover:underline" href=format!("/api/v1/artifacts/{id}/content") rel="external">
                        {id.to_owned()}
                    </a>
                }
                .into_any(),
                (_, Some(text)) => view! { <span class="whitespace-pre-wrap break-words">{text.to_owned()}</span> }.into_any(),
                _ => view! { <JsonTree value=input.value/> }.into_any(),
            };
            view! {
                <li class="border-t border-line py-2 text-13 first:border-t-0">
                    <p>
                        <code class="font-mono text-12 font-medium">{name}</code>
                        " "
                        <span class="text-12 text-muted">{input.kind.as_str()}</span>
                    </p>
                    {value}
                </li>
            }
        })
        .collect();
    let body = if rows.is_empty() {
        view! { <Empty text="The goal came without inputs."/> }.into_any()
    } else {
        view! { <ul>{rows}</ul> }.into_any()
    };
    view! { <Card title="What it is done with">{body}</Card> }.into_any()
}
