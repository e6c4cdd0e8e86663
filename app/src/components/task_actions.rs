//! What can be done with one task: cancel it while it lives, run it again once it has ended.

use baton_domain::user::{Permission, task_actions};
use baton_domain::wire::task::TaskSummary;
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::banner::LastProblem;
use super::button::{Button, Kind};
use super::icon::Sign;
use super::toast::{Toasts, say};
use crate::server_fns::ApiError;
use crate::server_fns::tasks::{Cancel, Rerun};
use crate::session::use_session;

/// Cancel and run again, whichever fit the state.
#[component]
pub fn TaskActions(
    /// The task as it is now.
    task: RwSignal<TaskSummary>,
) -> impl IntoView {
    let cancel = ServerAction::<Cancel>::new();
    let rerun = ServerAction::<Rerun>::new();
    let navigate = use_navigate();
    let toasts = use_context::<Toasts>();
    let id = task.with_untracked(|task| task.id.to_string());
    Effect::new(move || {
        if let Some(Ok(answer)) = cancel.value().get()
            && !answer.state.is_terminal()
        {
            say(toasts, "Cancelling: the agent stops its work first.");
        }
    });
    Effect::new(move || {
        if let Some(Ok(answer)) = rerun.value().get() {
            navigate(&format!("/tasks/{}", answer.id), Default::default());
        }
    });
    let problem = Signal::derive(move || {
        let failed = |value: Option<Result<TaskSummary, ApiError>>| value.and_then(Result::err).map(|error| error.0);
        failed(cancel.value().get()).or_else(|| failed(rerun.value().get()))
    });
    let offered = Memo::new(move |_| {
        task.with(|task| {
            let offered = task_actions(task.state);
            (offered.cancel, offered.rerun, task.cancel_requested_at.is_some())
        })
    });
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let buttons = move || {
        let (may_cancel, may_rerun, cancelling) = offered.get();
        let id = id.clone();
        if may_cancel {
            let words = if cancelling { "Cancelling" } else { "Cancel" };
            view! {
                <ActionForm action=cancel>
                    <input type="hidden" name="id" value=id/>
                    <Button
                        submits=true
                        kind=Kind::Danger
                        sign=Sign::Stop
                        test_id="cancel"
                        disabled=Signal::derive(move || cancelling || cancel.pending().get())
                    >
                        {words}
                    </Button>
                </ActionForm>
            }
            .into_any()
        } else if may_rerun {
            view! {
                <ActionForm action=rerun>
                    <input type="hidden" name="id" value=id/>
                    <Button submits=true sign=Sign::Repeat test_id="rerun" disabled=rerun.pending()>
                        "Run again"
                    </Button>
                </ActionForm>
            }
            .into_any()
        } else {
            ().into_any()
        }
    };
    view! {
        <LastProblem problem/>
        {buttons}
    }
    .into_any()
}
