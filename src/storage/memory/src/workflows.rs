//! How are the documents of workflows kept? Every version of each, by project and name.

use std::collections::BTreeMap;

use async_trait::async_trait;
use baton_domain::event::NewEvent;
use baton_domain::id::{EventSeq, ProjectId};
use baton_storage::{StoreError, WorkflowRecord, WorkflowStore, WorkflowStored};

use crate::MemoryStore;
use crate::commit::State;

/// A workflow: its versions, the first one first.
struct Workflow {
    versions: Vec<WorkflowRecord>,
    retired: bool,
}

impl Workflow {
    /// A version as it is read: whether the workflow is in use is said of all of them.
    fn seen(&self, record: &WorkflowRecord) -> WorkflowRecord {
        WorkflowRecord { retired: self.retired, ..record.clone() }
    }

    /// The same for lists.
    fn listed(&self, record: &WorkflowRecord) -> WorkflowRecord {
        WorkflowRecord { text: String::new(), ..self.seen(record) }
    }
}

/// All workflows.
#[derive(Default)]
pub(crate) struct Workflows(BTreeMap<(ProjectId, String), Workflow>);

impl Workflows {
    fn of(&self, project: ProjectId, name: &str) -> Option<&Workflow> {
        self.0.get(&(project, name.to_owned()))
    }

    fn in_use(&self, project: ProjectId) -> impl Iterator<Item = (&str, &Workflow)> {
        let mine = self.0.iter().filter(move |((of, _), workflow)| *of == project && !workflow.retired);
        mine.map(|((_, name), workflow)| (name.as_str(), workflow))
    }
}

fn store(
    state: &mut State,
    record: WorkflowRecord,
    seen: Option<u32>,
    maximum: u32,
    events: Vec<NewEvent>,
) -> Result<(WorkflowStored, Vec<NewEvent>), StoreError> {
    State::project_exists(record.project)?;
    let refused = |answer| Ok((answer, Vec::new()));
    let workflows = &mut state.workflows;
    let there = workflows.of(record.project, &record.name);
    let newest = there.and_then(|workflow| workflow.versions.last());
    let (version, in_use) = (newest.map_or(0, |newest| newest.version), there.is_some_and(|workflow| !workflow.retired));
    if in_use && newest.is_some_and(|newest| newest.hash == record.hash) {
        return refused(WorkflowStored::Same(version));
    }
    if seen.is_some_and(|seen| seen != version && (in_use || seen != 0)) {
        return refused(WorkflowStored::Stale(version));
    }
    if !in_use && workflows.in_use(record.project).count() >= maximum as usize {
        return refused(WorkflowStored::TooMany);
    }
    let place = (record.project, record.name.clone());
    let workflow = workflows.0.entry(place).or_insert_with(|| Workflow { versions: Vec::new(), retired: false });
    workflow.retired = false;
    workflow.versions.push(WorkflowRecord { version: version + 1, retired: false, ..record });
    Ok((WorkflowStored::Stored(version + 1), events))
}

#[async_trait]
impl WorkflowStore for MemoryStore {
    async fn store_workflow(
        &self,
        record: WorkflowRecord,
        seen: Option<u32>,
        maximum: u32,
        events: Vec<NewEvent>,
    ) -> Result<WorkflowStored, StoreError> {
        self.commit(|state| store(state, record, seen, maximum, events))
    }

    async fn retire_workflow(&self, project: ProjectId, name: &str, events: Vec<NewEvent>) -> Result<bool, StoreError> {
        self.commit(|state| match state.workflows.0.get_mut(&(project, name.to_owned())) {
            Some(workflow) if !workflow.retired => {
                workflow.retired = true;
                Ok((true, events))
            }
            _ => Ok((false, Vec::new())),
        })
    }

    async fn workflow(&self, project: ProjectId, name: &str, version: Option<u32>) -> Result<Option<WorkflowRecord>, StoreError> {
        Ok(self.read(|state| {
            let workflow = state.workflows.of(project, name)?;
            let mut newest_first = workflow.versions.iter().rev();
            newest_first.find(|record| version.is_none_or(|version| record.version == version)).map(|record| workflow.seen(record))
        }))
    }

    async fn workflow_by_hash(&self, project: ProjectId, name: &str, hash: &str) -> Result<Option<WorkflowRecord>, StoreError> {
        Ok(self.read(|state| {
            let workflow = state.workflows.of(project, name)?;
            workflow.versions.iter().rev().find(|record| record.hash == hash).map(|record| workflow.seen(record))
        }))
    }

    async fn workflows(&self, project: ProjectId, after: Option<&str>, limit: u32) -> Result<(Vec<WorkflowRecord>, EventSeq), StoreError> {
        Ok(self.read(|state| {
            let wanted = state.workflows.in_use(project).filter(|(name, _)| after.is_none_or(|after| *name > after));
            let newest = wanted.filter_map(|(_, workflow)| workflow.versions.last().map(|record| workflow.listed(record)));
            (newest.take(limit as usize).collect(), state.head())
        }))
    }

    async fn workflow_versions(
        &self,
        project: ProjectId,
        name: &str,
        before: Option<u32>,
        limit: u32,
    ) -> Result<Vec<WorkflowRecord>, StoreError> {
        Ok(self.read(|state| {
            let Some(workflow) = state.workflows.of(project, name) else { return Vec::new() };
            let wanted = workflow.versions.iter().rev().filter(|record| before.is_none_or(|before| record.version < before));
            wanted.take(limit as usize).map(|record| workflow.listed(record)).collect()
        }))
    }
}
