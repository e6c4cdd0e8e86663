//! How is a run forked? At one of its steps, which is given something else, or is said to give something else.

use baton_domain::id::RunId;
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Permission;
use baton_domain::wire::run::{ForkDraft, MAXIMUM_RUN_TITLE};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use serde_json::Value;

use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::{effect, memo};
use crate::server_fns::written::ForkForm;
use crate::server_fns::{ApiError, Called, runs};
use crate::session::use_session;

/// The page on which a step is changed.
#[component]
pub(crate) fn Fork() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = memo(move |_| {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        (id, query.with(|query| query.get("step").unwrap_or_default()))
    });
    let data = PageData::new(move || asked.get(), read);
    loaded(data, |draft| view! { <Content draft/> })
}

async fn read((id, step): (String, String)) -> Called<ForkDraft> {
    let Ok(id) = id.parse::<RunId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchRun, "The address holds no run's id; look for the run on the page Runs.")));
    };
    runs::fork_draft(id, step).await
}

#[component]
fn Content(draft: ForkDraft) -> impl IntoView {
    let fork = FormAction::<ForkForm>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(run)) = fork.get() {
            navigate(&format!("/runs/{}", run.id), Default::default());
        }
    });
    let problem = Signal::derive(move || refusal(fork));
    let may = use_session().may(Permission::Work);
    let ForkDraft { step, takes_input, takes_output, items, input, output, anew, run, .. } = draft;
    let back = format!("/runs/{}?step={step}", run.id);
    let of_step = step.clone();
    let (given, more) = match items {
        Some(items) => (format!("As JSON: a list with {} values, one for each item.", format::count(items.into())), true),
        None => ("As JSON.".to_owned(), false),
    };
    let (id, placeholder) = (run.id.to_string(), run.title.clone());
    let form = |what: &'static str, title: &'static str, words: &'static str, button: &'static str, value: Option<Value>| {
        let long = value.is_none();
        let text = value.map(|value| serde_json::to_string_pretty(&value).unwrap_or_default()).unwrap_or_default();
        // As markup: a child would come from the server with a mark before it, which is text in a text area.
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let (id, step, given, placeholder) = (id.clone(), step.clone(), given.clone(), placeholder.clone());
        let (of_value, of_title) = (format!("field-{what}-value"), format!("field-{what}-title"));
        view! {
            <Card title=title test_id=what>
                <ActionForm action=fork>
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="step" value=step/>
                    <input type="hidden" name="what" value=what/>
                    <p class="mb-3 text-13 text-soft">{words}</p>
                    <label class=LABEL for=of_value.clone()>
                        {if what == "input" { "What it is given" } else { "What it gives" }}
                    </label>
                    <textarea
                        id=of_value
                        name="value"
                        rows="12"
                        required=true
                        class=format!("{CONTROL} mb-1 font-mono text-12")
                        spellcheck="false"
                        inner_html=text
                    ></textarea>
                    <p class="mb-3 text-12 text-muted">
                        {given} {long.then_some(" There was nothing, or more than is shown here.")}
                    </p>
                    <label class=LABEL for=of_title.clone()>
                        "Title"
                    </label>
                    <input
                        id=of_title
                        name="title"
                        class=format!("{CONTROL} mb-3")
                        maxlength=MAXIMUM_RUN_TITLE.to_string()
                        placeholder=placeholder
                    />
                    <Button
                        submits=true
                        kind=Kind::Primary
                        test_id=button
                        disabled=Signal::derive(move || fork.pending().get() || !may)
                    >
                        "Fork"
                    </Button>
                </ActionForm>
            </Card>
        }
        .into_any()
    };
    let count = anew.len();
    let named = anew.join(", ");
    let to_input = takes_input.then(|| {
        let words = if more {
            "The step is done again with these inputs, one for each item, and so is all that follows."
        } else {
            "The step is done again with this input, and so is all that follows. What has to be approved is asked for anew."
        };
        form("input", "Give it something else", words, "fork-input", input)
    });
    let to_output = takes_output.then(|| {
        form(
            "output",
            "Say what it gives",
            "The step is not done: this is taken for its output. All that follows is done.",
            "fork-output",
            output,
        )
    });
    view! {
        <div class="space-y-4">
            <PageHead
                title=format!("Fork {}", run.title)
                actions=view! {
                    <a class=Kind::Plain.class() href=back>
                        "Back to the run"
                    </a>
                }
                    .into_any()
            />
            <p class="text-13 text-soft">
                "A new run of the same version with the same input begins. What does not follow from the change is kept, and not done again; the run that is forked stays as it is."
            </p>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Step">
                    <code class="font-mono text-12">{of_step}</code>
                </Fact>
                <Fact name="Workflow">{format!("{} version {}", run.workflow, run.version)}</Fact>
                <Fact name="Done anew">{format!("{} of {} steps: {named}", format::count(count as u64), format::count(run.steps.total.into()))}</Fact>
            </dl>
            <LastProblem problem/>
            {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include starting runs."</p> })}
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-2">
                {to_input}
                {to_output}
            </div>
            {(!takes_input && !takes_output)
                .then(|| {
                    view! {
                        <p class="text-13 text-muted" data-testid="no-fork">
                            "Somebody has to agree here, which cannot be made up: fork the run at the step before or after it."
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}
