//! What does an attempt get to read of other tasks' results? One value at a time, bounded, with its file if it names one.

use std::path::Path;
use std::sync::Arc;

use baton_agents_runtime::protocol::{Cited, FileRef, MAXIMUM_CITED_BYTES, MAXIMUM_POINTER_BYTES};
use baton_domain::id::{ArtifactId, TaskId};
use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use baton_storage::TaskRecord;
use serde_json::Value;

use super::{failure, inputs};
use crate::engine::Shared;
use crate::orchestrator::Orchestrator;

/// What a task came to, for an attempt of the reader.
pub(super) async fn cite(
    shared: &Arc<Shared>,
    orchestrator: &Orchestrator,
    reader: &TaskRecord,
    task: TaskId,
    pointer: Option<&str>,
    scratch: &Path,
) -> Result<Cited, Failure> {
    if pointer.is_some_and(|pointer| pointer.len() > MAXIMUM_POINTER_BYTES) {
        let text = format!("A pointer into a result has at most {MAXIMUM_POINTER_BYTES} bytes.");
        return Err(failure(Code::InputRejected, text, false));
    }
    let (summary, agent_version, result) = orchestrator.cited(reader, task).await?;
    let value = pointer.map_or(Ok(Value::Null), |pointer| part(result, task, pointer))?;
    let file = match value.as_str().and_then(|text| text.parse::<ArtifactId>().ok()) {
        Some(id) => artifact(shared, reader, id, scratch).await?,
        None => None,
    };
    Ok(Cited {
        task,
        title: summary.title,
        skill: summary.skill,
        agent: summary.agent.map(|agent| agent.name),
        agent_version,
        completed_at: summary.finished_at.unwrap_or(summary.created_at),
        value,
        file,
    })
}

/// What stands at a place of a result.
fn part(mut result: Value, task: TaskId, pointer: &str) -> Result<Value, Failure> {
    let found = result.pointer_mut(pointer).map(Value::take).filter(|value| !value.is_null());
    let value =
        found.ok_or_else(|| failure(Code::InputRejected, format!("The result of the task {task} has nothing at {pointer:?}."), false))?;
    let bytes = serde_json::to_vec(&value).map_or(usize::MAX, |text| text.len());
    if bytes > MAXIMUM_CITED_BYTES {
        let text = format!("What is cited of the task {task} has {bytes} bytes; at most {MAXIMUM_CITED_BYTES} are. Point at a part of it.");
        return Err(failure(Code::ResultTooLarge, text, false));
    }
    Ok(value)
}

/// The file of an artifact of the reader's project; none for what is no artifact, or was deleted.
async fn artifact(shared: &Arc<Shared>, reader: &TaskRecord, id: ArtifactId, scratch: &Path) -> Result<Option<FileRef>, Failure> {
    let found = shared.store.artifact(id).await.map_err(|error| failure(Code::StorageUnavailable, error.to_string(), true))?;
    match found.filter(|artifact| artifact.project_id == reader.summary.project_id) {
        Some(artifact) => inputs::file(&*shared.blobs, artifact, scratch).await.map(Some),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn of(result: Value, pointer: &str) -> Result<Value, String> {
        part(result, TaskId::new(Uuid::from_u128(7)), pointer).map_err(|failure| failure.code)
    }

    #[test]
    fn a_part_of_a_result_is_what_the_pointer_points_at() {
        let result = json!({"charts": [{"a/b": 1}], "nothing": null});
        assert_eq!(of(result.clone(), ""), Ok(result.clone()));
        assert_eq!(of(result.clone(), "/charts/0/a~1b"), Ok(json!(1)));
        for nowhere in ["/nothing", "/charts/1", "charts", "/charts/00"] {
            assert_eq!(of(result.clone(), nowhere), Err("TASK-003".to_owned()), "{nowhere}");
        }
    }

    #[test]
    fn what_is_cited_stays_within_its_bound() {
        let text = |length: usize| json!({"text": "x".repeat(length), "short": 1});
        // Two quotation marks belong to it.
        assert!(of(text(MAXIMUM_CITED_BYTES - 2), "/text").is_ok());
        assert_eq!(of(text(MAXIMUM_CITED_BYTES - 1), "/text"), Err("ATTEMPT-007".to_owned()));
        assert_eq!(of(text(MAXIMUM_CITED_BYTES), "/short"), Ok(json!(1)));
    }
}
