//! How Baton helps with its own work: why a task failed, and which skill fits what somebody wants done.

use serde::{Deserialize, Serialize};

use super::task::Failure;
use crate::id::TaskId;

/// The skill that explains a failure.
pub const TASK_ANALYSIS: &str = "operations.task_analysis";
/// The skill that chooses one of several skills.
pub const CHOOSE_SKILL: &str = "operations.choose_skill";

/// The most facts about a failed task.
pub const MAXIMUM_FACTS: usize = 60;
/// The most characters of a fact.
pub const MAXIMUM_FACT_CHARACTERS: usize = 600;
/// The most characters of what somebody wants done.
pub const MAXIMUM_WISH_CHARACTERS: usize = 2_000;
/// The most skills that a model chooses from.
pub const MAXIMUM_CANDIDATES: usize = 100;
/// The most characters of a candidate's title and of its description.
pub const MAXIMUM_CANDIDATE_TITLE: usize = 200;
/// See [`MAXIMUM_CANDIDATE_TITLE`].
pub const MAXIMUM_CANDIDATE_DESCRIPTION: usize = 600;
/// The most skills that are suggested.
pub const MAXIMUM_SUGGESTIONS: u32 = 20;

/// What is known of a task that failed: the input of [`TASK_ANALYSIS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailureFacts {
    /// The task.
    pub task: FailedTask,
    /// Why it failed.
    pub failure: Failure,
    /// What its attempts, its log and its errors say; the most telling first.
    pub facts: Vec<Fact>,
}

/// A task that failed, in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedTask {
    /// The task.
    pub id: String,
    /// What people read on lists.
    pub title: String,
    /// The skill asked for.
    pub skill: String,
    /// How it ended.
    pub state: String,
    /// The number of the last attempt.
    pub attempt: u32,
    /// The most attempts.
    pub maximum_attempts: u32,
}

/// Something that is known of a failure, word for word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Where it stands: `attempt 2`, `log, warn`, `span`.
    pub source: String,
    /// What it says.
    pub text: String,
    /// The code, if it is the error of an attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether it is a warning or an error of the log.
    #[serde(default)]
    pub grave: bool,
}

/// What a model chooses from: the input of [`CHOOSE_SKILL`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SkillChoice {
    /// What is wanted, in somebody's words.
    pub text: String,
    /// The skills.
    pub candidates: Vec<Candidate>,
}

/// A skill that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// What people read on a list.
    pub title: String,
    /// What it does.
    pub description: String,
}

/// What somebody wants done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SkillWish {
    /// In their words; 1 to 2,000 characters.
    #[cfg_attr(feature = "openapi", schema(min_length = 1, max_length = 2000, example = json!("What do our customers complain about?")))]
    pub text: String,
    /// The most suggestions, 1 to 20; 5 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 20))]
    pub limit: Option<u32>,
    /// Whether a model is asked too, as a task of the caller's: it puts the skill first that it chooses. Takes seconds.
    #[serde(default)]
    pub with_model: bool,
}

/// A skill that fits a wish.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillSuggestion {
    /// Its name.
    pub skill: String,
    /// What people read on a list.
    pub title: String,
    /// What it does.
    pub description: String,
    /// How well it fits beside the others: the best by words has 1.
    pub score: f64,
    /// The words of the wish that it was found by.
    pub words: Vec<String>,
}

/// Skills that fit a wish, the best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SkillSuggestions {
    /// The skills; empty if no word of the wish leads to one.
    pub items: Vec<SkillSuggestion>,
    /// The model that put the first in its place, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<String>,
    /// Why it did, or why no model could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The task that asked the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_id: Option<TaskId>,
}
