//! Do runs come to the same again? For people, and for a CI that must fail when they do not.
//!
//! The store is opened and read; nothing listens, nothing is asked of anybody, and nothing is written to it. Agents work where they always do: within this process, or in a child of it.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents_runtime::carrier::ChildCommand;
use baton_domain::id::{DEFAULT_PROJECT, JournalId, ProjectId, RunId};
use baton_domain::problem::Code;
use baton_domain::wire::replay::{ReplayReport, TakenKind};
use baton_orchestration::{RehearsalParts, Stage};
use baton_runs::{ReplayBounds, Replays};
use baton_storage::blobs::BlobFolder;
use baton_storage::{ArtifactStore, JournalKind, JournalQuery, JournalStore, NoSink, Store};

use super::migrate::migrations;
use crate::config::{CodeConfig, Database, DatabaseConfig};
use crate::data_folder::DataFolder;
use crate::database::Opened;
use crate::start_error::StartError;
use crate::wiring::child_arguments;
use crate::{agents, coordination, sources};

/// Runs that are looked up at once.
const RUNS: u32 = 200;
/// The most bytes of an artifact; larger ones are not there.
const MAXIMUM_ARTIFACT_BYTES: u64 = 1 << 40;

/// What is replayed, and how it is told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ReplayConfig {
    /// The runs.
    #[arg(value_name = "RUN", required_unless_present = "all")]
    runs: Vec<RunId>,
    /// All runs that have ended and that no other run began.
    #[arg(long, conflicts_with = "runs")]
    all: bool,
    /// With `--all`, only runs of this workflow.
    #[arg(long, requires = "all")]
    workflow: Option<String>,
    /// With `--all`, of this project.
    #[arg(long, requires = "all")]
    project: Option<ProjectId>,
    #[command(flatten)]
    database: DatabaseConfig,
    #[command(flatten)]
    code: CodeConfig,
    /// The data folder: the database if it is there, the artifacts, and a place for what agents write meanwhile. No server may be running on it.
    #[arg(long, env = "BATON_DATA", default_value = "data")]
    data: PathBuf,
    /// One JSON object a line: the report, or `run` with `problem` where there is none.
    #[arg(long)]
    json: bool,
    /// How long each replay may take, in seconds.
    #[arg(long, default_value_t = 3_600, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
}

/// Replays the runs.
pub(crate) async fn run(config: ReplayConfig) -> Result<(), StartError> {
    let folder = DataFolder::take(&config.data)?;
    let database = config.database.database(&folder)?;
    complete(&database, &config.database).await?;
    let opened = Opened::open(&database, config.database.wait(), Arc::new(NoSink)).await?;
    let scratch = folder.join("replay");
    let outcome = replay_all(&config, &opened.store(), &folder, scratch.clone()).await;
    opened.close().await;
    // What agents left there; not there if none wrote anything.
    let _ = std::fs::remove_dir_all(scratch);
    outcome
}

/// Refuses a store whose schema is not complete: whoever opens it would bring it up to date, and a replay changes nothing.
async fn complete(database: &Database, config: &DatabaseConfig) -> Result<(), StartError> {
    let missing = migrations(database, config).await?.iter().filter(|(_, _, applied)| !applied).count();
    if missing == 0 {
        return Ok(());
    }
    let detail = format!("{missing} migrations are missing, and a replay changes nothing: run `baton migrate up` first");
    Err(StartError::new(Code::ConfigurationInvalid, detail))
}

async fn replay_all(config: &ReplayConfig, store: &Arc<dyn Store>, folder: &DataFolder, scratch: PathBuf) -> Result<(), StartError> {
    let replays = replays(store, folder, scratch, &config.code).await?;
    let runs = if config.all { all_runs(config, store.as_ref()).await? } else { config.runs.clone() };
    let bounds = ReplayBounds { time: Duration::from_secs(config.seconds), ..ReplayBounds::default() };
    let mut bad = 0_usize;
    for id in &runs {
        let (line, equal) = match replays.replay_within(*id, bounds).await {
            Ok(report) => (if config.json { json(&report)? } else { words(&report) }, report.equal),
            Err(problem) if config.json => (serde_json::json!({"run": id, "problem": problem}).to_string(), false),
            Err(problem) => (format!("{id} cannot be replayed: {problem}"), false),
        };
        bad += usize::from(!equal);
        say(&line)?;
    }
    if bad == 0 {
        return Ok(());
    }
    Err(StartError::new(Code::ReplayDiverged, format!("{bad} of {} runs do not come to the same", runs.len())))
}

async fn replays(store: &Arc<dyn Store>, folder: &DataFolder, scratch: PathBuf, code: &CodeConfig) -> Result<Replays, StartError> {
    code.check()?;
    let registry = agents::registry(Some(agents::DIAGNOSTICS_SLOTS), code)
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    let program = std::env::current_exe()
        .map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("the program's own path is not known: {error}")))?;
    let blobs = BlobFolder::open(folder.join("blobs"), MAXIMUM_ARTIFACT_BYTES)
        .await
        .map_err(|error| StartError::new(Code::DataFolderUnusable, format!("{}: {error}", folder.join("blobs").display())))?;
    let stage = Stage::new(RehearsalParts {
        registry,
        child: ChildCommand { program, arguments: child_arguments(code)? },
        scratch,
        artifacts: Arc::clone(store) as Arc<dyn ArtifactStore>,
        blobs: store.blobs(blobs),
    });
    let stage = stage.map_err(|error| StartError::new(Code::ConfigurationInvalid, error.to_string()))?;
    Ok(coordination::replays(store, Arc::new(stage), &sources::system()))
}

/// The runs that have ended, the oldest first, without those that others began: they are gone through with those.
async fn all_runs(config: &ReplayConfig, journals: &dyn Store) -> Result<Vec<RunId>, StartError> {
    let mut query = JournalQuery {
        project: config.project.unwrap_or(DEFAULT_PROJECT),
        kind: JournalKind::Run,
        name: config.workflow.clone(),
        state: None,
        live: Some(false),
        parent: None,
        before: None,
        limit: RUNS,
    };
    let mut runs = Vec::new();
    loop {
        let page = JournalStore::journals(journals, &query).await;
        let heads = page.map_err(|error| StartError::new(Code::StorageUnavailable, error.to_string()))?.items;
        let last: Option<JournalId> = heads.last().map(|head| head.id).filter(|_| heads.len() >= RUNS as usize);
        runs.extend(heads.iter().filter(|head| head.parent.is_none()).map(|head| RunId::new(*head.id.as_uuid())));
        query.before = last;
        if last.is_none() {
            runs.reverse();
            return Ok(runs);
        }
    }
}

fn json(report: &ReplayReport) -> Result<String, StartError> {
    serde_json::to_string(report).map_err(|error| StartError::new(Code::Internal, error.to_string()))
}

fn words(report: &ReplayReport) -> String {
    let ReplayReport { run, workflow, version, steps, rehearsed, calls, taken_count, took_ms, .. } = report;
    // What was copied comes before everything else that is taken, of each run.
    let copied = report.taken.iter().filter(|taken| taken.kind == TakenKind::Copied).count();
    let copied = if copied == 0 { String::new() } else { format!(" ({copied} of them copied by a fork)") };
    let counts = format!(
        "{steps} steps, {rehearsed} tasks done again, {calls} calls answered, {taken_count} taken from the recording{copied}, {took_ms} ms"
    );
    match &report.divergence {
        None => format!("{run} {workflow} v{version}: the same ({counts})"),
        Some(divergence) => {
            format!("{run} {workflow} v{version}: NOT the same at `{}`: {} {}", divergence.step, divergence.code, divergence.message)
        }
    }
}

fn say(line: &str) -> Result<(), StartError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").map_err(|error| StartError::new(Code::Internal, format!("standard output: {error}")))
}
