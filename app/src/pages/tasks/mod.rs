//! All tasks: filtered by the address, a page at a time, each row live.

mod cancel_all;
mod model;

use baton_domain::agent::Skill;
use baton_domain::page::Page;
use baton_domain::task::{Priority, TaskState};
use baton_domain::wire::task::{TaskFilter, TaskSummary};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use self::cancel_all::CancelFiltered;
use self::model::Model;
use crate::components::button::{Button, Kind};
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::pill::state_word;
use crate::components::task_table::TaskTable;
use crate::live::use_live;
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::{Called, agents, tasks};

/// The page of tasks.
#[component]
pub(crate) fn Tasks() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    view! {
        <PageHead
            title="Tasks"
            actions=view! {
                <a class=Kind::Plain.class() href="/tasks/dead" data-testid="dead-tasks">
                    "Dead tasks"
                </a>
                <a class=Kind::Primary.class() href="/tasks/new">
                    "New task"
                </a>
            }
                .into_any()
        />
        {loaded(data, move |(filter, page, skills)| view! { <Content filter page skills/> })}
    }
    .into_any()
}

type Data = (TaskFilter, Page<TaskSummary>, Vec<Skill>);

async fn read(filter: TaskFilter) -> Called<Data> {
    let (page, skills) = futures::join!(tasks::list(filter.clone()), agents::skills());
    Ok((filter, page?, skills?))
}

/// The filter that an address asks for; what it does not understand it leaves out.
fn filter(query: &ParamsMap) -> TaskFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let states = query.get_all("state").unwrap_or_default();
    TaskFilter {
        states: states.iter().filter_map(|state| TaskState::parse(state)).collect(),
        skill: text("skill"),
        priority: text("priority").and_then(|number| number.parse().ok()).and_then(|number: u8| Priority::new(number).ok()),
        agent: text("agent").and_then(|id| id.parse().ok()),
        run_id: text("run_id").and_then(|id| id.parse().ok()),
        parent_id: text("parent_id").and_then(|id| id.parse().ok()),
        text: text("q"),
        labels: text("label").into_iter().collect(),
        fairness_key: text("key"),
        code: text("code"),
        created_from: text("from").and_then(|at| at.parse().ok()),
        created_before: text("before").and_then(|at| at.parse().ok()),
        cursor: text("cursor"),
        limit: None,
    }
}

/// The address of a page with this filter.
fn address(filter: &TaskFilter, cursor: Option<&str>) -> String {
    format!("/tasks{}", query(filter, cursor).to_query_string())
}

/// What an address says of a filter; the other way of [`filter`].
fn query(filter: &TaskFilter, cursor: Option<&str>) -> ParamsMap {
    let mut query = ParamsMap::new();
    for state in &filter.states {
        query.insert("state", state.as_str().to_owned());
    }
    let agent = filter.agent.map(|agent| agent.to_string());
    let priority = filter.priority.map(|priority| priority.get().to_string());
    let (run, parent) = (filter.run_id.map(|run| run.to_string()), filter.parent_id.map(|parent| parent.to_string()));
    let label = filter.labels.first().cloned();
    let (from, before) = (filter.created_from.map(|at| at.to_string()), filter.created_before.map(|at| at.to_string()));
    let rest = [
        ("skill", &filter.skill),
        ("priority", &priority),
        ("agent", &agent),
        ("run_id", &run),
        ("parent_id", &parent),
        ("q", &filter.text),
        ("label", &label),
        ("key", &filter.fairness_key),
        ("code", &filter.code),
        ("from", &from),
        ("before", &before),
    ];
    for (name, value) in rest.into_iter().filter_map(|(name, value)| value.clone().map(|value| (name, value))) {
        query.insert(name, value);
    }
    if let Some(cursor) = cursor {
        query.insert("cursor", cursor.to_owned());
    }
    query
}

#[component]
fn Content(filter: TaskFilter, page: Page<TaskSummary>, skills: Vec<Skill>) -> impl IntoView {
    let live = use_live();
    let next = page.next_cursor.as_deref().map(|cursor| address(&filter, Some(cursor)));
    let first = filter.cursor.is_some().then(|| address(&filter, None));
    let filtered = TaskFilter { cursor: None, ..filter.clone() } != TaskFilter::default();
    let model = Model::new(&live, filter.clone(), page);
    effect(move || model.follow(&live));
    let none = memo(move |_| model.rows.with(Vec::is_empty));
    let rows = move || {
        if none.get() {
            let (text, href, words) = if filtered {
                ("No task fits this filter.", "/tasks", "Show all tasks")
            } else {
                ("No task yet.", "/tasks/new", "Submit the first task")
            };
            let action = view! { <a class=Kind::Plain.class() href=href>{words}</a> };
            view! { <Empty text action=action.into_any()/> }.into_any()
        } else {
            view! { <TaskTable rows=model.rows label="Tasks"/> }.into_any()
        }
    };
    view! {
        <div class="space-y-4">
            <FilterForm filter=filter.clone() skills/>
            <CancelFiltered filter/>
            <section
                class="min-w-0 rounded-card border border-line bg-raised"
                on:pointerenter=move |_| model.hold(true)
                on:pointerleave=move |_| model.hold(false)
            >
                <h2 class="sr-only">"List"</h2>
                {move || {
                    let waiting = model.waiting.get();
                    (waiting > 0)
                        .then(|| {
                            view! {
                                <div class="flex justify-center border-b border-line p-1">
                                    <button type="button" class=Kind::Quiet.class() data-testid="new-rows" on:click=move |_| model.show()>
                                        {format!("{waiting} new")}
                                    </button>
                                </div>
                            }
                        })
                }}
                {rows}
            </section>
            <nav class="flex justify-between gap-2" aria-label="Pages of the list">
                <span>{first.map(|href| view! { <a class=Kind::Plain.class() href=href>"Newest"</a> })}</span>
                <span>
                    {next.map(|href| view! { <a class=Kind::Plain.class() href=href data-testid="next-page">"Older"</a> })}
                </span>
            </nav>
        </div>
    }
    .into_any()
}

/// A plain form that changes the address; with scripts, without loading the page.
#[component]
fn FilterForm(filter: TaskFilter, skills: Vec<Skill>) -> impl IntoView {
    let any = |words: &str| [(String::new(), words.to_owned())].into_iter();
    let states = any("Any state").chain(TaskState::ALL.iter().map(|state| (state.as_str().to_owned(), state_word(*state).to_owned())));
    let skills: Vec<_> = any("Any skill").chain(skills.into_iter().map(|skill| (skill.name, skill.title))).collect();
    let words = (1..=5).zip(Priority::WORDS);
    let priorities = any("Any priority").chain(words.map(|(number, word): (u8, _)| (number.to_string(), word.to_owned())));
    // What links lead here with, and nobody types.
    let given = [
        ("agent", filter.agent.map(|agent| agent.to_string())),
        ("run_id", filter.run_id.map(|run| run.to_string())),
        ("parent_id", filter.parent_id.map(|parent| parent.to_string())),
    ];
    let given = given.map(|(name, value)| value.map(|value| view! { <input type="hidden" name=name value=value/> }.into_any()));
    let of_run = filter.run_id.map(|run| of("Only tasks of ", format!("/runs/{run}"), "one run"));
    let of_parent = filter.parent_id.map(|parent| of("Only tasks that were asked for by ", format!("/tasks/{parent}"), "one task"));
    view! {
        <section class="rounded-card border border-line bg-raised p-4" aria-label="Filter" data-testid="filter">
            {of_run}
            {of_parent}
            <Form method="get" action="/tasks">
                <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-2 rail:grid-cols-[repeat(4,1fr)_auto]">
                    <SelectField
                        name="state"
                        label="State"
                        options=states.collect()
                        value=filter.states.first().map(|state| state.as_str()).unwrap_or_default()
                    />
                    <SelectField name="skill" label="Skill" options=skills value=filter.skill.clone().unwrap_or_default()/>
                    <SelectField
                        name="priority"
                        label="Priority"
                        options=priorities.collect()
                        value=filter.priority.map(|priority| priority.get().to_string()).unwrap_or_default()
                    />
                    <TextField
                        name="q"
                        label="Text"
                        kind="search"
                        value=filter.text.clone().unwrap_or_default()
                        placeholder="Title, skill or id"
                        max_length="200"
                    />
                    <TextField name="key" label="Fairness key" value=filter.fairness_key.clone().unwrap_or_default() max_length="64"/>
                    <TextField name="label" label="Label" value=filter.labels.first().cloned().unwrap_or_default() max_length="64"/>
                    <TextField name="code" label="Code" value=filter.code.clone().unwrap_or_default() max_length="64"/>
                    <TextField
                        name="from"
                        label="Submitted from"
                        value=filter.created_from.map(|at| at.to_string()).unwrap_or_default()
                        placeholder="2026-01-31T08:00:00Z"
                    />
                    {given.into_iter().collect_view()}
                    <Button submits=true sign=Sign::Search>
                        "Filter"
                    </Button>
                </div>
            </Form>
        </section>
    }
    .into_any()
}

/// Whose tasks the list is of, with a link there.
fn of(words: &'static str, href: String, whose: &'static str) -> AnyView {
    view! {
        <p class="mb-3 text-13" data-testid="list-of">
            {words}
            <a class="text-accent underline" href=href>
                {whose}
            </a>
            "."
        </p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use baton_domain::id::{AgentId, RunId, TaskId};
    use baton_domain::time::Timestamp;

    use super::*;

    #[test]
    fn an_address_says_all_of_its_filter() {
        const ID: &str = "00000000-0000-7000-8000-000000000007";
        let text = |text: &str| Some(text.to_owned());
        let all = TaskFilter {
            states: vec![TaskState::Queued, TaskState::Running],
            skill: text("nlp"),
            priority: Priority::new(2).ok(),
            agent: Some(ID.parse::<AgentId>().unwrap()),
            run_id: Some(ID.parse::<RunId>().unwrap()),
            parent_id: Some(ID.parse::<TaskId>().unwrap()),
            text: text("a&b=c"),
            labels: vec!["gpu".to_owned()],
            fairness_key: text("k"),
            code: text("ATTEMPT-001"),
            created_from: Some(Timestamp::from_millis(1_000)),
            created_before: Some(Timestamp::from_millis(2_000)),
            cursor: text("next"),
            limit: None,
        };
        let mut query = query(&all, all.cursor.as_deref());
        assert_eq!(filter(&query), all);
        query.replace("run_id", "mine".to_owned());
        assert_eq!(filter(&query), TaskFilter { run_id: None, ..all }, "what it does not understand it leaves out");
    }
}
