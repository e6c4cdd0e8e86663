//! What may whoever calls do with decisions? Everything is checked here, whoever calls.

use std::sync::Arc;

use async_trait::async_trait;
use baton_decisions::protocol::{BallotGiven, DraftGiven, Fact, Happened, PersonAnswer, Proceedings, Said, Spent, Stage};
use baton_decisions::roster::{Roster, VoterId, Who};
use baton_domain::agent::AgentStatus;
use baton_domain::id::{AuditId, DecisionId, EventSeq, JournalId, UserId};
use baton_domain::page::{DEFAULT_LIMIT, MAXIMUM_LIMIT, Page};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{Answer, DecisionService};
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::decision::{
    CancelDecision, DecisionDetail, DecisionFilter, DecisionLab, DecisionState, DecisionSummary, DecisionVote, LabFilter, LaterVerdict,
    LaterVerdictView, NewDecision, PersonChoice, PersonVerdict, Retallied, RetallyChoice, StepDecision, VoteSays,
};
use baton_storage::{AuditRow, JournalHead, JournalKind, JournalOpened, JournalQuery, NewJournal};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::Councils;
use crate::council::{Beginning, Council, Turn, as_read, event, no_such_decision, opening, wake_at};
use crate::lab;
use crate::request::{checked, wrong};
use crate::view;

/// The longest idempotency key.
const MAXIMUM_KEY: usize = 255;
/// The longest comment or reason, in bytes.
const MAXIMUM_COMMENT_BYTES: usize = 8 * 1024;
/// How often a call tries again when somebody else wrote first.
const TRIES: usize = 32;
/// Seeds are drawn from so many: every program that reads JSON keeps whole numbers up to here.
pub(crate) const SEEDS: f64 = 9_007_199_254_740_991.0;

fn hash_of(operation: &str, request: &impl Serialize) -> Answer<String> {
    let mut hash = Sha256::new();
    hash.update(operation);
    hash.update(serde_json::to_vec(request).map_err(|error| Problem::new(Code::Internal, error.to_string()))?);
    Ok(hex::encode(hash.finalize()))
}

/// The key under which a decision is stored: everybody has keys of their own.
fn key_of(caller: &Caller, key: Option<String>) -> Answer<Option<String>> {
    let Some(key) = key else { return Ok(None) };
    if key.is_empty() || key.len() > MAXIMUM_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::invalid_field("Idempotency-Key", format!("use 1 to {MAXIMUM_KEY} visible ASCII characters")));
    }
    Ok(Some(format!("{}/{key}", caller.principal.tag())))
}

fn short(field: &str, text: Option<&String>) -> Answer<()> {
    if text.is_some_and(|text| text.len() > MAXIMUM_COMMENT_BYTES) {
        return Err(Problem::invalid_field(field, format!("at most {MAXIMUM_COMMENT_BYTES} bytes")));
    }
    Ok(())
}

/// The person that calls.
fn person(caller: &Caller) -> Answer<UserId> {
    match caller.principal {
        Principal::User { id, .. } => Ok(id),
        _ => Err(Problem::new(Code::NotAVoter, "Only people say this: sign in as one of those who are asked.")),
    }
}

/// Refuses what a voter may not do beside voting. Who administers the installation may, or one of a single person could not.
fn impartial(caller: &Caller, council: &Council, what: &str) -> Answer<()> {
    let votes = person(caller).is_ok_and(|user| council.proceedings.roster().voters.contains_key(&VoterId::person(user)));
    if votes && caller.require(Permission::Administer).is_err() {
        return Err(Problem::new(Code::Forbidden, format!("Whoever votes in a decision does not {what}. Ask somebody else.")));
    }
    Ok(())
}

/// What a call does with a decision.
enum Word {
    /// It happened.
    Happened(Happened),
    /// It is as the caller wants it already.
    Already,
}

/// Refuses a decision whose voters are more tasks than whoever asks may begin.
fn within(tasks: Option<u64>, roster: &Roster) -> Answer<()> {
    let agents = roster.voters.values().filter(|voter| matches!(voter.who, Who::Agent { .. })).count();
    match tasks {
        Some(most) if u64::try_from(agents).unwrap_or(u64::MAX) > most => {
            let detail = format!(
                "The decision asks {agents} agents, a task each, and {most} tasks may begin: take fewer voters, or raise the limit."
            );
            Err(Problem::new(Code::RunLimitReached, detail))
        }
        _ => Ok(()),
    }
}

impl Councils {
    /// A decision of the caller's project.
    async fn of_caller(&self, caller: &Caller, id: DecisionId) -> Answer<(Arc<Council>, EventSeq)> {
        let found = self.council(id).await?;
        found.filter(|(council, _)| council.head.project == caller.project).ok_or_else(|| no_such_decision(id))
    }

    /// The decision of an earlier call with this key.
    async fn repeated(&self, caller: &Caller, key: Option<&str>, hash: &str) -> Answer<Option<DecisionSummary>> {
        let Some(key) = key else { return Ok(None) };
        let found = self.parts.journals.journal_by_key(caller.project, JournalKind::Decision, key).await?;
        match found {
            Some(head) => self.same(&head, hash).await.map(Some),
            None => Ok(None),
        }
    }

    async fn same(&self, head: &JournalHead, hash: &str) -> Answer<DecisionSummary> {
        let id = DecisionId::new(*head.id.as_uuid());
        let (council, _) = self.council(id).await?.ok_or_else(|| no_such_decision(id))?;
        if council.beginning.hash != hash {
            return Err(Problem::new(
                Code::IdempotencyConflict,
                "Use a new key for a new request, or send the first request again unchanged.",
            ));
        }
        // Whoever asks again may do so because the server died before it could begin.
        self.desk.ring(id);
        Ok(council.summary())
    }

    async fn begin(
        &self,
        caller: &Caller,
        request: NewDecision,
        key: Option<String>,
        hash: String,
        tasks: Option<u64>,
    ) -> Answer<DecisionSummary> {
        let core = checked(&request)?;
        let everybody = self.everybody(caller).await?;
        let (roster, cast) = self.cast(caller, &request, &core, &everybody).await?;
        within(tasks, &roster)?;
        let sources = &self.parts.sources;
        let at = sources.clock.now();
        let seed = (sources.chance.next() * SEEDS) as u64;
        let beginning = Beginning { request, decision: core, roster, cast, seed, at, hash, task_id: None };
        let value = serde_json::to_value(&beginning).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
        let id = JournalId::new(sources.ids.next());
        let proceedings = Proceedings::open(opening(id, &beginning));
        let mut head = JournalHead {
            id,
            kind: JournalKind::Decision,
            project: caller.project,
            name: view::shown_question(&beginning.request.question),
            key,
            parent: None,
            state: DecisionState::Open.as_str().to_owned(),
            live: true,
            wake_at: wake_at(&proceedings, &std::collections::BTreeMap::new(), at),
            version: 1,
            facts: 0,
            summary: serde_json::Value::Null,
            created_at: at,
            updated_at: at,
            created_by: caller.principal.clone(),
        };
        let summary = view::summary(&head, &beginning, &proceedings, None);
        head.state = summary.state.as_str().to_owned();
        head.summary = serde_json::to_value(&summary).map_err(|error| Problem::new(Code::Internal, error.to_string()))?;
        let events = vec![event("opened", &summary, &caller.principal, at)?];
        let new = NewJournal { head, opening: value, rows: Vec::new(), events };
        match self.parts.journals.open_journal(new).await? {
            JournalOpened::Stored => {
                self.desk.ring(summary.id);
                Ok(summary)
            }
            JournalOpened::Exists(head) => self.same(&head, &beginning.hash).await,
        }
    }

    /// Tells what a person says, and answers as the machine does.
    async fn told(
        &self,
        caller: &Caller,
        id: DecisionId,
        what: impl Fn(&Council) -> Answer<Word> + Send + Sync,
    ) -> Answer<DecisionSummary> {
        for _ in 0..TRIES {
            let _turn = self.kept.turn(id).await;
            let (council, _) = self.of_caller(caller, id).await?;
            let at = self.now(&council);
            // What has passed is not waited for any more, though nobody has written it yet.
            let mut turn = Turn::of(&council, caller.principal.clone(), at);
            turn.deadlines();
            let overdue = !turn.is_empty();
            let what = match what(&council)? {
                Word::Happened(what) => what,
                Word::Already => return Ok(council.summary()),
            };
            let fact = as_read(Fact { at, what });
            let mut after = turn.proceedings.clone();
            if let Err(problem) = after.apply(&fact).accepted() {
                if overdue {
                    self.desk.ring(id);
                }
                return Err(problem);
            }
            turn.proceedings = after;
            turn.facts.push(fact);
            if let Some(council) = self.write(&council, turn).await? {
                self.desk.ring(id);
                return Ok(council.summary());
            }
        }
        Err(Problem::new(Code::StorageUnavailable, "Many write to this decision at once; try again in a moment.").retry_after(1))
    }

    /// Takes the vote of a person of the electorate.
    async fn voted(&self, caller: &Caller, id: DecisionId, vote: DecisionVote) -> Answer<DecisionSummary> {
        caller.require(Permission::Work)?;
        let (council, _) = self.of_caller(caller, id).await?;
        let voter = VoterId::person(person(caller)?);
        if !council.proceedings.roster().voters.contains_key(&voter) {
            return Err(Problem::new(Code::NotAVoter, "You do not vote in this decision."));
        }
        self.told(caller, id, |council| {
            let round = vote.round.unwrap_or(council.proceedings.round);
            Ok(Word::Happened(of_vote(&voter, round, &vote)))
        })
        .await
    }

    /// Takes the verdict of a person who is asked for it.
    async fn answered(&self, caller: &Caller, id: DecisionId, verdict: PersonVerdict) -> Answer<DecisionSummary> {
        caller.require(Permission::Work)?;
        short("/comment", verdict.comment.as_ref())?;
        self.of_caller(caller, id).await?;
        let user_id = person(caller)?;
        let answer = match verdict.answer {
            PersonChoice::Choice { key } => PersonAnswer::Choice { key },
            PersonChoice::Answer { answer } => PersonAnswer::Answer { answer },
            PersonChoice::Refuse => PersonAnswer::Refuse,
        };
        let happened = Happened::PersonAnswered { user_id, answer, comment: verdict.comment };
        self.told(caller, id, |_| Ok(Word::Happened(happened.clone()))).await
    }

    /// Remembers in the audit record who was refused because of who they are. What was said at the wrong time or does not fit leaves no row.
    async fn remembered(&self, caller: &Caller, action: &str, id: DecisionId, answer: Answer<DecisionSummary>) -> Answer<DecisionSummary> {
        let denied = answer.as_ref().err().filter(|problem| problem.is(Code::Forbidden) || problem.is(Code::NotAVoter));
        let code = denied.map(|problem| problem.code.clone());
        // Nobody is no principal; anybody could fill the record in nobody's name.
        if code.is_some() && caller.principal != Principal::Anonymous {
            let row = AuditRow {
                id: AuditId::new(self.parts.sources.ids.next()),
                at: self.parts.sources.clock.now(),
                principal: caller.principal.clone(),
                action: action.to_owned(),
                target: Some(format!("decision:{id}")),
                allowed: false,
                code,
                request_id: caller.request_id.clone(),
                address: None,
            };
            if let Err(error) = self.parts.events.audit(vec![row]).await {
                tracing::warn!(%error, action, "a refusal could not be remembered");
            }
        }
        answer
    }
}

#[async_trait]
impl DecisionService for Councils {
    async fn open(&self, caller: &Caller, request: NewDecision, idempotency_key: Option<String>) -> Answer<DecisionSummary> {
        caller.require(Permission::Work)?;
        let key = key_of(caller, idempotency_key)?;
        let hash = hash_of("open", &request)?;
        if let Some(before) = self.repeated(caller, key.as_deref(), &hash).await? {
            return Ok(before);
        }
        self.begin(caller, request, key, hash, None).await
    }

    async fn open_step(&self, caller: &Caller, step: StepDecision, idempotency_key: Option<String>) -> Answer<DecisionSummary> {
        caller.require(Permission::Work)?;
        let key = key_of(caller, idempotency_key)?;
        let hash = hash_of("step", &step)?;
        if let Some(before) = self.repeated(caller, key.as_deref(), &hash).await? {
            return Ok(before);
        }
        let everybody = self.everybody(caller).await?;
        let request = crate::step::decision(&step, &everybody, self.parts.sources.clock.now())?;
        self.begin(caller, request, key, hash, step.tasks).await
    }

    async fn check_steps(&self, caller: &Caller, steps: Vec<StepDecision>) -> Answer<Vec<Option<Problem>>> {
        caller.require(Permission::Read)?;
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let mut everybody = self.everybody(caller).await?;
        for agent in &mut everybody.agents {
            agent.status = AgentStatus::Active;
        }
        Ok(steps.iter().map(|step| crate::step::wrong(step, &everybody)).collect())
    }

    async fn list(&self, caller: &Caller, filter: DecisionFilter) -> Answer<Page<DecisionSummary>> {
        caller.require(Permission::Read)?;
        let limit = filter.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAXIMUM_LIMIT).contains(&limit) {
            return Err(Problem::new(Code::InvalidQuery, "Use a limit from 1 to 500.")
                .with_field("limit", format!("{limit} is not between 1 and {MAXIMUM_LIMIT}")));
        }
        let cursor = filter.cursor.as_deref().map(|text| {
            text.parse::<JournalId>().map_err(|_| {
                Problem::new(Code::InvalidQuery, "Use the next_cursor of the page before.")
                    .with_field("cursor", "not a cursor of this list")
            })
        });
        let query = JournalQuery {
            project: caller.project,
            kind: JournalKind::Decision,
            name: None,
            state: filter.state.map(|state| state.as_str().to_owned()),
            live: None,
            parent: None,
            before: cursor.transpose()?,
            limit: limit + 1,
        };
        let mut page = self.parts.journals.journals(&query).await?;
        let more = page.items.len() > limit as usize;
        page.items.truncate(limit as usize);
        let next_cursor = page.items.last().filter(|_| more).map(|last| last.id.to_string());
        let read = |head: JournalHead| {
            serde_json::from_value(head.summary).map_err(|error| Problem::new(Code::Internal, format!("a decision's summary: {error}")))
        };
        Ok(Page { items: page.items.into_iter().map(read).collect::<Answer<_>>()?, next_cursor, as_of: page.as_of })
    }

    async fn decision(&self, caller: &Caller, id: DecisionId) -> Answer<DecisionDetail> {
        caller.require(Permission::Read)?;
        let (council, as_of) = self.of_caller(caller, id).await?;
        Ok(view::detail(&council, caller, as_of))
    }

    async fn vote(&self, caller: &Caller, id: DecisionId, vote: DecisionVote) -> Answer<DecisionSummary> {
        let answer = self.voted(caller, id, vote).await;
        self.remembered(caller, "decision.vote", id, answer).await
    }

    async fn answer(&self, caller: &Caller, id: DecisionId, verdict: PersonVerdict) -> Answer<DecisionSummary> {
        let answer = self.answered(caller, id, verdict).await;
        self.remembered(caller, "decision.answer", id, answer).await
    }

    async fn cancel(&self, caller: &Caller, id: DecisionId, why: CancelDecision) -> Answer<DecisionSummary> {
        caller.require(Permission::Work)?;
        short("/reason", why.reason.as_ref())?;
        let reason = why.reason.unwrap_or_default();
        self.told(caller, id, |council| {
            if council.requester().principal.tag() != caller.principal.tag() {
                impartial(caller, council, "end it, unless it is their own")?;
            }
            Ok(match crate::council::state_of(&council.proceedings) {
                DecisionState::Cancelled => Word::Already,
                _ => Word::Happened(Happened::Cancelled { reason: reason.clone() }),
            })
        })
        .await
    }

    async fn retally(&self, caller: &Caller, id: DecisionId, choice: RetallyChoice) -> Answer<Retallied> {
        caller.require(Permission::Read)?;
        let (council, _) = self.of_caller(caller, id).await?;
        if !view::is_disclosed(&council.proceedings) {
            return Err(Problem::new(Code::NotAsked, "Voters still vote: ballots are counted again when the voting is over."));
        }
        lab::retallied(&council.proceedings, &choice)
    }

    async fn judge_later(&self, caller: &Caller, id: DecisionId, verdict: LaterVerdict) -> Answer<DecisionSummary> {
        caller.require(Permission::Work)?;
        short("/comment", verdict.comment.as_ref())?;
        for _ in 0..TRIES {
            let _turn = self.kept.turn(id).await;
            let (council, _) = self.of_caller(caller, id).await?;
            if council.proceedings.stage != Stage::Ended || council.proceedings.awaits_people() {
                return Err(Problem::new(Code::NotAsked, "It has not ended: what was right is said afterwards."));
            }
            impartial(caller, &council, "say afterwards what was right")?;
            if let Some(key) = &verdict.key
                && council.proceedings.choice(key).is_none()
            {
                return Err(wrong(Code::AnswerUnfit, "/key", "There was no such answer: give the key of one, or none if all were wrong."));
            }
            let at = self.now(&council);
            let by = caller.principal.label().to_owned();
            let mut turn = Turn::of(&council, caller.principal.clone(), at);
            turn.later = Some(LaterVerdictView { key: verdict.key.clone(), comment: verdict.comment.clone(), by, at });
            if let Some(council) = self.write(&council, turn).await? {
                return Ok(council.summary());
            }
        }
        Err(Problem::new(Code::StorageUnavailable, "Many write to this decision at once; try again in a moment.").retry_after(1))
    }

    async fn lab(&self, caller: &Caller, filter: LabFilter) -> Answer<DecisionLab> {
        caller.require(Permission::Read)?;
        self.lab_of(caller.project, &filter).await
    }
}

fn of_vote(voter: &VoterId, round: u8, vote: &DecisionVote) -> Happened {
    let spent = Spent::default();
    let (voter, confidence, rationale) = (voter.clone(), vote.confidence, vote.rationale.clone());
    let says = match vote.says.clone() {
        VoteSays::Draft { answer } => {
            return Happened::DraftArrived { voter, round, draft: DraftGiven { answer, confidence, rationale }, spent };
        }
        VoteSays::Argument { argument } => return Happened::ArgumentArrived { voter, argument, spent },
        VoteSays::Choice { choice } => Said::Choice { choice },
        VoteSays::Approvals { choices } => Said::Approvals { choices },
        VoteSays::Ranking { places } => Said::Ranking { places },
        VoteSays::Scores { scores } => Said::Scores { scores },
        VoteSays::Abstention => Said::Abstention,
    };
    Happened::BallotArrived { voter, round, ballot: BallotGiven { says, confidence, rationale }, spent }
}
