//! Outside APIs and databases that agents may use: shown to all, made and changed by administrators. A secret goes in and never
//! comes out. Below them, for who operates, where agents may reach out to.

use baton_domain::connection::{AuthKind, ConnectionKind};
use baton_domain::user::Permission;
use baton_domain::wire::connection::ConnectionView;
use baton_domain::wire::egress::EgressView;
use leptos::prelude::*;

use super::egress::rules;
use crate::components::action::{emptied_by, refusal};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CheckField, SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{ACTIONS, CELL, CODE_NAME, Column, QUIET, TableCard};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::page_data::PageData;
use crate::server_fns::Called;
use crate::server_fns::connections::{CreateConnection, RemoveConnection, UpdateConnection, list};
use crate::server_fns::egress::{SetEgress, get};
use crate::session::use_session;

/// The page of connections.
#[component]
pub(crate) fn Connections() -> impl IntoView {
    let create = FormAction::<CreateConnection>::new();
    let update = FormAction::<UpdateConnection>::new();
    let remove = FormAction::<RemoveConnection>::new();
    let set = FormAction::<SetEgress>::new();
    let (sees, may) = (use_session().may(Permission::Operate), use_session().may(Permission::Administer));
    let versions = move || (create.version().get(), update.version().get(), remove.version().get(), set.version().get());
    let data = PageData::new(versions, move |_| read(sees));
    let problem = Signal::derive(move || refusal(create).or_else(|| refusal(update)).or_else(|| refusal(remove)).or_else(|| refusal(set)));
    let form = emptied_by(create);
    view! {
        <PageHead title="Connections"/>
        <LastProblem problem/>
        <div class="space-y-4">
            {loaded(data, move |(connections, egress)| {
                let changes: Vec<_> = if may { connections.iter().map(|known| change(known.clone(), update)).collect() } else { Vec::new() };
                view! {
                    <div class="space-y-4">
                        <Known connections may remove/>
                        {changes}
                        {egress.map(|egress| rules(egress, may, set))}
                    </div>
                }
            })}
            {may
                .then(|| {
                    view! {
                        <Card title="Add a connection">
                            <ActionForm action=create node_ref=form>
                                {fields(None)}
                                <div class="mt-3">
                                    <Button submits=true kind=Kind::Primary test_id="add-connection" disabled=create.pending()>
                                        "Add"
                                    </Button>
                                </div>
                            </ActionForm>
                        </Card>
                    }
                })}
        </div>
    }
    .into_any()
}

async fn read(sees: bool) -> Called<(Vec<ConnectionView>, Option<EgressView>)> {
    if !sees {
        return Ok((list().await?, None));
    }
    let (connections, egress) = futures::join!(list(), get());
    Ok((connections?, Some(egress?)))
}

const fn kind_words(kind: ConnectionKind) -> &'static str {
    match kind {
        ConnectionKind::Http => "HTTP API",
        ConnectionKind::Postgres => "PostgreSQL",
        ConnectionKind::Mysql => "MySQL",
        ConnectionKind::Sqlite => "SQLite file",
    }
}

const fn auth_words(auth: AuthKind) -> &'static str {
    match auth {
        AuthKind::None => "no proof",
        AuthKind::Bearer => "bearer token",
        AuthKind::Basic => "user and password",
        AuthKind::Header => "own header",
        AuthKind::Query => "query parameter",
    }
}

#[component]
fn Known(connections: Vec<ConnectionView>, may: bool, remove: FormAction<RemoveConnection>) -> impl IntoView {
    use Column::{Actions, Text};
    let columns = vec![Text("Name"), Text("Kind"), Text("Address"), Text("Proof"), Text("Skills"), Text("Changed"), Actions];
    let rows = connections.into_iter().map(|known| row(known, may, remove)).collect();
    let empty = if may {
        "There is no connection. Add one below, and name the skills that may use it."
    } else {
        "There is no connection. An administrator can add one."
    };
    view! { <TableCard title="Connections" columns rows empty test_id="connections"/> }
}

fn row(known: ConnectionView, may: bool, remove: FormAction<RemoveConnection>) -> AnyView {
    let proof = match (known.settings.auth, known.has_secret) {
        (AuthKind::None, _) => auth_words(AuthKind::None).to_owned(),
        (auth, true) => format!("{}, secret stored", auth_words(auth)),
        (auth, false) => format!("{}, no secret", auth_words(auth)),
    };
    let skills = if known.settings.allowed_skills.is_empty() { "none".to_owned() } else { known.settings.allowed_skills.join(", ") };
    let address = if known.settings.private { format!("{} (private)", known.settings.base_url) } else { known.settings.base_url.clone() };
    view! {
        <tr data-testid="connection-row" data-name=known.name.clone()>
            <th scope="row" class=CODE_NAME>{known.name.clone()}</th>
            <td class=CELL>{kind_words(known.settings.kind)}</td>
            <td class=CELL>{address}</td>
            <td class=CELL>{proof}</td>
            <td class=CELL>{skills}</td>
            <td class=QUIET>
                <RelativeTime at=known.updated_at/>
                " by "
                {known.updated_by}
            </td>
            <td class=ACTIONS>
                {may
                    .then(|| {
                        view! {
                            <ActionForm action=remove>
                                <input type="hidden" name="id" value=known.id.to_string()/>
                                <Button submits=true kind=Kind::Danger test_id="remove-connection">"Remove"</Button>
                            </ActionForm>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}

/// A form that changes a connection, folded until it is wanted.
fn change(known: ConnectionView, update: FormAction<UpdateConnection>) -> AnyView {
    let summary = format!("Change {}", known.name);
    let (id, name) = (known.id.to_string(), known.name.clone());
    let fields = fields(Some(&known));
    view! {
        <details class="rounded-card border border-line bg-raised px-4 py-2" data-testid="change-connection" data-name=name>
            <summary class="cursor-pointer text-14 font-medium">{summary}</summary>
            <div class="pt-3">
                <ActionForm action=update>
                    <input type="hidden" name="id" value=id/>
                    {fields}
                    <div class="mt-3">
                        <Button submits=true kind=Kind::Primary test_id="save-connection" disabled=update.pending()>"Save"</Button>
                    </div>
                </ActionForm>
            </div>
        </details>
    }
    .into_any()
}

fn fields(known: Option<&ConnectionView>) -> AnyView {
    let form = known.map_or_else(|| "new-".to_owned(), |known| format!("{}-", known.id));
    let kinds = ConnectionKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), kind_words(*kind).to_owned())).collect();
    let auths = AuthKind::ALL.iter().map(|auth| (auth.as_str().to_owned(), auth_words(*auth).to_owned())).collect();
    let settings = known.map(|known| known.settings.clone());
    let of = |read: fn(&baton_domain::wire::connection::ConnectionSettings) -> String| settings.as_ref().map(read).unwrap_or_default();
    let kind = settings.as_ref().map_or(ConnectionKind::Http, |settings| settings.kind).as_str();
    let auth = settings.as_ref().map_or(AuthKind::Bearer, |settings| settings.auth).as_str();
    let secret_help = if known.is_some_and(|known| known.has_secret) {
        "Left empty, the stored one stays. Another host needs it again."
    } else {
        "Encrypted before it is stored, and never shown again."
    };
    view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <TextField
                form=form.clone()
                name="name"
                label="Name"
                value=known.map(|known| known.name.clone()).unwrap_or_default()
                required=true
                autocomplete="off"
                max_length="64"
                help="Inputs of skills refer to it by this name."
            />
            <SelectField form=form.clone() name="kind" label="What it is" options=kinds value=kind/>
            <TextField
                form=form.clone()
                name="base_url"
                label="Address"
                value=of(|settings| settings.base_url.clone())
                required=true
                autocomplete="off"
                placeholder="https://api.example.com/v1"
            />
            <SelectField form=form.clone() name="auth" label="Proof" options=auths value=auth/>
            <TextField
                form=form.clone()
                name="auth_name"
                label="Header or parameter"
                value=of(|settings| settings.auth_name.clone().unwrap_or_default())
                autocomplete="off"
                help="Only for a header or a query parameter of its own."
            />
            <TextField form=form.clone() name="secret" label="Secret" kind="password" autocomplete="new-password" help=secret_help/>
            <TextField
                form=form.clone()
                name="allowed_skills"
                label="Skills that may use it"
                value=of(|settings| settings.allowed_skills.join(", "))
                autocomplete="off"
                placeholder="web_automation.api_call, data_science.*"
                help="Separated by commas; family.* is a whole family."
            />
            <CheckField
                form=form.clone()
                name="private"
                label="Its host may have a private address"
                checked=settings.as_ref().is_some_and(|settings| settings.private)
            />
        </div>
    }
    .into_any()
}
