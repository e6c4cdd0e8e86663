//! Have the tasks above one spent what they may? Then a task that cannot do without a model need not begin.

use baton_domain::problem::Code;
use baton_domain::wire::task::Failure;
use baton_storage::{SpendingScope, Spent, StoreError, TaskRecord};

use super::books::micros;
use super::task_scope;
use crate::attempt::failure;
use crate::engine::Shared;

/// The least that a call takes.
const LEAST: Spent = Spent { tokens: 1, cost_micros: 0 };

/// Why no call of a model could be made for this task, if a task above it has nothing left of its budget.
pub(crate) async fn spent_above(shared: &Shared, task: &TaskRecord) -> Result<Option<Failure>, StoreError> {
    let mut above = task.summary.parent_id;
    // There are at most as many as tasks may ask for one another.
    while let Some(id) = above {
        let Some(record) = shared.store.task(id).await? else { return Ok(None) };
        if let Some(budget) = record.budget {
            let scope = SpendingScope { name: task_scope(id), tokens: budget.tokens, cost_micros: budget.cost.map(micros) };
            if !scope.has_room(shared.store.spent(&scope.name).await?, LEAST) {
                let text =
                    format!("The task {id}, which this one is done for, has spent its budget, and the skill needs a language model.");
                return Ok(Some(failure(Code::BudgetExhausted, text, false)));
            }
        }
        above = record.summary.parent_id;
    }
    Ok(None)
}
