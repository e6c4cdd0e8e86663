//! How a path names a resource; what cannot name one is answered like one that does not exist.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use baton_domain::id::{
    AgentId, ApiKeyId, ApprovalId, ArtifactId, BargainId, ConflictId, ConnectionId, ContractId, DecisionId, ModelId, PlanId, RunId,
    ServerId, TaskId, UserId,
};
use baton_domain::problem::{Code, Problem};

use crate::problem_response::Failure;

/// An identifier of a kind of resource.
pub(crate) trait ResourceId: FromStr + Send {
    /// The code of one that does not exist.
    const MISSING: Code;
    /// What it names.
    const NOUN: &'static str;
}

macro_rules! resource_ids {
    ($($id:ident = $code:ident, $noun:literal;)+) => {
        $(impl ResourceId for $id {
            const MISSING: Code = Code::$code;
            const NOUN: &'static str = $noun;
        })+
    };
}

resource_ids! {
    TaskId = NoSuchTask, "task";
    ArtifactId = NoSuchArtifact, "artifact";
    AgentId = NoSuchAgent, "agent";
    ServerId = NoSuchServer, "server";
    UserId = NoSuchUser, "user";
    ApiKeyId = NoSuchApiKey, "API key";
    ConnectionId = NoSuchConnection, "connection";
    ModelId = NoSuchModel, "model";
    ConflictId = NoSuchConflict, "conflict";
    ContractId = NoSuchContract, "contract";
    BargainId = NoSuchBargain, "bargaining";
    DecisionId = NoSuchDecision, "decision";
    PlanId = NoSuchPlan, "plan";
    RunId = NoSuchRun, "run";
    ApprovalId = NoSuchApproval, "approval";
}

/// The identifier in the path.
pub(crate) struct Id<T>(pub(crate) T);

impl<T: ResourceId, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = || Problem::new(T::MISSING, format!("A {} is named by a UUID; this is none.", T::NOUN));
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        text.parse().map(Self).map_err(|_| missing().into())
    }
}

const LONGEST_NAME: usize = 200;

/// The name of a skill in the path.
pub(crate) struct Name(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = || Problem::new(Code::NoSuchSkill, "A skill is named as nlp.sentiment; GET /api/v1/skills lists them.");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        if text.len() <= LONGEST_NAME { Ok(Self(text)) } else { Err(missing().into()) }
    }
}

/// The name of a topic in the path; the service says whether it is one.
pub(crate) struct TopicInPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for TopicInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = |_| Problem::new(Code::NoSuchTopic, "A topic is named as orders.created; GET /api/v1/topics lists them.");
        Ok(Self(Path::<String>::from_request_parts(parts, state).await.map_err(missing)?.0))
    }
}

/// The name of a line of versions in the path; the service says whether it is one.
pub(crate) struct LineInPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for LineInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = |_| Problem::new(Code::NoSuchLine, "GET /api/v1/lines lists the lines there are.");
        Ok(Self(Path::<String>::from_request_parts(parts, state).await.map_err(missing)?.0))
    }
}

/// The name of a subscription in the path; the service says whether it is one.
pub(crate) struct SubscriptionInPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for SubscriptionInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = |_| Problem::new(Code::NoSuchSubscription, "GET /api/v1/subscriptions lists the subscriptions there are.");
        Ok(Self(Path::<String>::from_request_parts(parts, state).await.map_err(missing)?.0))
    }
}

/// The name of a workflow in the path; the service says whether there is one.
pub(crate) struct WorkflowInPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for WorkflowInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = || Problem::new(Code::NoSuchWorkflow, "GET /api/v1/workflows lists the workflows there are.");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        if text.len() <= LONGEST_NAME { Ok(Self(text)) } else { Err(missing().into()) }
    }
}

/// A run and the name of a step in the path; the service says whether there is one.
pub(crate) struct StepInPath(pub(crate) RunId, pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for StepInPath {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let missing = || Problem::new(Code::NoSuchRun, "A run is named by a UUID, and its steps as in its workflow.");
        let Path((run, step)) = Path::<(String, String)>::from_request_parts(parts, state).await.map_err(|_| missing())?;
        let run = run.parse().map_err(|_| missing())?;
        if step.len() <= LONGEST_NAME { Ok(Self(run, step)) } else { Err(missing().into()) }
    }
}
