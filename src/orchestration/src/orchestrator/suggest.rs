//! Which skill does what somebody wants? Found by words, and put first by a model if one is asked and able.

use std::time::Duration;

use baton_domain::problem::{Code, Problem};
use baton_domain::task::{Priority, TaskState};
use baton_domain::user::Caller;
use baton_domain::wire::assistance::{
    CHOOSE_SKILL, Candidate, MAXIMUM_CANDIDATES, MAXIMUM_SUGGESTIONS, MAXIMUM_WISH_CHARACTERS, SkillChoice, SkillSuggestion,
    SkillSuggestions, SkillWish, TASK_ANALYSIS,
};
use baton_domain::wire::task::NewTask;
use serde::Deserialize;

use super::Orchestrator;
use crate::cluster::elsewhere;
use crate::suggestion::{Found, suggest};

/// How many skills are suggested if nobody says.
const USUAL: u32 = 5;
/// How long a model is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the task that asks a model gives.
#[derive(Debug, Deserialize)]
struct Chosen {
    skill: Option<String>,
    reason: String,
    model: String,
}

impl Orchestrator {
    pub(super) async fn suggested(&self, caller: &Caller, wish: SkillWish) -> Result<SkillSuggestions, Problem> {
        let characters = wish.text.chars().count();
        if wish.text.trim().is_empty() || characters > MAXIMUM_WISH_CHARACTERS {
            let message = format!("say what is wanted in 1 to {MAXIMUM_WISH_CHARACTERS} characters");
            return Err(Problem::invalid_field("/text", message));
        }
        let limit = wish.limit.unwrap_or(USUAL);
        if !(1..=MAXIMUM_SUGGESTIONS).contains(&limit) {
            return Err(Problem::invalid_field("/limit", format!("use 1 to {MAXIMUM_SUGGESTIONS}")));
        }
        let skills = elsewhere::skills(&self.shared).await?;
        // Baton's own helpers are no answer to a wish.
        let offered = skills.iter().filter(|skill| ![CHOOSE_SKILL, TASK_ANALYSIS].contains(&skill.name.as_str()));
        let found = suggest(offered, &wish.text, MAXIMUM_CANDIDATES);
        let mut answer = SkillSuggestions { items: found.iter().map(shown).collect(), chosen_by: None, reason: None, task_id: None };
        if wish.with_model && !found.is_empty() {
            self.choose(caller, &wish.text, &mut answer).await?;
        }
        answer.items.truncate(limit as usize);
        Ok(answer)
    }

    /// Lets a model choose among what was found, as a task of the caller's. Without a model what was found stays as it is.
    async fn choose(&self, caller: &Caller, text: &str, answer: &mut SkillSuggestions) -> Result<(), Problem> {
        let candidates = answer.items.iter().map(|item| Candidate {
            name: item.skill.clone(),
            title: item.title.clone(),
            description: item.description.clone(),
        });
        let choice = SkillChoice { text: text.to_owned(), candidates: candidates.collect() };
        let input = serde_json::to_value(choice).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
        let request = NewTask { priority: Priority::new(2).unwrap_or_default(), ..NewTask::new(CHOOSE_SKILL, input) };
        let admitted = self.admit(caller, request, "").await?.new;
        let id = admitted.task.summary.id;
        self.take_in(vec![admitted], None).await?;
        answer.task_id = Some(id);
        let rows = self.wait_for_end(id, PATIENCE).await?;
        let summary = rows.task.summary;
        let chosen =
            rows.result.filter(|_| summary.state == TaskState::Completed).and_then(|result| serde_json::from_value::<Chosen>(result).ok());
        let Some(chosen) = chosen else {
            answer.reason = Some(match summary.failure {
                Some(failure) => format!("{}: {}", failure.code, failure.message),
                None => format!("the model did not answer within {} seconds", PATIENCE.as_secs()),
            });
            return Ok(());
        };
        answer.reason = Some(chosen.reason);
        let place = chosen.skill.and_then(|name| answer.items.iter().position(|item| item.skill == name));
        if let Some(place) = place {
            answer.chosen_by = Some(chosen.model);
            answer.items.get_mut(..=place).unwrap_or_default().rotate_right(1);
        }
        Ok(())
    }
}

fn shown(found: &Found<'_>) -> SkillSuggestion {
    SkillSuggestion {
        skill: found.skill.name.clone(),
        title: found.skill.title.clone(),
        description: found.skill.description.clone(),
        score: found.score,
        words: found.words.clone(),
    }
}
