//! How many attempts of a skill or of a fairness key may run at the same time: shown to all, set by who operates.

use baton_domain::agent::Skill;
use baton_domain::user::Permission;
use baton_domain::wire::limit::{LimitScope, LimitView};
use leptos::prelude::*;

use crate::components::action::{emptied_by, refusal};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{ACTIONS, CELL, CODE_NAME, Column, NUMBER, QUIET, TableCard};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::page_data::PageData;
use crate::server_fns::limits::{RemoveLimit, SetLimit, list};
use crate::server_fns::{Called, agents};
use crate::session::use_session;

/// The page of concurrency limits.
#[component]
pub(crate) fn Limits() -> impl IntoView {
    let set = FormAction::<SetLimit>::new();
    let remove = FormAction::<RemoveLimit>::new();
    // The list is read anew whenever one of the actions has ended.
    let data = PageData::new(move || (set.version().get(), remove.version().get()), |_| read());
    let problem = Signal::derive(move || refusal(set).or_else(|| refusal(remove)));
    let may = use_session().may(Permission::Operate);
    view! {
        <PageHead title="Limits"/>
        <LastProblem problem/>
        {loaded(data, move |(limits, skills)| {
            view! {
                <div class="space-y-4">
                    <Limited limits may remove/>
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
fn Limited(limits: Vec<LimitView>, may: bool, remove: FormAction<RemoveLimit>) -> impl IntoView {
    use Column::{Actions, Number, Text};
    let columns = vec![Text("Of"), Text("Name"), Number("At most"), Number("Run now"), Text("Set"), Actions];
    let rows = limits.into_iter().map(|limit| limit_row(limit, may, remove)).collect();
    let empty = if may {
        "No limit is set: as many attempts run as agents have slots. Set one below."
    } else {
        "No limit is set: as many attempts run as agents have slots."
    };
    view! { <TableCard title="Attempts at the same time" columns rows empty test_id="limits"/> }
}

fn limit_row(limit: LimitView, may: bool, remove: FormAction<RemoveLimit>) -> AnyView {
    let (scope, name) = (limit.scope.as_str(), limit.name.clone());
    view! {
        <tr data-testid="limit-row" data-scope=scope data-name=limit.name.clone()>
            <td class=CELL>{scope_word(limit.scope)}</td>
            <th scope="row" class=CODE_NAME>{limit.name.clone()}</th>
            <td class=NUMBER>{format::count(limit.maximum.into())}</td>
            <td class=NUMBER>{format::count(limit.running.into())}</td>
            <td class=QUIET>
                <RelativeTime at=limit.updated_at/>
                " by "
                {limit.updated_by}
            </td>
            <td class=ACTIONS>
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
fn SetForms(skills: Vec<Skill>, set: FormAction<SetLimit>) -> impl IntoView {
    let skills: Vec<_> = skills.into_iter().map(|skill| (skill.name.clone(), skill.name)).collect();
    let (skill_form, key_form) = (emptied_by(set), emptied_by(set));
    let row = "grid grid-cols-1 items-end gap-3 sm:grid-cols-[2fr_1fr_auto]";
    view! {
        <Card title="Limit a skill">
            <ActionForm action=set node_ref=skill_form>
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
