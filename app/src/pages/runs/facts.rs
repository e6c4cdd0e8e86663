//! What there is to know of a run as a whole: whose it is, what it took, what it was given and what it gives.

use baton_domain::id::RunId;
use baton_domain::wire::run::{RunError, RunLimits, RunSummary, SignalView, StepChange};
use leptos::prelude::*;

use super::run::Data;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::json_tree::JsonTree;
use crate::components::times::{Elapsed, RelativeTime};
use crate::format;
use crate::pages::task::Fact;
use crate::reactive::memo;

/// The facts in a row.
#[component]
pub(super) fn Facts(summary: Memo<RunSummary>, id: RunId) -> impl IntoView {
    let first = summary.get_untracked();
    let took = move || summary.with(|run| (run.tasks, run.tokens, run.cost));
    let from = Some(first.created_at);
    let to = Signal::derive(move || summary.with(|run| run.ended_at));
    let again = move || {
        summary.with(|run| (run.generation, run.retried_by.clone())).1.map(|by| {
            view! { <Fact name="Begun anew">{format!("{} times, last by {by}", summary.with(|run| run.generation - 1))}</Fact> }
        })
    };
    let ended = memo(move |_| to.get().is_some());
    let span = move || {
        if ended.get() {
            view! { <Fact name="Took"><Elapsed from to/></Fact> }.into_any()
        } else {
            view! { <Fact name="Going for"><Elapsed from to/></Fact> }.into_any()
        }
    };
    view! {
        <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
            <Fact name="Workflow">
                <a class="text-accent underline" href=format!("/workflows/{}?version={}", first.workflow, first.version)>
                    {first.workflow.clone()}
                </a>
                {format!(" version {}", first.version)}
            </Fact>
            {first
                .parent
                .map(|parent| {
                    view! {
                        <Fact name="Part of">
                            <a class="text-accent underline" href=format!("/runs/{}?step={}", parent.run, parent.step)>
                                "the run "
                                {format::short_id(&parent.run)}
                            </a>
                            {format!(", step {}", parent.step)}
                        </Fact>
                    }
                })}
            {first
                .forked_from
                .map(|from| {
                    view! {
                        <Fact name="Fork of">
                            <a class="text-accent underline" href=format!("/runs/{}?step={}", from.run, from.step) data-testid="forked-from">
                                "the run "
                                {format::short_id(&from.run)}
                            </a>
                            {format!(", changed at {}", from.step)}
                            " · "
                            <a class="text-accent underline" href=format!("/runs/{}/diff?with={id}", from.run) data-testid="compare">
                                "Compare"
                            </a>
                        </Fact>
                    }
                })}
            <Fact name="Begun">
                <RelativeTime at=first.created_at/>
                " by "
                {first.created_by}
            </Fact>
            {again}
            {span}
            <Fact name="Steps">
                {move || summary.with(|run| format!("{} of {} ended", run.steps.ended, run.steps.total))}
            </Fact>
            <Fact name="Tasks begun">
                {move || format::count(took().0)}
                " · "
                <a class="text-accent underline" href=format!("/tasks?run_id={id}") data-testid="run-tasks">
                    "List"
                </a>
            </Fact>
            <Fact name="Tokens">{move || format::count(took().1)}</Fact>
            <Fact name="Cost">{move || money(took().2)}</Fact>
            <Fact name="Id">
                <code class="break-all font-mono text-12">{id.to_string()}</code>
            </Fact>
        </dl>
    }
    .into_any()
}

/// An amount, as far as it says something.
pub(super) fn money(amount: f64) -> String {
    if amount == 0.0 { "0".to_owned() } else { format!("{amount:.4}") }
}

/// Why the run failed.
#[component]
pub(super) fn Failed(summary: Memo<RunSummary>) -> impl IntoView {
    let error = memo(move |_| summary.with(|run| run.error.clone()));
    move || error.get().map(|error| view! { <div data-testid="run-error">{why(error)}</div> })
}

/// Why something failed, with its code.
pub(super) fn why(error: RunError) -> AnyView {
    let href = format!("/docs/errors/{}", error.code);
    view! {
        <p class="break-words rounded-control border border-danger bg-danger-tint p-3 text-13">
            <a class="font-mono text-12 underline" href=href rel="external">
                {error.code}
            </a>
            " "
            {error.message}
        </p>
    }
    .into_any()
}

/// Input, outputs, signals and limits.
#[component]
pub(super) fn GivenAndGot(data: RwSignal<Data>) -> impl IntoView {
    let input = data.with_untracked(|data| data.run.input.clone());
    let limits = data.with_untracked(|data| data.run.limits);
    let changes = data.with_untracked(|data| data.run.changes.clone());
    let outputs = memo(move |_| data.with(|data| (data.run.outputs.clone(), data.run.summary.state.is_ended())));
    let signals = memo(move |_| data.with(|data| data.run.signals.clone()));
    let gave = move || match outputs.get() {
        (Some(outputs), _) => view! { <JsonTree value=outputs/> }.into_any(),
        (None, false) => view! { <Empty text="What the run gives appears here once it has completed."/> }.into_any(),
        (None, true) => view! { <Empty text="This run ended without outputs."/> }.into_any(),
    };
    view! {
        <Card title="Outputs" test_id="run-outputs">
            {gave}
        </Card>
        <Card title="Input" test_id="run-input">
            <JsonTree value=input/>
        </Card>
        {(!changes.is_empty()).then(|| view! { <Card title="What the fork changed" test_id="run-changes">{changed(changes)}</Card> })}
        {move || {
            let signals = signals.get();
            (!signals.is_empty()).then(|| view! { <Card title="Signals that came">{came(signals)}</Card> })
        }}
        {limits.map(|limits| view! { <Card title="Limits">{bounds(limits)}</Card> })}
    }
    .into_any()
}

fn changed(changes: Vec<StepChange>) -> AnyView {
    let items: Vec<_> = changes
        .into_iter()
        .map(|change| {
            let (words, value) = match (change.input, change.output) {
                (Some(input), _) => ("is given", Some(input)),
                (None, Some(output)) => ("is not done, and gives", Some(output)),
                (None, None) => ("is changed by more than is shown here", None),
            };
            view! {
                <li class="border-t border-line py-2 text-13 first:border-t-0">
                    <p>
                        <span class="font-mono text-12">{change.step}</span>
                        " "
                        <span class="text-muted">{words}</span>
                    </p>
                    {value.map(|value| view! { <JsonTree value/> })}
                </li>
            }
        })
        .collect();
    view! { <ul>{items}</ul> }.into_any()
}

fn came(signals: Vec<SignalView>) -> AnyView {
    let items: Vec<_> = signals
        .into_iter()
        .map(|signal| {
            let taken = match signal.taken_by {
                Some(step) => format!("taken by {step}"),
                None => "kept until a step waits for it".to_owned(),
            };
            view! {
                <li class="border-t border-line py-2 text-13 first:border-t-0" data-testid="signal">
                    <p>
                        <span class="font-mono text-12">{signal.name}</span>
                        " "
                        <span class="text-muted">{taken}</span>
                    </p>
                    <JsonTree value=signal.payload/>
                </li>
            }
        })
        .collect();
    view! { <ul>{items}</ul> }.into_any()
}

#[expect(clippy::cast_precision_loss, reason = "spans of a run are far below 2^53 ms")]
fn bounds(limits: RunLimits) -> AnyView {
    let tokens = limits.tokens.map(|tokens| view! { <Fact name="Tokens">{format::count(tokens)}</Fact> });
    let cost = limits.cost.map(|cost| view! { <Fact name="Cost">{money(cost)}</Fact> });
    view! {
        <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
            <Fact name="Steps">{format::count(limits.steps)}</Fact>
            <Fact name="Tasks">{format::count(limits.tasks)}</Fact>
            <Fact name="Duration">{format::millis(limits.duration_ms as f64)}</Fact>
            {tokens}
            {cost}
        </dl>
    }
    .into_any()
}
