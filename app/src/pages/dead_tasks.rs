//! Tasks that ended without a result: found by what they failed of, and run again together.

use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::task::{BulkAnswer, BulkRerun, TaskFilter, TaskSummary};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::TextField;
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::task_table::TaskTable;
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::tasks::{self, RerunAll};
use crate::session::use_session;

/// The fields of the filter: the name in the address, and what people read.
const FIELDS: [(&str, &str); 5] =
    [("skill", "Skill or family"), ("code", "Code"), ("key", "Fairness key"), ("label", "Label"), ("q", "Text")];

/// The page of dead tasks.
#[component]
pub(crate) fn DeadTasks() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let rerun = ServerAction::<RerunAll>::new();
    let data = PageData::new(move || (filter.get(), rerun.version().get()), |(filter, _)| read(filter));
    view! {
        <PageHead title="Dead tasks"/>
        {loaded(data, move |(filter, page)| view! { <Content filter page rerun/> })}
    }
    .into_any()
}

async fn read(filter: TaskFilter) -> crate::server_fns::Called<(TaskFilter, Page<TaskSummary>)> {
    let page = tasks::list(filter.clone()).await?;
    Ok((filter, page))
}

fn filter(query: &ParamsMap) -> TaskFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    TaskFilter {
        states: vec![TaskState::Failed, TaskState::TimedOut],
        skill: text("skill"),
        code: text("code"),
        fairness_key: text("key"),
        labels: text("label").into_iter().collect(),
        text: text("q"),
        cursor: text("cursor"),
        ..TaskFilter::default()
    }
}

/// What a field of the filter holds.
fn value(filter: &TaskFilter, name: &str) -> String {
    let text = match name {
        "skill" => filter.skill.as_ref(),
        "code" => filter.code.as_ref(),
        "key" => filter.fairness_key.as_ref(),
        "label" => filter.labels.first(),
        _ => filter.text.as_ref(),
    };
    text.cloned().unwrap_or_default()
}

fn address(filter: &TaskFilter, cursor: &str) -> String {
    let mut query = ParamsMap::new();
    for (name, _) in FIELDS {
        let value = value(filter, name);
        if !value.is_empty() {
            query.insert(name, value);
        }
    }
    query.insert("cursor", cursor.to_owned());
    format!("/tasks/dead{}", query.to_query_string())
}

#[component]
fn Content(filter: TaskFilter, page: Page<TaskSummary>, rerun: ServerAction<RerunAll>) -> impl IntoView {
    let next = page.next_cursor.as_deref().map(|cursor| address(&filter, cursor));
    let none = page.items.is_empty();
    let filtered = filter.cursor.is_some() || FIELDS.iter().any(|(name, _)| !value(&filter, name).is_empty());
    let rows: Vec<_> = page.items.into_iter().map(ArcRwSignal::new).collect();
    let rows = Signal::stored(rows);
    let fields: Vec<_> =
        FIELDS.into_iter().map(|(name, label)| view! { <TextField name label value=value(&filter, name) max_length="200"/> }).collect();
    view! {
        <div class="space-y-4">
            <section class="rounded-card border border-line bg-raised p-4" aria-label="Filter" data-testid="dead-filter">
                <Form method="get" action="/tasks/dead">
                    <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-2 rail:grid-cols-[repeat(5,1fr)_auto]">
                        {fields}
                        <Button submits=true sign=Sign::Search>"Filter"</Button>
                    </div>
                </Form>
            </section>
            <Again filter=filter.clone() none rerun/>
            <section class="min-w-0 rounded-card border border-line bg-raised">
                <h2 class="sr-only">"List"</h2>
                {if none {
                    nothing(filtered)
                } else {
                    view! { <TaskTable rows label="Dead tasks"/> }.into_any()
                }}
            </section>
            <nav class="flex justify-end" aria-label="Pages of the list">
                {next.map(|href| view! { <a class=Kind::Plain.class() href=href data-testid="next-page">"Older"</a> })}
            </nav>
        </div>
    }
    .into_any()
}

/// Why the list is empty, and where to go from there.
fn nothing(filtered: bool) -> AnyView {
    let (text, href, words) = if filtered {
        ("No dead task fits.", "/tasks/dead", "Show all dead tasks")
    } else {
        ("No task has failed or timed out: there is nothing to run again.", "/tasks", "Show all tasks")
    };
    let action = view! {
        <a class=Kind::Plain.class() href=href>
            {words}
        </a>
    }
    .into_any();
    view! { <Empty text action/> }.into_any()
}

/// Runs again what the filter shows, some at a time.
#[component]
fn Again(filter: TaskFilter, none: bool, rerun: ServerAction<RerunAll>) -> impl IntoView {
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let problem = Signal::derive(move || rerun.value().get().and_then(Result::err).map(|error| error.0));
    let done = move || {
        rerun.value().get().and_then(Result::ok).map(|answer: BulkAnswer| {
            let skipped = if answer.skipped > 0 { format!(" {} cannot be run again.", answer.skipped) } else { String::new() };
            format!("{} run again.{skipped}", answer.count)
        })
    };
    let more = move || rerun.value().get().and_then(Result::ok).and_then(|answer| answer.next_cursor);
    let filter = StoredValue::new(filter);
    let send = move |cursor: Option<String>| {
        let filter = TaskFilter { cursor, limit: Some(100), ..filter.get_value() };
        rerun.dispatch(RerunAll { which: BulkRerun { filter }, idempotency_key: None });
    };
    view! {
        <Card title="Run again" test_id="bulk-rerun">
            <LastProblem problem/>
            <div class="flex flex-wrap items-center gap-3 text-13">
                <span on:click=move |_| send(None)>
                    <Button
                        kind=Kind::Primary
                        sign=Sign::Repeat
                        test_id="rerun-all"
                        disabled=Signal::derive(move || none || rerun.pending().get())
                    >
                        "Run the newest 100 again"
                    </Button>
                </span>
                {move || {
                    more()
                        .map(|cursor| {
                            view! {
                                <span on:click=move |_| send(Some(cursor.clone()))>
                                    <Button test_id="rerun-next" disabled=rerun.pending()>"The next 100"</Button>
                                </span>
                            }
                        })
                }}
                <span role="status" aria-live="polite" data-testid="rerun-answer">{done}</span>
            </div>
        </Card>
    }
    .into_any()
}
