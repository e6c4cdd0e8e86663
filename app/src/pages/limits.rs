//! How many attempts of a skill or of a fairness key may run at the same time: shown to all, set by who operates.

use baton_domain::agent::Skill;
use baton_domain::user::Permission;
use baton_domain::wire::limit::{LimitScope, LimitView};
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;

use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, HEAD, TABLE};
use crate::components::times::RelativeTime;
use crate::server_fns::limits::{RemoveLimit, SetLimit, list};
use crate::server_fns::{ApiError, Called, agents};
use crate::session::use_session;

/// The page of concurrency limits.
#[component]
pub(crate) fn Limits() -> impl IntoView {
    let set = ServerAction::<SetLimit>::new();
    let remove = ServerAction::<RemoveLimit>::new();
    // The list is read anew whenever one of the actions has ended.
    let data = Resource::new_blocking(move || (set.version().get(), remove.version().get()), |_| read());
    let problem = Signal::derive(move || {
        let set = set.value().get().and_then(Result::err);
        set.or_else(|| remove.value().get().and_then(Result::err)).map(|error: ApiError| error.0)
    });
    let may = use_session().may(Permission::Operate);
    view! {
        <PageHead title="Limits"/>
        <LastProblem problem/>
        {loaded(data, move |(limits, skills)| {
            view! {
                <div class="space-y-4">
                    <Card title="Attempts at the same time" flush={!limits.is_empty()} test_id="limits">
                        <Table limits may remove/>
                    </Card>
                    {may.then(|| view! { <SetForms skills set/> })}
                </div>
            }
        })}
    }
    .into_any()
}

async fn read() -> Called<(Vec<LimitView>, Vec<Skill>)> {
    let (limits, skills) = futures::join!(list(), agents::skills());
    Ok((limits?, skills?))
}

const fn scope_word(scope: LimitScope) -> &'static str {
    match scope {
        LimitScope::Skill => "Skill",
        LimitScope::FairnessKey => "Fairness key",
    }
}

#[component]
fn Table(limits: Vec<LimitView>, may: bool, remove: ServerAction<RemoveLimit>) -> impl IntoView {
    if limits.is_empty() {
        return view! { <Empty text="No limit is set: as many attempts run as agents have slots."/> }.into_any();
    }
    let rows: Vec<_> = limits.into_iter().map(|limit| limit_row(limit, may, remove)).collect();
    view! {
        <div class="relative overflow-x-auto" role="group" aria-label="Limits" tabindex="0">
            <table class=TABLE>
                <caption class="sr-only">"Concurrency limits"</caption>
                <thead>
                    <tr>
                        <th scope="col" class=HEAD>"Of"</th>
                        <th scope="col" class=HEAD>"Name"</th>
                        <th scope="col" class=HEAD>"At most"</th>
                        <th scope="col" class=HEAD>"Run now"</th>
                        <th scope="col" class=HEAD>"Set"</th>
                        <th scope="col" class=HEAD>
                            <span class="sr-only">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn limit_row(limit: LimitView, may: bool, remove: ServerAction<RemoveLimit>) -> impl IntoView {
    let (scope, name) = (limit.scope.as_str(), limit.name.clone());
    view! {
        <tr data-testid="limit-row" data-scope=scope data-name=limit.name.clone()>
            <td class=CELL>{scope_word(limit.scope)}</td>
            <th scope="row" class=format!("{CELL} text-left font-mono font-medium")>{limit.name.clone()}</th>
            <td class=format!("{CELL} tabular-nums")>{limit.maximum}</td>
            <td class=format!("{CELL} tabular-nums")>{limit.running}</td>
            <td class=format!("{CELL} text-muted")>
                <RelativeTime at=limit.updated_at/>
                " by "
                {limit.updated_by}
            </td>
            <td class=format!("{CELL} text-right")>
                {may
                    .then(|| {
                        view! {
                            <ActionForm action=remove>
                                <input type="hidden" name="scope" value=scope/>
                                <input type="hidden" name="name" value=name/>
                                <Button submits=true kind=Kind::Danger test_id="remove-limit">"Remove"</Button>
                            </ActionForm>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn SetForms(skills: Vec<Skill>, set: ServerAction<SetLimit>) -> impl IntoView {
    let skills: Vec<_> = skills.into_iter().map(|skill| (skill.name.clone(), skill.name)).collect();
    // A form that was carried out is empty again; one that was refused keeps what was typed.
    let key_form = NodeRef::<html::Form>::new();
    Effect::new(move || {
        if let (Some(Ok(_)), Some(form)) = (set.value().get(), key_form.get_untracked()) {
            form.reset();
        }
    });
    let row = "grid grid-cols-1 items-end gap-3 sm:grid-cols-[2fr_1fr_auto]";
    view! {
        <Card title="Limit a skill">
            <ActionForm action=set>
                <div class=row>
                    <input type="hidden" name="scope" value=LimitScope::Skill.as_str()/>
                    <SelectField form="skill-" name="name" label="Skill" options=skills value=""/>
                    <TextField form="skill-" name="maximum" label="At most" kind="number" required=true placeholder="4"/>
                    <Button submits=true kind=Kind::Primary test_id="limit-skill" disabled=set.pending()>"Set"</Button>
                </div>
            </ActionForm>
        </Card>
        <Card title="Limit a fairness key">
            <ActionForm action=set node_ref=key_form>
                <div class=row>
                    <input type="hidden" name="scope" value=LimitScope::FairnessKey.as_str()/>
                    <TextField form="key-" name="name" label="Fairness key" required=true autocomplete="off" max_length="64"/>
                    <TextField form="key-" name="maximum" label="At most" kind="number" required=true placeholder="4"/>
                    <Button submits=true kind=Kind::Primary test_id="limit-key" disabled=set.pending()>"Set"</Button>
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}
