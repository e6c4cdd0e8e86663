//! How does a person open a decision? By a form: the question, the answers, who votes, by which rule and until when.

use baton_domain::agent::Skill;
use baton_domain::user::{Permission, Role};
use baton_domain::wire::agent::AgentView;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::words::RULES;
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL, SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::form_action::{ActionForm, FormAction};
use crate::page_data::PageData;
use crate::reactive::effect;
use crate::server_fns::say::OpenDecisionForm;
use crate::server_fns::{Called, agents};
use crate::session::use_session;

/// The page on which a decision is opened.
#[component]
pub(crate) fn OpenDecision() -> impl IntoView {
    let data = PageData::new(|| (), |()| read());
    view! {
        <PageHead title="Open a decision"/>
        {loaded(data, |(agents, skills)| view! { <Content agents skills/> })}
    }
    .into_any()
}

async fn read() -> Called<(Vec<AgentView>, Vec<Skill>)> {
    let (agents, skills) = futures::join!(agents::list(), agents::skills());
    Ok((agents?.items, skills?))
}

#[component]
fn Content(agents: Vec<AgentView>, skills: Vec<Skill>) -> impl IntoView {
    let open = FormAction::<OpenDecisionForm>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(opened)) = open.get() {
            navigate(&format!("/decisions/{}", opened.id), Default::default());
        }
    });
    let may = use_session().may(Permission::Work);
    let rules = RULES.iter().map(|(rule, words)| ((*rule).to_owned(), (*words).to_owned())).collect();
    view! {
        <ActionForm action=open>
            <div class="space-y-4">
                <LastProblem problem=Signal::derive(move || refusal(open))/>
                <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-2">
                    <Card title="What is asked">
                        <div class="space-y-3">
                            {area("question", "Question", 3, true, None)}
                            {area(
                                "options",
                                "Answers to choose from",
                                5,
                                false,
                                Some("One a line, as `ship: It goes out today`. Left empty, voters write answers of their own."),
                            )}
                            {area("context", "What voters should know", 4, false, None)}
                        </div>
                    </Card>
                    <div class="min-w-0 space-y-4">
                        <Electorate agents skills=skills.clone()/>
                        <Card title="How it is decided">
                            <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                                <SelectField name="rule" label="Rule" options=rules value="plurality"/>
                                <TextField name="deadline_minutes" label="Minutes until there is a verdict" kind="number" value="10" autocomplete="off"/>
                                <TextField
                                    name="quorum"
                                    label="How many must take part"
                                    kind="number"
                                    autocomplete="off"
                                    help="More than half when left empty."
                                />
                                <TextField
                                    name="threshold"
                                    label="Share that the first must have"
                                    autocomplete="off"
                                    placeholder="0.67"
                                    help="Only where the rule asks for one."
                                />
                                <SelectField name="judge" label="If that does not decide, a judge" options=by_skill(&skills, "No judge")/>
                                <SelectField name="people" label="Then one of these people" options=roles("Nobody in particular")/>
                            </div>
                        </Card>
                        <div class="flex flex-wrap items-center gap-2">
                            <Button
                                submits=true
                                kind=Kind::Primary
                                test_id="open-decision"
                                disabled=Signal::derive(move || !may || open.pending().get())
                            >
                                "Open it"
                            </Button>
                            {(!may).then(|| view! { <p class="text-13 text-muted">"Your role does not include opening decisions."</p> })}
                        </div>
                    </div>
                </div>
            </div>
        </ActionForm>
    }
    .into_any()
}

fn area(name: &'static str, label: &'static str, rows: u8, required: bool, help: Option<&'static str>) -> AnyView {
    let id = format!("field-{name}");
    let help_id = format!("{id}-help");
    let described_by = help.is_some().then(|| help_id.clone());
    view! {
        <div class="min-w-0">
            <label class=LABEL for=id.clone()>
                {label}
            </label>
            <textarea id=id name=name rows=rows.to_string() required=required class=CONTROL aria-describedby=described_by></textarea>
            {help.map(|help| view! { <p id=help_id class="mt-1 text-12 text-muted">{help}</p> })}
        </div>
    }
    .into_any()
}

fn roles(none: &str) -> Vec<(String, String)> {
    let roles = Role::ALL.iter().map(|role| (role.as_str().to_owned(), format!("Whoever has the role {}", role.as_str())));
    std::iter::once((String::new(), none.to_owned())).chain(roles).collect()
}

fn by_skill(skills: &[Skill], none: &str) -> Vec<(String, String)> {
    let skills = skills.iter().map(|skill| (skill.name.clone(), format!("The best agent with {}", skill.name)));
    std::iter::once((String::new(), none.to_owned())).chain(skills).collect()
}

/// Who votes: agents by skill, agents by name and how often each answers, people by role.
#[component]
fn Electorate(agents: Vec<AgentView>, skills: Vec<Skill>) -> impl IntoView {
    let skills = std::iter::once((String::new(), "None".to_owned()))
        .chain(skills.into_iter().map(|skill| (skill.name.clone(), skill.name)))
        .collect();
    let rows: Vec<_> = agents
        .into_iter()
        .map(|agent| {
            let id = format!("field-agents-{}", agent.id);
            view! {
                <div class="grid grid-cols-[1fr_5rem] items-center gap-2 text-13">
                    <label for=id.clone()>{agent.name}</label>
                    <input
                        id=id
                        type="number"
                        min="0"
                        max="100"
                        // What begins with a digit would be read as a place in a list.
                        name=format!("agents[id:{}]", agent.id)
                        class=CONTROL
                        placeholder="0"
                        data-testid="decision-agent"
                    />
                </div>
            }
        })
        .collect();
    let named = (!rows.is_empty()).then(|| {
        view! {
            <details class="rounded-control border border-line p-3" data-testid="decision-agents">
                <summary class="text-13 font-medium">"Agents by name, and how often each answers"</summary>
                <div class="mt-3 space-y-2">{rows}</div>
            </details>
        }
    });
    view! {
        <Card title="Who votes">
            <div class="space-y-3">
                <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                    <SelectField name="role" label="People" options=roles("None")/>
                    <SelectField name="skill" label="Agents that have the skill" options=skills/>
                    <TextField name="count" label="How many of them" kind="number" autocomplete="off" help="All of them when left empty."/>
                </div>
                {named}
            </div>
        </Card>
    }
    .into_any()
}
