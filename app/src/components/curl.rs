//! How a request is written as a command that does the same.

use baton_domain::id::TaskId;
use baton_domain::task::Priority;
use baton_domain::wire::task::NewTask;
use serde_json::{Map, Value};

/// The command that has a task done again as it was asked for, by as many as did it. Its terms are longer than anybody reads, and how they are written is more
/// than the page of a task has room for.
#[must_use]
pub fn rerun_command(id: TaskId) -> String {
    format!("curl -sS -X POST \"$BATON_URL/api/v1/tasks/{id}/rerun\" \\\n  -H \"Authorization: Bearer $BATON_API_KEY\"")
}

/// The command that submits this task; address and key come from the environment.
#[must_use]
pub fn submit_command(task: &NewTask) -> String {
    written(body(task))
}

/// The same on these terms, by their names in the request. Apart, so that the page of a task does not load how terms are added.
#[must_use]
pub fn submit_command_on(task: &NewTask, terms: Map<String, Value>) -> String {
    let mut body = body(task);
    body.extend(terms);
    written(body)
}

fn body(task: &NewTask) -> Map<String, Value> {
    // Only what differs from the defaults, as a person would write it.
    let mut body = Map::new();
    body.insert("skill".to_owned(), Value::from(task.skill.as_str()));
    body.insert("input".to_owned(), task.input.clone());
    if let Some(title) = &task.title {
        body.insert("title".to_owned(), Value::from(title.as_str()));
    }
    if task.priority != Priority::default() {
        body.insert("priority".to_owned(), Value::from(task.priority.get()));
    }
    body
}

fn written(body: Map<String, Value>) -> String {
    let body = serde_json::to_string_pretty(&Value::Object(body)).unwrap_or_default();
    format!(
        "curl -sS \"$BATON_URL/api/v1/tasks\" \\\n  -H \"Authorization: Bearer $BATON_API_KEY\" \\\n  -H 'Content-Type: application/json' \\\n  -d '{}'",
        body.replace('\'', "'\\''"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_the_input_does_not_end_the_command() {
        let task = NewTask::new("nlp.sentiment", serde_json::json!({"text": "it's fine"}));
        let command = submit_command_on(&task, Map::from_iter([("labels".to_owned(), serde_json::json!(["native"]))]));
        assert!(command.contains(r"it'\''s fine"), "{command}");
        assert!(command.contains("native") && !command.contains("priority"), "{command}");
    }
}
