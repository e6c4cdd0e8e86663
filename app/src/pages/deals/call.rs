//! How does a person put work out to tender? By a form: what is to be done, who may bid, and how bids are compared.

use baton_domain::agent::Skill;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::Priority;
use baton_domain::user::Permission;
use baton_domain::wire::connection::ConnectionView;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_navigate, use_query_map};
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};

use crate::components::banner::{LastProblem, ProblemBanner};
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::{CONTROL, CheckField, LABEL, SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::schema_form::SchemaForm;
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::deal::{CallForm, Upload, call_form};
use crate::server_fns::{Called, agents, connections};
use crate::session::use_session;

/// The page on which work is put out to tender.
#[component]
pub(crate) fn NewContract() -> impl IntoView {
    let query = use_query_map();
    let data = PageData::new(|| (), |()| read());
    // From the address, so that all works without scripts.
    let asked = memo(move |_| query.with(|query| query.get("skill").filter(|name| !name.is_empty())));
    view! {
        <PageHead title="Call for bids"/>
        {loaded(data, move |(skills, connections)| {
            move || match asked.get() {
                Some(name) => match skills.iter().find(|skill| skill.name == name) {
                    Some(skill) => view! { <Call skill=skill.clone() connections=connections.clone()/> }.into_any(),
                    None => {
                        let problem = Problem::new(Code::NoSuchSkill, format!("No agent has the skill {name}. Choose another."));
                        view! {
                            <ProblemBanner problem/>
                            <Choice skills=skills.clone()/>
                        }
                            .into_any()
                    }
                },
                None => view! { <Choice skills=skills.clone()/> }.into_any(),
            }
        })}
    }
    .into_any()
}

/// The skills, and the connections as far as the caller may see them.
async fn read() -> Called<(Vec<Skill>, Vec<ConnectionView>)> {
    let (skills, connections) = futures::join!(agents::skills(), connections::list());
    Ok((skills?, connections.unwrap_or_default()))
}

#[component]
fn Choice(skills: Vec<Skill>) -> impl IntoView {
    if skills.is_empty() {
        return view! { <Empty text="No agent offers a skill."/> }.into_any();
    }
    let options = skills.into_iter().map(|skill| (skill.name.clone(), format!("{} ({})", skill.title, skill.name))).collect();
    view! {
        <Card title="What is to be done">
            <form class="space-y-3" method="get" action="/contracts/new">
                <SelectField name="skill" label="Skill" options test_id="contract-skill"/>
                <Button submits=true kind=Kind::Primary test_id="choose-skill">
                    "Go on"
                </Button>
            </form>
        </Card>
    }
    .into_any()
}

#[component]
fn Call(skill: Skill, connections: Vec<ConnectionView>) -> impl IntoView {
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
            match call_form(Upload::from(form)).await {
                Ok(contract) => navigate(&format!("/contracts/{}", contract.id), Default::default()),
                Err(error) => {
                    problem.try_set(Some(error.0));
                    sending.try_set(false);
                }
            }
        });
    };
    let may = use_session().may(Permission::Work);
    let priorities = (1..=5).zip(Priority::WORDS).map(|(number, word): (u8, _)| (number.to_string(), word.to_owned())).collect();
    let other = view! {
        <a class=Kind::Quiet.class() href="/contracts/new">
            "Other skill"
        </a>
    };
    view! {
        <form
            class="space-y-4"
            method="post"
            action=CallForm::url()
            enctype="multipart/form-data"
            on:submit=submit
            data-testid="new-contract"
        >
            <LastProblem problem/>
            <input type="hidden" name="skill" value=skill.name.clone()/>
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-2">
                <Card title=skill.title.clone() aside=other.into_any()>
                    <div class="space-y-3">
                        <p class="text-13 text-soft">{skill.description.clone()}</p>
                        <SchemaForm schema=skill.input_schema.clone() skill=skill.name.clone() connections errors/>
                        <TextField name="title" label="Title" max_length="200" help="What people read on lists."/>
                        <SelectField name="priority" label="Priority" options=priorities value="3"/>
                    </div>
                </Card>
                <div class="min-w-0 space-y-4">
                    <Card title="Who may bid">
                        <div class="space-y-3">
                            <TextField
                                name="agents"
                                label="Agents"
                                autocomplete="off"
                                help="Names with spaces between; all that have the skill when left empty. Their bids are computed from what was measured of them."
                            />
                            <CheckField name="me" label="I may bid too, and do it myself"/>
                            <TextField name="callers" label="Others who may bid" autocomplete="off" placeholder="user:… key:…"/>
                            <TextField name="required" label="Skills and labels that a bidder must have" autocomplete="off"/>
                            <div class="min-w-0">
                                <label class=LABEL for="field-wanted">
                                    "Skills and labels that are good to have"
                                </label>
                                <textarea id="field-wanted" name="wanted" rows="2" class=CONTROL aria-describedby="field-wanted-help"></textarea>
                                <p id="field-wanted-help" class="mt-1 text-12 text-muted">
                                    "One a line, with how much it counts: gpu 5"
                                </p>
                            </div>
                        </div>
                    </Card>
                    <Card title="How bids are compared">
                        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                            <TextField name="cost" label="A low cost counts" kind="number" value="1"/>
                            <TextField name="speed" label="An early end counts" kind="number" value="1"/>
                            <TextField name="capability" label="Having what is wanted counts" kind="number" value="1"/>
                            <TextField name="confidence" label="The chance to succeed counts" kind="number" value="1"/>
                            <TextField name="maximum_cost" label="The highest cost" placeholder="no limit"/>
                            <TextField name="finish_minutes" label="Minutes from the award to the end" kind="number" help="No limit when left empty."/>
                            <TextField name="bid_minutes" label="Minutes for bids" kind="number" value="1" help="It ends early once all have answered."/>
                            <TextField
                                name="maximum_awards"
                                label="How often it is awarded at most"
                                kind="number"
                                help="Once for each bidder when left empty: if one fails, the next best has it."
                            />
                        </div>
                    </Card>
                    <div class="flex flex-wrap items-center gap-2">
                        <Button
                            submits=true
                            kind=Kind::Primary
                            test_id="call-for-bids"
                            disabled=Signal::derive(move || sending.get() || !may)
                        >
                            {move || if sending.get() { "Calling" } else { "Call for bids" }}
                        </Button>
                        {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include calling for bids."</p> })}
                    </div>
                </div>
            </div>
        </form>
    }
    .into_any()
}
