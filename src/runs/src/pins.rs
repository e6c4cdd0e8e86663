//! Which versions of other workflows does a run use? Those of everything below it are settled when it begins, so that nothing that is stored or taken out of use later
//! changes what it does.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::id::ProjectId;
use baton_domain::problem::{Code, Problem};
use baton_storage::WorkflowRecord;
use baton_workflow::validate::MAXIMUM_NESTING;

use crate::runs::Runs;

/// The most workflows below a run, each counted once.
pub(crate) const MAXIMUM_PINS: usize = 256;

/// The versions below a run of which none is known.
pub(crate) static NONE: BTreeMap<String, u32> = BTreeMap::new();

/// Where a run is to begin.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Versions that are settled.
    pub pins: &'a BTreeMap<String, u32>,
    /// Whether all are. Then a workflow that was taken out of use meanwhile is still used.
    pub whole: bool,
    /// How many runs are above it.
    pub depth: u32,
}

/// A workflow that a step uses, and the field that says so.
pub(crate) struct Used {
    pub record: WorkflowRecord,
    pub field: String,
}

impl Runs {
    /// The version of a workflow that is to be used; none if there is none in use.
    pub(crate) async fn used(&self, project: ProjectId, name: &str, place: Place<'_>) -> Result<Option<WorkflowRecord>, Problem> {
        let found = self.parts.workflows.workflow(project, name, place.pins.get(name).copied()).await?;
        Ok(found.filter(|record| place.whole || !record.retired))
    }

    /// The versions of what these use and of everything below, one for each name.
    pub(crate) async fn below(
        &self,
        project: ProjectId,
        direct: BTreeMap<String, Used>,
        place: Place<'_>,
    ) -> Result<BTreeMap<String, u32>, Problem> {
        let mut pins = BTreeMap::new();
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let first: BTreeSet<String> = direct.keys().cloned().collect();
        let mut open: Vec<Used> = direct.into_values().collect();
        while let Some(Used { record, field }) = open.pop() {
            let plan = self.plan(&record)?;
            let names: BTreeSet<String> = plan.workflow.uses_workflows().iter().map(|used| used.name.clone()).collect();
            pins.insert(record.name.clone(), record.version);
            if pins.len() > MAXIMUM_PINS {
                let detail = format!("The run would use more than {MAXIMUM_PINS} workflows, directly or through others.");
                return Err(Problem::new(Code::RunLimitReached, detail).with_field(field, "it uses too many workflows"));
            }
            for name in &names {
                if pins.contains_key(name) || open.iter().any(|other| other.record.name == *name) {
                    continue;
                }
                let Some(found) = self.used(project, name, place).await? else {
                    let detail = format!("There is no workflow `{name}` in use, and `{}` uses it.", record.name);
                    let problem = Problem::new(Code::WorkflowUnknownWorkflow, detail);
                    return Err(problem.with_field(field, format!("there is no workflow `{name}`")));
                };
                open.push(Used { record: found, field: field.clone() });
            }
            uses.insert(record.name, names);
        }
        shallow(first, &uses, place.depth)?;
        Ok(pins)
    }
}

/// Refuses workflows that use one another through too many levels. A circle has no end of them: two that were stored at once may make one.
fn shallow(first: BTreeSet<String>, uses: &BTreeMap<String, BTreeSet<String>>, depth: u32) -> Result<(), Problem> {
    let mut level = first;
    let mut depth = depth as usize;
    while !level.is_empty() {
        depth += 1;
        if depth >= MAXIMUM_NESTING {
            return Err(too_deep());
        }
        level = level.iter().filter_map(|name| uses.get(name)).flatten().cloned().collect();
    }
    Ok(())
}

/// That workflows are nested too deep.
pub(crate) fn too_deep() -> Problem {
    let detail = format!("Workflows use one another through more than {MAXIMUM_NESTING} levels, or in a circle.");
    Problem::new(Code::WorkflowRecursion, detail)
}
