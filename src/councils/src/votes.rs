//! What do the answers of several that do one task come to? Where they are the same, nothing is decided; where they differ, a decision begins with them.
//!
//! Who votes and by which terms is resolved when the task is submitted and stored with it. The decision that opens later is made of that and of the
//! voters' tasks: they are its first requests, given already, so that its driver hears them as it hears any other.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use baton_decisions::protocol::{Choice, DraftGiven, Fact, Happened, Outcome, Proceedings, Request, Spent, Status};
use baton_decisions::roster::{VoterId, Who};
use baton_domain::agent::own_label;
use baton_domain::id::{DEFAULT_PROJECT, DecisionId, JournalId, ProjectId, TaskId};
use baton_domain::ports::{Seat, Seats, TaskVote, Verdict, VoteOpening, Votes, Weighed};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, DecisionService};
use baton_domain::task::TaskState;
use baton_domain::user::Caller;
use baton_domain::wire::decision::{CancelDecision, DecideTerms, DecisionMember, DecisionState};
use baton_domain::wire::task::{Failure, NewTask, TaskEnd, TaskVoteView, TaskVoterView};
use baton_storage::{JournalHead, JournalKind, JournalOpened, JournalRow, NewJournal};
use serde_json::{Map, Value};

use crate::Councils;
use crate::council::{ASKS, Ask, Beginning, Council, Way, as_read, event, opening, read, state_of, stored, wake_at};
use crate::hearing::by_skill;
use crate::request::{checked, wrong};
use crate::service::SEEDS;
use crate::{step, view};

/// How long voters have where neither the task nor its terms say, in seconds: a day, so that one whose agent is gone holds nothing up for ever.
const LONGEST_ANSWER: i64 = 86_400;
/// The longest label that a task may ask for, in bytes.
const MAXIMUM_LABEL_BYTES: usize = 64;

/// Where in the request of a task stands what a decision has there.
fn placed(field: &str) -> String {
    let below = |place: &str| field.strip_prefix(place).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    if let Some(rest) = below("/task/skill") {
        format!("/skill{rest}")
    } else if let Some(rest) = below("/task/input") {
        format!("/input{rest}")
    } else if let Some(rest) = below("/task") {
        format!("/decide{rest}")
    } else if let Some(rest) = below("/electorate") {
        format!("/decide/voters{rest}")
    } else if let Some(rest) = below("/answers/canonical") {
        format!("/decide/canonical{rest}")
    } else if below("/answers").is_some() {
        "/decide/canonical".to_owned()
    } else {
        format!("/decide{field}")
    }
}

fn of_request(mut problem: Problem) -> Problem {
    for error in &mut problem.errors {
        error.field = placed(&error.field);
    }
    problem
}

fn beginning_of(vote: &TaskVote) -> Answer<Beginning> {
    Ok(read(vote.beginning.clone())?)
}

/// The voters, in the order of their seats, with their tasks.
fn seated<'a>(beginning: &'a Beginning, vote: &'a TaskVote) -> impl Iterator<Item = (&'a VoterId, TaskId)> {
    beginning.roster.voters.keys().zip(vote.voters.iter().copied())
}

/// The decision as it would stand if it had begun with these answers.
fn heard(beginning: &Beginning, vote: &TaskVote, ends: &[TaskEnd]) -> Proceedings {
    // Its name makes no difference to whether answers are the same.
    let mut opening = opening(JournalId::new(*DEFAULT_PROJECT.as_uuid()), beginning);
    // Everybody has answered: there is nothing to stop before.
    opening.decision.early_stop = false;
    let mut proceedings = Proceedings::open(opening);
    let by_task: BTreeMap<TaskId, &TaskEnd> = ends.iter().map(|end| (end.id, end)).collect();
    for (voter, task) in seated(beginning, vote) {
        let request = Request::Draft(1, voter.clone());
        let failed = |code: &str| Happened::Failed { request: request.clone(), code: code.to_owned(), spent: Spent::default() };
        let what = match answer_of(beginning, by_task.get(&task).copied()) {
            Ok((answer, confidence, rationale)) => Happened::DraftArrived {
                voter: voter.clone(),
                round: 1,
                draft: DraftGiven { answer, confidence, rationale },
                spent: Spent::default(),
            },
            Err(code) => failed(&code),
        };
        proceedings.apply(&as_read(Fact { at: beginning.at, what }));
        if proceedings.requests.get(&request).is_some_and(|asked| asked.status == Status::Pending) {
            // What has no form is no answer.
            proceedings.apply(&Fact { at: beginning.at, what: failed(Code::AnswerUnfit.as_str()) });
        }
    }
    proceedings
}

/// What a voter's task came to: its answer, or the code of why there is none.
fn answer_of(beginning: &Beginning, end: Option<&TaskEnd>) -> Result<(Value, Option<f64>, Option<String>), String> {
    let end = end.ok_or_else(|| Code::NoSuchTask.as_str().to_owned())?;
    let task = beginning.request.task.as_ref().ok_or_else(|| Code::AnswerUnfit.as_str().to_owned())?;
    match end.result.as_ref().filter(|_| end.state == TaskState::Completed) {
        Some(result) => by_skill(task, result).map_err(|code| code.as_str().to_owned()),
        None => Err(end.failure.as_ref().map_or_else(|| end.state.as_str().to_owned(), |failure| failure.code.clone())),
    }
}

/// The voter whose result stands for a choice: of those who gave it, the first whose very words it has.
fn speaker(proceedings: &Proceedings, choice: &Choice) -> Option<VoterId> {
    let (first, later) = proceedings.drafts.split_first()?;
    let gave = |voter: &&VoterId| first.get(*voter).is_some_and(|draft| draft.answer == choice.answer);
    // After a debate somebody may stand by an answer that its task did not give.
    let stands = |voter: &&VoterId| first.contains_key(*voter) && later.iter().all(|round| !round.contains_key(*voter));
    choice.authors.iter().find(gave).or_else(|| choice.authors.iter().find(stands)).cloned()
}

/// An answer that no voter gave, in the form of a result: as much of one as was decided on.
fn as_result(beginning: &Beginning, answer: Value) -> Value {
    let pointer = beginning.request.task.as_ref().and_then(|task| task.answer.as_deref()).unwrap_or_default();
    pointer.rsplit('/').filter(|part| !part.is_empty()).fold(answer, |inner, part| {
        let name = part.replace("~1", "/").replace("~0", "~");
        Value::Object(Map::from_iter([(name, inner)]))
    })
}

fn nobody(ends: &[TaskEnd]) -> Failure {
    let failures: Vec<&Failure> = ends.iter().filter_map(|end| end.failure.as_ref()).collect();
    match failures.first() {
        Some(first) if failures.len() == ends.len() && failures.iter().all(|failure| failure.code == first.code) => {
            let message = format!("No voter gave an answer. Each failed alike: {}", first.message);
            Failure { code: first.code.clone(), message, retryable: false }
        }
        _ => {
            let message = "No voter gave an answer that can be compared; their tasks say why.".to_owned();
            Failure { code: Code::NobodyAnswered.as_str().to_owned(), message, retryable: false }
        }
    }
}

#[async_trait]
impl Votes for Councils {
    async fn seats(&self, caller: &Caller, task: &NewTask, terms: &DecideTerms) -> Answer<Seats> {
        let internal = |error: serde_json::Error| Problem::new(Code::Internal, error.to_string());
        let mut everybody = self.everybody(caller).await?;
        everybody.agents.retain(|agent| task.labels.iter().all(|label| agent.labels.contains(label) || *label == own_label(&agent.name)));
        let sources = &self.parts.sources;
        let at = sources.clock.now();
        let step = terms.about(&task.skill, &task.input).map_err(internal)?;
        let mut request = step::decision(&step, &everybody, at).map_err(of_request)?;
        if terms.budget.is_none() {
            request.budget = task.budget.unwrap_or_default();
        }
        if request.electorate.iter().any(|member| matches!(member, DecisionMember::User { .. } | DecisionMember::Role { .. })) {
            let message = "Agents do a task. People are asked where their answers differ: name them under `escalation`.";
            return Err(wrong(Code::WrongElectorate, "/decide/voters", message));
        }
        let core = checked(&request).map_err(of_request)?;
        let (roster, cast) = self.cast(caller, &request, &core, &everybody).await.map_err(of_request)?;
        if roster.voters.is_empty() {
            return Err(wrong(Code::WrongElectorate, "/decide/voters", "Nobody would do it: name agents that have the skill."));
        }
        let named = |id| cast.agents.get(&id).map(|agent| own_label(&agent.name)).filter(|label| label.len() <= MAXIMUM_LABEL_BYTES);
        let mut times: BTreeMap<_, u32> = BTreeMap::new();
        for voter in roster.voters.values() {
            if let Who::Agent { agent_id, .. } = voter.who {
                *times.entry(agent_id).or_default() += 1;
            }
        }
        let seats = roster.voters.values().map(|voter| {
            let name = view::name_of(&cast, voter);
            match voter.who {
                Who::Agent { agent_id, sample } => Seat {
                    name: if times.get(&agent_id).is_some_and(|times| *times > 1) { format!("{name} #{sample}") } else { name },
                    labels: named(agent_id).into_iter().collect(),
                },
                Who::Person { .. } => Seat { name, labels: Vec::new() },
            }
        });
        let seats: Vec<Seat> = seats.collect();
        let bounded = task.timeouts.schedule_to_close_ms.is_some();
        let within = terms.stage_seconds.or(terms.deadline_seconds).or_else(|| (!bounded).then_some(LONGEST_ANSWER));
        let answer_within_ms = within.and_then(|seconds| u64::try_from(seconds).ok());
        let seed = (sources.chance.next() * SEEDS) as u64;
        let beginning = Beginning { request, decision: core, roster, cast, seed, at, hash: String::new(), task_id: None };
        let beginning = serde_json::to_value(&beginning).map_err(internal)?;
        Ok(Seats { beginning, seats, answer_within_ms: answer_within_ms.map(|seconds| seconds.saturating_mul(1_000)) })
    }

    fn weigh(&self, vote: &TaskVote, ends: &[TaskEnd]) -> Answer<Weighed> {
        let beginning = beginning_of(vote)?;
        let proceedings = heard(&beginning, vote, ends);
        let given = proceedings.drafts.first().map_or(0, BTreeMap::len);
        if given == 0 {
            return Ok(Weighed::Nobody(nobody(ends)));
        }
        let [choice] = proceedings.choices.as_slice() else { return Ok(Weighed::Differ) };
        if given < beginning.roster.quorum {
            return Ok(Weighed::Differ);
        }
        let speaker = speaker(&proceedings, choice);
        let task = seated(&beginning, vote).find(|(voter, _)| Some(*voter) == speaker.as_ref()).map(|(_, task)| task);
        task.map(Weighed::Agreed).ok_or_else(|| Problem::new(Code::Internal, "an answer without a voter"))
    }

    async fn open(&self, asked: VoteOpening) -> Answer<()> {
        let VoteOpening { decision, task, project, created_by, vote } = asked;
        let at = self.parts.sources.clock.now();
        let beginning = Beginning { at, task_id: Some(task), ..beginning_of(&vote)? };
        let id = JournalId::new(*decision.as_uuid());
        let proceedings = Proceedings::open(opening(id, &beginning));
        // The voters were asked with the task, and have answered.
        let rows = seated(&beginning, &vote).map(|(voter, task_id)| {
            let ask = Ask { task_id, way: Way::Skill, over: false };
            Ok(JournalRow { group: ASKS.to_owned(), key: Request::Draft(1, voter.clone()).to_string(), body: Some(stored(&ask)?) })
        });
        let rows: Vec<JournalRow> = rows.collect::<Answer<_>>()?;
        let mut head = JournalHead {
            id,
            kind: JournalKind::Decision,
            project,
            name: view::shown_question(&beginning.request.question),
            key: Some(format!("task/{task}")),
            parent: None,
            state: DecisionState::Open.as_str().to_owned(),
            live: true,
            wake_at: wake_at(&proceedings, &BTreeMap::new(), at),
            version: 1,
            facts: 0,
            summary: Value::Null,
            created_at: at,
            updated_at: at,
            created_by,
        };
        let summary = view::summary(&head, &beginning, &proceedings, None);
        summary.state.as_str().clone_into(&mut head.state);
        head.summary = stored(&summary)?;
        let events = vec![event("opened", &summary, &head.created_by, at)?];
        let new = NewJournal { head, opening: stored(&beginning)?, rows, events };
        match self.parts.journals.open_journal(new).await? {
            JournalOpened::Stored | JournalOpened::Exists(_) => self.desk.begun(decision, &vote.voters),
        }
        Ok(())
    }

    async fn verdict(&self, decision: DecisionId, vote: &TaskVote) -> Answer<Verdict> {
        let Some((council, _)) = self.council(decision).await? else { return Ok(Verdict::Missing) };
        Ok(verdict(&council, vote))
    }

    async fn withdraw(&self, project: ProjectId, decision: DecisionId, why: &str) -> Answer<()> {
        let caller = Caller { project, ..Caller::system() };
        let reason = CancelDecision { reason: Some(why.to_owned()) };
        match DecisionService::cancel(self, &caller, decision, reason).await {
            Err(problem) if !(problem.is(Code::DecisionEnded) || problem.is(Code::NoSuchDecision)) => Err(problem),
            _ => Ok(()),
        }
    }

    async fn view(&self, vote: &TaskVote, ends: &[TaskEnd], decision: Option<DecisionId>) -> Answer<TaskVoteView> {
        let beginning = beginning_of(vote)?;
        let by_task: BTreeMap<TaskId, &TaskEnd> = ends.iter().map(|end| (end.id, end)).collect();
        let over = vote.voters.iter().all(|task| by_task.get(task).is_none_or(|end| end.state.is_terminal()));
        let agreed = match (decision, over) {
            (Some(_), _) => Some(false),
            (None, true) => match self.weigh(vote, ends)? {
                Weighed::Agreed(_) => Some(true),
                Weighed::Differ => Some(false),
                Weighed::Nobody(_) => None,
            },
            (None, false) => None,
        };
        let voters = beginning.roster.voters.values().zip(&vote.voters).map(|(voter, task)| {
            let end = by_task.get(task).copied();
            let (agent_id, sample) = match voter.who {
                Who::Agent { agent_id, sample } => (Some(agent_id), sample),
                Who::Person { .. } => (None, 1),
            };
            let name = view::name_of(&beginning.cast, voter);
            TaskVoterView {
                name: if sample > 1 { format!("{name} #{sample}") } else { name },
                agent_id,
                task_id: *task,
                state: end.map(|end| end.state),
                answer: answer_of(&beginning, end).ok().map(|(answer, _, _)| answer).filter(shown),
                failure: end.and_then(|end| end.failure.clone()),
            }
        });
        Ok(TaskVoteView {
            terms: serde_json::to_value(&vote.terms).map_err(|error| Problem::new(Code::Internal, error.to_string()))?,
            rule: beginning.decision.rule.as_str().to_owned(),
            quorum: view::count(beginning.roster.quorum),
            voters: voters.collect(),
            agreed,
        })
    }
}

/// The largest answer that is shown with the others, as JSON in bytes; the voter's own task has larger ones.
const MAXIMUM_SHOWN_BYTES: usize = 4096;

fn shown(answer: &Value) -> bool {
    serde_json::to_vec(answer).is_ok_and(|text| text.len() <= MAXIMUM_SHOWN_BYTES)
}

/// What a decision on a task's answers came to.
fn verdict(council: &Arc<Council>, vote: &TaskVote) -> Verdict {
    let Some(conclusion) = &council.proceedings.conclusion else { return Verdict::Open };
    match conclusion.outcome {
        Outcome::Escalated => Verdict::Escalated(conclusion.at),
        Outcome::Decided => {
            let chosen = conclusion.key.as_deref().and_then(|key| council.proceedings.choice(key));
            let speaker = chosen.and_then(|choice| speaker(&council.proceedings, choice));
            let of = seated(&council.beginning, vote).find(|(voter, _)| Some(*voter) == speaker.as_ref()).map(|(_, task)| task);
            Verdict::Decided { of, result: as_result(&council.beginning, conclusion.answer.clone().unwrap_or_default()) }
        }
        Outcome::Refused | Outcome::Cancelled => {
            let how = if state_of(&council.proceedings) == DecisionState::Cancelled { "it was cancelled" } else { "it was refused" };
            let missed = conclusion.missed.map_or_else(String::new, |missed| format!(", {}", view::word(&missed)));
            let message = format!("The answers differ, and no verdict came about: {how} ({}{missed}).", view::word(&conclusion.why));
            Verdict::Refused(Failure { code: Code::DecisionRefused.as_str().to_owned(), message, retryable: false })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::placed;

    #[test]
    fn fields_of_a_decision_are_those_of_the_request() {
        for (field, wanted) in [
            ("/task/skill", "/skill"),
            ("/task/input", "/input"),
            ("/task/answer", "/decide/answer"),
            ("/electorate/0/samples", "/decide/voters/0/samples"),
            ("/electorate", "/decide/voters"),
            ("/voters/1", "/decide/voters/1"),
            ("/answers", "/decide/canonical"),
            ("/answers/canonical/fields/0", "/decide/canonical/fields/0"),
            ("/rule", "/decide/rule"),
            ("/quorum/share", "/decide/quorum/share"),
        ] {
            assert_eq!(placed(field), wanted, "{field}");
        }
    }
}
