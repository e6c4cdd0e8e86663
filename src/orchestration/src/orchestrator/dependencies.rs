//! What may a task depend on? Tasks of its project that exist, and those of the same batch, without a circle.

use std::collections::HashMap;

use baton_domain::id::TaskId;
use baton_domain::problem::{Code, Problem};
use baton_domain::task::{TaskState, Trigger, WaitKind, apply};
use baton_domain::user::Caller;
use baton_domain::wire::task::{DependsOn, MAXIMUM_DEPENDENCIES, MAXIMUM_VOTERS};
use baton_storage::NewTaskRecord;

use super::Orchestrator;

/// The longest name of a task within its batch.
const MAXIMUM_REF: usize = 64;

/// A task of a request, and what it says of others.
pub(super) struct Admitted {
    pub(super) new: NewTaskRecord,
    /// The tasks of those who do it, if several do.
    pub(super) voters: Vec<NewTaskRecord>,
    pub(super) depends_on: Vec<DependsOn>,
    pub(super) reference: Option<String>,
    /// Where it stands in the body.
    pub(super) prefix: String,
}

impl Admitted {
    fn place(&self, index: usize) -> String {
        format!("{}/depends_on/{index}", self.prefix)
    }
}

impl Orchestrator {
    /// Makes identifiers of all dependencies and lets those wait that must. The tasks that were asked for come first, in their order, and those of
    /// their voters after them all.
    pub(super) async fn resolve(&self, caller: &Caller, mut admitted: Vec<Admitted>) -> Result<Vec<NewTaskRecord>, Problem> {
        if admitted.iter().all(|task| task.depends_on.is_empty() && task.reference.is_none()) {
            return together(admitted, |new| new);
        }
        let names = names(&admitted)?;
        let mut states: HashMap<TaskId, TaskState> = HashMap::new();
        for index in 0..admitted.len() {
            let mut ids = Vec::new();
            for (place, wanted) in admitted[index].depends_on.iter().enumerate() {
                let id = match wanted {
                    DependsOn::Ref(name) => names.get(name.as_str()).map(|index| admitted[*index].new.task.summary.id),
                    DependsOn::Task(id) if states.contains_key(id) => Some(*id),
                    DependsOn::Task(id) => {
                        let found = self.shared.store.task(*id).await?.filter(|task| task.summary.project_id == caller.project);
                        found.map(|task| {
                            states.insert(*id, task.summary.state);
                            *id
                        })
                    }
                };
                ids.push(id.ok_or_else(|| unknown(wanted, admitted[index].place(place)))?);
            }
            ids.sort_unstable();
            ids.dedup();
            admitted[index].new.depends_on = ids;
        }
        refuse_circles(&admitted)?;
        for task in admitted.iter_mut().filter(|task| task.new.decide.is_some()) {
            // It waits for its voters, and they for what it depends on.
            let depends_on = std::mem::take(&mut task.new.depends_on);
            for voter in &mut task.voters {
                voter.depends_on.clone_from(&depends_on);
            }
        }
        together(admitted, |new| held(new, &states))
    }
}

/// Refuses a request whose tasks have too many voters together.
pub(super) fn few_voters(voters: usize) -> Result<(), Problem> {
    if voters > MAXIMUM_VOTERS {
        let detail = format!("The tasks of one request have at most {MAXIMUM_VOTERS} voters together; these have {voters} or more.");
        return Err(Problem::new(Code::BatchTooLarge, detail));
    }
    Ok(())
}

fn together(admitted: Vec<Admitted>, held: impl Fn(NewTaskRecord) -> NewTaskRecord) -> Result<Vec<NewTaskRecord>, Problem> {
    let voters: usize = admitted.iter().map(|task| task.voters.len()).sum();
    few_voters(voters)?;
    let (mut asked, mut voters) = (Vec::with_capacity(admitted.len() + voters), Vec::with_capacity(voters));
    for task in admitted {
        asked.push(if task.new.decide.is_some() { task.new } else { held(task.new) });
        voters.extend(task.voters.into_iter().map(&held));
    }
    asked.append(&mut voters);
    Ok(asked)
}

/// Which task each name of a batch means.
fn names(admitted: &[Admitted]) -> Result<HashMap<String, usize>, Problem> {
    let mut names = HashMap::new();
    for (index, task) in admitted.iter().enumerate() {
        let Some(name) = &task.reference else { continue };
        let field = || format!("{}/ref", task.prefix);
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        if name.is_empty() || name.len() > MAXIMUM_REF || !name.chars().all(fits) || name.parse::<TaskId>().is_ok() {
            let message = format!("use 1 to {MAXIMUM_REF} letters, digits, _, - and ., and no identifier");
            return Err(Problem::invalid_field(field(), message));
        }
        if names.insert(name.clone(), index).is_some() {
            return Err(Problem::invalid_field(field(), "another task of the batch has this name".to_owned()));
        }
    }
    Ok(names)
}

fn unknown(wanted: &DependsOn, field: String) -> Problem {
    let (detail, message) = match wanted {
        DependsOn::Task(id) => (format!("There is no task {id} in this project."), "no such task"),
        DependsOn::Ref(name) => {
            let name: String = name.chars().take(100).collect();
            (format!("No task of this request has the ref {name:?}."), "neither an id nor the ref of a task of this request")
        }
    };
    Problem::new(Code::UnknownDependency, detail).with_field(field, message)
}

/// Refuses a batch in which a task depends on itself, over however many others (Kahn, "Topological sorting of large networks",
/// 1962): what is left when everything that can begin was taken away stands on a circle or behind one.
fn refuse_circles(admitted: &[Admitted]) -> Result<(), Problem> {
    let place: HashMap<TaskId, usize> = admitted.iter().enumerate().map(|(index, task)| (task.new.task.summary.id, index)).collect();
    let needs: Vec<Vec<usize>> =
        admitted.iter().map(|task| task.new.depends_on.iter().filter_map(|id| place.get(id).copied()).collect()).collect();
    let mut open: Vec<usize> = needs.iter().map(Vec::len).collect();
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); admitted.len()];
    for (task, needed) in needs.iter().enumerate() {
        for needed in needed {
            dependents[*needed].push(task);
        }
    }
    let mut free: Vec<usize> = (0..open.len()).filter(|task| open[*task] == 0).collect();
    while let Some(task) = free.pop() {
        for dependent in &dependents[task] {
            open[*dependent] -= 1;
            if open[*dependent] == 0 {
                free.push(*dependent);
            }
        }
    }
    let Some(mut task) = (0..open.len()).find(|task| open[*task] > 0) else { return Ok(()) };
    // Going from need to need among those that are left must come around.
    let mut way = Vec::new();
    while !way.contains(&task) {
        way.push(task);
        match needs[task].iter().find(|needed| open[**needed] > 0) {
            Some(next) => task = *next,
            None => break,
        }
    }
    let circle = &way[way.iter().position(|seen| *seen == task).unwrap_or(0)..];
    let name = |task: &usize| admitted[*task].reference.clone().unwrap_or_else(|| admitted[*task].prefix.clone());
    let shown: Vec<String> = circle.iter().chain(circle.first()).take(10).map(name).collect();
    let field = format!("{}/depends_on", admitted[task].prefix);
    let detail = format!("None of these could ever begin: {}.", shown.join(" needs "));
    Err(Problem::new(Code::CyclicDependency, detail).with_field(field, "leads back to this task"))
}

/// The task as it is stored first: it waits unless everything that it depends on has completed, which never changes again.
fn held(mut new: NewTaskRecord, states: &HashMap<TaskId, TaskState>) -> NewTaskRecord {
    if new.depends_on.iter().all(|id| states.get(id) == Some(&TaskState::Completed)) {
        return new;
    }
    new.task.summary.state = apply(None, Trigger::Hold).map_or(TaskState::Waiting, |row| row.to);
    new.task.summary.wait_kind = Some(WaitKind::Dependency);
    new
}

/// Whether a task names too many others.
pub(super) fn too_many(depends_on: &[DependsOn]) -> Option<String> {
    (depends_on.len() > MAXIMUM_DEPENDENCIES).then(|| format!("at most {MAXIMUM_DEPENDENCIES} tasks; put a task between that joins some"))
}
