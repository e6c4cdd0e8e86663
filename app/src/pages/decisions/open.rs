//! How does a person open a decision? By a form: the question, the answers, who votes, by which rule and until when.

use baton_domain::agent::Skill;
use baton_domain::user::Permission;
use baton_domain::wire::agent::AgentView;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::terms::{Answering, Deciding, Otherwise, area, folded, roles};
use super::words::{RULES, choices};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, CheckField, SelectField, TextField};
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
    // Each card takes what it holds with it.
    let answering = view! { <Answering skills=skills.clone()/> };
    let deciding = view! { <Deciding agents=agents.clone()/> };
    let otherwise = view! { <Otherwise agents=agents.clone()/> };
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
                                Some("One a line, as `ship: It goes out today`, and more about it behind a bar: `ship: It goes out today | All tests are green`. Left empty, voters write answers of their own."),
                            )}
                            {area("context", "What voters should know", 4, false, None)}
                            {answering}
                        </div>
                    </Card>
                    <div class="min-w-0 space-y-4">
                        <Electorate agents skills/>
                        <Card title="How it is decided">
                            <div class="space-y-3">
                                <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                                    <SelectField name="rule" label="Rule" options=rules value="plurality"/>
                                    <TextField name="deadline_minutes" label="Minutes until there is a verdict" value="10" autocomplete="off"/>
                                    <TextField
                                        name="quorum"
                                        label="How many must take part"
                                        autocomplete="off"
                                        help="A number of voters, or a share of them as 0.6. More than half when left empty."
                                    />
                                    <TextField
                                        name="threshold"
                                        label="Share that the first must have"
                                        autocomplete="off"
                                        placeholder="0.67"
                                        help="Only where there is a count, and not for Majority and Unanimity, which have theirs."
                                    />
                                </div>
                                {deciding}
                                {otherwise}
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

/// Who votes: agents by skill, agents by name and how often each answers, people by role and by address; and how much each counts.
#[component]
fn Electorate(agents: Vec<AgentView>, skills: Vec<Skill>) -> impl IntoView {
    let skills = std::iter::once((String::new(), "None".to_owned()))
        .chain(skills.into_iter().map(|skill| (skill.name.clone(), skill.name)))
        .collect();
    let rows: Vec<_> = agents
        .into_iter()
        .map(|agent| {
            let id = format!("field-agents-{}", agent.id);
            let weight = format!("Weight of {}", agent.name);
            view! {
                <div class="grid grid-cols-[1fr_5rem_5rem] items-center gap-2 text-13">
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
                    <input
                        type="text"
                        name=format!("weight[id:{}]", agent.id)
                        class=CONTROL
                        placeholder="weight"
                        autocomplete="off"
                        aria-label=weight
                    />
                </div>
            }
        })
        .collect();
    let named = (!rows.is_empty()).then(|| {
        view! {
            <details class="rounded-control border border-line p-3" data-testid="decision-agents">
                <summary class="text-13 font-medium">"Agents by name, how often each answers, and its weight"</summary>
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
                {folded(
                    "People by address, and weights",
                    "Weights are read where they are given. Nobody may have half of all or more, unless that is allowed below.",
                    view! {
                        {area("persons", "People by address", 3, false, Some("One a line, as `ana@example.org`, or with a weight: `ana@example.org: 2`."))}
                        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                            <TextField name="weight[role]" label="Weight of each of the people above" autocomplete="off" placeholder="1"/>
                            <TextField name="weight[skill]" label="Weight of each agent with the skill" autocomplete="off" placeholder="1"/>
                            <SelectField
                                name="terms[weights]"
                                label="Where weights come from"
                                options=choices("As usual", &[
                                    ("given", "From here"),
                                    ("records", "From what is known of each voter"),
                                    ("equal", "All count alike"),
                                ])
                            />
                            <CheckField name="terms[allow_dictator]" label="One may have half of all weight or more"/>
                        </div>
                    }
                        .into_any(),
                )}
            </div>
        </Card>
    }
    .into_any()
}
