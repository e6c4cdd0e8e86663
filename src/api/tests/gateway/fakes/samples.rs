//! What the services of the tests give: one of each kind.

use baton_domain::agent::{AgentStatus, CircuitState, Family, InstanceRange, Isolation, Limits, Needs, Skill};
use baton_domain::event::Event;
use baton_domain::id::{AgentId, ArtifactId, DEFAULT_PROJECT, EventSeq, ServerId, TaskId, UserId};
use baton_domain::page::Page;
use baton_domain::server::{ServerKind, ServerStatus};
use baton_domain::task::{Priority, RetryPolicy, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::agent::{AgentStanding, AgentView, Balancing, CircuitView, HostView};
use baton_domain::wire::artifact::ArtifactView;
use baton_domain::wire::auth::{Me, Secret, Tokens, UserView};
use baton_domain::wire::metrics::{Point, Series};
use baton_domain::wire::server::ServerView;
use baton_domain::wire::task::TaskSummary;
use uuid::Uuid;

use super::{HASH, START};

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// A thing as JSON writes it.
pub(crate) fn of<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> T {
    serde_json::from_value(value).unwrap()
}

/// A page with one thing on it, or with none for `null`.
pub(crate) fn page<T: serde::de::DeserializeOwned>(value: serde_json::Value) -> Page<T> {
    let items = if value.is_null() { Vec::new() } else { vec![of(value)] };
    Page { items, next_cursor: None, as_of: EventSeq(7) }
}

pub(crate) fn user(role: Role) -> Caller {
    let email = format!("{}@example.com", role.as_str());
    let number = Role::ALL.iter().position(|other| *other == role).unwrap() as u128 + 1;
    Caller { principal: Principal::User { id: UserId::new(id(number)), email }, role: Some(role), ..Caller::anonymous() }
}

pub(crate) fn tokens(access: &str, refresh: Option<&str>) -> Tokens {
    let caller = user(Role::Operator);
    Tokens {
        access_token: Secret(access.to_owned()),
        access_expires_at: Timestamp::from_millis(START + 900_000),
        refresh_token: refresh.map(|text| Secret(text.to_owned())),
        refresh_expires_at: Timestamp::from_millis(START + 86_400_000),
        me: Me { principal: caller.principal, role: Role::Operator },
    }
}

pub(crate) fn summary(number: u128) -> TaskSummary {
    TaskSummary {
        id: TaskId::new(id(number)),
        project_id: DEFAULT_PROJECT,
        title: "Sentiment".into(),
        skill: "nlp.sentiment".into(),
        state: TaskState::Queued,
        wait_kind: None,
        reason: Some("submitted".into()),
        priority: Priority::default(),
        labels: Vec::new(),
        fairness_key: None,
        attempt: 1,
        maximum_attempts: 4,
        agent: None,
        created_at: Timestamp::from_millis(START),
        not_before: None,
        started_at: None,
        finished_at: None,
        cancel_requested_at: None,
        pause_requested_at: None,
        created_by: "operator@example.com".into(),
        rerun_of: None,
        run_id: None,
        parent_id: None,
        decision_id: None,
        failure: None,
    }
}

pub(crate) fn event(seq: i64) -> Event {
    Event {
        seq: EventSeq(seq),
        at: Timestamp::from_millis(START),
        project_id: DEFAULT_PROJECT,
        kind: "task.queued".into(),
        subject: format!("task:{seq}"),
        actor: Principal::System,
        data: serde_json::json!({ "n": seq }).into(),
    }
}

pub(crate) fn agent(number: u128) -> AgentView {
    AgentView {
        id: AgentId::new(id(number)),
        name: "nlp".into(),
        title: "Language".into(),
        description: "Reads text.".into(),
        family: Family::Nlp,
        status: AgentStatus::Active,
        skills: vec!["nlp.sentiment".into()],
        labels: Vec::new(),
        slots: 2,
        busy: 0,
        completed: 0,
        failed: 0,
        last_active_at: None,
        registered_at: Timestamp::from_millis(START),
        version: "1.0.0".to_owned(),
    }
}

pub(crate) fn standing(number: u128) -> AgentStanding {
    AgentStanding {
        agent_id: AgentId::new(id(number)),
        circuit: CircuitView { state: CircuitState::Closed, consecutive_failures: 0, failure_rate: 0.0, open_until: None },
        instances: Vec::new(),
        range: InstanceRange::default(),
        success_rate: 0.5,
        cost_micros: 0,
        skills: Vec::new(),
    }
}

pub(crate) fn balancing() -> Balancing {
    let host = HostView {
        name: "h".into(),
        shared_by: 1,
        cpu_millicores: 2_000,
        cpu_taken_millicores: 0,
        memory_mib: 1_024,
        memory_taken_mib: 0,
        models: Vec::new(),
    };
    Balancing { host, weights: Vec::new(), skills: Vec::new() }
}

pub(crate) fn server(number: u128) -> ServerView {
    ServerView {
        id: ServerId::new(id(number)),
        name: "one".into(),
        kind: ServerKind::Server,
        status: ServerStatus::Active,
        host: "host.example".into(),
        version: "0.0.0".into(),
        slots: 2,
        busy: 0,
        leads: true,
        started_at: Timestamp::from_millis(START),
        seen_at: Timestamp::from_millis(START),
    }
}

pub(crate) fn skill() -> Skill {
    Skill {
        name: "nlp.sentiment".into(),
        title: "Sentiment".into(),
        description: "How a text feels.".into(),
        family: Family::Nlp,
        input_schema: serde_json::json!({}),
        output_schema: serde_json::json!({}),
        examples: Vec::new(),
        result_kind: "sentiment".into(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

pub(crate) fn artifact(name: &str, media_type: &str, size: u64) -> ArtifactView {
    ArtifactView {
        id: ArtifactId::new(id(70)),
        project_id: DEFAULT_PROJECT,
        name: name.into(),
        media_type: media_type.into(),
        size,
        sha256: HASH.into(),
        created_by: "operator@example.com".into(),
        task_id: None,
        created_at: Timestamp::from_millis(START),
    }
}

pub(crate) fn member() -> UserView {
    UserView {
        id: UserId::new(id(5)),
        email: "grace@example.com".into(),
        role: Role::Operator,
        active: true,
        created_at: Timestamp::from_millis(START),
        last_login_at: None,
    }
}

pub(crate) fn series() -> Series {
    Series { step_seconds: 10, points: Vec::new(), total: Point::default() }
}
