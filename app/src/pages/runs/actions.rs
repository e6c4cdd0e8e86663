//! What can be done with a run: hold it, let it go on, cancel it, begin what failed anew.

use baton_domain::problem::Problem;
use baton_domain::user::Permission;
use baton_domain::wire::run::{RunState, RunSummary};
use leptos::prelude::*;

use super::run::Data;
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::icon::Sign;
use crate::form_action::{ActionForm, FormAction};
use crate::live::Fresh;
use crate::reactive::{effect, memo};
use crate::server_fns::runs::{CancelRun, PauseRun, ResumeRun, RetryRun};
use crate::session::use_session;

/// The buttons that fit the state.
#[component]
pub(super) fn RunActions(summary: Memo<RunSummary>, fresh: Fresh<Data>) -> impl IntoView {
    let pause = FormAction::<PauseRun>::new();
    let resume = FormAction::<ResumeRun>::new();
    let cancel = FormAction::<CancelRun>::new();
    let retry = FormAction::<RetryRun>::new();
    let versions = move || pause.version().get() + resume.version().get() + cancel.version().get() + retry.version().get();
    effect(move || {
        if versions() > 0 {
            fresh.read();
        }
    });
    let problem = Signal::derive(move || -> Option<Problem> {
        refusal(pause).or_else(|| refusal(resume)).or_else(|| refusal(cancel)).or_else(|| refusal(retry))
    });
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let offered = memo(move |_| summary.with(|run| (run.id, run.state, run.parent.is_some(), run.steps.failed)));
    let buttons = move || {
        let (id, state, part, failed) = offered.get();
        let hidden = move || view! { <input type="hidden" name="id" value=id.to_string()/> };
        // Of what ended badly the failed steps are begun anew; a part of another run only with that one.
        let again = matches!(state, RunState::Failed | RunState::Canceled) && !part;
        view! {
            {(state == RunState::Running)
                .then(|| {
                    view! {
                        <ActionForm action=pause>
                            {hidden()}
                            <Button submits=true sign=Sign::Pause test_id="pause-run" disabled=pause.pending()>
                                "Pause"
                            </Button>
                        </ActionForm>
                    }
                })}
            {(state == RunState::Paused)
                .then(|| {
                    view! {
                        <ActionForm action=resume>
                            {hidden()}
                            <Button submits=true kind=Kind::Primary sign=Sign::Play test_id="resume-run" disabled=resume.pending()>
                                "Resume"
                            </Button>
                        </ActionForm>
                    }
                })}
            {again
                .then(|| {
                    view! {
                        <ActionForm action=retry>
                            {hidden()}
                            <Button submits=true kind=Kind::Primary sign=Sign::Repeat test_id="retry-run" disabled=retry.pending()>
                                {if failed > 0 { "Retry what failed" } else { "Go on with it" }}
                            </Button>
                        </ActionForm>
                    }
                })}
            {(!state.is_ended())
                .then(|| {
                    let stopping = state == RunState::Stopping;
                    view! {
                        <ActionForm action=cancel>
                            {hidden()}
                            <Button
                                submits=true
                                kind=Kind::Danger
                                sign=Sign::Stop
                                test_id="cancel-run"
                                disabled=Signal::derive(move || stopping || cancel.pending().get())
                            >
                                {if stopping { "Stopping" } else { "Cancel" }}
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
