//! Why did a task fail, in words? What its analysis says, once somebody asks for it.

use baton_domain::id::TaskId;
use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::assistance::TASK_ANALYSIS;
use baton_domain::wire::task::{TaskDetail, TaskSummary};
use leptos::prelude::*;

use crate::components::banner::LastProblem;
use crate::components::button::Button;
use crate::components::card::Card;
use crate::components::result::ResultView;
use crate::reactive::memo;
use crate::server_fns::tasks::analyze;
use crate::session::use_session;

/// How long an answer is waited for, in seconds; what takes longer is found on the analysis' own page.
const PATIENCE: u64 = 30;

/// The card; nothing for a task that did not fail.
#[component]
pub(super) fn Why(task: RwSignal<TaskSummary>) -> impl IntoView {
    let asked = Action::new(|id: &TaskId| analyze(*id, Some(PATIENCE)));
    let failed = memo(move |_| {
        task.with(|task| {
            let ended_badly = matches!(task.state, TaskState::Failed | TaskState::TimedOut | TaskState::Rejected);
            (ended_badly && task.skill != TASK_ANALYSIS).then_some(task.id)
        })
    });
    let problem = Signal::derive(move || asked.value().get().and_then(Result::err).map(|error| error.0));
    let may = use_session().may(Permission::Work);
    move || {
        let Some(id) = failed.get() else { return ().into_any() };
        view! {
            <Card title="Why it failed" test_id="why">
                <LastProblem problem/>
                <div aria-live="polite">{move || match asked.value().get() {
                    Some(Ok(analysis)) if analysis.summary.state.is_terminal() => answer(analysis),
                    _ => {
                        view! {
                            <p class="mb-3 text-13 text-soft">
                                "Its attempts, log and errors are looked through for the likely cause and the next step, and the facts are quoted."
                            </p>
                            <Button
                                test_id="explain"
                                disabled=Signal::derive(move || asked.pending().get() || !may)
                                on:click=move |_| {
                                    asked.dispatch(id);
                                }
                            >
                                {move || if asked.pending().get() { "Looking" } else { "Explain the failure" }}
                            </Button>
                            {(!may).then(|| view! { <p class="mt-2 text-12 text-muted">"Your role does not include submitting tasks."</p> })}
                            {move || asked.value().get().and_then(Result::ok).map(|analysis| view! {
                                <p class="mt-2 text-12 text-muted">
                                    "It takes its time. " <a class="underline" href=format!("/tasks/{}", analysis.summary.id)>"The task that looks into it"</a>
                                </p>
                            })}
                        }
                            .into_any()
                    }
                }}</div>
            </Card>
        }
        .into_any()
    }
}

fn answer(analysis: TaskDetail) -> AnyView {
    let link = format!("/tasks/{}", analysis.summary.id);
    let drawn = match analysis.result {
        Some(result) => {
            view! { <ResultView kind=analysis.result_kind result schema=analysis.result_schema artifacts=analysis.artifacts/> }.into_any()
        }
        None => {
            let words = match analysis.summary.failure {
                Some(failure) => format!("The analysis failed itself: {} ({})", failure.message, failure.code),
                None => format!("The analysis ended as {}.", analysis.summary.state),
            };
            view! { <p class="text-13 text-soft">{words}</p> }.into_any()
        }
    };
    view! {
        {drawn}
        <p class="mt-3 text-12">
            <a class="underline" href=link data-testid="analysis">
                "The task that looked into it"
            </a>
        </p>
    }
    .into_any()
}
