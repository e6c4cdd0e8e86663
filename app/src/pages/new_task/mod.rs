//! How a task is submitted: choose a skill, fill in its form, see the same request as a command.

mod preview;
mod several;
mod wish;

use baton_domain::agent::{Family, Skill};
use baton_domain::problem::{Code, Problem};
use baton_domain::schema::{FieldKind, FormField, form_fields};
use baton_domain::task::Priority;
use baton_domain::user::Permission;
use baton_domain::wire::artifact::{ArtifactFilter, ArtifactView};
use baton_domain::wire::connection::ConnectionView;
use leptos::prelude::*;
use leptos::server_fn::ServerFn as _;
use leptos::task::spawn_local;
use leptos_router::hooks::{use_navigate, use_query_map};
use serde_json::Value;
use wasm_bindgen::JsCast as _;
use web_sys::{FormData, HtmlFormElement};

use self::several::Several;
use self::wish::Wish;
use crate::components::agent_card::family_word;
use crate::components::artifact_list::ArtifactList;
use crate::components::banner::{LastProblem, ProblemBanner};
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_view::CodeView;
use crate::components::decide_form::DecideFields;
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::icon::{Icon, Sign};
use crate::components::loaded::loaded;
use crate::components::needs::reach_words;
use crate::components::page_head::PageHead;
use crate::components::schema_form::SchemaForm;
use crate::components::task_terms::TermFields;
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::Called;
use crate::server_fns::submit::{SubmitForm, Upload, submit_form};
use crate::server_fns::{agents, artifacts, connections};
use crate::session::use_session;

/// How many stored files are offered.
const STORED: u32 = 20;

/// The page on which a task is submitted.
#[component]
pub(crate) fn NewTask() -> impl IntoView {
    let query = use_query_map();
    let data = PageData::new(|| (), |()| read());
    // The skill, the example and the wish come from the address, so that all work without scripts.
    let asked = memo(move |_| {
        query.with(|query| {
            let wish = query.get("wish").filter(|wish| !wish.trim().is_empty());
            (query.get("skill"), query.get("example").and_then(|number| number.parse::<usize>().ok()), wish)
        })
    });
    // Two ways to the same place: one task by its form, or several by their text.
    let several = memo(move |_| query.with(|query| query.get("several").is_some()));
    let other = move || {
        let (href, words) = if several.get() { ("/tasks/new", "One task") } else { ("/tasks/new?several=true", "Several at once") };
        view! {
            <a class=Kind::Plain.class() href=href data-testid="several">
                {words}
            </a>
        }
    };
    view! {
        <PageHead title="New task" actions=other.into_any()/>
        {loaded(data, move |(skills, connections, stored)| {
            move || match asked.get() {
                _ if several.get() => view! { <Several/> }.into_any(),
                (Some(name), example, _) => match skills.iter().find(|skill| skill.name == name) {
                    Some(skill) => {
                        view! { <SubmitTask skill=skill.clone() connections=connections.clone() stored=stored.clone() example/> }.into_any()
                    }
                    None => {
                        let problem = Problem::new(Code::NoSuchSkill, format!("No agent has the skill {name}. Choose another."));
                        view! {
                            <ProblemBanner problem/>
                            <Choice skills=skills.clone()/>
                        }
                            .into_any()
                    }
                },
                (None, _, wish) => {
                    view! {
                        <div class="space-y-6">
                            <Wish asked=wish/>
                            <Choice skills=skills.clone()/>
                        </div>
                    }
                        .into_any()
                }
            }
        })}
    }
    .into_any()
}

/// The skills, and the connections and the newest files as far as the caller may see them.
async fn read() -> Called<(Vec<Skill>, Vec<ConnectionView>, Vec<ArtifactView>)> {
    let newest = ArtifactFilter { limit: Some(STORED), ..ArtifactFilter::default() };
    let (skills, connections, stored) = futures::join!(agents::skills(), connections::list(), artifacts::list(newest));
    Ok((skills?, connections.unwrap_or_default(), stored.map(|page| page.items).unwrap_or_default()))
}

/// Whether a file can be named somewhere in this form.
fn takes_files(schema: &Value) -> bool {
    let fields = form_fields(schema);
    let is_file = |(_, field): (String, &FormField)| matches!(field.kind, FieldKind::Artifact { .. } | FieldKind::Artifacts { .. });
    fields.iter().flat_map(FormField::controls).any(is_file)
}

#[component]
fn Choice(skills: Vec<Skill>) -> impl IntoView {
    if skills.is_empty() {
        return view! { <Empty text="No agent offers a skill."/> }.into_any();
    }
    Family::ALL
        .iter()
        .filter_map(|family| {
            let offers: Vec<_> = skills
                .iter()
                .filter(|skill| skill.family == *family)
                .map(|skill| {
                    view! {
                        <li>
                            <a
                                class="block h-full rounded-card border border-line bg-raised p-4 hover:border-accent"
                                href=format!("/tasks/new?skill={}", skill.name)
                                data-testid="skill"
                                data-name=skill.name.clone()
                            >
                                <span class="block font-medium">{skill.title.clone()}</span>
                                <span class="block font-mono text-12 text-muted">{skill.name.clone()} " " {skill.version.clone()}</span>
                                <span class="mt-1 block text-13 text-soft">{skill.description.clone()}</span>
                                {reach_words(skill).map(|words| view! { <span class="mt-1 block text-12 text-muted">{words}</span> })}
                            </a>
                        </li>
                    }
                })
                .collect();
            (!offers.is_empty()).then(|| {
                view! {
                    <section class="space-y-2">
                        <h2 class="flex items-center gap-2 text-14 font-semibold first-letter:uppercase">
                            <Icon sign=Sign::of_family(*family)/>
                            <span class="first-letter:uppercase">{family_word(*family)}</span>
                        </h2>
                        <ul class="grid grid-cols-1 gap-3 sm:grid-cols-2 rail:grid-cols-3">{offers}</ul>
                    </section>
                }
            })
        })
        .collect_view()
        .into_any()
}

#[component]
fn SubmitTask(skill: Skill, connections: Vec<ConnectionView>, stored: Vec<ArtifactView>, example: Option<usize>) -> impl IntoView {
    let navigate = use_navigate();
    let values = example.and_then(|index| skill.examples.get(index)).cloned();
    let problem = RwSignal::new(None::<Problem>);
    let sending = RwSignal::new(false);
    let command = RwSignal::new(preview::at_first(&skill, values.as_ref()));
    // What a form that was sent without scripts was refused for stands at its fields too.
    let left = RwSignal::new(use_session().flash.problem.map(|problem| problem.errors).unwrap_or_default());
    let errors =
        Signal::derive(move || problem.with(|problem| problem.as_ref().map_or_else(|| left.get(), |problem| problem.errors.clone())));
    let shown = StoredValue::new(skill.clone());

    let form_of = |event: &web_sys::Event| {
        let form = event.current_target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
        form.and_then(|form| FormData::new_with_form(&form).ok())
    };
    let submit = move |event: web_sys::SubmitEvent| {
        let Some(form) = form_of(&event) else { return };
        event.prevent_default();
        if sending.get_untracked() {
            return;
        }
        sending.set(true);
        problem.set(None);
        left.set(Vec::new());
        let navigate = navigate.clone();
        spawn_local(async move {
            match submit_form(Upload::from(form)).await {
                Ok(task) => navigate(&format!("/tasks/{}", task.id), Default::default()),
                Err(error) => {
                    problem.try_set(Some(error.0));
                    sending.try_set(false);
                }
            }
        });
    };
    let typed = move |event: web_sys::Event| {
        if let Some(form) = form_of(&event) {
            shown.try_with_value(|skill| command.set(preview::of_form(skill, &form)));
        }
    };

    let examples: Vec<_> = (0..skill.examples.len())
        .map(|index| {
            let words = if skill.examples.len() == 1 { "Fill in an example".to_owned() } else { format!("Example {}", index + 1) };
            view! {
                <a class=Kind::Plain.class() href=format!("/tasks/new?skill={}&example={index}", skill.name) data-testid="example">
                    {words}
                </a>
            }
        })
        .collect();
    let priorities = (1..=5).zip(Priority::WORDS).map(|(number, word): (u8, _)| (number.to_string(), word.to_owned())).collect();
    let may = use_session().may(Permission::Work);
    let stored = (!stored.is_empty() && takes_files(&skill.input_schema)).then(|| {
        view! {
            <Card title="Stored files" test_id="stored-files">
                <p class="mb-2 text-12 text-muted">"The newest. A field for files takes the id of any of them, too: select it with one click, and copy it."</p>
                <ArtifactList artifacts=stored/>
            </Card>
        }
    });
    view! {
        <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
            <Card
                title=skill.title.clone()
                aside=view! {
                    <span class="flex flex-wrap gap-2">
                        {examples}
                        <a class=Kind::Quiet.class() href="/tasks/new">
                            "Other skill"
                        </a>
                    </span>
                }
                    .into_any()
            >
                <p class="font-mono text-12 text-muted">{skill.name.clone()} " " {skill.version.clone()}</p>
                <p class="mb-4 text-13 text-soft">{skill.description.clone()}</p>
                {reach_words(&skill)
                    .map(|words| view! { <p class="mb-4 text-12 text-muted" data-testid="skill-reach">{words}</p> })}
                <form
                    class="space-y-4"
                    method="post"
                    action=SubmitForm::url()
                    enctype="multipart/form-data"
                    on:submit=submit
                    on:input=typed
                    data-testid="new-task"
                >
                    <LastProblem problem/>
                    <input type="hidden" name="skill" value=skill.name.clone()/>
                    {match values {
                        Some(values) => view! { <SchemaForm schema=skill.input_schema.clone() skill=skill.name.clone() values connections errors/> }.into_any(),
                        None => view! { <SchemaForm schema=skill.input_schema.clone() skill=skill.name.clone() connections errors/> }.into_any(),
                    }}
                    <details class="rounded-control border border-line p-3">
                        <summary class="text-13 font-medium">"Title and priority"</summary>
                        <div class="mt-3 grid grid-cols-1 gap-3 sm:grid-cols-2">
                            <TextField
                                name="title"
                                label="Title"
                                max_length="200"
                                help="What people read on lists. If left empty: the skill, and the first words of the input."
                            />
                            <SelectField name="priority" label="Priority" options=priorities value="3"/>
                        </div>
                    </details>
                    <TermFields retry=skill.retry.clone() errors/>
                    <DecideFields/>
                    <Button
                        submits=true
                        kind=Kind::Primary
                        test_id="submit"
                        disabled=Signal::derive(move || sending.get() || !may)
                    >
                        {move || if sending.get() { "Submitting" } else { "Submit" }}
                    </Button>
                    {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include submitting tasks."</p> })}
                </form>
            </Card>
            <div class="min-w-0 space-y-4">
                <Card title="The same as curl">
                    <CodeView text=command label="Command" test_id="curl"/>
                </Card>
                {stored}
            </div>
        </div>
    }
    .into_any()
}
