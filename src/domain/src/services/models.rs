//! What can be done with language models.

use async_trait::async_trait;

use super::Answer;
use crate::id::{ModelId, TaskId};
use crate::user::Caller;
use crate::wire::model::{ModelBudget, ModelBudgetView, ModelCallView, ModelList, ModelPreset, ModelTest, ModelView, NewModel};

/// Shows, configures and tests models, shows what they were asked, and sets what the project may spend on them. Keys are encrypted
/// at rest and are never shown again.
#[async_trait]
pub trait ModelService: Send + Sync {
    /// All models in the order in which they are asked, the one inside the process last, and the project's budget.
    ///
    /// # Errors
    /// Only those of storage.
    async fn list(&self, caller: &Caller) -> Answer<ModelList>;

    /// Known providers.
    ///
    /// # Errors
    /// Only for who may not see them.
    async fn presets(&self, caller: &Caller) -> Answer<Vec<ModelPreset>>;

    /// Configures a model.
    ///
    /// # Errors
    /// `MODEL-009` for wrong settings and for a name that is taken.
    async fn create(&self, caller: &Caller, model: NewModel) -> Answer<ModelView>;

    /// Changes a model; without a key the stored one stays, unless the host changes.
    ///
    /// # Errors
    /// `MODEL-008`, and those of [`create`](Self::create).
    async fn update(&self, caller: &Caller, id: ModelId, model: NewModel) -> Answer<ModelView>;

    /// Removes a model.
    ///
    /// # Errors
    /// `MODEL-008`.
    async fn remove(&self, caller: &Caller, id: ModelId) -> Answer<()>;

    /// Asks a model something short, finds out what its endpoint can do, and remembers that. `local` is the one inside the process.
    ///
    /// # Errors
    /// `MODEL-008`. That the model does not answer is no error: the answer says it.
    async fn test(&self, caller: &Caller, name: &str) -> Answer<ModelTest>;

    /// What a task's attempts asked models, oldest first, at most 200.
    ///
    /// # Errors
    /// `TASK-001`.
    async fn calls(&self, caller: &Caller, task: TaskId) -> Answer<Vec<ModelCallView>>;

    /// Sets what the project may spend in a month.
    ///
    /// # Errors
    /// `REQUEST-002` for a limit of zero.
    async fn set_budget(&self, caller: &Caller, budget: ModelBudget) -> Answer<ModelBudgetView>;
}
