//! How a request is written as a command that does the same.

use baton_domain::task::Priority;
use baton_domain::wire::task::NewTask;
use serde_json::{Map, Value};

/// The command that submits this task; address and key come from the environment.
#[must_use]
pub fn submit_command(task: &NewTask) -> String {
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
    if let Some(decide) = task.decide.as_deref().and_then(|terms| serde_json::to_value(terms).ok()) {
        body.insert("decide".to_owned(), decide);
    }
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
        let command = submit_command(&task);
        assert!(command.contains(r"it'\''s fine"), "{command}");
        assert!(!command.contains("priority"), "{command}");
    }
}
