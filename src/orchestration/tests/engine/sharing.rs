//! Do agents claim and store for their attempt, within its bounds, and is what they hold given back however it ends?

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Skill};
use baton_domain::id::{AuditId, UserId};
use baton_domain::ports::{SharedThings, WorkingAttempt};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::task::{RetryPolicy, TaskState};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Principal, Role};
use baton_domain::wire::claim::{ClaimMode, ClaimRef, ClaimState, ClaimView, Claimed, WantedClaim};
use baton_domain::wire::conflict::{PutOutcome, PutVersion};
use baton_domain::wire::task::{NewTask, TaskDetail};
use baton_storage::{AuditRow, IdentityStore, UserRecord};
use futures::future::join_all;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::world::{World, card, options, quick, skill};

const CLAIMER: &str = "claimer.do";

/// Claims so many things at once, waiting so many seconds, and then ends as its input says.
struct Claimer;

#[async_trait]
impl Agent for Claimer {
    fn card(&self) -> AgentCard {
        let retry = RetryPolicy { maximum_attempts: 1, ..quick() };
        card("claimer", "claimer", 4, vec![Skill { retry, ..skill(CLAIMER, "Claim", "Claims.") }])
    }

    async fn perform(&self, context: Context, _: &str, input: Value) -> Result<Value, SkillError> {
        let wait = Duration::from_secs(input["seconds"].as_u64().unwrap_or(0));
        let claims = (0..input["claims"].as_u64().unwrap_or(1)).map(|number| {
            let wanted = vec![WantedClaim { resource: format!("path:{number}"), mode: ClaimMode::Exclusive }];
            context.claim(wanted, Duration::from_secs(60), wait)
        });
        let refused: Vec<String> = join_all(claims).await.into_iter().filter_map(Result::err).map(|error| error.code).collect();
        match input["then"].as_str() {
            Some("fail") => Err(SkillError::internal("as asked")),
            Some("hang") => {
                context.info("holds on", Value::Null);
                std::future::pending::<()>().await;
                Ok(json!({}))
            }
            Some("put") => {
                let version: PutVersion =
                    serde_json::from_value(input["version"].clone()).map_err(|error| SkillError::internal(error.to_string()))?;
                context.put_version("a.txt", version).await.map(|_| json!({}))
            }
            _ => Ok(json!({"refused": refused})),
        }
    }
}

/// Claims that are granted as soon as the test lets them be, and what became of them.
struct Things {
    claims: Semaphore,
    claimed: Mutex<Vec<WorkingAttempt>>,
    given_back: Mutex<Vec<WorkingAttempt>>,
}

#[async_trait]
impl SharedThings for Things {
    async fn claim(&self, attempt: &WorkingAttempt, wanted: Vec<WantedClaim>, _: u64, _: Duration) -> Answer<Claimed> {
        self.claimed.lock().push(attempt.clone());
        let closed = |_| Problem::new(Code::Internal, "the test is over");
        self.claims.acquire().await.map_err(closed)?.forget();
        let claims = wanted.into_iter().map(|wanted| ClaimView {
            resource: wanted.resource,
            holder: format!("attempt:{}", attempt.attempt),
            by: "the test".to_owned(),
            mode: wanted.mode,
            state: ClaimState::Held,
            fence: Some(1),
            since: Timestamp::default(),
            until: None,
            behind: vec![],
        });
        Ok(Claimed { complete: true, claims: claims.collect() })
    }

    async fn renew(&self, _: &WorkingAttempt, _: Vec<ClaimRef>, _: Option<u64>) -> Answer<Vec<ClaimView>> {
        Ok(vec![])
    }

    async fn release(&self, attempt: &WorkingAttempt, claims: Vec<ClaimRef>) -> Answer<()> {
        assert!(claims.is_empty(), "everything");
        self.given_back.lock().push(attempt.clone());
        Ok(())
    }

    async fn put(&self, _: &WorkingAttempt, line: &str, version: PutVersion) -> Answer<PutOutcome> {
        assert_eq!((line, version.fence), ("a.txt", Some(7)));
        Err(Problem::new(Code::ClaimLost, "as asked"))
    }
}

async fn world(permits: usize) -> (World, Arc<Things>) {
    let agents: Vec<Arc<dyn Agent>> = vec![Arc::new(Claimer)];
    let world = World::open_with(TempDir::with_prefix("baton-sharing-").unwrap(), options(), agents).await;
    let things = Arc::new(Things { claims: Semaphore::new(permits), claimed: Mutex::default(), given_back: Mutex::default() });
    world.engine.use_shared_things(Arc::clone(&things) as Arc<dyn SharedThings>);
    (world, things)
}

fn code(task: &TaskDetail) -> &str {
    task.summary.failure.as_ref().map_or("", |failure| failure.code.as_str())
}

#[tokio::test]
async fn an_attempt_claims_for_itself_and_gives_back_however_it_ends() {
    let (world, things) = world(100).await;
    for (then, state) in [("end", TaskState::Completed), ("fail", TaskState::Failed), ("hang", TaskState::Canceled)] {
        let task = world.submit(NewTask::new(CLAIMER, json!({"then": then}))).await.unwrap();
        if then == "hang" {
            while things.claimed.lock().is_empty() {
                tokio::task::yield_now().await;
            }
            world.reaches(task, TaskState::Running).await;
            world.tasks().cancel(&world.caller, task).await.unwrap();
        }
        let ended = world.ended(task).await;
        assert_eq!(ended.summary.state, state, "{:?}", ended.summary.failure);
        let (claimed, given_back) = (std::mem::take(&mut *things.claimed.lock()), std::mem::take(&mut *things.given_back.lock()));
        assert_eq!(claimed, given_back, "{then}: each once, by the same attempt");
        assert_eq!((claimed.len(), claimed[0].task, claimed[0].attempt), (1, task, ended.attempts[0].id));
        assert_eq!(claimed[0].created_by, world.caller.principal);
    }
    // Who has claimed nothing gives nothing back.
    world.run(NewTask::new(CLAIMER, json!({"claims": 0}))).await;
    assert!(things.given_back.lock().is_empty());
}

#[tokio::test]
async fn an_attempt_asks_for_so_much_at_once_and_waits_so_long() {
    let (world, things) = world(0).await;
    let task = world.submit(NewTask::new(CLAIMER, json!({"claims": 9}))).await.unwrap();
    while things.claimed.lock().len() < 8 {
        tokio::task::yield_now().await;
    }
    things.claims.add_permits(8);
    assert_eq!(world.ended(task).await.result, Some(json!({"refused": ["REQUEST-007"]})));
    let long = world.run(NewTask::new(CLAIMER, json!({"seconds": 31}))).await;
    assert_eq!(long.result, Some(json!({"refused": ["REQUEST-002"]})));
    assert_eq!(things.claimed.lock().len(), 8, "nobody was asked");
}

#[tokio::test]
async fn what_is_refused_fails_with_its_code_and_without_claims_nothing_is_claimed() {
    let (world, _) = world(100).await;
    let version = json!({"artifact": "0193e0a5-0000-7000-8000-000000000000", "fence": 7});
    let task = world.run(NewTask::new(CLAIMER, json!({"claims": 0, "then": "put", "version": version}))).await;
    assert_eq!((task.summary.state, code(&task)), (TaskState::Failed, "CLAIM-001"));
    let agents: Vec<Arc<dyn Agent>> = vec![Arc::new(Claimer)];
    let alone = World::open_with(TempDir::with_prefix("baton-sharing-").unwrap(), options(), agents).await;
    let task = alone.run(NewTask::new(CLAIMER, json!({}))).await;
    assert_eq!(task.result, Some(json!({"refused": ["CLAIM-002"]})));
}

#[tokio::test]
async fn nothing_is_claimed_on_behalf_of_whoever_may_not_work_any_more() {
    let (world, things) = world(100).await;
    let now = world.sources.clock.now();
    let audit = |id: u128| AuditRow {
        id: AuditId::new(Uuid::from_u128(id)),
        at: now,
        principal: Principal::System,
        action: "test".to_owned(),
        target: None,
        allowed: true,
        code: None,
        request_id: None,
        address: None,
    };
    let user = |number: u128, email: &str, role: Role| UserRecord {
        id: UserId::new(Uuid::from_u128(number)),
        email: email.to_owned(),
        role,
        active: true,
        password_hash: "x".to_owned(),
        created_at: now,
        last_login_at: None,
    };
    // Without an administrator nobody's role is changed.
    world.store.insert_user(user(8, "root@example.org", Role::Admin), false, audit(1)).await.unwrap();
    let ann = user(7, "ann@example.org", Role::Operator);
    let id = ann.id;
    // Her request was let through before.
    let principal = Principal::User { id, email: ann.email.clone() };
    let caller = Caller { principal, role: Some(Role::Operator), request_id: Some("r".to_owned()), ..Caller::system() };
    world.store.insert_user(ann, false, audit(2)).await.unwrap();
    for (number, role, active) in [(3, Role::Operator, true), (4, Role::Viewer, true), (5, Role::Operator, false)] {
        world.store.change_user(id, role, active, now, audit(number)).await.unwrap();
        let task = world.tasks().submit(&caller, NewTask::new(CLAIMER, json!({})), None).await.unwrap().id;
        let may = number == 3;
        let refused: Vec<&str> = if may { Vec::new() } else { vec!["AUTH-005"] };
        assert_eq!(world.ended(task).await.result, Some(json!({"refused": refused})), "{role:?} {active}");
        assert_eq!(std::mem::take(&mut *things.claimed.lock()).len(), usize::from(may), "{role:?} {active}");
    }
}
