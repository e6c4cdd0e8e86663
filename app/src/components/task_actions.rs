//! What can be done with one task: cancel it while it lives, hold it back while it waits, run it again once it has ended.

use baton_domain::user::{Permission, TaskActions as Offered, task_actions};
use baton_domain::wire::task::TaskSummary;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::banner::LastProblem;
use super::button::{Button, Kind};
use super::icon::Sign;
use super::toast::{Toasts, say};
use crate::form_action::{ActionForm, FormAction};
use crate::reactive::{effect, memo};
use crate::server_fns::ApiError;
use crate::server_fns::tasks::{Cancel, Pause, Rerun, Resume};
use crate::session::use_session;

/// Cancel, pause, resume and run again, whichever fit the state.
#[component]
pub fn TaskActions(
    /// The task as it is now.
    task: RwSignal<TaskSummary>,
    /// Whether it makes checkpoints, at which it can be paused while it runs.
    #[prop(into)]
    checkpoints: Signal<bool>,
) -> impl IntoView {
    let cancel = FormAction::<Cancel>::new();
    let pause = FormAction::<Pause>::new();
    let resume = FormAction::<Resume>::new();
    let rerun = FormAction::<Rerun>::new();
    let navigate = use_navigate();
    let toasts = use_context::<Toasts>();
    let id = StoredValue::new(task.with_untracked(|task| task.id.to_string()));
    effect(move || {
        if let Some(Ok(answer)) = cancel.get()
            && !answer.state.is_terminal()
        {
            say(toasts, "Cancelling: the agent stops its work first.");
        }
    });
    effect(move || {
        if let Some(Ok(answer)) = pause.get()
            && answer.state.holds_lease()
        {
            say(toasts, "Pausing: the agent goes on to its next checkpoint first.");
        }
    });
    effect(move || {
        if let Some(Ok(answer)) = rerun.get() {
            navigate(&format!("/tasks/{}", answer.id), Default::default());
        }
    });
    let problem = Signal::derive(move || {
        let failed = |value: Option<Result<TaskSummary, ApiError>>| value.and_then(Result::err).map(|error| error.0);
        failed(cancel.get()).or_else(|| failed(pause.get())).or_else(|| failed(resume.get())).or_else(|| failed(rerun.get()))
    });
    let offered = memo(move |_| {
        let checkpoints = checkpoints.get();
        task.with(|task| {
            let (cancelling, pausing) = (task.cancel_requested_at.is_some(), task.pause_requested_at.is_some());
            (task_actions(task.state, checkpoints && !cancelling, pausing), cancelling, pausing)
        })
    });
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let buttons = move || {
        let (Offered { cancel: may_cancel, pause: may_pause, resume: may_resume, rerun: may_rerun }, cancelling, pausing) = offered.get();
        let hidden = move || view! { <input type="hidden" name="id" value=id.get_value()/> };
        view! {
            {may_pause
                .then(|| {
                    view! {
                        <ActionForm action=pause>
                            {hidden()}
                            <Button submits=true sign=Sign::Pause test_id="pause" disabled=pause.pending()>
                                "Pause"
                            </Button>
                        </ActionForm>
                    }
                })}
            {pausing.then(|| view! { <span class="text-13 text-muted" data-testid="pausing">"Pausing at the next checkpoint"</span> })}
            {may_resume
                .then(|| {
                    view! {
                        <ActionForm action=resume>
                            {hidden()}
                            <Button submits=true sign=Sign::Play test_id="resume" disabled=resume.pending()>
                                {if pausing { "Do not pause" } else { "Resume" }}
                            </Button>
                        </ActionForm>
                    }
                })}
            {may_cancel
                .then(|| {
                    view! {
                        <ActionForm action=cancel>
                            {hidden()}
                            <Button
                                submits=true
                                kind=Kind::Danger
                                sign=Sign::Stop
                                test_id="cancel"
                                disabled=Signal::derive(move || cancelling || cancel.pending().get())
                            >
                                {if cancelling { "Cancelling" } else { "Cancel" }}
                            </Button>
                        </ActionForm>
                    }
                })}
            {may_rerun
                .then(|| {
                    view! {
                        <ActionForm action=rerun>
                            {hidden()}
                            <Button submits=true sign=Sign::Repeat test_id="rerun" disabled=rerun.pending()>
                                "Run again"
                            </Button>
                        </ActionForm>
                    }
                })}
        }
        .into_any()
    };
    view! {
        <LastProblem problem/>
        {buttons}
    }
    .into_any()
}
