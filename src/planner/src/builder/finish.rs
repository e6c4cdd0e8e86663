//! Why is each step there, and what does the whole draft say?

use serde_json::Value as Json;

use super::{Builder, Planned};
use crate::draft::{Draft, DraftInput, clipped, workflow_name};
use crate::plan::{Explained, Explanation};
use crate::words::Kind;

impl<'a> Builder<'a> {
    pub(super) fn explain(&mut self, before: usize) {
        let clause = self.reading.text(self.now.region);
        let chosen = self.steps[before.min(self.steps.len())..]
            .iter()
            .rev()
            .find(|step| !step.bridge)
            .or_else(|| self.steps.last())
            .map(|step| step.draft.uses.clone());
        let found = self.skills.find(&clause, 6);
        let score = |name: &str| found.iter().find(|(found, _)| found == name).map_or(0.0, |(_, score)| *score);
        let mut rules = vec![format!("“{}” asks for `{}`", self.reading.text(self.now.cue), self.now.capability)];
        rules.append(&mut self.rules);
        if let Some(skill) = chosen {
            let runners_up = found.iter().filter(|(name, _)| *name != skill).take(3).cloned().collect();
            self.explanation.clauses.push(Explained {
                clause,
                score: score(&skill),
                skill,
                runners_up,
                rules,
                sentence: self.now.sentence,
            });
        }
    }

    pub(super) fn finish(mut self) -> Planned<(Draft, Explanation)> {
        if self.steps.is_empty() {
            return Err(self.no_skill((0, self.reading.tokens.len())));
        }
        for token in self.reading.tokens.iter().filter(|token| token.kind == Kind::Word && token.text.to_lowercase() != token.lower) {
            self.explanation.assumptions.push(format!("“{}” is read as “{}”", token.text, token.lower));
        }
        let title = clipped(&first_sentence(&self.reading.goal), 120);
        let used = |name: &str| {
            let plain = format!("inputs.{name}");
            let speaks = |text: &str| {
                text.match_indices(&plain).any(|(at, _)| {
                    !text[at + plain.len()..].starts_with(|letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-')
                })
            };
            self.steps.iter().any(|step| {
                let whole = Json::Object(step.draft.with.clone()).to_string();
                speaks(&whole) || step.draft.foreach.as_deref().is_some_and(speaks) || step.draft.condition.as_deref().is_some_and(speaks)
            })
        };
        let unused: Vec<&str> = self.given.iter().filter(|given| !used(&given.name)).map(|given| given.name.as_str()).collect();
        if !unused.is_empty() {
            self.explanation.assumptions.push(format!("no step uses the input {}", unused.join(", ")));
        }
        // Given is given: an input that is not used is no reason to refuse a run that brings it.
        let inputs = self.given.iter().map(|given| DraftInput { name: given.name.clone(), schema: given.schema() }).collect();
        let outputs = self
            .steps
            .iter()
            .filter(|step| !step.bridge)
            .map(|step| (step.draft.id.clone(), format!("steps.{}.output", step.draft.id)))
            .collect();
        let steps = self.steps.iter().map(|step| step.draft.clone()).collect();
        let mut explanation = self.explanation;
        explanation.assumptions.dedup();
        Ok((Draft { name: workflow_name(&title), title, goal: self.reading.goal.clone(), inputs, steps, outputs }, explanation))
    }
}

fn first_sentence(goal: &str) -> String {
    let end = goal.find(['\n', ';']).into_iter().chain(goal.find(". ")).chain(goal.find("? ")).min().unwrap_or(goal.len());
    goal[..end].trim().trim_end_matches(['.', '?', '!', ':']).to_owned()
}
