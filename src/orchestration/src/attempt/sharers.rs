//! What do agents claim and store of what they share with others? Through whoever keeps claims, and given back when the attempt ends.

use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::protocol::{FromAgent, MAXIMUM_CLAIM_SECONDS, MAXIMUM_SHARING, ToAgent};
use baton_domain::id::AttemptId;
use baton_domain::ports::{SharedThings, WorkingAttempt};
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Permission;
use baton_domain::wire::claim::ClaimRef;
use baton_domain::wire::task::Failure;
use baton_storage::TaskRecord;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::failure;
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;

/// How long giving back what an attempt held may take; leases end too.
const GIVING_BACK: Duration = Duration::from_secs(2);

/// The side of one attempt that shares.
pub(super) struct Sharers<'a> {
    shared: &'a Arc<Shared>,
    orchestrator: &'a Arc<Orchestrator>,
    working: Arc<WorkingAttempt>,
    to_agent: mpsc::Sender<ToAgent>,
    running: JoinSet<()>,
    /// Whether it has asked for claims, and so may hold some.
    claims: bool,
}

impl<'a> Sharers<'a> {
    pub(super) fn new(
        shared: &'a Arc<Shared>,
        orchestrator: &'a Arc<Orchestrator>,
        task: &TaskRecord,
        attempt: AttemptId,
        to_agent: mpsc::Sender<ToAgent>,
    ) -> Self {
        let summary = &task.summary;
        let working = WorkingAttempt {
            attempt,
            task: summary.id,
            lease: task.lease,
            project: summary.project_id,
            created_by: task.created_by.clone(),
            priority: summary.priority,
            created_at: summary.created_at,
        };
        Self { shared, orchestrator, working: Arc::new(working), to_agent, running: JoinSet::new(), claims: false }
    }

    /// Takes what concerns shared things; gives back what does not.
    pub(super) async fn hear(&mut self, message: FromAgent) -> Option<FromAgent> {
        if !matches!(
            message,
            FromAgent::Claim { .. } | FromAgent::RenewClaims { .. } | FromAgent::ReleaseClaims { .. } | FromAgent::PutVersion { .. }
        ) {
            return Some(message);
        }
        match self.place() {
            Ok(things) => self.begin(things, message),
            Err(failure) => {
                // An agent that is gone needs no answer.
                let _ = self.to_agent.send(refusal(message, failure)?).await;
            }
        }
        None
    }

    /// Room for one more request.
    fn place(&mut self) -> Result<Arc<dyn SharedThings>, Failure> {
        // What has ended makes room.
        while self.running.try_join_next().is_some() {}
        if self.running.len() >= MAXIMUM_SHARING {
            let detail = format!("An attempt asks for at most {MAXIMUM_SHARING} things of what is shared at once.");
            return Err(failure(Code::TooManyRequests, detail, false));
        }
        let absent = || failure(Code::NoSuchClaim, "This server keeps no claims and no versions.", false);
        self.shared.things.get().cloned().ok_or_else(absent)
    }

    /// Does it beside the conversation, and no longer than the attempt.
    fn begin(&mut self, things: Arc<dyn SharedThings>, message: FromAgent) {
        self.claims |= matches!(message, FromAgent::Claim { .. });
        let (orchestrator, working, to_agent) = (Arc::clone(self.orchestrator), Arc::clone(&self.working), self.to_agent.clone());
        self.running.spawn(async move {
            let answered = match standing(&orchestrator, &working, &message).await {
                Ok(()) => answer(&*things, &working, message).await,
                Err(failure) => refusal(message, failure),
            };
            let Some(answer) = answered else { return };
            let _ = to_agent.send(answer).await;
        });
    }

    /// Returns when a request has been answered; never while there is none.
    pub(super) async fn ended(&mut self) {
        if self.running.join_next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Ends what is under way, and gives back what the attempt holds.
    pub(super) async fn stop(&mut self) {
        self.running.shutdown().await;
        let Some(things) = self.shared.things.get().filter(|_| self.claims) else { return };
        let given_back = tokio::time::timeout(GIVING_BACK, things.release(&self.working, Vec::<ClaimRef>::new())).await;
        let trouble = match given_back {
            Ok(Ok(())) => return,
            Ok(Err(problem)) => problem.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        tracing::warn!(%trouble, task = %self.working.task, "what an attempt held was not given back; its leases will end");
    }
}

/// Whether whoever submitted the task still may have this done: they may not have been deactivated, nor their key revoked, since the task began. What is
/// held is given back in any case.
async fn standing(orchestrator: &Orchestrator, working: &WorkingAttempt, message: &FromAgent) -> Result<(), Failure> {
    if matches!(message, FromAgent::ReleaseClaims { .. }) {
        return Ok(());
    }
    if orchestrator.still_may(&working.created_by, Permission::Work).await.map_err(refused)? {
        return Ok(());
    }
    let text = format!("{}, on whose behalf this is done, may not claim or store anything any more.", working.created_by.label());
    Err(failure(Code::Forbidden, text, false))
}

/// Does what an agent asks for; nothing for what is no request of this kind.
async fn answer(things: &dyn SharedThings, working: &WorkingAttempt, message: FromAgent) -> Option<ToAgent> {
    Some(match message {
        FromAgent::Claim { request, wait_seconds, .. } if wait_seconds > MAXIMUM_CLAIM_SECONDS => {
            let detail = format!("An agent waits for a claim for at most {MAXIMUM_CLAIM_SECONDS} seconds at once.");
            ToAgent::Claimed { request, result: Err(failure(Code::InvalidRequest, detail, false)) }
        }
        FromAgent::Claim { request, wanted, lease_ms, wait_seconds } => {
            let claimed = things.claim(working, wanted, lease_ms, Duration::from_secs(wait_seconds)).await;
            ToAgent::Claimed { request, result: claimed.map_err(refused) }
        }
        FromAgent::RenewClaims { request, claims, lease_ms } => {
            ToAgent::Renewed { request, result: things.renew(working, claims, lease_ms).await.map_err(refused) }
        }
        FromAgent::ReleaseClaims { request, claims } => {
            ToAgent::Released { request, result: things.release(working, claims).await.map_err(refused) }
        }
        FromAgent::PutVersion { request, line, version } => {
            ToAgent::VersionPut { request, result: things.put(working, &line, *version).await.map(Box::new).map_err(refused) }
        }
        _ => return None,
    })
}

/// The refusal of a request; nothing for what is no request of this kind.
fn refusal(message: FromAgent, failure: Failure) -> Option<ToAgent> {
    Some(match message {
        FromAgent::Claim { request, .. } => ToAgent::Claimed { request, result: Err(failure) },
        FromAgent::RenewClaims { request, .. } => ToAgent::Renewed { request, result: Err(failure) },
        FromAgent::ReleaseClaims { request, .. } => ToAgent::Released { request, result: Err(failure) },
        FromAgent::PutVersion { request, .. } => ToAgent::VersionPut { request, result: Err(failure) },
        _ => return None,
    })
}

fn refused(problem: Problem) -> Failure {
    Failure { retryable: problem.status >= 500 || problem.status == 429, message: problem.detail, code: problem.code }
}
