//! Who may use this installation: people, and keys for machines. For administrators.

use baton_domain::user::{Principal, Role};
use baton_domain::wire::auth::{ApiKeyList, ApiKeyView, CreatedApiKey, UserList, UserView};
use leptos::prelude::*;

use crate::components::action::{emptied_by, refusal};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_view::CodeView;
use crate::components::field::{SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{ACTIONS, CELL, Column, NAME, QUIET, TableCard};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::page_data::PageData;
use crate::server_fns::Called;
use crate::server_fns::members::{ChangeUser, CreateApiKey, CreateUser, RevokeApiKey, api_keys, users};
use crate::session::use_session;

/// The page of members and keys.
#[component]
pub(crate) fn Members() -> impl IntoView {
    let create_user = FormAction::<CreateUser>::new();
    let change_user = FormAction::<ChangeUser>::new();
    let create_key = FormAction::<CreateApiKey>::new();
    let revoke_key = FormAction::<RevokeApiKey>::new();
    // The lists are read anew whenever one of the actions has ended.
    let versions =
        move || (create_user.version().get(), change_user.version().get(), create_key.version().get(), revoke_key.version().get());
    let data = PageData::new(versions, |_| read());
    let (user_form, key_form) = (emptied_by(create_user), emptied_by(create_key));
    let problem = Signal::derive(move || {
        refusal(create_user).or_else(|| refusal(change_user)).or_else(|| refusal(create_key)).or_else(|| refusal(revoke_key))
    });
    let left = use_session().flash.created_key;
    let created = Signal::derive(move || create_key.get().and_then(Result::ok).or_else(|| left.clone()));
    view! {
        <PageHead title="Members"/>
        <LastProblem problem/>
        {loaded(data, move |(people, keys)| {
            view! {
                <div class="space-y-4">
                    <People people change_user/>
                    <Card title="Add a member">
                        <ActionForm action=create_user node_ref=user_form>
                            <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-2 rail:grid-cols-[2fr_2fr_1fr_auto]">
                                <TextField name="email" label="Email" kind="email" required=true autocomplete="off" max_length="254"/>
                                <TextField
                                    name="password"
                                    label="First password"
                                    kind="password"
                                    required=true
                                    autocomplete="new-password"
                                    min_length="8"
                                    max_length="128"
                                />
                                <SelectField name="role" label="Role" options=roles() value="operator"/>
                                <Button submits=true kind=Kind::Primary test_id="create-user" disabled=create_user.pending()>
                                    "Add"
                                </Button>
                            </div>
                        </ActionForm>
                    </Card>
                    <NewSecret created/>
                    <Keys keys revoke_key/>
                    <Card title="Make a key">
                        <ActionForm action=create_key node_ref=key_form>
                            <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[2fr_1fr_auto]">
                                <TextField
                                    name="name"
                                    label="What it is for"
                                    required=true
                                    autocomplete="off"
                                    max_length="100"
                                />
                                <SelectField form="key-" name="role" label="What it may do" options=roles() value="operator"/>
                                <Button submits=true kind=Kind::Primary test_id="create-key" disabled=create_key.pending()>
                                    "Make"
                                </Button>
                            </div>
                        </ActionForm>
                    </Card>
                </div>
            }
        })}
    }
    .into_any()
}

async fn read() -> Called<(UserList, ApiKeyList)> {
    let (people, keys) = futures::join!(users(), api_keys());
    Ok((people?, keys?))
}

fn roles() -> Vec<(String, String)> {
    Role::ALL.iter().map(|role| (role.as_str().to_owned(), role.as_str().to_owned())).collect()
}

#[component]
fn NewSecret(#[prop(into)] created: Signal<Option<CreatedApiKey>>) -> impl IntoView {
    move || {
        created.get().map(|created| {
            view! {
                <Card title=format!("The new key {}", created.key.name)>
                    <p class="mb-2 text-13 text-soft">"Copy it now: it cannot be shown again. Send it as Authorization: Bearer."</p>
                    <CodeView text=created.secret.0 label="Secret of the new key" test_id="new-secret"/>
                </Card>
            }
        })
    }
}

#[component]
fn People(people: UserList, change_user: FormAction<ChangeUser>) -> impl IntoView {
    let myself = match use_session().me.map(|me| me.principal) {
        Some(Principal::User { id, .. }) => Some(id),
        _ => None,
    };
    let person = |person: UserView| view! { <Person is_me={myself == Some(person.id)} person change_user/> }.into_any();
    let rows = people.items.into_iter().map(person).collect();
    let columns = ["Email", "Role", "May sign in", "Last signed in"].map(Column::Text).to_vec();
    view! { <TableCard title="People" columns rows empty="Nobody is listed."/> }
}

#[component]
fn Person(person: UserView, is_me: bool, change_user: FormAction<ChangeUser>) -> impl IntoView {
    let id = person.id.to_string();
    let same_id = id.clone();
    let select_label = format!("Role of {}", person.email);
    let options: Vec<_> = Role::ALL
        .iter()
        .map(|role| view! { <option value=role.as_str() selected={*role == person.role}>{role.as_str()}</option> })
        .collect();
    let (next, words) = if person.active { ("false", "Lock") } else { ("true", "Unlock") };
    view! {
        <tr data-testid="member-row" data-email=person.email.clone()>
            <th scope="row" class=NAME>
                {person.email.clone()}
                {is_me.then_some(" (you)")}
            </th>
            <td class=CELL>
                <ActionForm action=change_user>
                    <span class="flex items-center gap-2">
                        <input type="hidden" name="id" value=same_id/>
                        <select
                            name="role"
                            class="min-h-8 rounded-control border border-line-strong bg-raised px-2 py-1 text-13"
                            aria-label=select_label
                        >
                            {options}
                        </select>
                        <Button submits=true kind=Kind::Quiet>"Change"</Button>
                    </span>
                </ActionForm>
            </td>
            <td class=CELL>
                <ActionForm action=change_user>
                    <span class="flex items-center gap-2">
                        <input type="hidden" name="id" value=id/>
                        <input type="hidden" name="active" value=next/>
                        <span>{if person.active { "yes" } else { "no" }}</span>
                        <Button submits=true kind=Kind::Quiet>{words}</Button>
                    </span>
                </ActionForm>
            </td>
            <td class=QUIET>
                {match person.last_login_at {
                    Some(at) => view! { <RelativeTime at/> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn Keys(keys: ApiKeyList, revoke_key: FormAction<RevokeApiKey>) -> impl IntoView {
    let columns = ["Name", "Role", "Made", "Last used"].map(Column::Text).into_iter().chain([Column::Actions]).collect();
    let rows = keys.items.into_iter().map(|key| key_row(key, revoke_key)).collect();
    view! { <TableCard title="API keys" columns rows empty="No key yet: machines need one to use the API."/> }
}

fn key_row(key: ApiKeyView, revoke_key: FormAction<RevokeApiKey>) -> AnyView {
    view! {
        <tr data-testid="key-row" data-name=key.name.clone()>
            <th scope="row" class=NAME>{key.name.clone()}</th>
            <td class=CELL>{key.role.as_str()}</td>
            <td class=QUIET>
                <RelativeTime at=key.created_at/>
                " by "
                {key.created_by.clone()}
            </td>
            <td class=QUIET>
                {match key.last_used_at {
                    Some(at) => view! { <RelativeTime at/> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
            <td class=ACTIONS>
                <ActionForm action=revoke_key>
                    <input type="hidden" name="id" value=key.id.to_string()/>
                    <Button submits=true kind=Kind::Danger test_id="revoke">"Revoke"</Button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
