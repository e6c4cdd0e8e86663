//! How a run is forked at a step, and how it is shown what that changed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::run::RunSummary;
use crate::id::{EventSeq, RunId};

/// The most bytes, as JSON, of what a fork changes.
pub const MAXIMUM_CHANGE_BYTES: usize = 1 << 20;
/// The longest title of a run, in characters.
pub const MAXIMUM_RUN_TITLE: usize = 200;

/// Where a run was forked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunFork {
    /// The run.
    pub run: RunId,
    /// Its step that was changed.
    pub step: String,
}

/// A fork of a run: a new run that begins at one of its steps, with one change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewFork {
    /// The step that is changed.
    pub step: String,
    /// What it is given in place of what its `with` says, if that is changed; of a `foreach` a list with one input for each item.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub input: Option<Value>,
    /// What it gives without being done, if that is changed; of a `foreach` a list with what each item gives. One of both is changed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub output: Option<Value>,
    /// What people read; the title of the run that is forked when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

/// A value that is there: `null` is one.
fn present<'de, D: serde::Deserializer<'de>>(value: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(value).map(Some)
}

/// What a fork at a step can change, and what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForkDraft {
    /// The step.
    pub step: String,
    /// Whether it can be given another input.
    pub takes_input: bool,
    /// Whether it can be said to give something else.
    pub takes_output: bool,
    /// How many values a list of inputs or outputs has, if the step goes through a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<u32>,
    /// What it was given; absent also if it is too long to be shown here.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub input: Option<Value>,
    /// What it gave; absent also if it is too long to be shown here.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub output: Option<Value>,
    /// The steps that would be done anew, the changed one among them, in the order of the document.
    pub anew: Vec<String>,
    /// The run that would be forked.
    pub run: RunSummary,
    /// The last event that this takes into account.
    pub as_of: EventSeq,
}

/// What a run changed of a step of the one that it was forked from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StepChange {
    /// The step.
    pub step: String,
    /// What it is given, if that is changed; absent also if it is too long to be shown here.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub input: Option<Value>,
    /// What it gives without being done, if that is changed; absent also if it is too long to be shown here.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub output: Option<Value>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_that_is_null_is_one() {
        let read = |text: &str| serde_json::from_str::<NewFork>(text).unwrap();
        assert_eq!(read(r#"{"step": "a", "output": null}"#).output, Some(Value::Null));
        let none = read(r#"{"step": "a"}"#);
        assert_eq!((&none.input, &none.output), (&None, &None));
        let null = NewFork { output: Some(Value::Null), ..none };
        assert_eq!(serde_json::to_value(&null).unwrap(), serde_json::json!({"step": "a", "output": null}));
        assert!(serde_json::from_str::<NewFork>(r#"{"step": "a", "outputs": 1}"#).is_err());
    }
}
