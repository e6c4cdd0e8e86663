//! How are plans proposed, kept, changed, accepted and refused? A plan is a journal; what it becomes is done by the services of workflows and runs.

mod again;
mod given;
mod record;

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::{JournalId, PlanId};
use baton_domain::model::ModelTier;
use baton_domain::page::{DEFAULT_LIMIT, MAXIMUM_LIMIT, Page};
use baton_domain::ports::Sources;
use baton_domain::problem::{Code, Problem};
use baton_domain::services::{AgentService, Answer, ArtifactService, PlanService, RunService, WorkflowService};
use baton_domain::time::Timestamp;
use baton_domain::user::{Caller, Permission, Principal};
use baton_domain::wire::plan::{
    MAXIMUM_PLAN_INPUT_BYTES, MAXIMUM_REASON_CHARACTERS, NewPlan, NewReplan, PlanAccepted, PlanDetail, PlanEdit, PlanFilter, PlanInput,
    PlanRefusal, PlanState, PlanSummary,
};
use baton_domain::wire::run::NewRun;
use baton_domain::wire::workflow::{NewWorkflow, WorkflowDraft};
use baton_storage::{
    JournalHead, JournalKind, JournalOpened, JournalQuery, JournalRow, JournalStore, JournalWrite, JournalWritten, NewJournal,
};
use serde_json::{Map, Value, json};

use self::record::{Document, Kept};
use crate::catalogue::Skills;
use crate::model::{Asks, plan_by_model};
use crate::plan::{Terms, plan};

/// The longest document of a plan, in bytes: as workflows have it.
const MAXIMUM_TEXT_BYTES: usize = baton_workflow::MAXIMUM_BYTES;

/// Whether language models can be had, and who asks one for a plan.
#[async_trait]
pub trait Models: Send + Sync {
    /// How able the ablest model is that skills may ask; none if there is no model.
    async fn best(&self, caller: &Caller) -> Option<ModelTier>;

    /// Somebody to ask on the caller's behalf; none if there is no model that is able enough.
    async fn asker(&self, caller: &Caller) -> Option<Box<dyn Asks>>;
}

/// What the service of plans stands on.
#[derive(Clone)]
pub struct PlanParts {
    /// Where plans are kept.
    pub journals: Arc<dyn JournalStore>,
    /// Which skills there are.
    pub agents: Arc<dyn AgentService>,
    /// What files look like.
    pub artifacts: Arc<dyn ArtifactService>,
    /// Who checks and stores documents.
    pub workflows: Arc<dyn WorkflowService>,
    /// Who runs them.
    pub runs: Arc<dyn RunService>,
    /// Who plans where rules do not suffice.
    pub models: Arc<dyn Models>,
    /// Time and identifiers.
    pub sources: Sources,
}

/// The service of plans.
pub struct Plans {
    parts: PlanParts,
}

impl std::fmt::Debug for Plans {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Plans")
    }
}

fn internal(error: impl std::fmt::Display) -> Problem {
    Problem::new(Code::Internal, error.to_string())
}

fn no_such(id: PlanId) -> Problem {
    Problem::new(Code::NoSuchPlan, format!("There is no plan {id}."))
}

impl Plans {
    /// The service on these parts.
    #[must_use]
    pub const fn new(parts: PlanParts) -> Self {
        Self { parts }
    }

    async fn skills(&self, caller: &Caller) -> Answer<Skills> {
        Ok(Skills::new(self.parts.agents.skills(caller).await?))
    }

    /// A plan of the caller's project.
    async fn found(&self, caller: &Caller, id: PlanId) -> Answer<(JournalHead, baton_domain::id::EventSeq, Kept)> {
        let journal = JournalId::new(*id.as_uuid());
        let found = self
            .parts
            .journals
            .journal(journal)
            .await?
            .filter(|(head, _)| head.kind == JournalKind::Plan && head.project == caller.project);
        let (head, as_of) = found.ok_or_else(|| no_such(id))?;
        let kept = serde_json::from_value(head.summary.clone()).map_err(internal)?;
        Ok((head, as_of, kept))
    }

    async fn opening(&self, head: &JournalHead) -> Answer<BTreeMap<String, PlanInput>> {
        let opening = self.parts.journals.journal_opening(head.id).await?.unwrap_or_default();
        serde_json::from_value(opening.get("inputs").cloned().unwrap_or_else(|| json!({}))).map_err(internal)
    }

    async fn document(&self, head: &JournalHead) -> Answer<Document> {
        let (rows, _) = self.parts.journals.journal_rows(head.id, Some(record::GROUP), None, 1).await?;
        let body = rows.into_iter().next().and_then(|row| row.body).ok_or_else(|| internal("a plan without its document"))?;
        serde_json::from_value(body).map_err(internal)
    }

    async fn detail(&self, caller: &Caller, id: PlanId) -> Answer<PlanDetail> {
        let (head, as_of, kept) = self.found(caller, id).await?;
        let document = self.document(&head).await?;
        let check = self.parts.workflows.check(caller, WorkflowDraft { text: document.text.clone() }).await?;
        Ok(PlanDetail {
            summary: record::summary(&head, &kept)?,
            inputs: self.opening(&head).await?,
            text: document.text,
            graph: check.graph,
            problems: check.problems,
            clauses: document.clauses,
            assumptions: document.assumptions,
            as_of,
        })
    }

    fn event(&self, caller: &Caller, kind: &str, summary: &PlanSummary) -> Answer<NewEvent> {
        Ok(NewEvent {
            at: self.parts.sources.clock.now(),
            project: caller.project,
            kind: kind.to_owned(),
            subject: format!("plan:{}", summary.id),
            actor: caller.principal.clone(),
            data: Payload::of(summary).map_err(internal)?,
        })
    }

    /// Keeps a plan; with a key, once.
    async fn open(
        &self,
        caller: &Caller,
        inputs: &BTreeMap<String, PlanInput>,
        kept: Kept,
        document: Document,
        key: Option<String>,
    ) -> Answer<PlanDetail> {
        let now = self.parts.sources.clock.now();
        let id = PlanId::new(self.parts.sources.ids.next());
        let head = JournalHead {
            id: JournalId::new(*id.as_uuid()),
            kind: JournalKind::Plan,
            project: caller.project,
            name: kept.workflow.clone(),
            key,
            parent: None,
            state: PlanState::Proposed.as_str().to_owned(),
            live: true,
            wake_at: None,
            version: 1,
            facts: 0,
            summary: serde_json::to_value(&kept).map_err(internal)?,
            created_at: now,
            updated_at: now,
            created_by: caller.principal.clone(),
        };
        let mut event = self.event(caller, "plan.proposed", &record::summary(&head, &kept)?)?;
        if let Some(who) = &kept.waits_for {
            event.data = waiting_for(&event.data, who)?;
        }
        let opening = json!({"goal": kept.goal, "inputs": inputs});
        let new = NewJournal { head, opening, rows: vec![row(&document)?], events: vec![event] };
        match self.parts.journals.open_journal(new).await? {
            JournalOpened::Stored => self.detail(caller, id).await,
            JournalOpened::Exists(known) if known.key.is_some() => self.detail(caller, PlanId::new(*known.id.as_uuid())).await,
            JournalOpened::Exists(_) => Err(internal("an identifier was given twice")),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a turn has a head, a state, rows, an event and a fact")]
    /// Writes a turn; somebody who was faster is told.
    async fn write(
        &self,
        caller: &Caller,
        head: &JournalHead,
        kept: &Kept,
        state: PlanState,
        rows: Vec<JournalRow>,
        event: Option<&str>,
        fact: Value,
        wake_at: Option<Timestamp>,
    ) -> Answer<()> {
        let now = self.parts.sources.clock.now();
        let next = JournalHead { state: state.as_str().to_owned(), version: head.version + 1, updated_at: now, ..head.clone() };
        let events = event.map(|kind| self.event(caller, kind, &record::summary(&next, kept)?)).transpose()?.into_iter().collect();
        let write = JournalWrite {
            id: head.id,
            version: head.version,
            state: next.state,
            live: state == PlanState::Proposed,
            wake_at,
            summary: Some(serde_json::to_value(kept).map_err(internal)?),
            facts: vec![(now, fact)],
            cleared: Vec::new(),
            rows,
            events,
            at: now,
        };
        match self.parts.journals.write_journal(write).await? {
            JournalWritten::Stored(_) => Ok(()),
            JournalWritten::Stale(version) => Err(Problem::new(
                Code::PlanStateForbids,
                format!("Somebody else has just changed the plan; it is at version {version}. Load it again."),
            )),
            JournalWritten::Missing => Err(no_such(PlanId::new(*head.id.as_uuid()))),
        }
    }
}

/// What is told of a plan, and for whom it waits.
fn waiting_for(told: &Payload, who: &Principal) -> Answer<Payload> {
    let (mut told, who) = (told.value(), serde_json::to_value(who).map_err(internal)?);
    if let Some(fields) = told.as_object_mut() {
        fields.insert("waits_for".to_owned(), who);
    }
    Payload::of(&told).map_err(internal)
}

fn row(document: &Document) -> Answer<JournalRow> {
    Ok(JournalRow {
        group: record::GROUP.to_owned(),
        key: record::KEY.to_owned(),
        body: Some(serde_json::to_value(document).map_err(internal)?),
    })
}

fn open_only(state: PlanState) -> Answer<()> {
    match state {
        PlanState::Proposed => Ok(()),
        decided => Err(Problem::new(
            Code::PlanStateForbids,
            format!("The plan was {} already. Propose the goal anew to change it.", decided.as_str()),
        )),
    }
}

fn values(inputs: &BTreeMap<String, PlanInput>) -> Map<String, Value> {
    inputs.iter().map(|(name, input)| (name.clone(), input.value.clone())).collect()
}

#[async_trait]
impl PlanService for Plans {
    async fn propose(&self, caller: &Caller, new: NewPlan) -> Answer<PlanDetail> {
        caller.require(Permission::Work)?;
        if serde_json::to_string(&new.inputs).map_or(usize::MAX, |text| text.len()) > MAXIMUM_PLAN_INPUT_BYTES {
            return Err(Problem::invalid_field(
                "/inputs",
                format!("They have more than {MAXIMUM_PLAN_INPUT_BYTES} bytes; store large values as files."),
            ));
        }
        let skills = self.skills(caller).await?;
        let given = given::given(self.parts.artifacts.as_ref(), caller, &new.inputs).await?;
        let terms = Terms { model: self.parts.models.best(caller).await };
        let (made, by_model) = match plan(&new.goal, &given, &skills, terms) {
            Ok(made) => (made, false),
            // What was not given, a model has not either.
            Err(refusal)
                if !new.use_model || matches!(refusal.code, Code::GoalUnreadable | Code::GoalInputMissing | Code::PlanTooLarge) =>
            {
                return Err(refusal.problem());
            }
            Err(refusal) => match self.parts.models.asker(caller).await {
                None => return Err(refusal.problem()),
                Some(asker) => {
                    (plan_by_model(&new.goal, &given, &skills, asker.as_ref()).await.map_err(|refusal| refusal.problem())?, true)
                }
            },
        };
        let kept = Kept {
            goal: new.goal,
            workflow: made.draft.name.clone(),
            steps: u32::try_from(made.draft.steps.len()).unwrap_or(u32::MAX),
            by_model,
            use_model: new.use_model,
            replan: new.replan,
            ..Kept::default()
        };
        self.open(caller, &new.inputs, kept, Document::of(made.text, &made.explanation), None).await
    }

    async fn list(&self, caller: &Caller, filter: PlanFilter) -> Answer<Page<PlanSummary>> {
        caller.require(Permission::Read)?;
        let limit = filter.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAXIMUM_LIMIT).contains(&limit) {
            return Err(Problem::new(Code::InvalidQuery, format!("Use a limit from 1 to {MAXIMUM_LIMIT}."))
                .with_field("limit", format!("{limit} is not between 1 and {MAXIMUM_LIMIT}")));
        }
        let wrong = |_| {
            Problem::new(Code::InvalidQuery, "Use the next_cursor of the page before.").with_field("cursor", "not a cursor of this list")
        };
        let before = filter.cursor.as_deref().map(|text| text.parse().map_err(wrong)).transpose()?;
        let query = JournalQuery {
            project: caller.project,
            kind: JournalKind::Plan,
            name: None,
            state: filter.state.map(|state| state.as_str().to_owned()),
            live: None,
            parent: None,
            before,
            limit: limit + 1,
        };
        let mut page = self.parts.journals.journals(&query).await?;
        let more = page.items.len() > limit as usize;
        page.items.truncate(limit as usize);
        let next_cursor = page.items.last().filter(|_| more).map(|head| head.id.to_string());
        let read = |head: &JournalHead| record::summary(head, &serde_json::from_value(head.summary.clone()).map_err(internal)?);
        let items = page.items.iter().map(read).collect::<Answer<Vec<PlanSummary>>>()?;
        Ok(Page { items, next_cursor, as_of: page.as_of })
    }

    async fn plan(&self, caller: &Caller, id: PlanId) -> Answer<PlanDetail> {
        caller.require(Permission::Read)?;
        self.detail(caller, id).await
    }

    async fn edit(&self, caller: &Caller, id: PlanId, edit: PlanEdit) -> Answer<PlanDetail> {
        caller.require(Permission::Work)?;
        if edit.text.trim().is_empty() || edit.text.len() > MAXIMUM_TEXT_BYTES {
            return Err(Problem::invalid_field("/text", format!("It is empty or has more than {MAXIMUM_TEXT_BYTES} bytes.")));
        }
        let (head, _, mut kept) = self.found(caller, id).await?;
        let state = record::state(&head)?;
        open_only(state)?;
        if edit.seen_version != head.version {
            return Err(Problem::new(
                Code::PlanStateForbids,
                format!("The plan is at version {}, and the change stands on {}. Load it again.", head.version, edit.seen_version),
            ));
        }
        let check = self.parts.workflows.check(caller, WorkflowDraft { text: edit.text.clone() }).await?;
        let mut document = self.document(&head).await?;
        document.text = edit.text;
        kept.edited = true;
        if let Some(name) = check.name {
            kept.workflow = name;
        }
        if let Some(graph) = &check.graph {
            kept.steps = u32::try_from(graph.nodes.len()).unwrap_or(u32::MAX);
        }
        self.write(caller, &head, &kept, state, vec![row(&document)?], None, json!({"fact": "edited"}), None).await?;
        self.detail(caller, id).await
    }

    async fn accept(&self, caller: &Caller, id: PlanId) -> Answer<PlanAccepted> {
        caller.require(Permission::Work)?;
        let (head, _, mut kept) = self.found(caller, id).await?;
        let state = record::state(&head)?;
        if state == PlanState::Refused {
            open_only(state)?;
        }
        let document = self.document(&head).await?;
        let check = self.parts.workflows.check(caller, WorkflowDraft { text: document.text.clone() }).await?;
        if state == PlanState::Proposed
            && let Some(first) = check.problems.first()
        {
            let mut problem = Problem::new(
                Code::PlanInvalid,
                format!("Line {}, column {}: {}. {}", first.line, first.column, first.message, first.advice),
            );
            for found in check.problems.iter().take(20) {
                problem = problem.with_field(found.path.clone(), found.message.clone());
            }
            return Err(problem);
        }
        // Storing the same again gives the same version, and the key gives the same run: an acceptance that was cut off is done again.
        let workflow = self.parts.workflows.store(caller, NewWorkflow { text: document.text, name: None, seen_version: None }).await?;
        let mut input = values(&self.opening(&head).await?);
        input.extend(kept.handed.clone());
        let start = NewRun { workflow: workflow.name.clone(), version: Some(workflow.version), input: Value::Object(input) };
        let run = self.parts.runs.start(caller, start, Some(format!("plan/{id}"))).await?;
        if state == PlanState::Proposed {
            kept.run = Some(run.id);
            kept.accepted_by = Some(caller.principal.clone());
            let wake_at = kept.replan.then(|| self.parts.sources.clock.now().plus(again::FIRST_LOOK));
            self.write(
                caller,
                &head,
                &kept,
                PlanState::Accepted,
                Vec::new(),
                Some("plan.accepted"),
                json!({"fact": "accepted", "run": run.id}),
                wake_at,
            )
            .await?;
        }
        let (head, _, kept) = self.found(caller, id).await?;
        Ok(PlanAccepted { plan: record::summary(&head, &kept)?, workflow, run })
    }

    async fn refuse(&self, caller: &Caller, id: PlanId, refusal: PlanRefusal) -> Answer<PlanSummary> {
        caller.require(Permission::Work)?;
        if refusal.why.chars().count() > MAXIMUM_REASON_CHARACTERS {
            return Err(Problem::invalid_field("/why", format!("It has more than {MAXIMUM_REASON_CHARACTERS} characters.")));
        }
        let (head, _, mut kept) = self.found(caller, id).await?;
        let state = record::state(&head)?;
        if state == PlanState::Refused {
            return record::summary(&head, &kept);
        }
        open_only(state)?;
        kept.refused_because = Some(refusal.why.clone()).filter(|why| !why.trim().is_empty());
        self.write(
            caller,
            &head,
            &kept,
            PlanState::Refused,
            Vec::new(),
            Some("plan.refused"),
            json!({"fact": "refused", "why": refusal.why}),
            None,
        )
        .await?;
        let (head, _, kept) = self.found(caller, id).await?;
        record::summary(&head, &kept)
    }

    async fn replan(&self, caller: &Caller, again: NewReplan) -> Answer<PlanDetail> {
        caller.require(Permission::Work)?;
        let run = self.parts.runs.run(caller, again.run).await?;
        let (kept, document) = self.another_way(caller, &run, &again, None).await?;
        self.open(caller, &BTreeMap::new(), kept, document, None).await
    }
}
