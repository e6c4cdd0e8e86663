//! How is Baton shown? A mixed batch of real work on the shipped examples, followed to its end.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_clients::baton_api::{BatonApi, Error};
use baton_domain::id::{EventSeq, TaskId};
use baton_domain::problem::Code;
use baton_domain::task::TaskState;
use baton_domain::wire::auth::Secret;
use baton_domain::wire::task::{NewBatch, NewTask, TaskSummary};
use futures::StreamExt;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use crate::own_server::OwnServer;
use crate::start_error::StartError;

/// How long the batch may take.
const LONGEST: Duration = Duration::from_secs(600);
/// The pause before an event stream is opened again.
const AGAIN: Duration = Duration::from_secs(1);

/// What the demo can be told.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DemoConfig {
    /// Server to send the work to; without it, one is started for the demo and stopped afterwards.
    #[arg(long, env = "BATON_URL", requires = "key")]
    url: Option<String>,
    /// API key for that server.
    #[arg(long, env = "BATON_API_KEY", hide_env_values = true)]
    key: Option<String>,
    /// Folder with demo.json and the files it names.
    #[arg(long, default_value = "examples")]
    examples: PathBuf,
    /// How many tasks; the manifest is gone through again and again.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    count: u32,
}

/// Runs the demo.
pub(crate) async fn run(config: DemoConfig) -> Result<(), StartError> {
    let manifest = manifest(&config.examples)?;
    match (&config.url, &config.key) {
        (Some(url), Some(key)) => {
            let api = BatonApi::new(url, Some(Secret(key.clone()))).map_err(failed)?;
            show(&api, url, &config, manifest).await
        }
        _ => {
            let server = OwnServer::start(None, &[]).await?;
            let shown = show(&server.api, &server.url, &config, manifest).await;
            server.stop().await;
            shown
        }
    }
}

fn failed(error: Error) -> StartError {
    match error {
        Error::Refused(problem) => problem.into(),
        Error::Unreachable(_) => StartError::new(Code::Internal, error.to_string()),
    }
}

fn manifest(folder: &Path) -> Result<Vec<NewTask>, StartError> {
    let path = folder.join("demo.json");
    let wrong = |error: &dyn std::fmt::Display| {
        StartError::new(
            Code::ConfigurationInvalid,
            format!("{}: {error}. Name the folder of the examples with --examples.", path.display()),
        )
    };
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(&error))?;
    let batch: NewBatch = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    if batch.tasks.is_empty() { Err(wrong(&"has no tasks")) } else { Ok(batch.tasks) }
}

async fn show(api: &BatonApi, url: &str, config: &DemoConfig, manifest: Vec<NewTask>) -> Result<(), StartError> {
    let mut tasks: Vec<NewTask> = manifest.into_iter().cycle().take(config.count as usize).collect();
    let files = upload_all(api, &config.examples, &mut tasks).await?;
    let since = api.head().await.map_err(failed)?;
    #[expect(clippy::disallowed_methods, reason = "the demo says how long it took; nothing depends on it")]
    let began = std::time::Instant::now();
    let mut open: HashMap<TaskId, ()> = HashMap::new();
    for part in tasks.chunks(500) {
        open.extend(api.submit_batch(part.to_vec()).await.map_err(failed)?.ids.into_iter().map(|id| (id, ())));
    }
    let bar = progress_bar(open.len());
    bar.println(format!("{} tasks on {files} files, sent to {url}", open.len()));
    let ended = tokio::time::timeout(LONGEST, follow(api, since, open, &bar)).await;
    bar.finish_and_clear();
    let Ok(ended) = ended else { return Err(StartError::new(Code::Internal, "the tasks did not end within ten minutes")) };
    report(&ended?, began.elapsed())
}

/// Uploads the files that inputs name, once each, and puts the artifacts in their place.
async fn upload_all(api: &BatonApi, folder: &Path, tasks: &mut [NewTask]) -> Result<usize, StartError> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for task in tasks {
        let Some(Value::String(named)) = task.input.get_mut("artifact") else { continue };
        let Some(relative) = named.strip_prefix("examples/").map(str::to_owned) else { continue };
        if !known.contains_key(&relative) {
            let path = folder.join(&relative);
            let bytes = std::fs::read(&path)
                .map_err(|error| StartError::new(Code::ConfigurationInvalid, format!("{}: {error}", path.display())))?;
            let name = path.file_name().map_or_else(|| relative.clone(), |name| name.to_string_lossy().into_owned());
            let media_type = if relative.ends_with(".csv") { "text/csv" } else { "text/plain" };
            let stored = api.upload(&name, media_type, bytes).await.map_err(failed)?;
            known.insert(relative.clone(), stored.id.to_string());
        }
        if let Some(id) = known.get(&relative) {
            named.clone_from(id);
        }
    }
    Ok(known.len())
}

/// Follows events until every task has ended; opens the stream again where it broke off.
async fn follow(
    api: &BatonApi,
    mut since: EventSeq,
    mut open: HashMap<TaskId, ()>,
    bar: &ProgressBar,
) -> Result<Vec<TaskSummary>, StartError> {
    let mut ended = Vec::with_capacity(open.len());
    while !open.is_empty() {
        let mut events = Box::pin(api.follow(since, "task").await.map_err(failed)?);
        while let Some(Ok(event)) = events.next().await {
            since = event.seq;
            let Ok(task) = event.data.read::<TaskSummary>() else { continue };
            if task.state.is_terminal() && open.remove(&task.id).is_some() {
                bar.inc(1);
                bar.set_message(task.skill.clone());
                ended.push(task);
            }
            if open.is_empty() {
                return Ok(ended);
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
    Ok(ended)
}

fn progress_bar(count: usize) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len}  {msg}") {
        bar.set_style(style);
    }
    bar
}

#[expect(clippy::print_stdout, reason = "the report is what the command is for")]
fn report(ended: &[TaskSummary], took: Duration) -> Result<(), StartError> {
    let mut skills: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for task in ended {
        let entry = skills.entry(&task.skill).or_default();
        if task.state == TaskState::Completed { entry.0 += 1 } else { entry.1 += 1 }
    }
    println!("{:<28} {:>9} {:>7}", "skill", "completed", "other");
    for (skill, (completed, other)) in &skills {
        println!("{skill:<28} {completed:>9} {other:>7}");
    }
    let per_minute = 60.0 * f64::from(u32::try_from(ended.len()).unwrap_or(u32::MAX)) / took.as_secs_f64().max(0.001);
    println!("{} tasks in {:.1} s, {per_minute:.0} a minute", ended.len(), took.as_secs_f64());
    for task in ended.iter().filter(|task| task.state != TaskState::Completed) {
        let why = task.failure.as_ref().map_or_else(String::new, |failure| format!(": {} ({})", failure.message, failure.code));
        println!("{} {} is {}{why}", task.id, task.skill, task.state);
    }
    match ended.iter().filter(|task| task.state != TaskState::Completed).count() {
        0 => Ok(()),
        count => Err(StartError::new(Code::Internal, format!("{count} tasks did not complete"))),
    }
}
