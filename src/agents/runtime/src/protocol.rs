//! What host and agent say to each other during one attempt.
//!
//! Over a stream each message is one line of JSON, at most [`MAXIMUM_LINE_BYTES`] long. The host speaks first
//! with [`ToAgent::Start`]; the agent ends the exchange with [`FromAgent::Outcome`]. Bytes of files never travel
//! in messages: inputs are paths that the agent may read, outputs are files in the scratch folder.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_domain::agent::Limits;
use baton_domain::connection::ConnectionGrant;
use baton_domain::egress::EgressPolicy;
use baton_domain::id::{ArtifactId, AttemptId, MessageId, TaskId};
use baton_domain::model::{Embedded, ModelAnswer, ModelRequest};
use baton_domain::time::Timestamp;
use baton_domain::wire::claim::{ClaimRef, ClaimView, Claimed, WantedClaim};
use baton_domain::wire::conflict::{PutOutcome, PutVersion};
use baton_domain::wire::decision::DecideTerms;
use baton_domain::wire::task::Failure;
use baton_domain::wire::topic::{Delivery, Settled, TopicMessage};
use baton_domain::wire::trace::Level;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the protocol; the child refuses another.
pub const VERSION: u32 = 7;
/// The longest message.
pub const MAXIMUM_LINE_BYTES: usize = 4 << 20;
/// The longest log message in bytes; the rest is cut.
pub const MAXIMUM_MESSAGE_BYTES: usize = 8 << 10;
/// The most log lines of one attempt; later ones are counted only.
pub const MAXIMUM_LOG_LINES: u64 = 10_000;
/// The most bytes that are shown of a text while it is written: its end.
pub const MAXIMUM_WRITTEN_BYTES: usize = 2 << 10;
/// The most bytes of a checkpoint's JSON. What is larger belongs into artifacts, whose identifiers a checkpoint can hold.
pub const MAXIMUM_CHECKPOINT_BYTES: usize = 64 << 10;
/// The most bytes of the code that an agent refuses a task with.
pub const MAXIMUM_REFUSAL_CODE: usize = 64;
/// The most bytes of the message that an agent refuses a task with.
pub const MAXIMUM_REFUSAL_MESSAGE: usize = 2 << 10;
/// The longest key of something that is remembered, in bytes.
pub const MAXIMUM_MEMORY_KEY: usize = 200;
/// The most bytes of JSON that are remembered under one key. What is larger belongs into an artifact, which can be remembered beside it.
pub const MAXIMUM_MEMORY_BYTES: usize = 4 << 10;
/// The most keys that one attempt recalls.
pub const MAXIMUM_RECALLED: usize = 16;
/// How deep tasks may ask for one another.
pub const MAXIMUM_DEPTH: u32 = 4;
/// The most patterns that one attempt listens to at once.
pub const MAXIMUM_SUBSCRIPTIONS: usize = 16;
/// Messages of one subscription that wait for a slow agent; later ones are dropped and counted.
pub const MAXIMUM_WAITING_MESSAGES: usize = 256;
/// The most messages of one pull: as many of the largest as stand in one line.
pub const MAXIMUM_PULL: u32 = 50;
/// The most pulls that one attempt waits for at once.
pub const MAXIMUM_PULLS: usize = 16;
/// The most bytes of what is cited of another task's result, as JSON.
pub const MAXIMUM_CITED_BYTES: usize = 2 << 20;
/// The most bytes of the pointer into a result that is cited.
pub const MAXIMUM_POINTER_BYTES: usize = 1 << 10;
/// What one attempt asks of shared things at once; one more is refused.
pub const MAXIMUM_SHARING: usize = 8;
/// The longest that an attempt waits for a claim, in seconds.
pub const MAXIMUM_CLAIM_SECONDS: u64 = 30;

/// A file that the agent may read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name.
    pub name: String,
    /// Its content type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
}

/// What an earlier task of the skill left for this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// What it said.
    pub value: Value,
    /// The file that it left beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
}

/// What another task came to: who did it, and what is cited of its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cited {
    /// The task.
    pub task: TaskId,
    /// What people read on lists.
    pub title: String,
    /// The skill it asked for.
    pub skill: String,
    /// The agent that did it; nobody alone did what several did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The version of that agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// When it completed.
    pub completed_at: Timestamp,
    /// What stands where the pointer points; null if none was given.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// The file, if the value is the id of an artifact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileRef>,
}

/// What the host says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ToAgent {
    /// Begin.
    Start(Box<Start>),
    /// A file was stored.
    Stored {
        /// The request it answers.
        request: u64,
        /// The artifact, or why not.
        result: Result<ArtifactId, Failure>,
    },
    /// A child task has ended.
    Answered {
        /// The request it answers.
        request: u64,
        /// Its result, or why it failed.
        result: Result<Value, Failure>,
    },
    /// A message was published.
    Published {
        /// The request it answers.
        request: u64,
        /// The message, or why not.
        result: Result<MessageId, Failure>,
    },
    /// Whether messages of a pattern come from now on.
    Subscribed {
        /// The request it answers; it names the subscription.
        request: u64,
        /// Or why not.
        result: Result<(), Failure>,
    },
    /// A checkpoint was kept, and the attempt goes on.
    Checkpointed {
        /// The request it answers.
        request: u64,
        /// Or why it was not kept.
        result: Result<(), Failure>,
    },
    /// What is remembered under a key.
    Recalled {
        /// The request it answers.
        request: u64,
        /// It, if there is something, or why it cannot be told.
        result: Result<Option<Memory>, Failure>,
    },
    /// Something was remembered.
    Remembered {
        /// The request it answers.
        request: u64,
        /// Whether it is kept: not if another task was faster; or why it cannot be kept.
        result: Result<bool, Failure>,
    },
    /// A message that a subscription wants.
    Message {
        /// The request that subscribed.
        subscription: u64,
        /// The message.
        message: Box<TopicMessage>,
    },
    /// Messages of a durable subscription, now in this attempt's hands.
    Pulled {
        /// The request it answers.
        request: u64,
        /// The messages, which may be none, or why not.
        result: Result<Vec<Delivery>, Failure>,
    },
    /// Deliveries were acknowledged, or refused.
    Settled {
        /// The request it answers.
        request: u64,
        /// How many were in time, or why none was.
        result: Result<Settled, Failure>,
    },
    /// Things were claimed, or not.
    Claimed {
        /// The request it answers.
        request: u64,
        /// The claims, or why there are none.
        result: Result<Claimed, Failure>,
    },
    /// Claims hold for longer, or not.
    Renewed {
        /// The request it answers.
        request: u64,
        /// The claims as they are now, or why they are not held.
        result: Result<Vec<ClaimView>, Failure>,
    },
    /// Claims were given back, or not.
    Released {
        /// The request it answers.
        request: u64,
        /// Or why not.
        result: Result<(), Failure>,
    },
    /// What became of a version that was to be stored.
    VersionPut {
        /// The request it answers.
        request: u64,
        /// What, or why nothing was stored.
        result: Result<Box<PutOutcome>, Failure>,
    },
    /// A piece of a model's answer that is being written.
    Written {
        /// The request it belongs to.
        request: u64,
        /// What comes next of the text; if it is empty, what came before is void, and the answer begins anew.
        text: String,
    },
    /// A model has answered.
    Completed {
        /// The request it answers.
        request: u64,
        /// The answer, or why there is none.
        result: Result<Box<ModelAnswer>, Failure>,
    },
    /// Texts were placed.
    Embedded {
        /// The request it answers.
        request: u64,
        /// The places, or why there are none.
        result: Result<Embedded, Failure>,
    },
    /// An exchange with a host may begin.
    Permitted {
        /// The request it answers.
        request: u64,
    },
    /// An exchange with a host may not begin: the rules refuse the host by now.
    NotPermitted {
        /// The request it answers.
        request: u64,
        /// Why.
        failure: Failure,
    },
    /// What another task came to.
    Cited {
        /// The request it answers.
        request: u64,
        /// What is cited, or why it cannot be.
        result: Result<Box<Cited>, Failure>,
    },
    /// Stop; nothing that is said afterwards counts.
    Cancel {
        /// Why.
        reason: String,
    },
}

/// Everything an attempt begins with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`VERSION`].
    pub protocol: u32,
    /// The attempt.
    pub attempt_id: AttemptId,
    /// Its task.
    pub task_id: TaskId,
    /// The attempt's number; 1 is the first.
    pub attempt: u32,
    /// The agent's name.
    pub agent: String,
    /// The skill asked for.
    pub skill: String,
    /// The input; it fits the skill's schema.
    pub input: Value,
    /// The artifacts that the input names.
    pub artifacts: BTreeMap<ArtifactId, FileRef>,
    /// An empty folder of the attempt's own; removed afterwards.
    pub scratch: PathBuf,
    /// How often the host wants to hear a heartbeat, in milliseconds.
    pub heartbeat_ms: u64,
    /// What it may use.
    pub limits: Limits,
    /// How many tasks asked for one another above this one.
    pub depth: u32,
    /// What the last checkpoint of an earlier attempt kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Value>,
    /// Where it may reach out to; nowhere if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub egress: Option<EgressPolicy>,
    /// The connections that the input names where the skill's schema says `"format": "connection"`, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub connections: BTreeMap<String, ConnectionGrant>,
}

/// What the agent says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum FromAgent {
    /// It has begun.
    Started,
    /// It still works.
    Heartbeat,
    /// A log line.
    Log {
        /// How much it matters.
        level: Level,
        /// What it says.
        message: String,
        /// Values that belong to it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        fields: Value,
    },
    /// How far it is.
    Progress {
        /// 0 to 1.
        fraction: f64,
        /// What it is doing.
        message: String,
        /// The end of the text that it is writing, of at most [`MAXIMUM_WRITTEN_BYTES`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        written: Option<String>,
    },
    /// A stretch of work has ended now.
    Span {
        /// What was done.
        name: String,
        /// How long it took, in microseconds.
        duration_us: i64,
        /// Whether it ended well.
        ok: bool,
        /// Values that belong to it.
        #[serde(default, skip_serializing_if = "Value::is_null")]
        attributes: Value,
    },
    /// Store a file of the scratch folder.
    Artifact {
        /// The number to answer with.
        request: u64,
        /// The file's name in the scratch folder.
        file: String,
        /// The name it gets.
        name: String,
        /// Its content type.
        media_type: String,
    },
    /// Run another skill as a child task and give its result.
    Ask {
        /// The number to answer with.
        request: u64,
        /// The skill.
        skill: String,
        /// Its input.
        input: Value,
        /// If several are to do it: who, and by which rule answers that differ are decided on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decide: Option<Box<DecideTerms>>,
    },
    /// Tell what another task came to, as far as whoever submitted this one may read it.
    Cite {
        /// The number to answer with.
        request: u64,
        /// The task, which must have completed.
        task: TaskId,
        /// Where in the result the value stands, as a JSON pointer (RFC 6901) of at most [`MAXIMUM_POINTER_BYTES`]; empty for the whole of
        /// it. Without one only who did the task is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pointer: Option<String>,
    },
    /// Ask a model.
    Complete {
        /// The number to answer with.
        request: u64,
        /// What is asked.
        call: Box<ModelRequest>,
        /// Whether the pieces of the answer are wanted as they are written.
        stream: bool,
    },
    /// Place texts in a space where what means the same lies close.
    Embed {
        /// The number to answer with.
        request: u64,
        /// The texts.
        texts: Vec<String>,
    },
    /// Wait for this host's turn: all attempts of a server keep to one pace with it.
    Permit {
        /// The number to answer with.
        request: u64,
        /// The host's name.
        host: String,
    },
    /// Keep where the work stands. If somebody wants the task to pause, the attempt ends here, and no answer comes.
    Checkpoint {
        /// The number to answer with.
        request: u64,
        /// What a later attempt needs to go on.
        state: Value,
    },
    /// Tell what the last task of the skill, on behalf of the same, remembered under a key.
    Recall {
        /// The number to answer with.
        request: u64,
        /// The key; see [`MAXIMUM_MEMORY_KEY`].
        key: String,
    },
    /// Remember something under a key that was recalled before. It counts once this task has completed.
    Remember {
        /// The number to answer with.
        request: u64,
        /// The key.
        key: String,
        /// What to say to the next task; see [`MAXIMUM_MEMORY_BYTES`].
        value: Value,
        /// An artifact to leave beside it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        artifact: Option<ArtifactId>,
    },
    /// Publish a message under a topic.
    Publish {
        /// The number to answer with.
        request: u64,
        /// The topic's name.
        topic: String,
        /// What the message says.
        payload: Value,
        /// Of two messages of a durable topic with the same key only the first is stored.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        key: Option<String>,
    },
    /// Send messages of topics that match a pattern, from now on.
    Subscribe {
        /// The number to answer with; it names the subscription.
        request: u64,
        /// The pattern.
        pattern: String,
    },
    /// Send no more of them.
    Unsubscribe {
        /// The request that subscribed.
        subscription: u64,
    },
    /// Give messages of a durable subscription.
    Pull {
        /// The number to answer with.
        request: u64,
        /// The subscription's name.
        subscription: String,
        /// The most messages: 1 to [`MAXIMUM_PULL`].
        maximum: u32,
        /// How long to wait for the first, in seconds: 0 to 30.
        wait_seconds: u64,
    },
    /// Deliveries were dealt with.
    Acknowledge {
        /// The number to answer with.
        request: u64,
        /// The subscription's name.
        subscription: String,
        /// What the deliveries carried; 1 to 500.
        ack_ids: Vec<String>,
    },
    /// Deliveries could not be dealt with: they come again, or become dead letters.
    RefuseDeliveries {
        /// The number to answer with.
        request: u64,
        /// The subscription's name.
        subscription: String,
        /// What the deliveries carried; 1 to 500.
        ack_ids: Vec<String>,
        /// How long they wait for their next delivery, in milliseconds, instead of the subscription's backoff.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delay_ms: Option<u64>,
    },
    /// Claim shared things for this attempt: all of them or none.
    Claim {
        /// The number to answer with.
        request: u64,
        /// What is wanted, 1 to 64 things.
        wanted: Vec<WantedClaim>,
        /// How long the claims hold without a renewal, in milliseconds: 1,000 to 600,000.
        lease_ms: u64,
        /// How long to wait for them, in seconds: 0 to [`MAXIMUM_CLAIM_SECONDS`].
        wait_seconds: u64,
    },
    /// Hold claims of this attempt for longer, from now.
    RenewClaims {
        /// The number to answer with.
        request: u64,
        /// Which, each with its number; all when empty.
        claims: Vec<ClaimRef>,
        /// For how long, in milliseconds; as long as each was asked for when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lease_ms: Option<u64>,
    },
    /// Give claims of this attempt back.
    ReleaseClaims {
        /// The number to answer with.
        request: u64,
        /// Which, each with its number; all when empty.
        claims: Vec<ClaimRef>,
    },
    /// Store a version of a line.
    PutVersion {
        /// The number to answer with.
        request: u64,
        /// The line's name.
        line: String,
        /// The version.
        version: Box<PutVersion>,
    },
    /// It does not take the task. Nothing follows, and nothing but signs of life may have come before: who has begun can only fail.
    Refused {
        /// Why, as an open code of at most [`MAXIMUM_REFUSAL_CODE`] bytes.
        code: String,
        /// Why, in words, of at most [`MAXIMUM_REFUSAL_MESSAGE`] bytes.
        message: String,
    },
    /// The work has ended. Nothing follows.
    Outcome {
        /// The result, or why there is none.
        result: Result<Value, Failure>,
        /// Milliseconds to wait before another attempt, if somebody said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u64>,
    },
}

impl FromAgent {
    /// Whether the agent has begun the work with this: it reports something, or wants something done.
    #[must_use]
    pub const fn begins(&self) -> bool {
        !matches!(self, Self::Started | Self::Heartbeat | Self::Refused { .. } | Self::Outcome { .. })
    }
}
