//! What is stored of named settings, some with a sealed secret: connections, models, budgets, rules of egress.

use async_trait::async_trait;
use baton_domain::event::{NewEvent, Payload};
use baton_domain::id::ProjectId;
use baton_domain::time::Timestamp;
use baton_domain::user::Principal;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::StoreError;

/// What kind of thing the settings are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SettingsKind {
    /// A connection to an outside API or database.
    Connection,
    /// A language model.
    Model,
    /// What a project may spend.
    Budget,
    /// Where agents may reach out to.
    Egress,
}

impl SettingsKind {
    /// The name in storage and in events.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Model => "model",
            Self::Budget => "budget",
            Self::Egress => "egress",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Connection, Self::Model, Self::Budget, Self::Egress].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Named settings.
#[derive(Clone, PartialEq)]
pub struct SettingsRecord {
    /// Of what.
    pub kind: SettingsKind,
    /// By what they are known for ever.
    pub id: Uuid,
    /// Whose they are.
    pub project: ProjectId,
    /// By what people know them; unique among those of a kind in a project.
    pub name: String,
    /// What is set.
    pub settings: Value,
    /// The secret, sealed.
    pub secret: Option<Vec<u8>>,
    /// When they were made.
    pub created_at: Timestamp,
    /// When they were last changed.
    pub updated_at: Timestamp,
    /// By whom, as people read it.
    pub updated_by: String,
}

impl std::fmt::Debug for SettingsRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SettingsRecord").field("kind", &self.kind).field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl SettingsRecord {
    /// The event of a change, as `connection.created`. It tells whether there is a secret and nothing of it.
    ///
    /// # Errors
    /// If the settings cannot be written as JSON.
    pub fn event(&self, what: &str, actor: Principal, at: Timestamp) -> Result<NewEvent, StoreError> {
        let kind = self.kind.as_str();
        let data = json!({"id": self.id, "name": self.name, "settings": self.settings, "has_secret": self.secret.is_some()});
        Ok(NewEvent {
            at,
            project: self.project,
            kind: format!("{kind}.{what}"),
            subject: format!("{kind}:{}", self.id),
            actor,
            data: Payload::of(&data).map_err(|error| StoreError::Corrupt(error.to_string()))?,
        })
    }
}

/// Named settings. Every change is stored with its event.
#[async_trait]
pub trait SettingsStore: Send + Sync {
    /// All of a kind in a project, by name.
    ///
    /// # Errors
    /// Only those of storage.
    async fn settings(&self, kind: SettingsKind, project: ProjectId) -> Result<Vec<SettingsRecord>, StoreError>;

    /// Adds settings, with the event `created`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the name or the identifier is taken.
    async fn insert_settings(&self, record: SettingsRecord, actor: Principal) -> Result<(), StoreError>;

    /// Changes name, settings, secret and who changed them, with the event `changed`; `false` if there are none with this kind and
    /// identifier.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the name is taken.
    async fn update_settings(&self, record: SettingsRecord, actor: Principal) -> Result<bool, StoreError>;

    /// Removes settings, with the event `removed`; `false` if there are none.
    ///
    /// # Errors
    /// Only those of storage.
    async fn remove_settings(&self, kind: SettingsKind, id: Uuid, actor: Principal, at: Timestamp) -> Result<bool, StoreError>;
}
