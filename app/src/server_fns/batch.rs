//! How are several tasks submitted at once, from a text: one function, with scripts and without?

use baton_domain::wire::task::AcceptedBatch;
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// Accepts all tasks of a batch, or none. `tasks` is JSON: the list of them, or the body that the operation takes.
///
/// # Errors
/// As [`TaskService::submit_batch`](baton_domain::services::TaskService::submit_batch); `REQUEST-002` with the place of each task that is none.
#[server(endpoint = "/tasks/submit_batch", input = PostUrl, output = Json)]
pub async fn submit_batch(tasks: String, #[server(default)] idempotency_key: String) -> Called<AcceptedBatch> {
    let batch = serve::answer(reading::batch(&tasks))?;
    let key = Some(idempotency_key).filter(|key| !key.is_empty());
    let accepted = serve::answer(serve::services()?.tasks.submit_batch(&serve::caller(), batch, key).await)?;
    // The list begins with them.
    serve::go("/tasks");
    Ok(accepted)
}

#[cfg(feature = "ssr")]
mod reading {
    use baton_domain::problem::{FieldError, Problem};
    use baton_domain::services::Answer;
    use baton_domain::wire::task::{NewBatch, NewTask};
    use serde_json::{Value, json};

    /// The most wrong tasks that are named.
    const MOST_ERRORS: usize = 20;

    /// The batch that a text says.
    pub(super) fn batch(text: &str) -> Answer<NewBatch> {
        let no_list = |why: String| Problem::invalid_field("/tasks", format!("Write a JSON list of tasks; this is none: {why}."));
        let items = match serde_json::from_str(text).map_err(|error| no_list(error.to_string()))? {
            Value::Array(items) => items,
            Value::Object(mut body) if body.len() == 1 => match body.remove("tasks") {
                Some(Value::Array(items)) => items,
                _ => return Err(no_list("the object has no list `tasks`".to_owned())),
            },
            _ => return Err(no_list("it is one value".to_owned())),
        };
        let (mut tasks, mut errors) = (Vec::with_capacity(items.len()), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match read(item) {
                Ok(task) => tasks.push(task),
                Err(message) => errors.push(FieldError { field: format!("/tasks/{index}{}", wrong(item)), message }),
            }
            if errors.len() == MOST_ERRORS {
                break;
            }
        }
        if errors.is_empty() { Ok(NewBatch { tasks }) } else { Err(Problem::invalid(errors)) }
    }

    fn read(item: &Value) -> Result<NewTask, String> {
        serde_json::from_value(item.clone()).map_err(|error| error.to_string())
    }

    /// Which field of a task that cannot be read is to blame, as a pointer below it: the first that cannot be read without the others either.
    fn wrong(item: &Value) -> String {
        let Value::Object(fields) = item else { return String::new() };
        let alone = |name: &str, value: &Value| {
            let mut task = json!({"skill": "", "input": null});
            task[name] = value.clone();
            read(&task).is_err()
        };
        let to_blame = fields.iter().find(|(name, value)| alone(name, value)).map(|(name, _)| name.as_str());
        let missing = || ["skill", "input"].into_iter().find(|name| !fields.contains_key(*name));
        to_blame.or_else(missing).map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1"))).unwrap_or_default()
    }

    #[cfg(test)]
    mod tests {
        #![allow(clippy::unwrap_used, reason = "tests")]

        use super::*;

        fn places(text: &str) -> Vec<String> {
            batch(text).unwrap_err().errors.into_iter().map(|error| error.field).collect()
        }

        #[test]
        fn a_list_and_the_body_of_the_operation_are_the_same() {
            let list = r#"[{"skill": "a.b", "input": {"x": 1}, "ref": "one"}, {"skill": "a.c", "input": {}, "depends_on": ["one"]}]"#;
            let read = batch(list).unwrap();
            assert_eq!(read.tasks.iter().map(|task| task.skill.as_str()).collect::<Vec<_>>(), ["a.b", "a.c"]);
            assert_eq!(batch(&format!(r#"{{"tasks": {list}}}"#)).unwrap(), read);
            assert_eq!(batch("[]").unwrap().tasks, [], "refused by the service, as over REST");
        }

        #[test]
        fn each_wrong_task_is_named_with_its_field() {
            let text = r#"[
                {"skill": "a.b", "input": {}},
                {"skill": "a.b", "input": {}, "priority": 9},
                {"input": {}},
                7,
                {"skill": "a.b", "input": {}, "retry": {"maximum_attempts": "many"}},
                {"skill": "a.b", "input": {}, "fair/ness": 1}
            ]"#;
            assert_eq!(places(text), ["/tasks/1/priority", "/tasks/2/skill", "/tasks/3", "/tasks/4/retry", "/tasks/5/fair~1ness"]);
        }

        #[test]
        fn what_is_no_list_is_said() {
            for text in ["", "[", "7", r#"{"skill": "a.b"}"#, r#"{"tasks": 7}"#, r#"{"tasks": [], "more": 1}"#] {
                assert_eq!(places(text), ["/tasks"], "{text}");
            }
        }

        #[test]
        fn no_more_are_named_than_anybody_reads() {
            let text = serde_json::to_string(&vec![7; 1_000]).unwrap();
            assert_eq!(places(&text).len(), MOST_ERRORS);
        }
    }
}
