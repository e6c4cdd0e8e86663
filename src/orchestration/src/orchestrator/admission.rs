//! May this task be taken in? Everything that is wrong with a request is said at once, field by field.

use std::time::Duration;

use baton_domain::id::{LeaseToken, TaskId};
use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::task::{
    Budget, FAIRNESS_WEIGHTS, MAXIMUM_TITLE_BYTES, RetryPolicy, TaskBudget, TaskState, Trigger, WaitKind, apply, automatic_title,
    invalid_fairness_key,
};
use baton_domain::time::Timestamp;
use baton_domain::user::Caller;
use baton_domain::wire::task::{MAXIMUM_INPUT_BYTES, MAXIMUM_LABELS, NewTask, TaskSummary};
use baton_storage::{NewTaskRecord, TaskRecord};

use super::Orchestrator;
use super::dependencies::{Admitted, too_many};
use crate::agent_pool::KnownSkill;
use crate::cluster::elsewhere;

const MAXIMUM_TITLE: usize = MAXIMUM_TITLE_BYTES;
const MAXIMUM_LABEL: usize = 64;
/// The most attempts that a policy may ask for, and its longest interval: a day.
const MAXIMUM_ATTEMPTS: u32 = 100;
const MAXIMUM_INTERVAL_MS: u64 = 86_400_000;
/// The most bytes of a task's input, taken once for each of its voters.
const MAXIMUM_VOTED_BYTES: usize = 32 << 20;
/// How far ahead `run_at` may lie, and how far behind for clocks that differ.
const FURTHEST: Duration = Duration::from_secs(366 * 86_400);
const CLOCKS_DIFFER: Duration = Duration::from_secs(60);

impl Orchestrator {
    /// Checks a request and makes the task of it; `prefix` is where the request stands in its body.
    pub(super) async fn admit(&self, caller: &Caller, mut task: NewTask, prefix: &str) -> Result<Admitted, Problem> {
        let Some(known) = elsewhere::skill(&self.shared, &task.skill).await? else { return Err(self.unknown_skill(&task.skill, prefix)) };
        let now = self.shared.sources.clock.now();
        let errors = field_errors(&task, prefix, now);
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        if !task.labels.is_empty() && !elsewhere::has_labels(&self.shared, &task.skill, &task.labels).await? {
            let detail = format!("No agent with the skill {} has all of these labels; leave out what none has.", task.skill);
            return Err(Problem::new(Code::UnknownLabel, detail).with_field(format!("{prefix}/labels"), "no agent has all of these"));
        }
        self.check_input(&task, &known, prefix).await?;
        let (depends_on, reference) = (std::mem::take(&mut task.depends_on), task.reference.take());
        let seats = match task.decide.take() {
            Some(terms) => Some((self.seats(caller, &task, &terms, prefix).await?, *terms)),
            None => None,
        };
        if let Some((seats, terms)) = &seats {
            let bytes = serde_json::to_vec(&task.input).map_or(usize::MAX, |text| text.len()).saturating_mul(seats.seats.len());
            if bytes > MAXIMUM_VOTED_BYTES {
                let message = format!("its input for each voter comes to {bytes} bytes; at most {MAXIMUM_VOTED_BYTES} are allowed");
                return Err(Problem::invalid_field(format!("{prefix}/decide/voters"), message));
            }
            // What all voters together may use binds the task, of whose budget each of their calls is taken.
            task.budget = tighter(task.budget, terms.budget);
        }
        let mut new = self.record(caller, task, &known, now);
        let voters = seats.map(|(seats, terms)| self.voted(&mut new, seats, terms, !depends_on.is_empty())).unwrap_or_default();
        Ok(Admitted { new, voters, depends_on, reference, prefix: prefix.to_owned() })
    }

    fn unknown_skill(&self, name: &str, prefix: &str) -> Problem {
        let family = name.split('.').next().unwrap_or_default();
        let mut near: Vec<&str> = self.shared.pool.skills().map(|known| known.skill.name.as_str()).collect();
        near.sort_by_key(|skill| !skill.starts_with(family));
        near.truncate(5);
        Problem::new(Code::UnknownSkill, format!("No agent has the skill {name:?}. There are, among others: {}.", near.join(", ")))
            .with_field(format!("{prefix}/skill"), "no agent has this skill")
    }

    async fn check_input(&self, task: &NewTask, known: &KnownSkill, prefix: &str) -> Result<(), Problem> {
        let rejected = |errors: Vec<FieldError>| {
            let detail = format!("Correct the input; the schema of {} says what it takes.", task.skill);
            Problem { errors, ..Problem::new(Code::InputRejected, detail) }
        };
        let place = format!("{prefix}/input");
        let bytes = serde_json::to_vec(&task.input).map_or(usize::MAX, |text| text.len());
        if bytes > MAXIMUM_INPUT_BYTES {
            let message = format!("{bytes} bytes; at most {MAXIMUM_INPUT_BYTES} are allowed. Larger inputs belong into artifacts.");
            return Err(rejected(vec![FieldError { field: place, message }]));
        }
        let errors = known.input.errors(&place, &task.input);
        if !errors.is_empty() {
            return Err(rejected(errors));
        }
        let mut missing = Vec::new();
        for (field, text) in known.input.artifacts(&task.input) {
            let stored = match text.parse() {
                Ok(id) => self.shared.store.artifact(id).await?.is_some(),
                Err(_) => false,
            };
            if !stored {
                missing.push(FieldError {
                    field: format!("{prefix}{field}"),
                    message: "there is no artifact with this id; upload the file first".to_owned(),
                });
            }
        }
        if missing.is_empty() { Ok(()) } else { Err(rejected(missing)) }
    }

    fn record(&self, caller: &Caller, task: NewTask, known: &KnownSkill, now: Timestamp) -> NewTaskRecord {
        let later = task.run_at.filter(|at| *at > now);
        let (trigger, wait_kind) = if later.is_some() { (Trigger::Hold, Some(WaitKind::Timer)) } else { (Trigger::Enqueue, None) };
        let state = apply(None, trigger).map_or(TaskState::Queued, |row| row.to);
        let retry = task.retry.unwrap_or_else(|| known.skill.retry.clone());
        let summary = TaskSummary {
            id: TaskId::new(self.shared.sources.ids.next()),
            project_id: caller.project,
            title: task.title.filter(|title| !title.trim().is_empty()).unwrap_or_else(|| automatic_title(&known.skill, &task.input)),
            skill: task.skill,
            state,
            wait_kind,
            reason: Some("submitted".to_owned()),
            priority: task.priority,
            labels: task.labels,
            fairness_key: task.fairness_key,
            attempt: 1,
            maximum_attempts: retry.maximum_attempts,
            agent: None,
            created_at: now,
            not_before: later,
            started_at: None,
            finished_at: None,
            cancel_requested_at: None,
            pause_requested_at: None,
            created_by: caller.principal.label().to_owned(),
            rerun_of: None,
            run_id: task.run_id,
            parent_id: None,
            decision_id: None,
            failure: None,
        };
        let record = TaskRecord {
            summary,
            result_kind: known.skill.result_kind.clone(),
            retry,
            timeouts: task.timeouts,
            lease: LeaseToken(0),
            lease_until: None,
            deadline_at: None,
            ready_at: later.unwrap_or(now),
            depth: 0,
            fairness_weight: task.fairness_weight,
            budget: TaskBudget::of(task.budget, None),
            awaited: false,
            created_by: caller.principal.clone(),
        };
        NewTaskRecord { task: record, input: task.input, depends_on: Vec::new(), decide: None }
    }
}

/// What is allowed by both.
fn tighter(one: Option<Budget>, other: Option<Budget>) -> Option<Budget> {
    let (Some(one), Some(other)) = (one, other) else { return one.or(other) };
    let tokens = one.tokens.into_iter().chain(other.tokens).min();
    let cost = one.cost.into_iter().chain(other.cost).min_by(f64::total_cmp);
    Some(Budget { tokens, cost })
}

fn field_errors(task: &NewTask, prefix: &str, now: Timestamp) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError { field: format!("{prefix}/{field}"), message });
    if task.title.as_ref().is_some_and(|title| title.len() > MAXIMUM_TITLE) {
        wrong("title", format!("at most {MAXIMUM_TITLE} bytes"));
    }
    if task.labels.len() > MAXIMUM_LABELS || task.labels.iter().any(|label| label.is_empty() || label.len() > MAXIMUM_LABEL) {
        wrong("labels", format!("at most {MAXIMUM_LABELS} labels of 1 to {MAXIMUM_LABEL} bytes"));
    }
    if let Some(at) = task.run_at {
        if at.plus(CLOCKS_DIFFER) < now {
            wrong("run_at", "lies in the past; leave it out to run the task now".to_owned());
        } else if at > now.plus(FURTHEST) {
            wrong("run_at", "lies more than a year ahead".to_owned());
        }
    }
    if let Some(message) = too_many(&task.depends_on) {
        wrong("depends_on", message);
    }
    if let Some(message) = task.fairness_key.as_deref().and_then(invalid_fairness_key) {
        wrong("fairness_key", message.to_owned());
    }
    if !FAIRNESS_WEIGHTS.contains(&task.fairness_weight) {
        wrong("fairness_weight", format!("use {} to {}", FAIRNESS_WEIGHTS.start(), FAIRNESS_WEIGHTS.end()));
    }
    if let Some(field) = task.budget.and_then(|budget| budget.invalid_field()) {
        wrong(&format!("budget/{field}"), "must be above zero and not beyond its maximum; leave it out for no limit".to_owned());
    }
    if let Some(field) = task.timeouts.invalid_field() {
        wrong(&format!("timeouts/{field}"), "use 1 ms to 30 days".to_owned());
    }
    if let Some(field) = task.retry.as_ref().and_then(invalid_retry) {
        wrong(&format!("retry/{field}"), "is out of range; see the operation's documentation".to_owned());
    }
    errors
}

fn invalid_retry(retry: &RetryPolicy) -> Option<&'static str> {
    if !(1..=MAXIMUM_ATTEMPTS).contains(&retry.maximum_attempts) {
        return Some("maximum_attempts");
    }
    if !retry.backoff_coefficient.is_finite() || !(1.0..=100.0).contains(&retry.backoff_coefficient) {
        return Some("backoff_coefficient");
    }
    if retry.initial_interval_ms > MAXIMUM_INTERVAL_MS {
        return Some("initial_interval_ms");
    }
    if retry.maximum_interval_ms > MAXIMUM_INTERVAL_MS {
        return Some("maximum_interval_ms");
    }
    if !(1..=MAXIMUM_ATTEMPTS).contains(&retry.quarantine_after) {
        return Some("quarantine_after");
    }
    (retry.non_retryable.len() > 64 || retry.non_retryable.iter().any(|code| code.len() > 64)).then_some("non_retryable")
}
