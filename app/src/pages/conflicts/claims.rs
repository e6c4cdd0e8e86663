//! Claims on shared things: who holds what, who waits for whom, and what holders lost.

use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::claim::{BrokenClaim, ClaimBreak, ClaimFilter, ClaimList, ClaimMode, ClaimState, ClaimView};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use crate::components::action::{emptied_by, refusal};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::{CONTROL, SelectField, TextField};
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::mark::{Mark, MarkPill};
use crate::components::page_head::PageHead;
use crate::components::table::{ACTIONS, CELL, CODE_NAME, Column, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::claims::{BreakOneClaim, ClaimThing, ReleaseClaim};
use crate::server_fns::{Called, claims};
use crate::session::use_session;

/// The page of claims.
#[component]
pub(crate) fn Claims() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| query.with(filter));
    let data = PageData::new(move || filter.get(), read);
    view! {
        <PageHead
            title="Claims"
            actions=view! {
                <a class=Kind::Plain.class() href="/conflicts">
                    "Conflicts"
                </a>
            }
                .into_any()
        />
        {loaded(data, |(filter, list)| view! { <Content filter list/> })}
    }
    .into_any()
}

async fn read(filter: ClaimFilter) -> Called<(ClaimFilter, ClaimList)> {
    let list = claims::list(filter.clone()).await?;
    Ok((filter, list))
}

fn filter(query: &ParamsMap) -> ClaimFilter {
    let text = |name| query.get(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    ClaimFilter { resource: text("resource"), holder: text("holder"), cursor: text("cursor"), limit: None }
}

fn address(filter: &ClaimFilter, cursor: &str) -> String {
    let mut query = ParamsMap::new();
    for (name, value) in [("resource", filter.resource.as_deref()), ("holder", filter.holder.as_deref()), ("cursor", Some(cursor))] {
        if let Some(value) = value {
            query.insert(name, value.to_owned());
        }
    }
    format!("/claims{}", query.to_query_string())
}

#[component]
fn Content(filter: ClaimFilter, list: ClaimList) -> impl IntoView {
    let claim = FormAction::<ClaimThing>::new();
    let release = FormAction::<ReleaseClaim>::new();
    let take = FormAction::<BreakOneClaim>::new();
    let again = filter.clone();
    let concerns = |event: &LiveEvent| event.subject.starts_with("claim:");
    let fresh = Fresh::new((filter.clone(), list), |(_, list)| list.as_of, concerns, move || read(again.clone()));
    effect(move || {
        if claim.version().get() + release.version().get() + take.version().get() > 0 {
            fresh.read();
        }
    });
    let session = use_session();
    let (may_release, may_break, me) = (session.may(Permission::Work), session.may(Permission::Operate), session.label());
    let filtered = filter.resource.is_some() || filter.holder.is_some();
    let items = memo(move |_| fresh.value().with(|(_, list)| list.items.clone()));
    let summary = move || {
        fresh.value().with(|(_, list)| {
            let held = if list.held == 1 { "1 claim is held".to_owned() } else { format!("{} claims are held", list.held) };
            let waiting = match list.waiting {
                0 => "nobody waits".to_owned(),
                1 => "1 request waits".to_owned(),
                count => format!("{count} requests wait"),
            };
            format!("{held}, {waiting}.")
        })
    };
    let rows = move || {
        let items = items.get();
        if items.is_empty() {
            let text = if filtered { "No claim fits this filter." } else { "Nothing shared is claimed." };
            return view! { <Empty text/> }.into_any();
        }
        let rows: Vec<_> =
            items.into_iter().enumerate().map(|(index, claim)| row(index, claim, may_release, may_break, &me, release, take)).collect();
        let columns = vec![
            Column::Text("State"),
            Column::Text("On"),
            Column::Text("Whose"),
            Column::Text("Mode"),
            Column::Number("Number"),
            Column::Text("Since"),
            Column::Text("Until"),
            Column::Text("Waits for"),
            Column::Actions,
        ];
        view! { <Table label="Claims" columns test_id="claims">{rows}</Table> }.into_any()
    };
    let broken = move || {
        let broken = fresh.value().with(|(_, list)| list.broken.clone());
        (!broken.is_empty()).then(|| {
            let rows: Vec<_> = broken.into_iter().map(lost).collect();
            let columns = ["When", "On", "Whose", "Why"].map(Column::Text).to_vec();
            view! {
                <Card title="Lost within the last hour" flush=true>
                    <Table label="Claims that were lost" columns test_id="broken-claims">
                        {rows}
                    </Table>
                </Card>
            }
        })
    };
    let older = filter.clone();
    let next = move || {
        let cursor = fresh.value().with(|(_, list)| list.next_cursor.clone());
        cursor.map(|cursor| view! { <a class=Kind::Plain.class() href=address(&older, &cursor) data-testid="next-page">"More"</a> })
    };
    view! {
        <div class="space-y-4">
            <section class="rounded-card border border-line bg-raised p-4" aria-label="Filter" data-testid="filter">
                <Form method="get" action="/claims">
                    <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[1fr_1fr_auto]">
                        <TextField
                            name="resource"
                            label="On this, above and beneath"
                            value=filter.resource.clone().unwrap_or_default()
                            placeholder="path:reports/2026"
                            max_length="512"
                        />
                        <TextField
                            name="holder"
                            label="Whose"
                            value=filter.holder.clone().unwrap_or_default()
                            placeholder="task:…"
                            max_length="200"
                        />
                        <Button submits=true sign=Sign::Search>
                            "Filter"
                        </Button>
                    </div>
                </Form>
            </section>
            <LastProblem problem=Signal::derive(move || refusal(release).or_else(|| refusal(take)))/>
            <p class="text-14 text-soft" data-testid="claims-summary">{summary}</p>
            <Card title="By what is claimed" flush=true>
                {rows}
            </Card>
            <nav class="flex justify-end" aria-label="Pages of the list">{next}</nav>
            {may_release.then(|| claiming(claim))}
            {broken}
        </div>
    }
    .into_any()
}

/// The form by which a person claims something.
fn claiming(claim: FormAction<ClaimThing>) -> AnyView {
    let form = emptied_by(claim);
    let modes = [(ClaimMode::Exclusive, "Alone, to write"), (ClaimMode::Shared, "With others who share it, to read")];
    let modes = modes.map(|(mode, words)| (mode.as_str().to_owned(), words.to_owned())).to_vec();
    view! {
        <Card title="Claim something" test_id="new-claim">
            <div class="space-y-3">
                <LastProblem problem=Signal::derive(move || refusal(claim))/>
                <ActionForm action=claim node_ref=form>
                    <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
                        <TextField
                            form="claim-"
                            name="resource"
                            label="What is claimed"
                            required=true
                            max_length="512"
                            autocomplete="off"
                            placeholder="path:reports/2026"
                            help="All that lies beneath is claimed with it."
                        />
                        <SelectField form="claim-" name="mode" label="How" options=modes value=ClaimMode::Exclusive.as_str()/>
                        <TextField
                            form="claim-"
                            name="minutes"
                            label="For how many minutes"
                            kind="number"
                            value="10"
                            help="Then it ends by itself. Claiming again what you have does not prolong it: release it and claim it again."
                        />
                        <TextField
                            form="claim-"
                            name="wait_minutes"
                            label="Minutes to wait if others have it"
                            kind="number"
                            help="Not at all when left empty."
                        />
                    </div>
                    <div class="mt-3">
                        <Button submits=true kind=Kind::Primary test_id="claim" disabled=claim.pending()>
                            "Claim"
                        </Button>
                    </div>
                </ActionForm>
            </div>
        </Card>
    }
    .into_any()
}

/// Where a holder's work is shown.
fn holder(holder: &str) -> AnyView {
    let href = match holder.split_once(':') {
        Some(("task", id)) => Some(format!("/tasks/{id}")),
        Some(("run", id)) => Some(format!("/runs/{id}")),
        _ => None,
    };
    let words = holder.to_owned();
    match href {
        Some(href) => view! { <a class="break-all font-mono text-12 text-accent hover:underline" href=href>{words}</a> }.into_any(),
        None => view! { <span class="break-all font-mono text-12">{words}</span> }.into_any(),
    }
}

fn row(
    index: usize,
    claim: ClaimView,
    may_release: bool,
    may_break: bool,
    me: &str,
    release: FormAction<ReleaseClaim>,
    take: FormAction<BreakOneClaim>,
) -> AnyView {
    let mark = match claim.state {
        ClaimState::Held => Mark::new(TaskState::Running, claim.state.as_str()),
        ClaimState::Waiting => Mark::new(TaskState::Waiting, claim.state.as_str()),
    };
    let mode = match claim.mode {
        ClaimMode::Shared => "shared: to read",
        ClaimMode::Exclusive => "exclusive: to write",
    };
    let behind: Vec<_> = claim.behind.iter().map(|other| view! { <li>{holder(other)}</li> }).collect();
    let fence = claim.fence.map(|fence| view! { <input type="hidden" name="fence" value=fence.to_string()/> });
    let to_release = view! { <input type="hidden" name="resource" value=claim.resource.clone()/> };
    let to_break = view! {
        <input type="hidden" name="resource" value=claim.resource.clone()/>
        <input type="hidden" name="holder" value=claim.holder.clone()/>
    };
    // What a task or a run of theirs holds, it gives back itself.
    let theirs = ["task:", "run:"].iter().any(|kind| claim.holder.starts_with(kind));
    let own = (may_release && claim.by == me && !theirs).then(|| {
        let words = if claim.state == ClaimState::Held { "Release" } else { "Wait no longer" };
        view! {
            <ActionForm action=release>
                {to_release}
                {fence}
                <Button submits=true test_id="release-claim" disabled=release.pending()>
                    {words}
                </Button>
            </ActionForm>
        }
    });
    let field = format!("field-because-{index}");
    let asks = format!("Why {} loses it", claim.holder);
    let break_it = may_break.then(|| {
        view! {
            <details>
                <summary class="text-13 text-danger">"Break"</summary>
                <ActionForm action=take>
                    {to_break}
                    <div class="mt-2 flex items-center gap-2">
                        <label class="sr-only" for=field.clone()>
                            {asks}
                        </label>
                        <input
                            id=field
                            name="because"
                            required=true
                            maxlength="500"
                            placeholder="Why"
                            autocomplete="off"
                            class=format!("{CONTROL} min-w-40")
                        />
                        <Button submits=true kind=Kind::Danger test_id="break-claim" disabled=take.pending()>
                            "Break"
                        </Button>
                    </div>
                </ActionForm>
            </details>
        }
    });
    let until = claim.until.map(|at| view! { <RelativeTime at/> });
    let state = claim.state.as_str();
    let whose = holder(&claim.holder);
    let name = claim.resource.clone();
    view! {
        <tr data-testid="claim-row" data-resource=name data-state=state>
            <td class=CELL>
                <MarkPill mark=Signal::stored(mark)/>
            </td>
            <th scope="row" class=CODE_NAME>{claim.resource}</th>
            <td class=CELL>
                {whose}
                <span class="block text-12 text-muted">{claim.by}</span>
            </td>
            <td class=format!("{CELL} whitespace-nowrap text-soft")>{mode}</td>
            <td class=NUMBER>{claim.fence}</td>
            <td class=QUIET>
                <RelativeTime at=claim.since/>
            </td>
            <td class=QUIET>{until}</td>
            <td class=CELL>
                <ul>{behind}</ul>
            </td>
            <td class=ACTIONS>
                <div class="flex items-start justify-end gap-2">{own} {break_it}</div>
            </td>
        </tr>
    }
    .into_any()
}

fn lost(broken: BrokenClaim) -> AnyView {
    let why = match broken.why {
        ClaimBreak::Deadlock => "gave way in a deadlock",
        ClaimBreak::Lapsed => "its lease ran out",
        ClaimBreak::TimedOut => "it waited too long",
        ClaimBreak::Operator => "somebody broke it",
    };
    view! {
        <tr data-testid="broken-claim" data-why=broken.why.as_str()>
            <td class=QUIET>
                <RelativeTime at=broken.at/>
            </td>
            <th scope="row" class=CODE_NAME>{broken.resource}</th>
            <td class=CELL>{holder(&broken.holder)}</td>
            <td class=format!("{CELL} text-soft")>{format!("{why}: {}", broken.detail)}</td>
        </tr>
    }
    .into_any()
}
