//! How is a goal given? In plain words, with what it is done with.

use baton_domain::problem::Problem;
use baton_domain::user::Permission;
use baton_domain::wire::plan::MAXIMUM_GOAL_CHARACTERS;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos::task::spawn_local;
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};

use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, CheckField, LABEL};
use crate::components::page_head::PageHead;
use crate::server_fns::goal::{ProposeForm, Upload, propose_form};
use crate::session::use_session;

/// The names that files have in a plan.
const FILES: [(&str, &str); 3] = [("file", "A file"), ("file_2", "Another file"), ("file_3", "A third file")];

/// The page on which a goal is given.
#[component]
pub(crate) fn NewPlan() -> impl IntoView {
    let navigate = use_navigate();
    let problem = RwSignal::new(None::<Problem>);
    let sending = RwSignal::new(false);
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
            match propose_form(Upload::from(form)).await {
                Ok(plan) => navigate(&format!("/plans/{}", plan.summary.id), Default::default()),
                Err(error) => {
                    problem.try_set(Some(error.0));
                    sending.try_set(false);
                }
            }
        });
    };
    let files: Vec<_> = FILES
        .iter()
        .map(|(name, label)| {
            let id = format!("field-plan-{name}");
            view! {
                <div class="min-w-0">
                    <label class=LABEL for=id.clone()>
                        {*label}
                        <span class="ml-2 font-mono text-12 font-normal text-muted">{*name}</span>
                    </label>
                    <input id=id type="file" name=format!("file[{name}]") class="w-full min-w-0 text-13" data-testid=format!("plan-{name}")/>
                </div>
            }
        })
        .collect();
    let may = use_session().may(Permission::Work);
    view! {
        <PageHead title="Plan from a goal"/>
        <form class="space-y-4" method="post" action=ProposeForm::url() enctype="multipart/form-data" on:submit=submit data-testid="new-plan">
            <LastProblem problem/>
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <Card title="What is to be done">
                    <div class="space-y-3">
                        <div>
                            <label class=LABEL for="field-goal">
                                "Goal"
                            </label>
                            <textarea
                                id="field-goal"
                                name="goal"
                                rows="6"
                                required=true
                                maxlength=MAXIMUM_GOAL_CHARACTERS.to_string()
                                class=CONTROL
                                placeholder="Rate the reviews in the file, and make a report of what the bad ones speak of."
                                aria-describedby="field-goal-help"
                            ></textarea>
                            <p id="field-goal-help" class="mt-1 text-12 text-muted">
                                "In plain words, a sentence for each thing. Nothing runs before somebody has accepted the plan."
                            </p>
                        </div>
                        <CheckField name="use_model" label="A language model may plan what rules cannot"/>
                        <p class="text-12 text-muted">"It is shown the goal, and of the inputs their names and kinds."</p>
                        <CheckField name="replan" label="If a step fails for good, another way is proposed by itself"/>
                        <p class="text-12 text-muted">"That is a plan as well: it waits for somebody to accept it."</p>
                        <Button
                            submits=true
                            kind=Kind::Primary
                            test_id="propose"
                            disabled=Signal::derive(move || sending.get() || !may)
                        >
                            {move || if sending.get() { "Planning" } else { "Plan it" }}
                        </Button>
                        {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include planning."</p> })}
                    </div>
                </Card>
                <Card title="What it is done with">
                    <div class="space-y-3">
                        {files}
                        <div>
                            <label class=LABEL for="field-others">
                                "Other inputs"
                            </label>
                            <textarea
                                id="field-others"
                                name="others"
                                rows="3"
                                class=format!("{CONTROL} font-mono")
                                placeholder="limit: 5"
                                aria-describedby="field-others-help"
                            ></textarea>
                            <p id="field-others-help" class="mt-1 text-12 text-muted">
                                "One a line, with its name: a text, a number, an address of the web, or JSON."
                            </p>
                        </div>
                    </div>
                </Card>
            </div>
        </form>
    }
    .into_any()
}
