//! How does a step come into the plan, and what does it give?

use baton_domain::agent::Skill;
use baton_domain::problem::Code;
use serde_json::{Map, Value as Json};

use super::{Builder, Built, Planned};
use crate::draft::DraftStep;
use crate::refusal::Refusal;
use crate::values::{Value, What};

impl<'a> Builder<'a> {
    /// The skill of this name, and a refusal if it is not there or needs a model that is not.
    pub(crate) fn skill(&self, name: &str) -> Planned<&'a Skill> {
        let Some(skill) = self.skills.get(name) else {
            let nearest = self.skills.find(&self.clause(), 3).into_iter().map(|(name, _)| name).collect();
            return Err(Refusal::new(
                Code::NoSkillForGoal,
                self.clause(),
                format!("no agent has the skill `{name}`, which this part needs"),
                "Register an agent that has it, or leave that part out.",
            )
            .with_candidates(nearest));
        };
        if let Some(need) = skill.model
            && !need.optional
            && !self.terms.able(need.least)
        {
            let there = match self.terms.model {
                Some(best) => format!("the ablest one here is `{}`", best.as_str()),
                None => "none is configured".to_owned(),
            };
            return Err(Refusal::new(
                Code::GoalNeedsModel,
                self.clause(),
                format!("`{name}` asks a language model of at least `{}` ability, and {there}", need.least.as_str()),
                "Configure a model under Models, or leave that part out.",
            ));
        }
        Ok(skill)
    }

    /// Adds a step, or finds the one that does the very same.
    pub(crate) fn step(&mut self, skill: &str, with: Map<String, Json>, foreach: Option<String>, why: &str) -> Planned<usize> {
        self.add(skill, with, foreach, why, false)
    }

    /// Adds a step that makes what another one works on.
    pub(crate) fn bridge(&mut self, skill: &str, with: Map<String, Json>, foreach: Option<String>, why: &str) -> Planned<usize> {
        self.add(skill, with, foreach, why, true)
    }

    pub(super) fn add(&mut self, skill: &str, with: Map<String, Json>, foreach: Option<String>, why: &str, bridge: bool) -> Planned<usize> {
        self.skill(skill)?;
        let same = self.steps.iter().position(|step| {
            step.draft.uses == skill
                && step.draft.with == with
                && step.draft.foreach == foreach
                && (step.draft.condition.is_none() || step.draft.condition == self.condition)
        });
        if let Some(place) = same {
            self.steps[place].bridge &= bridge;
            return Ok(place);
        }
        let short = skill.rsplit('.').next().unwrap_or(skill);
        let id = (1..).map(|number| if number == 1 { short.to_owned() } else { format!("{short}_{number}") });
        let id = id.into_iter().find(|id| !self.steps.iter().any(|step| step.draft.id == *id)).unwrap_or_else(|| short.to_owned());
        let list = foreach.is_some();
        let draft = DraftStep {
            id,
            uses: skill.to_owned(),
            why: why.to_owned(),
            with,
            foreach,
            condition: self.condition.clone(),
            needs: Vec::new(),
            optional: false,
        };
        let conditional = self.condition.is_some();
        self.steps.push(Built { draft, bridge, list, conditional });
        Ok(self.steps.len() - 1)
    }

    /// The expression of a step's output.
    pub(crate) fn output(&self, step: usize) -> String {
        format!("steps.{}.output", self.steps[step].draft.id)
    }

    /// Something that a step gives, under a path of its output; of a step that goes through a list, the list of them.
    pub(crate) fn product(&mut self, step: usize, what: What, path: &str, label: &str, otherwise: Option<&str>) -> usize {
        let list = self.steps[step].list;
        let read = |base: &str| {
            let plain = format!("{base}.{path}");
            otherwise.map_or_else(|| plain.clone(), |otherwise| format!("default({plain}, {otherwise})"))
        };
        let expr = if list { format!("map({}, r => {})", self.output(step), read("r")) } else { read(&self.output(step)) };
        let mut value = Value::new(what, expr, label);
        value.list = list;
        value.step = Some(step);
        if let Some(known) = self.values.iter().position(|known| known.expr == value.expr) {
            return known;
        }
        self.values.push(value);
        self.values.len() - 1
    }
}
