//! How are servers kept? By their identifier; whoever leads is one row beside them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{AgentId, DEFAULT_PROJECT, ServerId};
use baton_domain::server::ServerStatus;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::server::ServerView;
use baton_storage::{
    Beat, Beaten, CarriedStanding, Carrying, Heart, Joined, Leader, ServerRegistration, ServerStore, ServersAt, StoreError,
};

use crate::commit::{State, data};
use crate::tasks::Told;
use crate::{MemoryStore, PlantedBug};

/// What is stored of one server.
#[derive(Clone)]
struct Server {
    registration: ServerRegistration,
    status: ServerStatus,
    started_at: Timestamp,
    seen_at: Timestamp,
    /// How its agents stand, as it last said.
    standings: BTreeMap<String, CarriedStanding>,
}

/// All servers.
#[derive(Default)]
pub(crate) struct Servers {
    rows: BTreeMap<ServerId, Server>,
    leader: Option<Leader>,
}

impl Servers {
    /// How many attempts all servers together take of an agent; `None` if none carries it.
    pub(crate) fn slots(&self, agent: &str) -> Option<u32> {
        let carried = self.rows.values().flat_map(|server| &server.registration.agents).filter(|(name, _)| name == agent);
        carried.map(|(_, slots)| *slots).reduce(u32::saturating_add)
    }

    /// What servers said of how an agent stands there holds no longer.
    pub(crate) fn forget_standing(&mut self, agent: &str) {
        for server in self.rows.values_mut() {
            server.standings.remove(agent);
        }
    }
}

/// Who carries an agent, by the servers' names.
pub(crate) fn carrying(state: &State, agent: AgentId, name: &str) -> Vec<Carrying> {
    let mut carrying: Vec<Carrying> = Vec::new();
    for server in state.servers.rows.values() {
        let ServerRegistration { server: named, kind, host, agents, .. } = &server.registration;
        let Some((_, slots)) = agents.iter().rev().find(|(carried, _)| carried == name) else { continue };
        carrying.push(Carrying {
            server: named.clone(),
            kind: *kind,
            host: host.clone(),
            status: server.status,
            slots: *slots,
            busy: u32::try_from(state.tasks.held_by(named.id, Some(agent))).unwrap_or(u32::MAX),
            seen_at: server.seen_at,
            standing: server.standings.get(name).cloned(),
        });
    }
    carrying.sort_by(|one, other| (&one.server.name, one.server.id).cmp(&(&other.server.name, other.server.id)));
    carrying
}

fn view(state: &State, server: &Server, now: Timestamp) -> ServerView {
    let ServerRegistration { server: named, kind, host, version, agents, .. } = server.registration.clone();
    ServerView {
        id: named.id,
        name: named.name,
        kind,
        status: server.status,
        host,
        version,
        slots: agents.iter().fold(0, |sum, (_, slots)| sum.saturating_add(*slots)),
        busy: u32::try_from(state.tasks.held_by(named.id, None)).unwrap_or(u32::MAX),
        leads: state.servers.leader.is_some_and(|leader| leader.server == named.id && leader.until > now),
        started_at: server.started_at,
        seen_at: server.seen_at,
    }
}

fn announcement(kind: &str, server: &ServerView, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
    let subject = format!("server:{}", server.id);
    Ok(NewEvent { at, project: DEFAULT_PROJECT, kind: kind.to_owned(), subject, actor, data: data(server)? })
}

fn join(state: &mut State, registration: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Told<Joined> {
    let id = registration.server.id;
    let other = state.servers.rows.values().find(|other| {
        let keys = (&other.registration.token_key, &registration.token_key);
        other.registration.server.id != id && other.seen_at > alive_since && matches!(keys, (Some(theirs), Some(ours)) if theirs != ours)
    });
    if let Some(other) = other {
        return Ok((Joined::OtherKey(other.registration.server.name.clone()), Vec::new()));
    }
    let known = state.servers.rows.get(&id);
    let server = Server {
        status: known.map_or(ServerStatus::Active, |known| known.status),
        started_at: known.map_or(at, |known| known.started_at),
        seen_at: at,
        standings: BTreeMap::new(),
        registration,
    };
    // A server that was forgotten and comes back brings its agents back.
    state.agents.list_again(|name| server.registration.agents.iter().any(|(agent, _)| agent == name));
    let event = announcement("server.joined", &view(state, &server, at), Principal::System, at)?;
    state.servers.rows.insert(id, server);
    Ok((Joined::Joined, vec![event]))
}

fn remove(state: &mut State, gone: Vec<ServerId>, kind: &str, at: Timestamp) -> Told<Vec<ServerView>> {
    let views: Vec<ServerView> = gone.iter().filter_map(|id| state.servers.rows.get(id)).map(|server| view(state, server, at)).collect();
    let events: Vec<NewEvent> = views.iter().map(|server| announcement(kind, server, Principal::System, at)).collect::<Result<_, _>>()?;
    for server in &views {
        state.servers.rows.remove(&server.id);
        if let Some(leader) = state.servers.leader.as_mut().filter(|leader| leader.server == server.id) {
            leader.until = leader.until.min(at);
        }
    }
    if !views.is_empty() && !state.servers.rows.is_empty() {
        let servers = &state.servers;
        state.agents.keep_listed(|agent| servers.slots(agent).is_some(), at);
    }
    Ok((views, events))
}

fn beat(state: &mut State, beat: Beat) -> Beaten {
    let mut beaten = Beaten::default();
    if let Some(server) = state.servers.rows.get_mut(&beat.server) {
        if server.seen_at <= beat.at {
            let carried = |name: &str| server.registration.agents.iter().any(|(agent, _)| agent == name);
            server.standings.extend(beat.agents.into_iter().filter(|(agent, _)| carried(agent)));
        }
        server.seen_at = server.seen_at.max(beat.at);
        beaten.status = Some(server.status);
    }
    for (task, lease) in beat.leases {
        let row = state.tasks.get(task).filter(|row| row.record.lease == lease && row.record.summary.state.holds_lease());
        match row.map(|row| row.record.summary.cancel_requested_at) {
            None if state.makes(PlantedBug::HeartbeatRevivesStaleLease) => state.tasks.believe(task, beat.until),
            None => beaten.stale.push((task, lease)),
            Some(cancel) => {
                beaten.cancel.extend(cancel.map(|_| (task, lease)));
                state.tasks.believe(task, beat.until);
            }
        }
    }
    beaten
}

fn lead(state: &mut State, server: ServerId, at: Timestamp, until: Timestamp) -> Leader {
    let leader = match state.servers.leader {
        Some(leader) if leader.server == server => Leader { until, ..leader },
        Some(leader) if leader.until > at => leader,
        before => Leader { server, term: before.map_or(0, |leader| leader.term) + 1, until },
    };
    state.servers.leader = Some(leader);
    leader
}

#[async_trait]
impl Heart for MemoryStore {
    async fn beat(&self, sent: Beat) -> Result<Beaten, StoreError> {
        self.commit(|state| Ok((beat(state, sent), Vec::new())))
    }
}

#[async_trait]
impl ServerStore for MemoryStore {
    async fn join_server(&self, server: ServerRegistration, at: Timestamp, alive_since: Timestamp) -> Result<Joined, StoreError> {
        self.commit(|state| join(state, server, at, alive_since))
    }

    async fn leave_server(&self, id: ServerId, at: Timestamp) -> Result<(), StoreError> {
        self.commit(|state| remove(state, vec![id], "server.left", at)).map(drop)
    }

    async fn forget_servers(&self, silent_since: Timestamp, at: Timestamp) -> Result<Vec<ServerView>, StoreError> {
        self.commit(|state| {
            let silent = |server: &&Server| server.seen_at <= silent_since;
            let gone = state.servers.rows.values().filter(silent).map(|server| server.registration.server.id).collect();
            remove(state, gone, "server.lost", at)
        })
    }

    async fn servers(&self, now: Timestamp) -> Result<ServersAt, StoreError> {
        Ok(self.read(|state| {
            let mut items: Vec<ServerView> = state.servers.rows.values().map(|server| view(state, server, now)).collect();
            items.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
            ServersAt { items, as_of: state.head() }
        }))
    }

    async fn set_server_status(
        &self,
        id: ServerId,
        status: ServerStatus,
        actor: Principal,
        at: Timestamp,
    ) -> Result<Option<ServerView>, StoreError> {
        self.commit(|state| {
            let Some(server) = state.servers.rows.get(&id) else { return Ok((None, Vec::new())) };
            let changed = Server { status, ..server.clone() };
            let seen = view(state, &changed, at);
            let event = announcement(&format!("server.{status}"), &seen, actor, at)?;
            state.servers.rows.insert(id, changed);
            Ok((Some(seen), vec![event]))
        })
    }

    async fn lead(&self, server: ServerId, at: Timestamp, until: Timestamp) -> Result<Leader, StoreError> {
        self.commit(|state| Ok((lead(state, server, at, until), Vec::new())))
    }
}
