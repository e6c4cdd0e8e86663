//! How agents, events, measurements and health answer in tests.

use async_trait::async_trait;
use baton_domain::agent::Skill;
use baton_domain::event::TopicFilter;
use baton_domain::id::{AgentId, EventSeq, ServerId};
use baton_domain::services::{AgentService, Answer, EventService, HealthService, LiveStream, MetricsService, ServerService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::agent::{AgentDetail, AgentList, AgentStanding, AgentView, Balancing};
use baton_domain::wire::health::{Health, HealthCheck};
use baton_domain::wire::live::{EventLog, EventPage, KeepEvents};
use baton_domain::wire::metrics::{Overview, Point, Series, SeriesQuery};
use baton_domain::wire::server::{ServerList, ServerView};
use std::sync::atomic::Ordering;

use super::Fake;
use super::samples::{agent, balancing, event, series, server, skill, standing, summary};

#[async_trait]
impl AgentService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<AgentList> {
        self.0.allowed(caller, Permission::Read, "agents".into())?;
        Ok(AgentList { items: vec![agent(60)], standings: vec![standing(60)], as_of: EventSeq(7) })
    }

    async fn get(&self, caller: &Caller, _id: AgentId) -> Answer<AgentDetail> {
        self.0.allowed(caller, Permission::Read, "agent".into())?;
        Ok(AgentDetail { agent: agent(60), standing: Some(standing(60)), elsewhere: Vec::new(), running: Vec::new(), as_of: EventSeq(7) })
    }

    async fn drain(&self, caller: &Caller, _id: AgentId) -> Answer<AgentView> {
        self.0.allowed(caller, Permission::Operate, "drain".into())?;
        Ok(agent(60))
    }

    async fn resume(&self, caller: &Caller, _id: AgentId) -> Answer<AgentView> {
        self.0.allowed(caller, Permission::Operate, "resume".into())?;
        Ok(agent(60))
    }

    async fn reset_circuit(&self, caller: &Caller, _id: AgentId) -> Answer<AgentStanding> {
        self.0.allowed(caller, Permission::Operate, "reset circuit".into())?;
        Ok(standing(60))
    }

    async fn balancing(&self, caller: &Caller) -> Answer<Balancing> {
        self.0.allowed(caller, Permission::Read, "balancing".into())?;
        Ok(balancing())
    }

    async fn skills(&self, caller: &Caller) -> Answer<Vec<Skill>> {
        self.0.allowed(caller, Permission::Read, "skills".into())?;
        Ok(vec![skill()])
    }

    async fn skill(&self, caller: &Caller, name: &str) -> Answer<Skill> {
        self.0.allowed(caller, Permission::Read, format!("skill {name}"))?;
        Ok(skill())
    }
}

#[async_trait]
impl ServerService for Fake {
    async fn list(&self, caller: &Caller) -> Answer<ServerList> {
        self.0.allowed(caller, Permission::Read, "servers".into())?;
        Ok(ServerList { items: vec![server(80)], as_of: EventSeq(7) })
    }

    async fn drain(&self, caller: &Caller, _id: ServerId) -> Answer<ServerView> {
        self.0.allowed(caller, Permission::Operate, "drain server".into())?;
        Ok(server(80))
    }

    async fn resume(&self, caller: &Caller, _id: ServerId) -> Answer<ServerView> {
        self.0.allowed(caller, Permission::Operate, "resume server".into())?;
        Ok(server(80))
    }
}

#[async_trait]
impl EventService for Fake {
    async fn head(&self, caller: &Caller) -> Answer<EventSeq> {
        caller.require(Permission::Read)?;
        Ok(EventSeq(7))
    }

    async fn log(&self, caller: &Caller) -> Answer<EventLog> {
        self.0.allowed(caller, Permission::Read, "log".into())?;
        Ok(EventLog { head: EventSeq(7), floor: EventSeq(2), keep: KeepEvents { count: None, days: Some(90) } })
    }

    async fn since(&self, caller: &Caller, since: EventSeq, filter: TopicFilter, limit: Option<u32>) -> Answer<EventPage> {
        self.0.allowed(caller, Permission::Read, format!("since {since} {:?} {limit:?}", filter.topics()))?;
        Ok(EventPage { items: vec![event(8)], next_since: EventSeq(8), more: false })
    }

    async fn follow(&self, caller: &Caller, since: EventSeq, filter: TopicFilter) -> Answer<LiveStream> {
        self.0.allowed(caller, Permission::Read, format!("follow {since} {:?}", filter.topics()))?;
        match self.0.streams.lock().pop_front() {
            Some(receiver) => Ok(Box::pin(receiver)),
            None => Ok(Box::pin(futures::stream::pending())),
        }
    }
}

#[async_trait]
impl MetricsService for Fake {
    async fn series(&self, caller: &Caller, query: SeriesQuery) -> Answer<Series> {
        self.0.allowed(caller, Permission::Read, format!("series {:?}", query.step_seconds))?;
        Ok(series())
    }

    async fn overview(&self, caller: &Caller) -> Answer<Overview> {
        self.0.allowed(caller, Permission::Read, "overview".into())?;
        let (agents, latest) = (vec![agent(60)], vec![summary(40)]);
        Ok(Overview { states: Vec::new(), series: series(), day: Point::default(), agents, latest, as_of: EventSeq(7) })
    }
}

#[async_trait]
impl HealthService for Fake {
    async fn live(&self) -> Answer<Health> {
        Ok(Health { ok: true, version: "0.0.0".into(), checks: Vec::new() })
    }

    async fn ready(&self) -> Answer<Health> {
        let ok = !self.0.unready.load(Ordering::SeqCst);
        let check = HealthCheck { name: "storage".into(), ok, detail: "looked".into() };
        Ok(Health { ok, version: "0.0.0".into(), checks: vec![check] })
    }
}
