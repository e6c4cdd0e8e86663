//! What is planned for a goal, by rules alone?

use baton_domain::model::ModelTier;
use baton_domain::problem::Code;
use baton_workflow::DocumentProblem;
use serde::Serialize;

use crate::catalogue::Skills;
use crate::draft::Draft;
use crate::given::{Given, MAXIMUM_INPUTS};
use crate::reading::read;
use crate::refusal::Refusal;

/// What a plan may count on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// How able the ablest language model is that skills may ask; none if there is no model.
    pub model: Option<ModelTier>,
}

impl Terms {
    /// Whether there is a model that is this able.
    #[must_use]
    pub fn able(self, least: ModelTier) -> bool {
        self.model.is_some_and(|best| best >= least)
    }
}

/// How a part of the goal was understood.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explained {
    /// The part, in the goal's words.
    pub clause: String,
    /// The skill that does it.
    pub skill: String,
    /// How well its words fit the skill's, beside the best that any skill reaches.
    pub score: f64,
    /// Other skills that fit, with their scores.
    pub runners_up: Vec<(String, f64)>,
    /// The rules that led here.
    pub rules: Vec<String>,
    #[serde(skip)]
    pub(crate) sentence: (usize, usize),
}

/// Why a plan is as it is.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Explanation {
    /// The parts of the goal.
    pub clauses: Vec<Explained>,
    /// What was taken for granted.
    pub assumptions: Vec<String>,
}

/// A plan that has passed the checks of workflows.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Its steps.
    pub draft: Draft,
    /// Its document.
    pub text: String,
    /// Why it is as it is.
    pub explanation: Explanation,
}

/// Plans a goal by rules.
///
/// # Errors
/// `PLAN-001` to `PLAN-007`: what cannot be planned, and what to do.
pub fn plan(goal: &str, given: &[Given], skills: &Skills, terms: Terms) -> Result<Plan, Refusal> {
    check_inputs(given)?;
    let reading = read(goal, given)?;
    let (draft, explanation) = crate::choice::chosen(&reading, given, skills, terms)?;
    checked(draft, explanation, skills)
}

/// Whether inputs can be those of a workflow.
pub(crate) fn check_inputs(given: &[Given]) -> Result<(), Refusal> {
    let wrong = |message: String| {
        Refusal::new(Code::GoalUnreadable, "", message, "Name each input once, with letters, digits and `_`, beginning with a letter.")
    };
    if given.len() > MAXIMUM_INPUTS {
        return Err(wrong(format!("there are more than {MAXIMUM_INPUTS} inputs")));
    }
    for (place, one) in given.iter().enumerate() {
        let name = &one.name;
        let fine = name.len() <= 64
            && name.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        if !fine {
            return Err(wrong(format!("an input cannot be called `{}`", crate::draft::clipped(name, 80))));
        }
        if given[..place].iter().any(|other| other.name == *name) {
            return Err(wrong(format!("two inputs are called `{name}`")));
        }
    }
    Ok(())
}

/// A draft as a plan, if its document passes the checks.
pub(crate) fn checked(draft: Draft, explanation: Explanation, skills: &Skills) -> Result<Plan, Refusal> {
    let text = draft.to_yaml();
    match problems(&text, skills) {
        found if found.is_empty() => Ok(Plan { draft, text, explanation }),
        found => {
            let shown: Vec<String> = found.iter().take(3).map(ToString::to_string).collect();
            Err(Refusal::new(
                Code::PlanInvalid,
                "",
                format!("the plan does not pass the checks: {}", shown.join(" ")),
                "Say the goal in other words, or write the workflow by hand.",
            ))
        }
    }
}

/// What is wrong with a document; nothing if it passes.
#[must_use]
pub fn problems(text: &str, skills: &Skills) -> Vec<DocumentProblem> {
    match baton_workflow::parse(text) {
        Ok(workflow) => baton_workflow::validate(&workflow, skills.known()).err().unwrap_or_default(),
        Err(problems) => problems,
    }
}
