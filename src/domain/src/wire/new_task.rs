//! How tasks are asked for: one, or several at once.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{RunId, TaskId};
use crate::task::{Budget, DEFAULT_FAIRNESS_WEIGHT, Priority, RetryPolicy, Timeouts};
use crate::time::Timestamp;
use crate::wire::decision::DecideTerms;

/// The most tasks of one batch.
pub const MAXIMUM_BATCH: usize = 1_000;
/// The most bytes of one task's input, as JSON.
pub const MAXIMUM_INPUT_BYTES: usize = 256 * 1024;
/// The most labels of one task, and of one agent.
pub const MAXIMUM_LABELS: usize = 16;
/// The most voters of one request, all its tasks together.
pub const MAXIMUM_VOTERS: usize = 1_000;
/// The most tasks that one task can depend on.
pub const MAXIMUM_DEPENDENCIES: usize = 64;

/// A request for a skill.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The skill's name, as `nlp.sentiment`.
    pub skill: String,
    /// The input; must fit the skill's input schema.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input: Value,
    /// What people read on lists; when absent, the skill's title and the first words of what tells the input from others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub title: Option<String>,
    /// How urgent it is.
    #[serde(default)]
    pub priority: Priority,
    /// Labels that the agent must have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(max_items = 16))]
    pub labels: Vec<String>,
    /// Not before this instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Timestamp>,
    /// What happens when an attempt fails; the skill's own policy when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryPolicy>,
    /// How long it may take.
    #[serde(default)]
    pub timeouts: Timeouts,
    /// The tasks that must have completed before it begins, at most 64: each by its id, or by its `ref` if it is of the same batch.
    /// If one of them ends otherwise, this one fails.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>, max_items = 64))]
    pub depends_on: Vec<DependsOn>,
    /// What the other tasks of the same batch call it in their `depends_on`: 1 to 64 letters, digits, `_`, `-` and `.`. It is not
    /// kept.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub reference: Option<String>,
    /// Among the tasks of which key it has its share, as a customer or a tenant: 1 to 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 64))]
    pub fairness_key: Option<String>,
    /// The share of its key: one with twice the weight gets twice as many turns. The last task of a key says what counts.
    #[serde(default = "default_weight", skip_serializing_if = "is_default_weight")]
    #[cfg_attr(feature = "openapi", schema(minimum = 0.001, maximum = 1000.0, default = 1.0))]
    pub fairness_weight: f64,
    /// The most that it may use up, all its attempts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Several agents do it, each as a child of this task. If their answers are the same, the task completes with that answer; answers that differ
    /// open a decision, whose verdict ends the task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decide: Option<Box<DecideTerms>>,
    /// The run of a workflow that asks for it. Runs say so within the program; nobody can from outside, and a body that names it is refused.
    #[serde(skip)]
    pub run_id: Option<RunId>,
}

const fn default_weight() -> f64 {
    DEFAULT_FAIRNESS_WEIGHT
}

#[cfg_attr(target_pointer_width = "64", expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands the field over like this"))]
fn is_default_weight(weight: &f64) -> bool {
    (*weight - DEFAULT_FAIRNESS_WEIGHT).abs() < f64::EPSILON
}

/// A task that must have completed first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DependsOn {
    /// One that is stored, by its id.
    Task(TaskId),
    /// One of the same batch, by its `ref`.
    Ref(String),
}

impl NewTask {
    /// A request with defaults for everything but the skill and its input.
    #[must_use]
    pub fn new(skill: impl Into<String>, input: Value) -> Self {
        Self {
            skill: skill.into(),
            input,
            title: None,
            priority: Priority::default(),
            labels: Vec::new(),
            run_at: None,
            retry: None,
            timeouts: Timeouts::default(),
            depends_on: Vec::new(),
            reference: None,
            fairness_key: None,
            fairness_weight: DEFAULT_FAIRNESS_WEIGHT,
            budget: None,
            decide: None,
            run_id: None,
        }
    }
}

/// Several requests, all accepted or all refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBatch {
    /// 1 to 1,000 requests.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 1_000))]
    pub tasks: Vec<NewTask>,
}

/// The identifiers of an accepted batch, in the order of the requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AcceptedBatch {
    /// One for each request.
    pub ids: Vec<TaskId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_an_id_or_a_name() {
        let id = TaskId::new(uuid::Uuid::from_u128(7));
        let text = format!(r#"{{"skill": "a.b", "input": {{}}, "ref": "last", "depends_on": ["{id}", "first"]}}"#);
        let task: NewTask = serde_json::from_str(&text).unwrap();
        assert_eq!(task.depends_on, [DependsOn::Task(id), DependsOn::Ref("first".to_owned())]);
        assert_eq!(task.reference.as_deref(), Some("last"));
        assert_eq!(serde_json::from_value::<NewTask>(serde_json::to_value(&task).unwrap()).unwrap(), task);
    }

    #[test]
    fn nobody_outside_says_whose_run_it_is_part_of() {
        let task = NewTask { run_id: Some(RunId::new(uuid::Uuid::from_u128(7))), ..NewTask::new("a.b", Value::Null) };
        let mut body = serde_json::to_value(&task).unwrap();
        assert_eq!(body.get("run_id"), None);
        assert_eq!(serde_json::from_value::<NewTask>(body.clone()).unwrap().run_id, None);
        body["run_id"] = serde_json::json!(task.run_id);
        assert!(serde_json::from_value::<NewTask>(body).unwrap_err().to_string().contains("unknown field `run_id`"));
    }

    #[test]
    fn what_nobody_said_is_not_written() {
        let text = serde_json::to_string(&NewTask::new("a.b", Value::Null)).unwrap();
        assert!(!["ref", "fairness", "budget", "depends_on", "decide", "run_id"].iter().any(|field| text.contains(field)), "{text}");
    }
}
