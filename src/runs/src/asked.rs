//! How is it kept what runs ask people for? Each approval is a journal of its own below its run, so that there is one list of all that is open.
//!
//! The run decides: its turn is what counts, and the approval's journal is brought to what that says after it. What a crash leaves behind between the two is
//! put right when the run is loaded again, and when the lists are looked through.

use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{ApprovalId, JournalId, RunId};
use baton_domain::problem::{Code, Problem};
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use baton_domain::wire::approval::{ApprovalState, ApprovalSummary};
use baton_storage::{JournalHead, JournalKind, JournalOpened, JournalQuery, JournalWrite, JournalWritten, NewJournal};
use baton_workflow::run::{Key, StepRow, StepState};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::live::Live;
use crate::record::{broken, journal};
use crate::runs::Runs;

/// The longest title, in characters.
const MAXIMUM_TITLE: usize = 200;
/// Open approvals of a run that are read at once.
const OPEN: u32 = 500;
/// How often a write is tried again because another server was faster.
const ATTEMPTS: u32 = 5;

/// What is asked, and of what.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub key: Key,
    pub hash: String,
    pub subject: Value,
    pub message: Option<String>,
    pub who: Vec<String>,
    pub expires_at: Timestamp,
}

/// What an approval's journal begins with.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Question {
    pub subject: Value,
}

/// An approval that is not open any more.
#[derive(Debug, Clone)]
pub(crate) struct Closing {
    pub key: Key,
    pub state: ApprovalState,
    pub by: Option<String>,
    pub comment: Option<String>,
    pub at: Timestamp,
    pub actor: Principal,
}

impl Closing {
    /// What became of the approval of a step that does not wait for it any more.
    pub(crate) fn of(key: Key, row: &StepRow, at: Timestamp, actor: &Principal) -> Self {
        let same = row.generation == key.generation;
        let code = row.error.as_ref().map(|error| error.code.as_str());
        let state = match (same && row.decided_by.is_some(), row.state, code) {
            (true, StepState::Failed, Some(code)) if code == Code::ApprovalRefused.as_str() => ApprovalState::Refused,
            (true, ..) => ApprovalState::Approved,
            (false, StepState::Failed, Some(code)) if same && code == Code::ApprovalExpired.as_str() => ApprovalState::Expired,
            _ => ApprovalState::Withdrawn,
        };
        let decided = matches!(state, ApprovalState::Approved | ApprovalState::Refused);
        let (by, comment) = if decided { (row.decided_by.clone(), row.comment.clone()) } else { (None, None) };
        Self { key, state, by, comment, at, actor: actor.clone() }
    }
}

pub(crate) fn summary_in(head: &JournalHead) -> Result<ApprovalSummary, Problem> {
    serde_json::from_value(head.summary.clone()).map_err(broken)
}

fn event_of(kind: &str, summary: &ApprovalSummary, actor: &Principal, at: Timestamp) -> Result<NewEvent, Problem> {
    Ok(NewEvent {
        at,
        project: summary.project_id,
        kind: format!("approval.{kind}"),
        subject: format!("approval:{}:{}", summary.run, summary.step),
        actor: actor.clone(),
        data: Payload::of(summary).map_err(broken)?,
    })
}

fn one_line(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MAXIMUM_TITLE).collect()
}

impl Runs {
    /// Asks, unless it has been asked.
    pub(crate) async fn ask(&self, live: &Live, asked: Asked) -> Result<(), Problem> {
        let now = self.parts.sources.clock.now();
        let step = asked.key.step.clone().unwrap_or_default();
        let said = live.plan.workflow.step(&step).map(|(_, said)| said);
        let label = said.and_then(|said| said.title.clone()).unwrap_or_else(|| step.clone());
        let uses = asked.subject.get("uses").and_then(Value::as_str).unwrap_or_default().to_owned();
        let title = match &asked.message {
            Some(message) => one_line(message),
            None if uses.is_empty() => one_line(&label),
            None => one_line(&format!("{label}: {uses}")),
        };
        let id = ApprovalId::new(self.parts.sources.ids.next());
        let summary = ApprovalSummary {
            id,
            project_id: live.project,
            run: live.id,
            workflow: live.summary.workflow.clone(),
            version: live.summary.version,
            step: step.clone(),
            generation: asked.key.generation,
            title,
            uses,
            state: ApprovalState::Open,
            requested_by: live.opening.beginning.requested_by.clone(),
            retried_by: live.run.header().retried_by.clone(),
            who: asked.who,
            hash: asked.hash,
            asked_at: live.run.step(&step).and_then(|row| row.asked_at).unwrap_or(now),
            expires_at: asked.expires_at,
            decided_by: None,
            decided_at: None,
            comment: None,
        };
        let head = JournalHead {
            id: JournalId::new(*id.as_uuid()),
            kind: JournalKind::Approval,
            project: live.project,
            name: summary.workflow.clone(),
            key: Some(asked.key.to_string()),
            parent: Some(journal(live.id)),
            state: ApprovalState::Open.as_str().to_owned(),
            live: true,
            wake_at: None,
            version: 0,
            facts: 0,
            summary: serde_json::to_value(&summary).map_err(broken)?,
            created_at: now,
            updated_at: now,
            created_by: live.acting.clone(),
        };
        let opening = serde_json::to_value(Question { subject: asked.subject }).map_err(broken)?;
        let event = event_of("requested", &summary, &live.acting, now)?;
        let new = NewJournal { head, opening, rows: Vec::new(), events: vec![event] };
        match self.parts.journals.open_journal(new).await? {
            JournalOpened::Stored | JournalOpened::Exists(_) => Ok(()),
        }
    }

    /// Brings an approval to what its run says; one that is closed, or was never asked for, stays as it is.
    pub(crate) async fn close(&self, project: baton_domain::id::ProjectId, closing: &Closing) -> Result<Option<ApprovalSummary>, Problem> {
        for _ in 0..ATTEMPTS {
            let found = self.parts.journals.journal_by_key(project, JournalKind::Approval, &closing.key.to_string()).await?;
            let Some(head) = found else {
                return Ok(None);
            };
            let mut summary = summary_in(&head)?;
            if !head.live {
                return Ok(Some(summary));
            }
            summary.state = closing.state;
            summary.decided_by.clone_from(&closing.by);
            summary.comment.clone_from(&closing.comment);
            summary.decided_at = Some(closing.at);
            let kind = match closing.state {
                ApprovalState::Expired => "expired",
                ApprovalState::Withdrawn => "withdrawn",
                _ => "decided",
            };
            let write = JournalWrite {
                id: head.id,
                version: head.version,
                state: closing.state.as_str().to_owned(),
                live: false,
                wake_at: None,
                summary: Some(serde_json::to_value(&summary).map_err(broken)?),
                facts: vec![(closing.at, serde_json::json!({"fact": kind, "state": closing.state, "by": closing.by}))],
                cleared: Vec::new(),
                rows: Vec::new(),
                events: vec![event_of(kind, &summary, &closing.actor, closing.at)?],
                at: closing.at,
            };
            match self.parts.journals.write_journal(write).await? {
                JournalWritten::Stored(_) => return Ok(Some(summary)),
                JournalWritten::Stale(_) => {}
                JournalWritten::Missing => return Ok(None),
            }
        }
        Err(Problem::new(Code::StorageUnavailable, "The approval changes faster than it can be written; try again.").retry_after(1))
    }

    /// The open approvals of a run that its steps do not wait for any more.
    pub(crate) async fn left_open(&self, live: &Live) -> Result<Vec<Closing>, Problem> {
        let query = JournalQuery {
            project: live.project,
            kind: JournalKind::Approval,
            name: None,
            state: None,
            live: Some(true),
            parent: Some(journal(live.id)),
            before: None,
            limit: OPEN,
        };
        let now = self.parts.sources.clock.now();
        let mut left = Vec::new();
        for head in self.parts.journals.journals(&query).await?.items {
            let Some(key) = head.key.as_deref().and_then(Key::parse) else {
                continue;
            };
            let row = key.step.as_deref().and_then(|step| live.run.step(step));
            let waits = row.is_some_and(|row| row.state == StepState::Approving && row.generation == key.generation);
            if let (Some(row), false) = (row, waits) {
                left.push(Closing::of(key, row, now, &Principal::System));
            }
        }
        Ok(left)
    }

    /// Looks after open approvals whose runs nobody goes on with here: those of runs that have ended meanwhile are closed.
    pub(crate) async fn close_orphans(
        &self,
        after: Option<JournalId>,
        limit: u32,
        before: Timestamp,
    ) -> Result<Option<JournalId>, Problem> {
        let heads = self.parts.journals.live_journals(JournalKind::Approval, after, limit).await?;
        let full = heads.len() >= limit as usize;
        let last = heads.last().map(|head| head.id);
        for head in heads {
            let Some(run) = head.parent.map(|parent| RunId::new(*parent.as_uuid())) else {
                continue;
            };
            if head.updated_at > before || self.known(run).is_some() {
                continue;
            }
            let Some((run_head, _)) = self.parts.journals.journal(journal(run)).await? else {
                // Nobody will ever wait for it again.
                if let Some(key) = head.key.as_deref().and_then(Key::parse) {
                    let at = self.parts.sources.clock.now();
                    let (state, actor) = (ApprovalState::Withdrawn, Principal::System);
                    self.close(head.project, &Closing { key, state, by: None, comment: None, at, actor }).await?;
                }
                continue;
            };
            // A run that goes on puts its own approvals right when it is loaded.
            if !run_head.live {
                self.adopt(run);
            }
        }
        Ok(last.filter(|_| full))
    }
}
