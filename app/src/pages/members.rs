//! Who may use this installation: people, and keys for machines. For administrators.

use baton_domain::user::{Principal, Role};
use baton_domain::wire::auth::{ApiKeyList, ApiKeyView, CreatedApiKey, UserList, UserView};
use leptos::form::ActionForm;
use leptos::html;
use leptos::prelude::*;

use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_view::CodeView;
use crate::components::empty::Empty;
use crate::components::field::{SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, HEAD, TABLE};
use crate::components::times::RelativeTime;
use crate::server_fns::members::{ChangeUser, CreateApiKey, CreateUser, RevokeApiKey, api_keys, users};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// The page of members and keys.
#[component]
pub(crate) fn Members() -> impl IntoView {
    let create_user = ServerAction::<CreateUser>::new();
    let change_user = ServerAction::<ChangeUser>::new();
    let create_key = ServerAction::<CreateApiKey>::new();
    let revoke_key = ServerAction::<RevokeApiKey>::new();
    // The lists are read anew whenever one of the actions has ended.
    let versions =
        move || (create_user.version().get(), change_user.version().get(), create_key.version().get(), revoke_key.version().get());
    let data = Resource::new_blocking(versions, |_| read());
    // A form that was carried out is empty again; one that was refused keeps what was typed.
    let (user_form, key_form) = (NodeRef::<html::Form>::new(), NodeRef::<html::Form>::new());
    Effect::new(move || {
        if let (Some(Ok(_)), Some(form)) = (create_user.value().get(), user_form.get_untracked()) {
            form.reset();
        }
    });
    Effect::new(move || {
        if let (Some(Ok(_)), Some(form)) = (create_key.value().get(), key_form.get_untracked()) {
            form.reset();
        }
    });
    let problem = Signal::derive(move || {
        let create_user = create_user.value().get().and_then(Result::err);
        let rest = || change_user.value().get().and_then(Result::err).or_else(|| revoke_key.value().get().and_then(Result::err));
        create_user.or_else(rest).or_else(|| create_key.value().get().and_then(Result::err)).map(|error: ApiError| error.0)
    });
    let left = use_session().flash.created_key;
    let created = Signal::derive(move || create_key.value().get().and_then(Result::ok).or_else(|| left.clone()));
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
fn People(people: UserList, change_user: ServerAction<ChangeUser>) -> impl IntoView {
    let myself = match use_session().me.map(|me| me.principal) {
        Some(Principal::User { id, .. }) => Some(id),
        _ => None,
    };
    let rows: Vec<_> =
        people.items.into_iter().map(|person| view! { <Person is_me={myself == Some(person.id)} person change_user/> }).collect();
    view! {
        <Card title="People" flush=true>
            <div class="relative overflow-x-auto" role="group" aria-label="People" tabindex="0">
                <table class=TABLE>
                    <thead>
                        <tr>
                            <th scope="col" class=HEAD>"Email"</th>
                            <th scope="col" class=HEAD>"Role"</th>
                            <th scope="col" class=HEAD>"May sign in"</th>
                            <th scope="col" class=HEAD>"Last signed in"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Card>
    }
    .into_any()
}

#[component]
fn Person(person: UserView, is_me: bool, change_user: ServerAction<ChangeUser>) -> impl IntoView {
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
            <th scope="row" class=format!("{CELL} text-left font-medium")>
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
            <td class=format!("{CELL} text-muted")>
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
fn Keys(keys: ApiKeyList, revoke_key: ServerAction<RevokeApiKey>) -> impl IntoView {
    if keys.items.is_empty() {
        return view! {
            <Card title="API keys">
                <Empty text="No key yet: machines need one to use the API."/>
            </Card>
        }
        .into_any();
    }
    let rows: Vec<_> = keys.items.into_iter().map(|key| key_row(key, revoke_key)).collect();
    view! {
        <Card title="API keys" flush=true>
            <div class="relative overflow-x-auto" role="group" aria-label="API keys" tabindex="0">
                <table class=TABLE>
                    <thead>
                        <tr>
                            <th scope="col" class=HEAD>"Name"</th>
                            <th scope="col" class=HEAD>"Role"</th>
                            <th scope="col" class=HEAD>"Made"</th>
                            <th scope="col" class=HEAD>"Last used"</th>
                            <th scope="col" class=HEAD>
                                <span class="sr-only">"Actions"</span>
                            </th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </Card>
    }
    .into_any()
}

fn key_row(key: ApiKeyView, revoke_key: ServerAction<RevokeApiKey>) -> impl IntoView {
    view! {
        <tr data-testid="key-row" data-name=key.name.clone()>
            <th scope="row" class=format!("{CELL} text-left font-medium")>{key.name.clone()}</th>
            <td class=CELL>{key.role.as_str()}</td>
            <td class=format!("{CELL} text-muted")>
                <RelativeTime at=key.created_at/>
                " by "
                {key.created_by.clone()}
            </td>
            <td class=format!("{CELL} text-muted")>
                {match key.last_used_at {
                    Some(at) => view! { <RelativeTime at/> }.into_any(),
                    None => "never".into_any(),
                }}
            </td>
            <td class=format!("{CELL} text-right")>
                <ActionForm action=revoke_key>
                    <input type="hidden" name="id" value=key.id.to_string()/>
                    <Button submits=true kind=Kind::Danger test_id="revoke">"Revoke"</Button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
