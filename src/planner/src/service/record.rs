//! What is stored of a plan, and how is it shown?

use baton_domain::id::{PlanId, RunId};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::plan::{PlanCandidate, PlanClause, PlanState, PlanSummary};
use baton_storage::JournalHead;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::plan::Explanation;

/// The rows of a plan's document.
pub(super) const GROUP: &str = "document";
/// The one row of them.
pub(super) const KEY: &str = "now";

/// What the head keeps.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) goal: String,
    pub(super) workflow: String,
    pub(super) steps: u32,
    #[serde(default)]
    pub(super) by_model: bool,
    #[serde(default)]
    pub(super) edited: bool,
    #[serde(default)]
    pub(super) run: Option<RunId>,
    #[serde(default)]
    pub(super) replaces: Option<RunId>,
    #[serde(default)]
    pub(super) refused_because: Option<String>,
    /// Whether a model may help with it.
    #[serde(default)]
    pub(super) use_model: bool,
    /// Whether another way is looked for when its run fails.
    #[serde(default)]
    pub(super) replan: bool,
    /// On whose behalf its run works, and another way is looked for.
    #[serde(default)]
    pub(super) accepted_by: Option<Principal>,
    /// Who is told that it waits, if it was proposed by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) waits_for: Option<Principal>,
    /// Until when another way is looked for by the server that wrote this.
    #[serde(default)]
    pub(super) sought_until: Option<Timestamp>,
    #[serde(default)]
    pub(super) another_way: Option<PlanId>,
    #[serde(default)]
    pub(super) no_other_way: Option<String>,
    /// What the run is given besides the goal's inputs: what another run has handed on.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(super) handed: Map<String, Value>,
}

/// The document with why it is so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) clauses: Vec<PlanClause>,
    pub(super) assumptions: Vec<String>,
}

impl Document {
    pub(super) fn of(text: String, explanation: &Explanation) -> Self {
        let clauses = explanation.clauses.iter().map(|clause| PlanClause {
            clause: clause.clause.clone(),
            skill: clause.skill.clone(),
            score: clause.score,
            runners_up: clause.runners_up.iter().map(|(skill, score)| PlanCandidate { skill: skill.clone(), score: *score }).collect(),
            rules: clause.rules.clone(),
        });
        Self { text, clauses: clauses.collect(), assumptions: explanation.assumptions.clone() }
    }
}

pub(super) fn state(head: &JournalHead) -> Answer<PlanState> {
    PlanState::ALL
        .iter()
        .copied()
        .find(|state| state.as_str() == head.state)
        .ok_or_else(|| Problem::new(Code::Internal, format!("a plan in the state `{}`", head.state)))
}

pub(super) fn summary(head: &JournalHead, kept: &Kept) -> Answer<PlanSummary> {
    Ok(PlanSummary {
        id: PlanId::new(*head.id.as_uuid()),
        project_id: head.project,
        goal: kept.goal.clone(),
        state: state(head)?,
        workflow: kept.workflow.clone(),
        steps: kept.steps,
        by_model: kept.by_model,
        edited: kept.edited,
        run: kept.run,
        replaces: kept.replaces,
        replan: kept.replan,
        another_way: kept.another_way,
        no_other_way: kept.no_other_way.clone(),
        refused_because: kept.refused_because.clone(),
        version: head.version,
        created_at: head.created_at,
        updated_at: head.updated_at,
        created_by: head.created_by.label().to_owned(),
    })
}
