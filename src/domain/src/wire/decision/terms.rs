//! By which terms do several agents do one thing? What a task, or a step of a workflow, says under `decide`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::new::{ScoreScale, StepDecision};
use crate::task::Budget;

/// Several agents do the same, and answers that differ are decided on. What is absent is as usual for a decision.
///
/// Names stand where a decision has identifiers: an agent's name, a person's address. The terms of a workflow's step are the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DecideTerms {
    /// Who does it: a number (so many times the same agent), `{"agents": 3}` (so many agents that have the skill, those with the best records first),
    /// `{"agent": "name", "samples": 3}`, or a list of names of agents and of such objects. All agents that have the skill when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub voters: Option<Value>,
    /// By which rule it is decided where answers differ, as `plurality` (the usual one), `majority` or `judge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What is asked where answers differ, in plain words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What voters should know to answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// How many must answer: a number of voters, or a share below 1. More than half when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quorum: Option<f64>,
    /// The share of the counted votes that the first answer must have, above 0.5 and at most 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// How far the first answer must be ahead of the second, as a share of what it could be ahead at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum_margin: Option<f64>,
    /// JSON Pointer to what of the result is compared, as `/label`; all of it when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// JSON Pointer to how sure the agent is, a number from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// JSON Pointer to why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    /// Which answers are the same: `{"method": "exact"}`, `number` with `absolute` and `relative`, `json` with `fields`, or `clustered`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub canonical: Option<Value>,
    /// Where ballots come from: `drafts` (each answer is a vote for itself) or `separate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ballots: Option<String>,
    /// What scores go from and to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<ScoreScale>,
    /// Where weights come from: `equal`, `given` or `records`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// Whether a single voter may have half of all weight or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_dictator: Option<bool>,
    /// What breaks ties, one after the other: names of rules that count, and `lot` at last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tie_break: Option<Vec<String>>,
    /// Whether a decision stops as soon as nothing that is to come can change the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<bool>,
    /// Within how many seconds everybody must have answered, and within how many more there is a verdict or an escalation where answers differ.
    /// When absent, only the task's own timeouts bound the answers, and a decision has 10 minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2_592_000))]
    pub deadline_seconds: Option<i64>,
    /// How many seconds each stage of a decision has, the answers included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage_seconds: Option<i64>,
    /// What all voters and judges together may use; the task's own budget when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Who writes one answer out of all, for the rule `synthesis`: `{"agent": "name"}` or `{"skill": "name"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub synthesizer: Option<Value>,
    /// What follows where the ballots do not decide: `debate`, `judge`, `people` and `otherwise`, as of a decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<super::DecisionEscalation>))]
    pub escalation: Option<Value>,
}

impl DecideTerms {
    /// The decision of these terms about what a skill gives for an input. Its deadline is among the rest of the terms.
    ///
    /// # Errors
    /// If the terms have no form in JSON.
    pub fn about(&self, skill: &str, input: &Value) -> Result<StepDecision, serde_json::Error> {
        let mut more: Map<String, Value> = serde_json::from_value(serde_json::to_value(self)?)?;
        for known in ["voters", "rule", "question", "quorum"] {
            more.remove(known);
        }
        Ok(StepDecision {
            skill: Some(skill.to_owned()),
            input: input.clone(),
            question: self.question.clone(),
            options: None,
            voters: self.voters.clone(),
            rule: self.rule.clone(),
            quorum: self.quorum,
            deadline: None,
            more,
            tasks: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn terms_become_those_of_a_step() {
        let terms: DecideTerms = serde_json::from_value(json!({
            "voters": {"agents": 3}, "rule": "majority", "quorum": 0.5, "threshold": 0.6, "answer": "/label", "deadline_seconds": 60,
            "budget": {"tokens": 1000}, "escalation": {"debate": "never"},
        }))
        .unwrap();
        let step = terms.about("nlp.sentiment", &json!({"text": "fine"})).unwrap();
        assert_eq!((step.rule.as_deref(), step.quorum), (Some("majority"), Some(0.5)));
        let names: Vec<&str> = step.more.keys().map(String::as_str).collect();
        assert_eq!(names, ["answer", "budget", "deadline_seconds", "escalation", "threshold"]);
        assert!(serde_json::from_value::<DecideTerms>(json!({"options": ["a"]})).is_err(), "the options are what the skill gives");
    }
}
