//! What has the orchestrator to do with language models? It keeps their settings, their budgets and the record of their calls; how
//! they are asked is behind the port [`Models`](baton_domain::ports::Models).

mod above;
mod books;
mod check;
mod desk;
mod service;

pub(crate) use above::spent_above;
pub(crate) use books::Books;
pub use desk::ModelDesk;
pub(crate) use service::ModelsService;

use baton_domain::id::{DecisionId, ProjectId, TaskId};
use baton_domain::time::Timestamp;
use baton_domain::wire::model::ModelBudget;
use baton_storage::{SettingsKind, Store, StoreError};

/// The name of the project's budget among its settings.
const BUDGET: &str = "models";

/// What the project spends in a calendar month (UTC) is counted here.
fn project_scope(project: ProjectId, at: Timestamp) -> String {
    let text = at.to_string();
    format!("project:{project}:{}", text.get(..7).unwrap_or_default())
}

/// What all attempts of a task spend is counted here.
fn task_scope(task: TaskId) -> String {
    format!("task:{task}")
}

/// What all tasks of a decision spend together is counted here.
fn decision_scope(decision: DecisionId) -> String {
    format!("decision:{decision}")
}

/// What the project may spend in a month.
async fn budget(store: &dyn Store, project: ProjectId) -> Result<ModelBudget, StoreError> {
    let all = store.settings(SettingsKind::Budget, project).await?;
    let Some(record) = all.into_iter().find(|record| record.name == BUDGET) else { return Ok(ModelBudget::default()) };
    serde_json::from_value(record.settings).map_err(|error| StoreError::Corrupt(error.to_string()))
}
