//! What is asked, of whom, and when is it decided?
//!
//! Rules, ballots, ways to compare answers and so on have the names of `docs/adr/038`; a name that there is not is refused with its field.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{AgentId, UserId};
use crate::task::Budget;
use crate::time::Timestamp;
use crate::user::Role;

/// A question to several voters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDecision {
    /// The question, in plain words; at most 64 KiB.
    pub question: String,
    /// What voters should know to answer it; at most 64 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// What agents run to answer, where that is a skill of their own: its results are what is decided on. Without it they are asked the question
    /// itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<DecisionTask>,
    /// What answers there are.
    pub answers: DecisionAnswers,
    /// Who votes; nobody only where a judge decides alone.
    #[serde(default)]
    pub electorate: Vec<DecisionMember>,
    /// By which rule: `plurality`, `majority`, `supermajority`, `unanimity`, `approval`, `borda`, `instant_runoff`, `copeland`, `schulze`, `score`,
    /// `median`, `weighted`, `confidence_weighted`, `judge`, `debate`, `synthesis`.
    #[serde(default = "plurality")]
    pub rule: String,
    /// Where ballots come from when answers are free: `drafts` (each answer is a vote for itself) or `separate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ballots: Option<String>,
    /// How many must take part, abstentions included: a number of voters, or `{"share": 0.6}`. More than half by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub quorum: Option<Value>,
    /// The share of the counted votes that the first answer must have, above 0.5 and at most 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<f64>,
    /// How far the first answer must be ahead of the second, as a share of what it could be ahead at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_margin: Option<f64>,
    /// What scores go from and to, for `score` and `median`: 0 to 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<ScoreScale>,
    /// Where weights come from: `equal`, `given` (by the members) or `records` (what is known of the voters).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<String>,
    /// Whether a single voter may have half of all weight or more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub allow_dictator: bool,
    /// What breaks ties, one after the other: names of rules that count, and `lot` at last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tie_break: Vec<String>,
    /// Whether to stop as soon as nothing that is to come can change the answer.
    #[serde(default = "yes")]
    pub early_stop: bool,
    /// Within how many seconds there is a verdict or an escalation: 1 second to 30 days, 10 minutes by default.
    #[serde(default = "ten_minutes")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 2_592_000))]
    pub deadline_seconds: i64,
    /// How many seconds each stage has; a sixth of all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_seconds: Option<i64>,
    /// What all voters and judges together may use. When it is spent, no model is asked any more.
    #[serde(default)]
    pub budget: Budget,
    /// Who writes one answer out of the drafts, for the rule `synthesis`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synthesizer: Option<AgentSeat>,
    /// What follows where the ballots do not decide.
    #[serde(default)]
    pub escalation: DecisionEscalation,
}

fn plurality() -> String {
    "plurality".to_owned()
}

const fn yes() -> bool {
    true
}

const fn ten_minutes() -> i64 {
    600
}

impl NewDecision {
    /// A question with everything else as usual.
    #[must_use]
    pub fn of(question: impl Into<String>, answers: DecisionAnswers, electorate: Vec<DecisionMember>) -> Self {
        Self {
            question: question.into(),
            context: None,
            task: None,
            answers,
            electorate,
            rule: plurality(),
            ballots: None,
            quorum: None,
            threshold: None,
            minimum_margin: None,
            scale: None,
            weights: None,
            allow_dictator: false,
            tie_break: Vec::new(),
            early_stop: true,
            deadline_seconds: ten_minutes(),
            stage_seconds: None,
            budget: Budget::default(),
            synthesizer: None,
            escalation: DecisionEscalation::default(),
        }
    }
}

/// A skill whose results are the answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DecisionTask {
    /// The skill. Every agent that votes must have it.
    pub skill: String,
    /// Its input, the same for each.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub input: Value,
    /// JSON Pointer to what of the result is the answer; all of it by default. Where there are options to choose from, this must be the key of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// JSON Pointer to how sure the agent is, a number from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<String>,
    /// JSON Pointer to why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
}

/// What answers there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionAnswers {
    /// One of these, 2 to 200; their order changes nothing.
    Options {
        /// The options.
        options: Vec<DecisionOption>,
    },
    /// Whatever the voters write.
    Free {
        /// Which answers are the same: `{"method": "exact", "ignore_case": true}`, `{"method": "number", "absolute": 0.01, "relative": 0}`,
        /// `{"method": "json", "fields": ["/label"]}` or `{"method": "clustered"}`. The same texts by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
        canonical: Option<Value>,
    },
}

/// An option of a closed question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DecisionOption {
    /// Names it for ever, as `approve`; at most 100 bytes.
    pub key: String,
    /// What voters read; the key if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What scores go from and to.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScoreScale {
    /// The least score.
    pub least: f64,
    /// The greatest score.
    pub most: f64,
}

/// A voter, or several of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecisionMember {
    /// An agent, once or several times.
    Agent {
        /// The agent.
        agent_id: AgentId,
        /// How many times it answers, each time anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        samples: Option<i64>,
        /// How much each of its votes counts, above 0 and at most 1,000,000.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
    /// Agents that have a skill.
    Skill {
        /// The skill.
        skill: String,
        /// How many of them, those with the best records first; all by default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        count: Option<i64>,
        /// How much each counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
    /// A person.
    User {
        /// The person.
        user_id: UserId,
        /// How much they count.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
    /// All people with a role.
    Role {
        /// The role.
        role: Role,
        /// How much each counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weight: Option<f64>,
    },
}

/// An agent for a single task: to judge, or to write one answer out of many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AgentSeat {
    /// This one.
    Agent {
        /// The agent.
        agent_id: AgentId,
    },
    /// The best that has a skill.
    Skill {
        /// The skill.
        skill: String,
    },
}

/// People to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum PersonSeat {
    /// A person.
    User {
        /// The person.
        user_id: UserId,
    },
    /// All people with a role.
    Role {
        /// The role.
        role: Role,
    },
}

/// What follows where the ballots do not decide: a debate, then a judge, then a person, then an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DecisionEscalation {
    /// Whether voters hear each other's arguments once and vote again: `if_missed` or `never`.
    pub debate: String,
    /// Who judges. It may not be a voter, nor of a voter's model family where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge: Option<AgentSeat>,
    /// Which people are asked before the deadline; any one of them decides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<PersonSeat>,
    /// What comes of it when all that fails or the deadline passes: `{"kind": "escalate"}`, `{"kind": "refuse"}` or
    /// `{"kind": "option", "key": "…"}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub otherwise: Option<Value>,
}

impl Default for DecisionEscalation {
    fn default() -> Self {
        Self { debate: "if_missed".to_owned(), judge: None, people: Vec::new(), otherwise: None }
    }
}

/// A decision as the step of a workflow states it (`decide:`), with names instead of identifiers.
///
/// `voters` is a number (so many samples of the best agent that has the skill), or a list whose entries are a name (of an agent, a skill, a role, or a
/// person's address, looked for in this order), or an object in the form of [`DecisionMember`] in which `agent` and `user` may name what `agent_id` and
/// `user_id` identify. Without voters all agents that have the skill vote. `options` is a list of keys or of options with key, label and description.
/// `quorum` is a number of voters, or a share if it is below 1. `more` has the other fields of [`NewDecision`] by their names, and `answer`, `confidence` and
/// `rationale` of [`DecisionTask`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StepDecision {
    /// The skill whose results are decided on; none for a question by itself.
    pub skill: Option<String>,
    /// The skill's input.
    pub input: Value,
    /// What is asked; by default what the skill is for.
    pub question: Option<String>,
    /// What there is to choose from; free answers when absent.
    pub options: Option<Value>,
    /// Who votes.
    pub voters: Option<Value>,
    /// The rule.
    pub rule: Option<String>,
    /// How many must take part.
    pub quorum: Option<f64>,
    /// When the verdict is due.
    pub deadline: Option<Timestamp>,
    /// Everything else that is stated.
    pub more: Map<String, Value>,
    /// How many tasks it may begin, where whoever asks has not many left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tasks: Option<u64>,
}
