//! What can be done with connections to outside APIs and databases.

use async_trait::async_trait;

use super::Answer;
use crate::id::ConnectionId;
use crate::user::Caller;
use crate::wire::connection::{ConnectionView, NewConnection};

/// Shows, makes, changes and removes connections. Their secrets are encrypted at rest and are never shown again.
#[async_trait]
pub trait ConnectionService: Send + Sync {
    /// The project's connections, by name.
    ///
    /// # Errors
    /// Only those of storage.
    async fn list(&self, caller: &Caller) -> Answer<Vec<ConnectionView>>;

    /// One connection.
    ///
    /// # Errors
    /// `CONNECTION-001`.
    async fn get(&self, caller: &Caller, id: ConnectionId) -> Answer<ConnectionView>;

    /// Makes a connection.
    ///
    /// # Errors
    /// `CONNECTION-003` for wrong settings, `CONNECTION-004` if the name is taken.
    async fn create(&self, caller: &Caller, connection: NewConnection) -> Answer<ConnectionView>;

    /// Changes a connection; without a secret the stored one stays, unless the host changes, since a secret goes to no host that
    /// it was not given for.
    ///
    /// # Errors
    /// `CONNECTION-001`, and those of [`create`](Self::create).
    async fn update(&self, caller: &Caller, id: ConnectionId, connection: NewConnection) -> Answer<ConnectionView>;

    /// Removes a connection. Attempts that run with it go on.
    ///
    /// # Errors
    /// `CONNECTION-001`.
    async fn remove(&self, caller: &Caller, id: ConnectionId) -> Answer<()>;
}
