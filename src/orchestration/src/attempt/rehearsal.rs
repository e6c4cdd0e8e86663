//! How does an agent do again what was recorded of it? Where an attempt would run, and with nothing outside.
//!
//! It is the conversation of an attempt with another host: models and other skills answer what a prompter gives, a file that is stored is hashed and
//! compared, hosts and connections there are none, and of checkpoints, logs and progress nothing is kept. Nothing here writes to a store.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_agents_runtime::carrier::{self, ChildCommand, Connection};
use baton_agents_runtime::protocol::{FromAgent, Start, ToAgent, VERSION};
use baton_agents_runtime::{Agent, AgentRegistry};
use baton_domain::ports::{Prompter, RecordedTask, Rehearsals, Rehearsed, StoredAgain};
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::task::Failure;
use baton_storage::ArtifactStore;
use baton_storage::blobs::Blobs;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::conversation::{checked, lost, scratch_file};
use super::{LET_GO, failure, inputs};
use crate::agent_pool::{KnownSkill, PoolError};
use crate::agent_threads::AgentThreads;
use crate::artifacts::plain_name;

/// The longest that one rehearsal takes, whatever its task was given.
const MAXIMUM_TIME: Duration = Duration::from_secs(30 * 60);
/// How often agents say that they still work.
const HEARTBEAT_MS: u64 = 5_000;
/// Bytes of a file that are hashed at once.
const PIECE: usize = 64 << 10;

/// What rehearsals stand on.
#[derive(Clone)]
pub struct RehearsalParts {
    /// The agents of this program.
    pub registry: AgentRegistry,
    /// How to start a child process for skills with `isolation: process`.
    pub child: ChildCommand,
    /// Where rehearsals have their folders.
    pub scratch: PathBuf,
    /// Which files there are.
    pub artifacts: Arc<dyn ArtifactStore>,
    /// Their bytes.
    pub blobs: Arc<dyn Blobs>,
}

impl std::fmt::Debug for RehearsalParts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RehearsalParts")
    }
}

/// Lets the agents of this program do again what was recorded of them.
#[derive(Debug)]
pub struct Stage {
    parts: RehearsalParts,
    skills: BTreeMap<(String, String), KnownSkill>,
    /// Those of this program's engine, if it has one.
    threads: Option<Arc<AgentThreads>>,
    count: AtomicU64,
}

impl Stage {
    /// On these parts.
    ///
    /// # Errors
    /// A schema of a skill that is none.
    pub fn new(parts: RehearsalParts) -> Result<Self, PoolError> {
        let mut skills = BTreeMap::new();
        for card in parts.registry.iter().map(|agent| agent.card()) {
            for skill in card.skills {
                skills.insert((card.name.clone(), skill.name.clone()), KnownSkill::compile(skill)?);
            }
        }
        Ok(Self { parts, skills, threads: None, count: AtomicU64::new(0) })
    }

    /// The same on the threads where the engine's attempts work.
    pub(crate) fn on(self, threads: Arc<AgentThreads>) -> Self {
        Self { threads: Some(threads), ..self }
    }

    fn known(&self, agent: &str, skill: &str) -> Option<(&KnownSkill, Arc<dyn Agent>)> {
        let known = self.skills.get(&(agent.to_owned(), skill.to_owned()))?;
        Some((known, self.parts.registry.get(agent)?))
    }

    async fn begin(&self, task: &RecordedTask, known: &KnownSkill, agent: Arc<dyn Agent>, scratch: &Path) -> Result<Connection, Problem> {
        let gathered = inputs::gather(&*self.parts.artifacts, &*self.parts.blobs, known, &task.input, scratch).await;
        let artifacts = gathered.map_err(|failure| match failure.retryable {
            true => Problem::new(Code::StorageUnavailable, failure.message),
            false => {
                Problem::new(Code::RecordingForgotten, format!("A file that the task {} read is gone: {}", task.task, failure.message))
            }
        })?;
        let in_child = known.skill.isolation.in_child(!artifacts.is_empty());
        let start = Start {
            protocol: VERSION,
            attempt_id: task.attempt_id,
            task_id: task.task,
            attempt: task.attempt,
            agent: task.agent.clone(),
            skill: task.skill.clone(),
            input: task.input.clone(),
            artifacts,
            scratch: scratch.to_owned(),
            heartbeat_ms: HEARTBEAT_MS,
            limits: known.skill.limits,
            depth: task.depth,
            checkpoint: None,
            egress: None,
            connections: BTreeMap::new(),
        };
        let cannot = |error: std::io::Error| Problem::new(Code::Internal, format!("A rehearsal could not be started: {error}."));
        if in_child {
            tokio::fs::create_dir_all(scratch).await.map_err(cannot)?;
            return carrier::begin_child(&self.parts.child, start).map_err(cannot);
        }
        let place = self.threads.as_ref().map_or_else(Handle::current, |threads| threads.place(&start.agent).handle);
        Ok(carrier::begin_in_process_on(&place, agent, start))
    }
}

#[async_trait]
impl Rehearsals for Stage {
    fn apart(&self, agent: &str, skill: &str, input: &Value, first: bool) -> Option<String> {
        let Some((known, _)) = self.known(agent, skill) else {
            return Some(format!("this program has no agent {agent} with the skill {skill}"));
        };
        if known.skill.network {
            return Some("it reaches out to other hosts".to_owned());
        }
        if let Some((_, name)) = known.input.connections(input).first() {
            return Some(format!("it uses the connection {name}"));
        }
        (known.skill.checkpoints && !first).then(|| "it may have gone on from a checkpoint of an earlier attempt".to_owned())
    }

    async fn rehearse(&self, task: RecordedTask, prompter: Arc<dyn Prompter>) -> Result<Rehearsed, Problem> {
        let Some((known, agent)) = self.known(&task.agent, &task.skill) else {
            return Ok(Rehearsed::Apart(format!("this program has no agent {} with the skill {}", task.agent, task.skill)));
        };
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let scratch = Scratch(self.parts.scratch.join(format!("again-{}-{number}", task.attempt_id)));
        let connection = self.begin(&task, known, agent, &scratch.0).await?;
        Ok(hold(connection, known, &*prompter, &scratch.0, task.time.min(MAXIMUM_TIME)).await)
    }
}

/// A folder that goes with its rehearsal, however that ends.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(%error, folder = %self.0.display(), "a scratch folder could not be removed");
        }
    }
}

/// Listens and answers until the agent comes to an end. Nothing of it runs when this returns, unless the agent keeps its thread.
async fn hold(connection: Connection, known: &KnownSkill, prompter: &dyn Prompter, scratch: &Path, time: Duration) -> Rehearsed {
    let Connection { to_agent, mut from_agent, mut worker } = connection;
    let deadline = Instant::now() + time;
    let end = loop {
        let message = tokio::select! {
            biased;
            () = tokio::time::sleep_until(deadline) => {
                let text = format!("The agent had not come to an end after {} ms.", time.as_millis());
                break Rehearsed::Stopped(failure(Code::AttemptTimedOut, text, true));
            }
            message = from_agent.recv() => message,
        };
        match message {
            None => break Rehearsed::Stopped(lost(worker.ended().await)),
            Some(FromAgent::Outcome { result, .. }) => break Rehearsed::Ended(result.and_then(|result| checked(known, result))),
            // What was recorded began; an agent that refuses it now does not do it again.
            Some(FromAgent::Refused { code, message }) => break Rehearsed::Ended(Err(Failure { code, message, retryable: false })),
            Some(message) => {
                if let Some(end) = answer(message, prompter, scratch, &to_agent).await {
                    break end;
                }
            }
        }
    };
    if worker.stop_within(LET_GO).await.is_some() {
        tracing::warn!("an agent that does again what was recorded of it keeps its thread");
    }
    end
}

/// Answers one message; gives the end, if it is one.
async fn answer(message: FromAgent, prompter: &dyn Prompter, scratch: &Path, to_agent: &mpsc::Sender<ToAgent>) -> Option<Rehearsed> {
    let answer = match message {
        FromAgent::Complete { request, call, stream } => {
            let Some(result) = prompter.complete(&call) else { return Some(Rehearsed::Unprompted) };
            if let (true, Ok(answer)) = (stream, &result) {
                let _ = to_agent.send(ToAgent::Written { request, text: answer.text.clone() }).await;
            }
            ToAgent::Completed { request, result: result.map(Box::new) }
        }
        FromAgent::Embed { request, texts } => {
            let Some(result) = prompter.embed(&texts) else { return Some(Rehearsed::Unprompted) };
            ToAgent::Embedded { request, result }
        }
        // On which terms is no part of what was recorded of a child: its result is, whoever it came of.
        FromAgent::Ask { request, skill, input, .. } => {
            let Some(result) = prompter.ask(&skill, &input) else { return Some(Rehearsed::Unprompted) };
            ToAgent::Answered { request, result }
        }
        FromAgent::Artifact { request, file, name, media_type } => match read_again(scratch, &file, name, media_type).await {
            Err(failure) => ToAgent::Stored { request, result: Err(failure) },
            Ok(file) => {
                let Some(id) = prompter.stored(&file) else { return Some(Rehearsed::Unprompted) };
                ToAgent::Stored { request, result: Ok(id) }
            }
        },
        FromAgent::Permit { request, .. } => ToAgent::Permitted { request },
        // What it read there is not part of what was recorded of it.
        FromAgent::Cite { .. } => return Some(Rehearsed::Apart("it cites what other tasks came to".to_owned())),
        FromAgent::Checkpoint { request, .. } => ToAgent::Checkpointed { request, result: Ok(()) },
        // What earlier tasks left was recorded of nobody.
        FromAgent::Recall { .. } | FromAgent::Remember { .. } => {
            return Some(Rehearsed::Apart("it recalls what earlier tasks left".to_owned()));
        }
        // What others said there was recorded of nobody.
        FromAgent::Publish { .. }
        | FromAgent::Subscribe { .. }
        | FromAgent::Pull { .. }
        | FromAgent::Acknowledge { .. }
        | FromAgent::RefuseDeliveries { .. } => {
            return Some(Rehearsed::Apart("it publishes or listens to topics".to_owned()));
        }
        FromAgent::Claim { .. } | FromAgent::RenewClaims { .. } | FromAgent::ReleaseClaims { .. } | FromAgent::PutVersion { .. } => {
            return Some(Rehearsed::Apart("it claims what is shared, or stores versions of it".to_owned()));
        }
        FromAgent::Started
        | FromAgent::Heartbeat
        | FromAgent::Log { .. }
        | FromAgent::Progress { .. }
        | FromAgent::Span { .. }
        | FromAgent::Unsubscribe { .. }
        | FromAgent::Refused { .. }
        | FromAgent::Outcome { .. } => return None,
    };
    // One that is gone says so by its end.
    let _ = to_agent.send(answer).await;
    None
}

/// Reads a file that would be stored, as far as it is compared.
async fn read_again(scratch: &Path, file: &str, name: String, media_type: String) -> Result<StoredAgain, Failure> {
    let path = scratch_file(scratch, file).await?;
    let broken = |error: std::io::Error| failure(Code::ProtocolViolated, format!("{file:?} cannot be read: {error}"), false);
    let mut bytes = tokio::fs::File::open(&path).await.map_err(broken)?;
    let (mut hash, mut size, mut piece) = (Sha256::new(), 0_u64, vec![0; PIECE]);
    loop {
        let read = bytes.read(&mut piece).await.map_err(broken)?;
        if read == 0 {
            break;
        }
        hash.update(piece.get(..read).unwrap_or_default());
        size += read as u64;
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(StoredAgain { name: plain_name(&name), media_type, size, sha256 })
}
