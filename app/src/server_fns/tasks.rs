//! What a person does with tasks. Submitting through the form, with its files, is in [`submit`](super::submit), several at once in [`batch`](super::batch).

use baton_domain::id::TaskId;
use baton_domain::page::Page;
use baton_domain::wire::assistance::{SkillSuggestions, SkillWish};
use baton_domain::wire::task::{AttemptView, BulkAnswer, BulkCancel, BulkRerun, NewTask, TaskDetail, TaskFilter, TaskSummary};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Accepts a task.
///
/// # Errors
/// As [`TaskService::submit`](baton_domain::services::TaskService::submit).
#[server(endpoint = "/tasks/submit", input = Json, output = Json)]
pub async fn submit(task: NewTask, #[server(default)] idempotency_key: Option<String>) -> Called<TaskSummary> {
    serve::answer(serve::services()?.tasks.submit(&serve::caller(), task, idempotency_key).await)
}

/// A page of tasks, the newest first.
///
/// # Errors
/// As [`TaskService::list`](baton_domain::services::TaskService::list).
#[server(endpoint = "/tasks/list", input = Json, output = Json)]
pub async fn list(filter: TaskFilter) -> Called<Page<TaskSummary>> {
    serve::answer(serve::services()?.tasks.list(&serve::caller(), filter).await)
}

/// One task with everything about it; with `wait_seconds`, once it has ended or that time has passed.
///
/// # Errors
/// As [`TaskService::get`](baton_domain::services::TaskService::get).
#[server(endpoint = "/tasks/get", input = Json, output = Json)]
pub async fn get(id: TaskId, #[server(default)] wait_seconds: Option<u64>) -> Called<TaskDetail> {
    let wait = wait_seconds.map(std::time::Duration::from_secs);
    serve::answer(serve::services()?.tasks.get(&serve::caller(), id, wait).await)
}

/// Asks for a task to end.
///
/// # Errors
/// As [`TaskService::cancel`](baton_domain::services::TaskService::cancel).
#[server(endpoint = "/tasks/cancel", input = PostUrl, output = Json)]
pub async fn cancel(id: TaskId) -> Called<TaskSummary> {
    let task = serve::answer(serve::services()?.tasks.cancel(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(task)
}

/// Holds a task back: at once if nothing of it runs, else at its next checkpoint.
///
/// # Errors
/// As [`TaskService::pause`](baton_domain::services::TaskService::pause).
#[server(endpoint = "/tasks/pause", input = PostUrl, output = Json)]
pub async fn pause(id: TaskId) -> Called<TaskSummary> {
    let task = serve::answer(serve::services()?.tasks.pause(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(task)
}

/// Lets a paused task go on.
///
/// # Errors
/// As [`TaskService::resume`](baton_domain::services::TaskService::resume).
#[server(endpoint = "/tasks/resume", input = PostUrl, output = Json)]
pub async fn resume(id: TaskId) -> Called<TaskSummary> {
    let task = serve::answer(serve::services()?.tasks.resume(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(task)
}

/// Submits the same request again as a new task.
///
/// # Errors
/// As [`TaskService::rerun`](baton_domain::services::TaskService::rerun).
#[server(endpoint = "/tasks/rerun", input = PostUrl, output = Json)]
pub async fn rerun(id: TaskId, #[server(default)] idempotency_key: Option<String>) -> Called<TaskSummary> {
    let task = serve::answer(serve::services()?.tasks.rerun(&serve::caller(), id, idempotency_key).await)?;
    serve::go(&format!("/tasks/{}", task.id));
    Ok(task)
}

/// Runs again what fits a filter and has ended, some at a time.
///
/// # Errors
/// As [`TaskService::rerun_all`](baton_domain::services::TaskService::rerun_all).
#[server(endpoint = "/tasks/rerun_all", input = Json, output = Json)]
pub async fn rerun_all(which: BulkRerun, #[server(default)] idempotency_key: Option<String>) -> Called<BulkAnswer> {
    serve::answer(serve::services()?.tasks.rerun_all(&serve::caller(), which, idempotency_key).await)
}

/// Asks for everything that fits a filter and has not ended to end, some at a time.
///
/// # Errors
/// As [`TaskService::cancel_all`](baton_domain::services::TaskService::cancel_all).
#[server(endpoint = "/tasks/cancel_all", input = Json, output = Json)]
pub async fn cancel_all(which: BulkCancel) -> Called<BulkAnswer> {
    serve::answer(serve::services()?.tasks.cancel_all(&serve::caller(), which).await)
}

/// Explains a failed task; with `wait_seconds`, answers when the explanation is there or that time has passed.
///
/// # Errors
/// As [`TaskService::analyze`](baton_domain::services::TaskService::analyze).
#[server(endpoint = "/tasks/analyze", input = Json, output = Json)]
pub async fn analyze(id: TaskId, #[server(default)] wait_seconds: Option<u64>) -> Called<TaskDetail> {
    let tasks = serve::services()?.tasks;
    let wait = wait_seconds.map(std::time::Duration::from_secs);
    let answer = match tasks.analyze(&serve::caller(), id).await {
        Ok(analysis) => tasks.get(&serve::caller(), analysis.id, wait).await,
        Err(problem) => Err(problem),
    };
    serve::answer(answer)
}

/// Skills that do what somebody wants, the best first.
///
/// # Errors
/// As [`TaskService::suggest`](baton_domain::services::TaskService::suggest).
#[server(endpoint = "/tasks/suggest", input = Json, output = Json)]
pub async fn suggest(wish: SkillWish) -> Called<SkillSuggestions> {
    serve::answer(serve::services()?.tasks.suggest(&serve::caller(), wish).await)
}

/// The attempts of a task, oldest first.
///
/// # Errors
/// As [`TaskService::attempts`](baton_domain::services::TaskService::attempts).
#[server(endpoint = "/tasks/attempts", input = Json, output = Json)]
pub async fn attempts(id: TaskId) -> Called<Vec<AttemptView>> {
    serve::answer(serve::services()?.tasks.attempts(&serve::caller(), id).await)
}
