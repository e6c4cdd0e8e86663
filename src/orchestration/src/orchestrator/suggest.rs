//! Which skill does what somebody wants? Found by words, and put first by a model if one is asked and able.

use std::time::Duration;

use baton_domain::agent::Skill;
use baton_domain::id::TaskId;
use baton_domain::problem::Problem;
use baton_domain::task::Priority;
use baton_domain::user::Caller;
use baton_domain::wire::assistance::{
    CHOOSE_SKILL, Candidate, MAXIMUM_CANDIDATE_DESCRIPTION, MAXIMUM_CANDIDATE_TITLE, MAXIMUM_CANDIDATES, MAXIMUM_SUGGESTIONS,
    MAXIMUM_WISH_CHARACTERS, SkillChoice, SkillSuggestion, SkillSuggestions, SkillWish, TASK_ANALYSIS,
};
use baton_domain::wire::task::NewTask;
use baton_retrieval::{Found, suggest};
use serde::Deserialize;

use super::Orchestrator;
use crate::cluster::elsewhere;
use crate::task_manager::cancel;

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
        let offered: Vec<&Skill> = offered.collect();
        let found = suggest(offered.iter().copied(), &wish.text, MAXIMUM_SUGGESTIONS as usize);
        let mut answer = SkillSuggestions { items: found.iter().map(shown).collect(), chosen_by: None, reason: None, task_id: None };
        if wish.with_model {
            // What words found goes first; a wish in other words, or in another language, may mean any other skill.
            let others = offered.into_iter().filter(|skill| found.iter().all(|found| found.skill.name != skill.name));
            let candidates: Vec<&Skill> = found.iter().map(|found| found.skill).chain(others).take(MAXIMUM_CANDIDATES).collect();
            match self.choose(caller, &wish.text, &candidates, &mut answer.task_id).await {
                Ok(chosen) => {
                    answer.reason = Some(chosen.reason);
                    if let Some(skill) = chosen.skill.and_then(|name| candidates.into_iter().find(|skill| skill.name == name)) {
                        answer.items.retain(|item| item.skill != skill.name);
                        answer.items.insert(0, shown(&Found { skill, score: 1.0, words: found_by(&found, &skill.name) }));
                        answer.chosen_by = Some(chosen.model);
                    }
                }
                // What was found stays.
                Err(reason) => answer.reason = Some(reason),
            }
        }
        answer.items.truncate(limit as usize);
        Ok(answer)
    }

    /// Lets a model choose, as a task of the caller's; or why it did not.
    async fn choose(&self, caller: &Caller, text: &str, candidates: &[&Skill], task: &mut Option<TaskId>) -> Result<Chosen, String> {
        let candidates = candidates.iter().map(|skill| Candidate {
            name: skill.name.clone(),
            title: skill.title.chars().take(MAXIMUM_CANDIDATE_TITLE).collect(),
            description: skill.description.chars().take(MAXIMUM_CANDIDATE_DESCRIPTION).collect(),
        });
        let choice = SkillChoice { text: text.to_owned(), candidates: candidates.collect() };
        let input = serde_json::to_value(choice).map_err(|error| error.to_string())?;
        let said = |problem: Problem| format!("{}: {}", problem.code, problem.detail);
        let request = NewTask { priority: Priority::new(2).unwrap_or_default(), ..NewTask::new(CHOOSE_SKILL, input) };
        let admitted = self.admit(caller, request, "").await.map_err(said)?.new;
        let id = admitted.task.summary.id;
        self.take_in(vec![admitted], None).await.map_err(said)?;
        *task = Some(id);
        let rows = self.wait_for_end(id, PATIENCE).await.map_err(said)?;
        let summary = rows.task.summary;
        if !summary.state.is_terminal() {
            // Nobody waits for it any more.
            cancel::end(&self.shared, id, &caller.principal).await.map_err(|error| error.to_string())?;
            return Err(format!("the model did not answer within {} seconds", PATIENCE.as_secs()));
        }
        match (rows.result.and_then(|result| serde_json::from_value(result).ok()), summary.failure) {
            (Some(chosen), _) => Ok(chosen),
            (None, Some(failure)) => Err(format!("{}: {}", failure.code, failure.message)),
            (None, None) => Err(format!("the question ended as {}", summary.state)),
        }
    }
}

fn found_by(found: &[Found<'_>], name: &str) -> Vec<String> {
    found.iter().find(|found| found.skill.name == name).map(|found| found.words.clone()).unwrap_or_default()
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
