//! Lines of versions of shared artifacts: what each is, who changed it when, and where changes disagree.

use baton_domain::page::Page;
use baton_domain::wire::conflict::{LineDetail, LineFilter, LineForm, LineVersion, LineView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use super::store::storing;
use super::{mark, places_words};
use crate::components::badge::Badge;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, CODE_NAME, Column, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, conflicts};

/// Whether an event tells of a line's versions or conflicts.
fn of_lines(event: &LiveEvent) -> bool {
    event.subject.starts_with("line:") || event.subject.starts_with("conflict:")
}

/// How the versions of a line are merged, in words.
const fn form_words(form: &LineForm) -> &'static str {
    match form {
        LineForm::Text => "by lines",
        LineForm::Json { .. } => "by members and items",
        LineForm::Table { .. } => "by rows and cells",
        LineForm::Whole => "not at all",
    }
}

/// The address of all lines or of one, from a place on.
pub(super) fn address(name: Option<&str>, cursor: Option<&str>) -> String {
    let mut query = ParamsMap::new();
    for (key, value) in [("name", name), ("cursor", cursor)] {
        if let Some(value) = value {
            query.insert(key, value.to_owned());
        }
    }
    format!("/lines{}", query.to_query_string())
}

/// The page of lines, or of the one that the address names: names hold slashes.
#[component]
pub(crate) fn Lines() -> impl IntoView {
    let query = use_query_map();
    let name = memo(move |_| query.with(|query| query.get("name")).filter(|name| !name.is_empty()));
    move || match name.get() {
        Some(name) => view! { <Line name/> }.into_any(),
        None => view! { <All/> }.into_any(),
    }
}

#[component]
fn All() -> impl IntoView {
    let query = use_query_map();
    let cursor = memo(move |_| query.with(|query| query.get("cursor")));
    let data = PageData::new(move || cursor.get(), read_all);
    view! {
        <PageHead title="Versions"/>
        {loaded(data, |data| view! { <List data/> })}
    }
    .into_any()
}

async fn read_all(cursor: Option<String>) -> Called<(Option<String>, Page<LineView>)> {
    let page = conflicts::lines(LineFilter { cursor: cursor.clone(), limit: None }).await?;
    Ok((cursor, page))
}

#[component]
fn List(data: (Option<String>, Page<LineView>)) -> impl IntoView {
    let cursor = data.0.clone();
    let fresh = Fresh::new(data, |(_, page)| page.as_of, of_lines, move || read_all(cursor.clone()));
    let rows = move || {
        let page = fresh.value().with(|(_, page)| page.clone());
        if page.items.is_empty() {
            return view! { <Empty text="No artifact is shared under a name yet: people, programs and agents store versions of them."/> }
                .into_any();
        }
        let next = page.next_cursor.as_deref().map(|cursor| address(None, Some(cursor)));
        let rows: Vec<_> = page.items.into_iter().map(line_row).collect();
        let columns =
            vec![Column::Text("Name"), Column::Number("Version"), Column::Number("Size"), Column::Text("Merged"), Column::Text("Changed")];
        view! {
            <Table label="Lines of versions" columns test_id="lines">
                {rows}
            </Table>
            {next.map(|href| view! { <p class="p-2 text-right"><a class=Kind::Quiet.class() href=href data-testid="next-page">"Older"</a></p> })}
        }
        .into_any()
    };
    view! {
        <div class="space-y-4">
            <Card title="Shared artifacts" flush=true>
                {rows}
            </Card>
            {storing(None)}
        </div>
    }
    .into_any()
}

fn line_row(line: LineView) -> AnyView {
    let name = line.name.clone();
    view! {
        <tr class="hover:bg-sunken" data-testid="line-row" data-name=name>
            <th scope="row" class=CODE_NAME>
                <a class="break-all text-accent hover:underline" href=address(Some(&line.name), None)>
                    {line.name.clone()}
                </a>
            </th>
            <td class=NUMBER>{line.newest.number}</td>
            <td class=NUMBER>{format::bytes(line.newest.size)}</td>
            <td class=format!("{CELL} text-soft")>{form_words(&line.form)}</td>
            <td class=QUIET>
                <RelativeTime at=line.newest.at/>
                {format!(" by {}", line.newest.by)}
            </td>
        </tr>
    }
    .into_any()
}

/// One line.
#[component]
fn Line(name: String) -> impl IntoView {
    let query = use_query_map();
    let cursor = memo(move |_| query.with(|query| query.get("cursor")));
    let data = PageData::new(move || (name.clone(), cursor.get()), |(name, cursor)| read_one(name, cursor));
    loaded(data, move |detail| view! { <One detail cursor=cursor.get_untracked()/> })
}

async fn read_one(name: String, cursor: Option<String>) -> Called<LineDetail> {
    conflicts::line(name, LineFilter { cursor, limit: None }).await
}

#[component]
fn One(detail: LineDetail, cursor: Option<String>) -> impl IntoView {
    let name = detail.line.name.clone();
    let (title, form) = (name.clone(), form_words(&detail.line.form));
    let store = storing(Some((name.clone(), detail.line.newest.number)));
    let shown = name.clone();
    let fresh = Fresh::new(detail, |detail| detail.as_of, of_lines, move || read_one(name.clone(), cursor.clone()));
    let detail = fresh.value();
    let open = move || {
        let conflicts = detail.with(|detail| detail.conflicts.clone());
        (!conflicts.is_empty()).then(|| {
            let rows: Vec<_> = conflicts
                .into_iter()
                .map(|conflict| {
                    let places = if conflict.clean {
                        "nothing disagrees".to_owned()
                    } else {
                        format!("disagrees in {}", places_words(conflict.places))
                    };
                    view! {
                        <li class="flex flex-wrap items-center gap-2 border-t border-line py-2 text-13 first:border-t-0">
                            <MarkPill mark=Signal::stored(mark(&conflict))/>
                            <a class="text-accent hover:underline" href=format!("/conflicts/{}", conflict.id)>
                                {format!("A change by {} {places}", conflict.by)}
                            </a>
                            <span class="text-12 text-muted">
                                <RelativeTime at=conflict.opened_at/>
                            </span>
                        </li>
                    }
                })
                .collect();
            view! {
                <Card title="Open conflicts" test_id="line-conflicts">
                    <ul>{rows}</ul>
                </Card>
            }
        })
    };
    let versions = move || {
        let (versions, next) = detail.with(|detail| (detail.versions.clone(), detail.next_cursor.clone()));
        let next = next.map(|cursor| address(Some(&shown), Some(&cursor)));
        let rows: Vec<_> = versions.into_iter().map(version_row).collect();
        let columns = vec![
            Column::Number("Version"),
            Column::Text("Content"),
            Column::Number("Size"),
            Column::Text("Stands on"),
            Column::Text("Stored"),
        ];
        view! {
            <Table label="Versions" columns test_id="versions">
                {rows}
            </Table>
            {next.map(|href| view! { <p class="p-2 text-right"><a class=Kind::Quiet.class() href=href data-testid="next-page">"Older"</a></p> })}
        }
    };
    view! {
        <div class="space-y-4">
            <PageHead title facts=view! { <Badge>{format!("merged {form}")}</Badge> }.into_any()/>
            {open}
            <Card title="Versions, the newest first" flush=true>
                {versions}
            </Card>
            {store}
        </div>
    }
    .into_any()
}

fn version_row(version: LineVersion) -> AnyView {
    let stands_on = match (version.base, version.merged.is_some()) {
        (Some(base), true) => format!("version {base}, merged"),
        (Some(base), false) => format!("version {base}"),
        (None, _) => "nothing".to_owned(),
    };
    let settled = version.conflict.map(|conflict| {
        view! {
            " "
            <a class="text-accent underline" href=format!("/conflicts/{conflict}")>
                "settled a conflict"
            </a>
        }
    });
    view! {
        <tr data-testid="line-version" data-number=version.number.to_string()>
            <th scope="row" class=NUMBER>{version.number}</th>
            <td class=CELL>
                <a
                    class="text-accent hover:underline"
                    href=format!("/api/v1/artifacts/{}/content", version.artifact)
                    rel="external"
                    title=format!("SHA-256 {}", version.sha256)
                >
                    {version.media_type}
                </a>
            </td>
            <td class=NUMBER>{format::bytes(version.size)}</td>
            <td class=format!("{CELL} text-soft")>{stands_on} {settled}</td>
            <td class=QUIET>
                <RelativeTime at=version.at/>
                {format!(" by {}", version.by)}
            </td>
        </tr>
    }
    .into_any()
}
