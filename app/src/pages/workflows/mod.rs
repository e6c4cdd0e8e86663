//! All workflows: what each is for, its version, and how to write one.

mod document;
mod editor;
mod start;
mod workflow;

use baton_domain::page::Page;
use baton_domain::user::Permission;
use baton_domain::wire::workflow::{WorkflowFilter, WorkflowSummary};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

pub(crate) use self::editor::EditWorkflow;
pub(super) use self::editor::{Checked, Drawn, Found};
pub(crate) use self::workflow::Workflow;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, Column, NAME, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, workflows};
use crate::session::use_session;

/// The page of workflows.
#[component]
pub(crate) fn Workflows() -> impl IntoView {
    let query = use_query_map();
    let cursor = memo(move |_| query.with(|query| query.get("cursor")));
    let data = PageData::new(move || cursor.get(), read);
    let may = use_session().may(Permission::Work);
    let actions = may.then(|| {
        view! {
            <a class=Kind::Plain.class() href="/plans">
                "Plans"
            </a>
            <a class=Kind::Plain.class() href="/plans/new" data-testid="new-plan">
                "Plan from a goal"
            </a>
            <a class=Kind::Primary.class() href="/workflows/~new" data-testid="new-workflow">
                "New workflow"
            </a>
        }
        .into_any()
    });
    view! {
        <PageHead title="Workflows" actions=actions.into_any()/>
        {loaded(data, move |(cursor, page)| view! { <Content cursor page may/> })}
    }
    .into_any()
}

type Data = (Option<String>, Page<WorkflowSummary>);

async fn read(cursor: Option<String>) -> Called<Data> {
    let page = workflows::list(WorkflowFilter { cursor: cursor.clone(), limit: None }).await?;
    Ok((cursor, page))
}

/// Whether an event changes what is stored of workflows.
fn of_workflows(event: &LiveEvent) -> bool {
    event.subject.starts_with("workflow:")
}

#[component]
fn Content(cursor: Option<String>, page: Page<WorkflowSummary>, may: bool) -> impl IntoView {
    let first = cursor.is_some().then(|| view! { <a class=Kind::Plain.class() href="/workflows">"First"</a> });
    let fresh = Fresh::new((cursor.clone(), page), |(_, page)| page.as_of, of_workflows, move || read(cursor.clone()));
    let content = move || {
        let page = fresh.value().with(|(_, page)| page.clone());
        if page.items.is_empty() {
            let action = may.then(|| view! { <a class=Kind::Plain.class() href="/workflows/~new">"Write the first one"</a> }.into_any());
            return match action {
                Some(action) => {
                    view! { <Empty text="No workflow is stored: write one, or have one planned from a goal." action/> }.into_any()
                }
                None => view! { <Empty text="No workflow is stored."/> }.into_any(),
            };
        }
        let columns = vec![
            Column::Text("Workflow"),
            Column::Roomy("For"),
            Column::Number("Version"),
            Column::Number("Steps"),
            Column::Text("Stored"),
        ];
        let rows: Vec<_> = page.items.into_iter().map(row).collect();
        view! { <Table label="Workflows" columns test_id="workflows">{rows}</Table> }.into_any()
    };
    let next = move || {
        let cursor = fresh.value().with(|(_, page)| page.next_cursor.clone());
        cursor.map(|cursor| {
            let mut query = leptos_router::params::ParamsMap::new();
            query.insert("cursor", cursor);
            let href = format!("/workflows{}", query.to_query_string());
            view! { <a class=Kind::Plain.class() href=href data-testid="next-page">"More"</a> }
        })
    };
    view! {
        <Card title="In use, by name" flush=true>
            {content}
        </Card>
        <nav class="flex justify-between gap-2" aria-label="Pages of the list">
            <span>{first}</span>
            <span>{next}</span>
        </nav>
    }
    .into_any()
}

fn row(workflow: WorkflowSummary) -> impl IntoView {
    let name = workflow.name.clone();
    let href = format!("/workflows/{name}");
    view! {
        <tr class="hover:bg-sunken" data-testid="workflow-row" data-name=name>
            <th scope="row" class=NAME>
                <a class="block hover:underline" href=href>
                    {workflow.title}
                </a>
                <span class="block font-mono text-12 font-normal text-muted">{workflow.name}</span>
            </th>
            <td class=format!("{CELL} max-w-96 text-soft max-phone:hidden")>
                <span class="line-clamp-2">{workflow.description}</span>
            </td>
            <td class=NUMBER>{workflow.version}</td>
            <td class=NUMBER>{workflow.steps}</td>
            <td class=QUIET>
                <RelativeTime at=workflow.created_at/>
                {format!(" by {}", workflow.created_by)}
            </td>
        </tr>
    }
}
