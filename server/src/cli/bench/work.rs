//! What work is given? No-op tasks with some 200 bytes of input, whose results of some 100 bytes are known beforehand.

use baton_agents_runtime::diagnostics::{NOOP, NOOP_CHARACTERS};
use serde_json::{Value, json};

use super::connection::Request;

/// What fills the messages up.
const SENTENCE: &str = "the quick brown fox jumps over the lazy dog ";
/// Bytes of a message, which with its number makes an input of 200.
const MESSAGE: usize = 170;
/// The number of an item with seven digits, as an expression.
const PADDED: &str = "${{ substring(text(10000000 + item), 1) }}";

/// The input of a task.
pub(super) fn input(index: usize) -> Value {
    json!({"id": index, "message": message(index)})
}

/// The same input as a step of a workflow writes it, whose `item` is the task's number.
pub(super) fn template() -> Value {
    json!({"id": "${{ item }}", "message": message(0).replacen("0000000", PADDED, 1)})
}

/// The result that the task must have.
pub(super) fn result(index: usize) -> Value {
    let excerpt: String = message(index).chars().take(NOOP_CHARACTERS).collect();
    json!({"id": index, "ok": true, "message": excerpt})
}

fn message(index: usize) -> String {
    let mut text = format!("user-{index:0>7} {}", SENTENCE.repeat(4));
    text.truncate(MESSAGE);
    text
}

fn task(index: usize) -> Value {
    json!({"skill": NOOP, "input": input(index)})
}

/// Requests for the tasks of this range, each with `batch` of them.
pub(super) fn batches(range: std::ops::Range<usize>, batch: usize, token: &str) -> Vec<Request> {
    let request = |first: usize| {
        let tasks: Vec<Value> = (first..range.end.min(first + batch)).map(task).collect();
        Request::post("/tasks/batch", token, &json!({ "tasks": tasks }).to_string())
    };
    range.clone().step_by(batch.max(1)).map(request).collect()
}

/// A request for one task that is waited for.
pub(super) fn waited(index: usize, token: &str) -> Request {
    Request::post("/tasks?wait=30", token, &task(index).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_have_200_bytes_and_results_100() {
        for index in [0, 7, 9_999_999] {
            let (input, result) = (input(index).to_string().len(), result(index).to_string().len());
            assert!((190..=210).contains(&input), "{input}");
            assert!((90..=110).contains(&result), "{result}");
        }
    }

    #[test]
    fn a_template_is_the_input_but_for_its_number() {
        let template = template();
        for index in [0, 7, 9_999] {
            let message = template["message"].as_str().map(|message| message.replace(PADDED, &format!("{index:0>7}")));
            assert_eq!(message, Some(super::message(index)));
        }
        assert_eq!(template["id"], "${{ item }}");
    }

    #[test]
    fn batches_hold_every_task_once() {
        assert_eq!(batches(0..1_001, 500, "t").len(), 3);
        assert_eq!(batches(3..4, 500, "t").len(), 1);
        assert_eq!(batches(0..0, 500, "t").len(), 0);
    }
}
