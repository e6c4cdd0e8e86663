//! How is a run begun? By a form that is made of the workflow's inputs.

use baton_domain::problem::Problem;
use baton_domain::user::Permission;
use baton_domain::wire::workflow::WorkflowDetail;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};

use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::icon::Sign;
use crate::components::schema_form::SchemaForm;
use crate::server_fns::start::{StartForm, Upload, start_form};
use crate::session::use_session;

/// The form.
#[component]
pub(super) fn Start(workflow: WorkflowDetail) -> impl IntoView {
    let navigate = use_navigate();
    let problem = RwSignal::new(None::<Problem>);
    let sending = RwSignal::new(false);
    let errors = Signal::derive(move || problem.with(|problem| problem.as_ref().map(|problem| problem.errors.clone()).unwrap_or_default()));
    let submit = move |event: web_sys::SubmitEvent| {
        let form = event.current_target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        let Some(form) = form.and_then(|form| FormData::new_with_form(&form).ok()) else { return };
        event.prevent_default();
        if sending.get_untracked() {
            return;
        }
        sending.set(true);
        problem.set(None);
        let navigate = navigate.clone();
        spawn_local(async move {
            match start_form(Upload::from(form)).await {
                Ok(run) => navigate(&format!("/runs/{}", run.id), Default::default()),
                Err(error) => {
                    problem.try_set(Some(error.0));
                    sending.try_set(false);
                }
            }
        });
    };
    if workflow.summary.retired {
        return view! {
            <Card title="Start a run">
                <p class="text-13 text-soft">"It was taken out of use: no run of it begins any more. Storing it again brings it back."</p>
            </Card>
        }
        .into_any();
    }
    let may = use_session().may(Permission::Work);
    let old = workflow.summary.version != workflow.newest;
    view! {
        <Card title="Start a run" test_id="start-run">
            <form class="space-y-4" method="post" action=StartForm::url() enctype="multipart/form-data" on:submit=submit>
                <LastProblem problem/>
                <input type="hidden" name="workflow" value=workflow.summary.name/>
                // The newest is what is the newest when it is sent.
                {old.then(|| view! { <input type="hidden" name="version" value=workflow.summary.version.to_string()/> })}
                <SchemaForm schema=workflow.input_schema errors/>
                <Button
                    submits=true
                    kind=Kind::Primary
                    sign=Sign::Play
                    test_id="start"
                    disabled=Signal::derive(move || sending.get() || !may)
                >
                    {move || if sending.get() { "Starting" } else { "Start" }}
                </Button>
                {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include starting runs."</p> })}
            </form>
        </Card>
    }
    .into_any()
}
