//! How are documents checked, stored and shown?

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::page::Page;
use baton_domain::problem::{Code, FieldError, Problem};
use baton_domain::services::{Answer, WorkflowService};
use baton_domain::user::{Caller, Permission};
use baton_domain::wire::workflow::{
    MAXIMUM_WORKFLOWS, NewWorkflow, WorkflowCheck, WorkflowDetail, WorkflowDraft, WorkflowFilter, WorkflowProblem, WorkflowSummary,
};
use baton_storage::{WorkflowRecord, WorkflowStored};
use baton_workflow::{DocumentProblem, MAXIMUM_PROBLEMS, Plan, Workflow, output_schema, parse, validate};
use serde_json::{Value, json};

use crate::catalogue::{Today, today};
use crate::paging;
use crate::parts::Parts;
use crate::terms;
use crate::view::graph_of;

/// How often a version is stored anew, without a version that was seen, because somebody else was faster.
const ATTEMPTS: u32 = 5;

/// The service of workflows.
#[derive(Debug)]
pub struct Workflows {
    parts: Parts,
}

/// What a check of a document found.
struct Checked {
    document: Workflow,
    problems: Vec<DocumentProblem>,
    output: Value,
}

impl Workflows {
    /// The service on these parts.
    #[must_use]
    pub const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Reads a document and checks it against today's catalogue.
    async fn checked(&self, caller: &Caller, text: String) -> Answer<Result<Checked, Vec<DocumentProblem>>> {
        // A large document keeps a core busy for a while.
        let document = match blocking(move || parse(&text)).await? {
            Ok(document) => document,
            Err(problems) => return Ok(Err(problems)),
        };
        let today: Today = today(&self.parts, caller, &document).await?;
        let terms = terms::wrong(&self.parts, caller, &document, &today).await?;
        let check = move || {
            let mut problems = validate(&document, &today).err().unwrap_or_default();
            problems.extend(terms);
            problems.sort_by(|one, other| (one.at, &one.path).cmp(&(other.at, &other.path)));
            problems.truncate(MAXIMUM_PROBLEMS);
            let output = output_schema(&document, &today);
            Checked { document, problems, output }
        };
        Ok(Ok(blocking(check).await?))
    }

    async fn found(&self, caller: &Caller, name: &str, version: Option<u32>) -> Answer<WorkflowRecord> {
        self.parts.workflows.workflow(caller.project, name, version).await?.ok_or_else(|| no_such_workflow(name, version))
    }

    async fn write(&self, caller: &Caller, text: &str, document: &Workflow, seen: Option<u32>) -> Answer<WorkflowSummary> {
        let now = self.parts.sources.clock.now();
        let summary = json!({
            "title": document.title.as_deref().unwrap_or(&document.name),
            "description": document.description,
            "steps": document.steps.len(),
        });
        let mut record = WorkflowRecord {
            project: caller.project,
            name: document.name.clone(),
            version: 0,
            text: text.to_owned(),
            hash: document.hash.clone(),
            summary,
            created_at: now,
            created_by: caller.principal.label().to_owned(),
            retired: false,
        };
        for _ in 0..ATTEMPTS {
            let known = self.parts.workflows.workflow(caller.project, &document.name, None).await?;
            let newest = known.as_ref().map_or(0, |known| known.version);
            let stands_on = seen.unwrap_or(newest);
            // The event tells the version that it will be, if the write is taken.
            record.version = stands_on.saturating_add(1);
            let event = event_of(caller, "workflow.stored", &record, now)?;
            let stored = self.parts.workflows.store_workflow(record.clone(), Some(stands_on), MAXIMUM_WORKFLOWS, vec![event]).await?;
            match stored {
                WorkflowStored::Stored(version) => return Ok(summary_of(&WorkflowRecord { version, ..record })),
                WorkflowStored::Same(version) => {
                    return Ok(summary_of(&self.found(caller, &document.name, Some(version)).await?));
                }
                WorkflowStored::Stale(_) if seen.is_none() => {}
                WorkflowStored::Stale(newest) => {
                    let detail =
                        format!("The newest version is {newest}, and the change stands on {stands_on}. Load it and change that one.");
                    return Err(Problem::new(Code::WorkflowStale, detail).with_field("/seen_version", format!("the newest is {newest}")));
                }
                WorkflowStored::TooMany => {
                    let detail = format!("A project has at most {MAXIMUM_WORKFLOWS} workflows; take one out of use.");
                    return Err(Problem::new(Code::TooManyWorkflows, detail));
                }
            }
        }
        Err(Problem::new(Code::WorkflowStale, "Others keep storing this workflow; try again."))
    }
}

/// Does what keeps a core busy where it does not hold others up.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::new(Code::Internal, error.to_string()))
}

pub(crate) fn no_such_workflow(name: &str, version: Option<u32>) -> Problem {
    let which = version.map_or_else(String::new, |version| format!(" in version {version}"));
    Problem::new(Code::NoSuchWorkflow, format!("There is no workflow `{name}`{which}."))
}

fn event_of(caller: &Caller, kind: &str, record: &WorkflowRecord, at: baton_domain::time::Timestamp) -> Answer<NewEvent> {
    Ok(NewEvent {
        at,
        project: record.project,
        kind: kind.to_owned(),
        subject: format!("workflow:{}", record.name),
        actor: caller.principal.clone(),
        data: Payload::of(&summary_of(record)).map_err(|error| Problem::new(Code::Internal, error.to_string()))?,
    })
}

fn summary_of(record: &WorkflowRecord) -> WorkflowSummary {
    let text = |name: &str| record.summary.get(name).and_then(Value::as_str).map(str::to_owned);
    WorkflowSummary {
        name: record.name.clone(),
        version: record.version,
        title: text("title").unwrap_or_else(|| record.name.clone()),
        description: text("description"),
        steps: record.summary.get("steps").and_then(Value::as_u64).and_then(|steps| u32::try_from(steps).ok()).unwrap_or(0),
        hash: record.hash.clone(),
        created_at: record.created_at,
        created_by: record.created_by.clone(),
        retired: record.retired,
    }
}

fn shown(problems: &[DocumentProblem]) -> Vec<WorkflowProblem> {
    let one = |problem: &DocumentProblem| WorkflowProblem {
        code: problem.code.as_str().to_owned(),
        line: problem.at.line,
        column: problem.at.column,
        path: problem.path.clone(),
        message: problem.message.clone(),
        advice: problem.advice.clone(),
    };
    problems.iter().map(one).collect()
}

/// All that is wrong with a document, as the refusal of it.
fn refusal(problems: &[DocumentProblem]) -> Problem {
    let code = problems.first().map_or(Code::WorkflowMalformed, |problem| problem.code);
    let errors = problems.iter().map(|problem| FieldError {
        field: if problem.path.is_empty() { "/text".to_owned() } else { problem.path.clone() },
        message: format!("{}: {}. {} ({})", problem.at, problem.message, problem.advice, problem.code.as_str()),
    });
    let count = match problems.len() {
        1 => "One thing is".to_owned(),
        count => format!("{count} things are"),
    };
    Problem { errors: errors.collect(), ..Problem::new(code, format!("{count} wrong with the document; nothing was stored.")) }
}

#[async_trait]
impl WorkflowService for Workflows {
    async fn check(&self, caller: &Caller, draft: WorkflowDraft) -> Answer<WorkflowCheck> {
        caller.require(Permission::Read)?;
        let nothing = WorkflowCheck {
            problems: Vec::new(),
            name: None,
            title: None,
            description: None,
            newest: 0,
            hash: None,
            graph: None,
            input_schema: None,
            output_schema: None,
        };
        let Checked { document, problems, output } = match self.checked(caller, draft.text).await? {
            Ok(checked) => checked,
            Err(problems) => return Ok(WorkflowCheck { problems: shown(&problems), ..nothing }),
        };
        let newest = self.parts.workflows.workflow(caller.project, &document.name, None).await?.map_or(0, |record| record.version);
        let input = document.input_schema();
        let plan = Plan::of(document.clone()).ok();
        Ok(WorkflowCheck {
            problems: shown(&problems),
            name: Some(document.name),
            title: document.title,
            description: document.description,
            newest,
            hash: Some(document.hash),
            graph: plan.map(|plan| graph_of(&plan)),
            input_schema: Some(input),
            output_schema: Some(output),
        })
    }

    async fn store(&self, caller: &Caller, workflow: NewWorkflow) -> Answer<WorkflowSummary> {
        caller.require(Permission::Work)?;
        let checked = self.checked(caller, workflow.text.clone()).await?.map_err(|problems| refusal(&problems))?;
        if let Some(name) = workflow.name.filter(|name| *name != checked.document.name) {
            let message = format!("the document is named `{}`; change its `name`, or store it under that", checked.document.name);
            return Err(Problem::invalid_field("/name", format!("{message} instead of `{name}`")));
        }
        if !checked.problems.is_empty() {
            return Err(refusal(&checked.problems));
        }
        self.write(caller, &workflow.text, &checked.document, workflow.seen_version).await
    }

    async fn list(&self, caller: &Caller, filter: WorkflowFilter) -> Answer<Page<WorkflowSummary>> {
        caller.require(Permission::Read)?;
        let limit = paging::limit(filter.limit)?;
        let (mut rows, as_of) = self.parts.workflows.workflows(caller.project, filter.cursor.as_deref(), limit + 1).await?;
        let next_cursor = paging::cut(&mut rows, limit, |last| last.name.clone());
        Ok(Page { items: rows.iter().map(summary_of).collect(), next_cursor, as_of })
    }

    async fn workflow(&self, caller: &Caller, name: &str, version: Option<u32>) -> Answer<WorkflowDetail> {
        caller.require(Permission::Read)?;
        // Before what is shown, so that no event is missed.
        let (_, as_of) = self.parts.workflows.workflows(caller.project, None, 1).await?;
        let record = self.found(caller, name, version).await?;
        let newest = match version {
            None => record.version,
            Some(_) => self.found(caller, name, None).await?.version,
        };
        let summary = summary_of(&record);
        let (graph, input_schema, output_schema, uses, problems) = match self.checked(caller, record.text.clone()).await? {
            Ok(Checked { document, problems, output }) => {
                let uses = document.uses_workflows().iter().map(|used| used.name.clone()).collect();
                let input = document.input_schema();
                (Plan::of(document).ok().map(|plan| graph_of(&plan)), input, output, uses, problems)
            }
            Err(problems) => (None, json!({}), json!({}), Vec::new(), problems),
        };
        let problems = shown(&problems);
        Ok(WorkflowDetail { summary, newest, text: record.text, graph, input_schema, output_schema, uses, problems, as_of })
    }

    async fn versions(&self, caller: &Caller, name: &str, filter: WorkflowFilter) -> Answer<Page<WorkflowSummary>> {
        caller.require(Permission::Read)?;
        let limit = paging::limit(filter.limit)?;
        let before = paging::cursor(filter.cursor.as_deref())?;
        let (_, as_of) = self.parts.workflows.workflows(caller.project, None, 1).await?;
        let mut rows = self.parts.workflows.workflow_versions(caller.project, name, before, limit + 1).await?;
        if rows.is_empty() && before.is_none() {
            return Err(no_such_workflow(name, None));
        }
        let next_cursor = paging::cut(&mut rows, limit, |last| last.version.to_string());
        Ok(Page { items: rows.iter().map(summary_of).collect(), next_cursor, as_of })
    }

    async fn retire(&self, caller: &Caller, name: &str) -> Answer<()> {
        caller.require(Permission::Operate)?;
        let mut record = self.found(caller, name, None).await?;
        record.retired = true;
        let event = event_of(caller, "workflow.retired", &record, self.parts.sources.clock.now())?;
        if self.parts.workflows.retire_workflow(caller.project, name, vec![event]).await? {
            return Ok(());
        }
        Err(no_such_workflow(name, None))
    }
}
