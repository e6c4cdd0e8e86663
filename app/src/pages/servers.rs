//! Where the work runs: all servers and workers on this database, and whether each takes work.

use std::time::Duration;

use baton_domain::id::{EventSeq, ServerId};
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::time::Timestamp;
use baton_domain::user::Permission;
use baton_domain::wire::server::{ServerList, ServerView};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::Button;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{ACTIONS, CELL, Column, NAME, NUMBER, Table};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Following, Live, Notice, Refresh, use_live};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::servers::{DrainServer, ResumeServer, list};
use crate::session::use_session;

/// How long after an event the servers are read: many come together, and each moves slots.
const SETTLE: Duration = Duration::from_millis(600);

/// The page of servers and workers.
#[component]
pub(crate) fn Servers() -> impl IntoView {
    let data = PageData::new(|| (), |()| list());
    view! {
        <PageHead title="Servers"/>
        {loaded(data, |list| view! { <Listed model=Model::new(list)/> })}
    }
    .into_any()
}

#[derive(Clone, Copy)]
struct Model {
    servers: RwSignal<Vec<ServerView>>,
    as_of: StoredValue<EventSeq>,
    following: StoredValue<Option<Following>>,
    refresh: StoredValue<Refresh>,
}

impl Model {
    fn new(list: ServerList) -> Self {
        Self {
            servers: RwSignal::new(list.items),
            as_of: StoredValue::new(list.as_of),
            following: StoredValue::new(None),
            refresh: StoredValue::new(Refresh::default()),
        }
    }

    fn follow(self, live: &Live) {
        let following = live.follow(self.as_of.get_value(), None, move |notice| {
            let wait = match notice {
                Notice::Event(_) => SETTLE,
                Notice::Stale => Duration::ZERO,
                Notice::Transient(_) => return,
            };
            if let Some(refresh) = self.refresh.try_get_value() {
                refresh.after(wait, move || self.read_anew());
            }
        });
        self.following.set_value(Some(following));
    }

    fn read_anew(self) {
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            let Ok(list) = list().await else { return };
            self.servers.try_set(list.items);
            if let Some(Some(following)) = self.following.try_get_value() {
                following.restart(list.as_of);
            }
        });
    }

    /// Puts an answer in its place at once; the list that is read after its event says the same.
    fn put(self, server: ServerView) {
        self.servers.try_update(|servers| {
            if let Some(known) = servers.iter_mut().find(|known| known.id == server.id) {
                *known = server;
            }
        });
    }
}

#[component]
fn Listed(model: Model) -> impl IntoView {
    use Column::{Actions, Number, Text};
    let live = use_live();
    effect(move || model.follow(&live));
    let drain = FormAction::<DrainServer>::new();
    let resume = FormAction::<ResumeServer>::new();
    effect(move || {
        if let Some(Ok(server)) = drain.get() {
            model.put(server);
        }
    });
    effect(move || {
        if let Some(Ok(server)) = resume.get() {
            model.put(server);
        }
    });
    let problem = Signal::derive(move || refusal(drain).or_else(|| refusal(resume)));
    let operates = use_session().may(Permission::Operate);
    let columns = [Text("Name"), Text("Kind"), Text("Takes work"), Number("Busy"), Text("Machine"), Text("Version"), Text("Started")];
    let columns = columns.into_iter().chain([Text("Last seen")]).chain(operates.then_some(Actions)).collect::<Vec<_>>();
    let none = memo(move |_| model.servers.with(Vec::is_empty));
    view! {
        <LastProblem problem/>
        <Card title="Servers and workers" flush=true>
            <Table label="Servers and workers" columns>
                <For each=move || model.servers.get() key=shown let(server)>
                    <Row server operates drain resume/>
                </For>
            </Table>
            {move || none.get().then(|| view! { <Empty text="No server is listed; this one has just started."/> })}
        </Card>
    }
    .into_any()
}

/// What a row shows and can change: a row with anything new is a new row.
fn shown(server: &ServerView) -> (ServerId, ServerStatus, u32, u32, bool, Timestamp) {
    (server.id, server.status, server.busy, server.slots, server.leads, server.seen_at)
}

#[component]
fn Row(server: ServerView, operates: bool, drain: FormAction<DrainServer>, resume: FormAction<ResumeServer>) -> impl IntoView {
    let kind = match (server.kind, server.leads) {
        (ServerKind::Server, true) => "server, leads",
        (ServerKind::Server, false) => "server",
        (ServerKind::Worker, true) => "worker, leads",
        (ServerKind::Worker, false) => "worker",
    };
    let takes = match (server.status, server.busy) {
        (ServerStatus::Active, _) => "yes",
        (ServerStatus::Draining, 0) => "no, drained",
        (ServerStatus::Draining, _) => "no, draining",
    };
    let id = server.id.to_string();
    let (active, label, name) = (server.status == ServerStatus::Active, server.name.clone(), server.name.clone());
    let actions = operates.then(|| {
        view! {
            <td class=ACTIONS>
                <Change id active label drain resume/>
            </td>
        }
    });
    view! {
        <tr data-testid="server-row" data-name=name data-kind=server.kind.as_str() data-status=server.status.as_str()>
            <th scope="row" class=NAME>{server.name}</th>
            <td class=CELL>{kind}</td>
            <td class=CELL>{takes}</td>
            <td class=NUMBER data-testid="busy">{format!("{} of {}", server.busy, server.slots)}</td>
            <td class=CELL>{server.host}</td>
            <td class=format!("{CELL} whitespace-nowrap tabular-nums")>{server.version}</td>
            <td class=CELL><RelativeTime at=server.started_at/></td>
            <td class=CELL><RelativeTime at=server.seen_at/></td>
            {actions}
        </tr>
    }
    .into_any()
}

/// Drain or resume, whichever fits.
#[component]
fn Change(id: String, active: bool, label: String, drain: FormAction<DrainServer>, resume: FormAction<ResumeServer>) -> impl IntoView {
    let (sign, test_id, word) = if active { (Sign::Pause, "drain-server", "Drain") } else { (Sign::Play, "resume-server", "Resume") };
    let pending = Signal::derive(move || drain.pending().get() || resume.pending().get());
    let content = view! {
        <input type="hidden" name="id" value=id/>
        <Button submits=true sign test_id disabled=pending>
            {word}
            <span class="sr-only">{format!(" {label}")}</span>
        </Button>
    }
    .into_any();
    if active {
        view! { <ActionForm action=drain>{content}</ActionForm> }.into_any()
    } else {
        view! { <ActionForm action=resume>{content}</ActionForm> }.into_any()
    }
}
